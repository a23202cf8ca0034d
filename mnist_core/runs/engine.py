"""Where slices run: Dask. A local cluster of single-threaded worker processes, or any cluster by its address."""

import functools
import logging
import threading
from collections.abc import Callable
from typing import Any

import dask
from dask.system import CPU_COUNT
from distributed import Client, Future, KilledWorker, LocalCluster, Security
from distributed.system import MEMORY_LIMIT

from mnist_core import data
from mnist_core.errors import RunError
from mnist_core.runs import template
from mnist_core.runs.records import Run
from mnist_core.runs.slices import OUR_FAULT, TOPIC, ask_to_stop, run_slice, versions, warm_up
from mnist_core.settings import whole

WORKER_MEMORY = 1.5e9  # bytes; torch, fastai and MNIST in one worker take about half of it

MEMORY = "The worker that trained this run died three times: the model may need more memory than there is."

Worker = tuple[str, str]
"""The address of a worker, and the data that it has warmed up with."""

_log = logging.getLogger(__name__)


class Engine:
    """Runs slices on workers and tells what they say.

    Parameters
    ----------
    tell : called from threads of Dask's with ("event", event), ("outcome", turn, outcome), ("devices", names) and
        ("trouble", sentence)
    address : of a Dask scheduler, such as "tcp://host:8786"; without one a local cluster is started

    Raises
    ------
    RunError
        If no scheduler answers there.
    """

    def __init__(self, tell: Callable[..., None], address: str | None = None) -> None:
        self._tell = tell
        self._cluster = None if address else _local_cluster()
        try:
            self._client = Client(address or self._cluster, set_as_default=False)
        except (OSError, ValueError) as error:
            raise RunError(
                f"No Dask scheduler answers at {address} ({error}): start it, or correct or unset MNIST_SCHEDULER."
            ) from error
        self._client.subscribe_topic(TOPIC, lambda event: tell("event", event[1]))
        self._futures: dict[str, Future] = {}
        self._welcomed: dict[Worker, Future] = {}
        self._fit: set[Worker] = set()

    def welcome_workers(self) -> int:
        """Warm up the workers that are new, all of them once more when MNIST has come; gives how many are fit for work.

        Raises
        ------
        RunError
            While the scheduler is away.
        """
        if self._client.status != "running":
            raise RunError("The scheduler of the workers does not answer. Runs go on when it does.")
        source = data.status().name
        there = {(worker, source) for worker in self._client.scheduler_info()["workers"]}
        for gone in self._welcomed.keys() - there:
            del self._welcomed[gone]
        for new in there - self._welcomed.keys():
            self._welcomed[new] = self._client.submit(warm_up, workers=[new[0]], pure=False)
            self._welcomed[new].add_done_callback(functools.partial(self._welcome, new))
        return len(self._fit & there)

    def submit(self, run: Run, state: bytes | None, extra: bytes = b"") -> None:
        """Start a slice. If its worker dies it is tried again elsewhere, by Dask."""
        wishes = {"until": run.pause_at, "lr": run.lr, "extra": extra}
        future = self._client.submit(run_slice, run.turn, run.config, state, run.saved or 0, **wishes, pure=False)
        self._futures[run.turn] = future
        future.add_done_callback(lambda done: self._tell("outcome", run.turn, _outcome(done)))

    def stop(self, turn: str) -> None:
        """Ask the worker that holds this turn to end it at the next batch. Returns at once."""
        # Not in this thread: a worker that hangs does not answer, and one that has just died trains nothing.
        ask = lambda: self._client.run(ask_to_stop, turn, on_error="ignore")  # noqa: E731
        threading.Thread(target=ask, daemon=True).start()

    def kill(self, turn: str) -> None:
        """Give a turn up, and start the worker anew that does not let go of it. Returns at once."""
        future = self._futures[turn]
        holders = [worker for worker, keys in self._client.processing().items() if future.key in keys]
        future.cancel()
        restart = lambda: self._client.restart_workers(holders, raise_for_error=False)  # noqa: E731
        threading.Thread(target=restart, daemon=True).start()

    def forget(self, turn: str) -> None:
        """Let Dask drop the result of a slice."""
        self._futures.pop(turn, None)

    def _welcome(self, worker: Worker, future: Future) -> None:
        if future.status == "error":
            self._tell("trouble", f"The workers cannot run the lab ({future.exception()}): install it on each of them.")
        if future.status != "finished":
            return
        theirs, ours = (", ".join(map(" ".join, each.items())) for each in (future.result()["versions"], versions()))
        if theirs != ours:
            self._tell("trouble", f"The workers have {theirs}, and this app has {ours}: install the same on all.")
        else:
            self._fit.add(worker)
            self._tell("devices", future.result()["devices"])


def _local_cluster() -> LocalCluster:
    dask.config.set(
        {
            "distributed.nanny.pre-spawn-environ": template.ENVIRONMENT,
            "distributed.worker.multiprocessing-method": template.METHOD,
            "distributed.scheduler.allowed-failures": 2,
            "distributed.scheduler.worker-ttl": "60s",
            "distributed.worker.profile.enabled": False,
            "distributed.admin.low-level-log-length": 100,
        }
    )
    bearable = max(1, min(CPU_COUNT, int(MEMORY_LIMIT // WORKER_MEMORY)))  # both know a container's share
    return LocalCluster(
        n_workers=whole("MNIST_WORKERS", bearable),
        threads_per_worker=1,
        memory_limit=0,
        dashboard_address="127.0.0.1:0",
        scheduler_kwargs={"dashboard": False},
        security=Security.temporary(),  # a scheduler runs whatever code it is sent, by any user of this machine
        silence_logs=logging.ERROR,
    )


def _outcome(future: Future) -> dict[str, Any]:
    if future.status == "finished":
        return future.result()
    if future.status != "error":
        return {"kind": "lost", "message": ""}
    error = future.exception()
    if isinstance(error, KilledWorker):
        return {"kind": "interrupted", "message": MEMORY}
    _log.error("A slice failed outside of training", exc_info=error)
    return {"kind": "failed", "message": OUR_FAULT}
