"""What an app holds: the store, and a conductor in a process of its own.

A process, and not a thread, so that Dask and its events never make a page wait, and so that the workers, which
are started anew from their parent, never run the app's entry script.
"""

import math
import subprocess
import threading
import time
import uuid

from mnist_core import paths, process
from mnist_core.config import TrainConfig
from mnist_core.data import load
from mnist_core.runs.store import Store

LOOK_EVERY = 5.0  # seconds


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
        self.ring()
        threading.Thread(target=self._watch, daemon=True).start()

    def submit(self, owner: str, config: TrainConfig) -> str:
        """Queue a run; gives its id. The same run, while it is still going, is not queued again.

        Raises
        ------
        DataError, ConfigError
            If the data cannot be had, or a batch is larger than they are.
        """
        images = len(load(config.data, digits=config.digits, split=config.split, split_seed=config.split_seed).train)
        config.check_fits(images)
        for same in self.store.runs(owner):
            if same.active and not same.want_stop and same.config == config:
                return same.id  # Train was pressed twice; a second one would give the same weights
        run = self.store.submit(owner, config, steps=config.epochs * math.ceil(images / config.bs))
        self.ring()
        return run

    def stop(self, owner: str, run: str, wait: float = 0.5) -> None:
        """End a run at its next batch, and wait a moment to see it end. What it has learned is kept."""
        self.store.request_stop(owner, run)
        self.ring()
        until = time.monotonic() + wait
        while self.store.run(owner, run).active and time.monotonic() < until:
            time.sleep(0.01)

    def devices(self) -> list[str] | None:
        """What the workers can train on, the preferred one first, or None while they warm up."""
        found = self.store.devices(self.server) or None
        if found:
            self._ended = 0
        return found

    def trouble(self) -> str | None:
        """Why nothing trains, in words, if the conductor ended twice before it was ready; it is tried again anyway."""
        if self._ended < 2:
            return None
        return f"The workers ended {self._ended} times while starting. {self._log} says why"

    def ring(self) -> None:
        """Have the conductor look at the store now; start it if it is not there, or no longer."""
        with self._lock:
            if self._closed.is_set():
                return
            if self._process is None or self._process.poll() is not None:
                self._ended += self._process is not None
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
                self._process.wait(timeout=15)
            self._process = None
