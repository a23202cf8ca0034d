"""The conductor: one thread with one inbox, and the only writer of what becomes of a run in training.

It takes the run whose turn it is, gives it a slice on a free worker, saves what comes back, and so on. Nothing is
queued inside Dask, so a run that arrives waits for at most a slice, and not for another run's end.
"""

import contextlib
import logging
import queue
import threading
import time
from collections.abc import Callable
from typing import Any, NoReturn

from mnist_core.errors import RunError, StoreError
from mnist_core.runs.engine import Engine
from mnist_core.runs.limits import Limits, after_the_end
from mnist_core.runs.records import GOES_ON, Made, Run
from mnist_core.runs.store import Store

BEAT = 1.0  # seconds
PATIENCE = 15.0  # seconds in which a slice that was asked to end must do so; one batch of a large model takes some
INERTIA = 0.8  # of the usual length of a slice

Inbox = queue.Queue[tuple[Any, ...]]

_log = logging.getLogger(__name__)


class Conductor:
    """Runs slices of the store's runs on an engine.

    Parameters
    ----------
    store : Store
    server : the id under which this conductor signs what it takes
    inbox : where the engine puts its messages, and the app ("ring",) when it has written to the store
    address : of a Dask scheduler; None starts a local cluster
    """

    def __init__(self, store: Store, server: str, inbox: Inbox, address: str | None = None) -> None:
        self.store, self.server, self.inbox, self.address = store, server, inbox, address
        self.limits = Limits.from_environment()
        self.running: dict[str, tuple[Run, float]] = {}
        self.asked: dict[str, float] = {}
        self.devices: list[str] = []
        self.slots = 0
        self.slice_seconds: float | None = None
        self.trouble = self.away = ""

    def conduct(self) -> NoReturn:
        """Work until the process ends. Runs that are still going then wait for the next conductor."""
        self._surely(self.store.leave, self.server, "queued")  # what a conductor of the same app held when it died
        threading.Thread(target=self._beat, daemon=True).start()
        self.engine = self._connect()
        while True:
            self._surely(self._handle, *self.inbox.get())
            self._surely(self._settle)
            self._surely(self._fill_slots)

    def _connect(self) -> Engine:
        while True:
            try:
                return Engine(lambda *message: self.inbox.put(message), self.address)
            except RunError as error:
                self.away = str(error)
                time.sleep(BEAT)

    def _beat(self) -> NoReturn:
        """Tell that this server lives and how it is, and do for servers that do not what they cannot."""
        with contextlib.suppress(OSError, StoreError):
            self.store.sweep()
        while True:
            with contextlib.suppress(StoreError):
                self.store.beat(self.server, self.devices, self.slots, self.slice_seconds, self.away or self.trouble)
                if concerned := self.store.bury_dead(after_the_end()):
                    _log.warning("A server has died; %d of its runs were released", concerned)
            self.inbox.put(("beat",))
            time.sleep(BEAT)

    def _surely(self, step: Callable[..., None], *content: Any) -> None:
        """Do a step, again and again while the store cannot be written: what a slice has made is not given up."""
        while True:
            try:
                return step(*content)
            except StoreError as error:
                _log.error("%s", error)
                time.sleep(BEAT)

    def _handle(self, kind: str, *content: Any) -> None:
        match kind, *content:
            case "event", event if event["turn"] in self.running:
                self._record(self.running[event["turn"]][0], event)
            case "outcome", turn, outcome if turn in self.running:
                self._end_turn(turn, **outcome)
            case "devices", devices:
                self.devices, self.trouble = devices, ""
                self._look_for_workers()
            case "trouble", trouble:
                self.trouble = trouble
            case ["beat"]:
                self._look_for_workers()

    def _look_for_workers(self) -> None:
        try:
            self.slots, self.away = self.engine.welcome_workers(), ""
        except RunError as error:
            self.slots, self.away = 0, str(error)

    def _record(self, run: Run, event: dict[str, Any]) -> None:
        if event["kind"] == "batches":
            self.store.add_batches(run, event["step"], event["batches"])
        elif event["kind"] == "epoch":
            self.store.add_epoch(run, event["row"])

    def _end_turn(self, turn: str, kind: str, message: str, made: Made | None = None) -> None:
        run, began = self.running[turn]
        seconds = time.monotonic() - began
        self.store.end_turn(run, kind, seconds, message, made)
        if kind not in GOES_ON:
            self.store.tidy(run.owner, self.limits.kept_runs, self.limits.kept_bytes)
        del self.running[turn]
        self.asked.pop(turn, None)
        self.engine.forget(turn)
        usual = self.slice_seconds or seconds
        self.slice_seconds = INERTIA * usual + (1 - INERTIA) * seconds

    def _settle(self) -> None:
        """End the slices that nobody wants any more as they are, and give back a turn that could not be begun."""
        held = self.store.held(self.server)
        for run in held:
            if run.turn not in self.running:
                self.store.end_turn(run, "lost", 0.0)
        as_wished = {run.turn for run in held if run.turn in self.running and self._is_as_wished(run)}
        for turn in self.running.keys() - as_wished:
            now = time.monotonic()
            if turn not in self.asked:
                self.asked[turn] = now
                self.engine.stop(turn)
            elif now - self.asked[turn] > PATIENCE:
                self.asked[turn] = now
                self.engine.kill(turn)

    def _is_as_wished(self, run: Run) -> bool:
        """Whether a slice may go on as it was begun: not stopped, and neither paused nor given another rate since."""
        begun = self.running[run.turn][0]
        return not run.want_stop and (run.pause_at, run.lr) == (begun.pause_at, begun.lr)

    def _fill_slots(self) -> None:
        while len(self.running) < self.slots and (waiting := self.store.next_queued()):
            if run := self.store.claim(waiting, self.server):
                self._start(run)

    def _start(self, run: Run) -> None:
        try:
            state = self.store.checkpoint(run.id)
        except StoreError:
            raise
        except RunError as error:
            self.store.end_turn(run, "failed", 0.0, str(error))
            return
        self.running[run.turn] = run, time.monotonic()
        self.engine.submit(run, state, self.store.extra(run.id) if run.examples else b"")
