"""What an app holds: the store, and a conductor in a process of its own.

A process, and not a thread, so that Dask and its events never make a page wait, and so that the workers, which
are started anew from their parent, never run the app's entry script.
"""

import logging
import math
import subprocess
import threading
import time
import uuid
from dataclasses import replace
from typing import Unpack

from mnist_core import paths, process
from mnist_core.config import TrainConfig
from mnist_core.data import load
from mnist_core.errors import ConfigError
from mnist_core.runs.examples import Examples, unpack
from mnist_core.runs.limits import Limits, after_the_end
from mnist_core.runs.records import Start, Words
from mnist_core.runs.store import DEAD_AFTER, Store
from mnist_core.sweeps import Sweep

LOOK_EVERY = 2.0  # seconds
FAREWELL = 10.0  # seconds, for the conductor to end

_logger = logging.getLogger(__name__)


class RunService:
    """Submit and stop runs; everything else is read from `store`."""

    def __init__(self) -> None:
        self.store = Store()
        self.server = uuid.uuid4().hex
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._log = paths.home() / "conductor.log"
        self._log.write_bytes(b"")
        self._closed = threading.Event()
        self._ended = 0
        self.limits = Limits.from_environment()
        after_the_end()  # a wrong setting is said here, not in the conductor's log
        self.ring()
        threading.Thread(target=self._watch, daemon=True).start()

    @property
    def examples(self) -> Examples:
        """The digits that learners keep."""
        return self.store.examples

    def submit(self, owner: str, config: TrainConfig, *, bet: str | None = None, sweep: str | None = None) -> str:
        """Queue a run; gives its id. The same run, while it is still going, is not queued again.

        Parameters
        ----------
        bet : JSON of what the learner foretells
        sweep : id of the sweep that it belongs to

        Raises
        ------
        DataError, ConfigError
            If the data cannot be had, a batch is larger than they are, or the run asks for more than is allowed here.
        """
        images = len(load(config.data, digits=config.digits, split=config.split, split_seed=config.split_seed).train)
        config.check_fits(images)
        active = [run for run in self.store.runs(owner) if run.active]
        for same in active:
            if not same.want_stop and same.config == config and same.sweep == sweep:
                return same.id  # Train was pressed twice; a second one would give the same weights
        self.limits.check(config, len(active))
        steps = config.epochs * math.ceil(images / config.bs)
        run = self.store.submit(owner, config, steps, self.server, bet=bet, sweep=sweep)
        self.ring()
        return run

    def train_on(self, owner: str, config: TrainConfig, start: Start) -> str:
        """Queue a run that begins with the weights of another's model; gives its id.

        Raises
        ------
        DataError, ConfigError
            As for `submit`.
        """
        images = len(load(config.data, digits=config.digits, split=config.split, split_seed=config.split_seed).train)
        if start.extra:
            images += start.examples * unpack(start.extra)[2]
        config.check_fits(images)
        self.limits.check(config, sum(run.active for run in self.store.runs(owner)))
        run = self.store.submit(owner, config, config.epochs * math.ceil(images / config.bs), self.server, start=start)
        self.ring()
        return run

    def stop(self, owner: str, run: str, wait: float = 0.5) -> None:
        """End a run at its next batch, and wait a moment to see it end. What it has learned is kept."""
        self.store.request_stop(owner, run)
        self.ring()
        self._see(owner, run, wait)

    def _see(self, owner: str, run: str, wait: float) -> None:
        """Give a run a moment to come to rest."""
        until = time.monotonic() + wait
        while time.monotonic() < until and self.store.run(owner, run).active:
            time.sleep(0.01)

    def pause(self, owner: str, run: str, wait: float = 0.5) -> None:
        """Let a run rest at its next batch, and wait a moment to see it rest."""
        self.store.pause(owner, run)
        self.ring()
        self._see(owner, run, wait)

    def resume(self, owner: str, run: str, batches: int | None = None, wait: float = 0.0) -> None:
        """Go on with a paused or interrupted run from where it was saved.

        Parameters
        ----------
        batches : how many to train before it rests again; None trains to the end
        wait : seconds in which to see it rest again
        """
        pause_at = None if batches is None else (self.store.run(owner, run).saved or 0) + batches
        self.store.resume(owner, run, self.server, pause_at)
        self.ring()
        self._see(owner, run, wait)

    def set_lr(self, owner: str, run: str, lr: float) -> None:
        """Train a run with another learning rate from its next batch on.

        Raises
        ------
        ConfigError
            If that is no learning rate.
        """
        self.store.set_lr(owner, run, replace(self.store.run(owner, run).config, lr=lr).lr)
        self.ring()

    def describe(self, owner: str, run: str, **words: Unpack[Words]) -> None:
        """Keep the learner's own words on a run, without what no list could show; those that are not given stay."""
        longest = {"name": 80, "tags": 200, "notes": 2000}
        kept: Words = {key: text.strip()[: longest[key]] for key, text in words.items()}  # type: ignore
        self.store.describe(owner, run, **kept)

    def delete(self, owner: str, run: str) -> None:
        """Forget a run, whatever its state."""
        self.store.delete(owner, run)
        self.ring()

    def submit_sweep(self, owner: str, sweep: Sweep) -> str:
        """Queue all runs of a sweep, or none; gives its id. The same one, while it is going, is not queued again.

        Raises
        ------
        DataError, ConfigError
            If one of its runs cannot be had, or there would be more of them than are allowed here.
        """
        active = [run for run in self.store.runs(owner) if run.active]
        for saved in self.store.sweeps(owner):
            if saved.sweep == sweep and any(run.sweep == saved.id for run in active):
                return saved.id
        base, configs = sweep.base, sweep.configs()
        images = len(load(base.data, digits=base.digits, split=base.split, split_seed=base.split_seed).train)
        most = min(self.limits.waiting - len(active), self.limits.kept_runs)
        if len(configs) > most:
            raise ConfigError(
                f"This sweep has {len(configs)} runs, and this server has room for {max(0, most)} more of yours: "
                "choose fewer values, or wait until others have ended."
            )
        for config in {config.model: config for config in configs}.values():
            self.limits.check(config, 0)
        for config in configs:
            config.check_fits(images)
        steps = [config.epochs * math.ceil(images / config.bs) for config in configs]
        new = self.store.add_sweep(owner, sweep, steps, self.server)
        self.ring()
        return new

    def stop_sweep(self, owner: str, sweep: str) -> None:
        """Let all runs of a sweep rest that have not ended."""
        self.store.pause_sweep(owner, sweep)
        self.ring()

    def resume_sweep(self, owner: str, sweep: str) -> None:
        """Go on with all runs of a sweep that rest."""
        self.store.resume_sweep(owner, sweep, self.server)
        self.ring()

    def delete_sweep(self, owner: str, sweep: str) -> None:
        """Forget a sweep with all its runs, whatever their state."""
        self.store.delete_sweep(owner, sweep)
        self.ring()

    def devices(self) -> list[str] | None:
        """What the workers can train on, the preferred one first, or None while they warm up."""
        server = self.store.server(self.server)
        return server.devices or None if server else None

    def trouble(self) -> str | None:
        """Why nothing trains, in words, or None if all is well. Whatever it is, it is tried again."""
        server = self.store.server(self.server)
        if server and server.alive:
            self._ended = 0
            return server.trouble
        if self._ended >= 2:
            return f"The workers ended {self._ended} times while starting. The server's log says why."
        if server:
            return (
                f"Nothing was heard of the workers for {DEAD_AFTER:.0f} seconds. They are started anew if they ended."
            )
        return None

    def ring(self) -> None:
        """Have the conductor look at the store now; start it if it is not there, or no longer."""
        with self._lock:
            if self._closed.is_set():
                return
            if self._process is None or self._process.poll() is not None:
                if self._process is not None:
                    self._ended += 1
                    _logger.error("The process that conducts the runs ended; %s says why", self._log)
                with self._log.open("ab") as log:  # after what one that died has said
                    self._process = process.start(
                        "mnist_core.runs",
                        self.server,
                        stdin=subprocess.PIPE,
                        stdout=log,
                        stderr=log,
                        start_new_session=True,  # Ctrl-C is for the app, which then closes this one in order
                    )
            assert self._process.stdin is not None
            try:
                self._process.stdin.write(b"\n")
                self._process.stdin.flush()
            except OSError:
                pass  # it has just died: the next ring starts another

    def _watch(self) -> None:
        """Start the conductor anew should it die; its runs then go on from their last saved epoch."""
        while not self._closed.wait(LOOK_EVERY):
            self.ring()

    def close(self) -> None:
        """End the conductor and its workers; runs that are still going wait for the next start."""
        self._closed.set()
        with self._lock:
            if self._process and self._process.stdin:
                self._process.stdin.close()
                try:
                    self._process.wait(timeout=FAREWELL)
                except subprocess.TimeoutExpired:
                    self._process.kill()  # its workers end with it, and the next start finds that it is dead
            self._process = None
