"""The conductor: one thread with one inbox, and the only writer of what becomes of a run.

It takes the run whose turn it is, gives it a slice on a free worker, saves what comes back, and so on. Nothing is
queued inside Dask, so a run that arrives waits for at most a slice, and not for another run's end.
"""

import logging
import queue
import time
from typing import Any, NoReturn

from mnist_core.errors import RunError
from mnist_core.runs.engine import Engine
from mnist_core.runs.store import Run, Store

BEAT = 1.0  # seconds

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
        self.store, self.server, self.inbox = store, server, inbox
        self.running: dict[str, Run] = {}
        self.asked: set[str] = set()
        self.devices: list[str] = []
        self.beaten = 0.0
        store.leave(server)  # what a conductor of the same app held when it died
        store.beat(server, [], 0)
        self.engine = Engine(lambda *message: inbox.put(message), address)
        self.slots = self.engine.slots

    def conduct(self) -> NoReturn:
        """Work until the process ends. Runs that are still going then wait for the next conductor."""
        while True:
            self._handle(self._next_message())
            self._beat()
            self._stop_unwanted()
            self._fill_slots()

    def _next_message(self) -> tuple[Any, ...]:
        try:
            return self.inbox.get(timeout=BEAT)
        except queue.Empty:
            return ("ring",)

    def _handle(self, message: tuple[Any, ...]) -> None:
        match message:
            case ("event", event) if event["run"] in self.running:
                self._record(event)
            case ("outcome", run, outcome) if run in self.running:
                self._end_slice(run, outcome)

    def _record(self, event: dict[str, Any]) -> None:
        if event["kind"] == "batches":
            self.store.add_losses(event["run"], event["step"], event["losses"], event["lrs"])
        elif event["kind"] == "epoch":
            self.store.add_epoch(event["run"], event["row"])

    def _end_slice(self, run: str, outcome: dict[str, Any]) -> None:
        del self.running[run]
        self.asked.discard(run)
        self.engine.forget(run)
        match outcome["kind"]:
            case "failed":
                self.store.end_slice(run, "failed", message=outcome["message"])
            case "lost":
                self.store.end_slice(run, "queued")
            case kind:
                self.store.end_slice(
                    run,
                    "queued" if kind == "paused" else kind,
                    model=outcome["state"],
                    message=outcome["message"],
                    epochs_done=outcome["epochs_done"],
                    step=outcome["step"],
                )

    def _stop_unwanted(self) -> None:
        for run in self.store.unwanted():
            if run.id in self.running:
                if run.id not in self.asked:
                    self.asked.add(run.id)
                    self.engine.stop(run.id)
            elif run.state == "queued":
                self.store.end_slice(run.id, "stopped")

    def _fill_slots(self) -> None:
        while len(self.running) < self.slots and (waiting := self.store.next_queued()):
            run = self.store.claim(waiting, self.server)
            if run is None:
                continue
            try:
                state = self.store.checkpoint(run.id)
            except RunError as error:
                self.store.end_slice(run.id, "failed", message=str(error))
                continue
            self.running[run.id] = run
            self.engine.submit(run.id, run.config, state)

    def _beat(self) -> None:
        if time.monotonic() - self.beaten < BEAT:
            return
        self.beaten = time.monotonic()
        self.slots = self.engine.slots
        self.devices = self.devices or self.engine.warm_up()  # none while a cluster has no workers yet
        self.store.beat(self.server, self.devices, self.slots)
        if adopted := self.store.adopt_orphans():
            _log.warning("%d interrupted runs go on from their last saved epoch", adopted)
