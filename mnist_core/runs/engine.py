"""Where slices run: Dask. A local cluster of single-threaded worker processes, or any cluster by its address."""

import logging
from collections.abc import Callable
from typing import Any

import dask
from dask.system import CPU_COUNT
from distributed import Client, Future, KilledWorker, LocalCluster, Security
from distributed.system import MEMORY_LIMIT

from mnist_core.config import TrainConfig
from mnist_core.runs.slices import OUR_FAULT, TOPIC, ask_to_stop, run_slice, warm_up

WORKER_MEMORY = 1.5e9  # bytes; torch, fastai and MNIST in one worker take about half of it

# Dask's own pre-spawn environment trims malloc so eagerly that training costs 15 to 29 % more CPU.
_SPAWN = {
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "PYTHONWARNINGS": "ignore:`torch.jit.script` is deprecated:FutureWarning",
}

_log = logging.getLogger(__name__)


class Engine:
    """Runs slices on workers and tells what they say.

    Parameters
    ----------
    tell : called from a thread of Dask's with ("event", event) and ("outcome", run, outcome)
    address : of a Dask scheduler, such as "tcp://host:8786"; without one a local cluster is started
    """

    def __init__(self, tell: Callable[..., None], address: str | None = None) -> None:
        self._tell = tell
        self._cluster = None if address else _local_cluster()
        self._client = Client(address or self._cluster, set_as_default=False)
        self._client.subscribe_topic(TOPIC, lambda event: tell("event", event[1]))
        self._futures: dict[str, Future] = {}

    @property
    def slots(self) -> int:
        """How many slices can run at once."""
        return len(self._client.scheduler_info(n_workers=-1)["workers"])

    def warm_up(self) -> list[str]:
        """Import torch in every worker; gives the devices of the first."""
        answers: dict[str, list[str]] = self._client.run(warm_up)
        return next(iter(answers.values()), [])

    def submit(self, run: str, config: TrainConfig, state: bytes | None) -> None:
        """Start a slice. If its worker dies it is tried again elsewhere, by Dask."""
        future = self._client.submit(run_slice, run, config, state, pure=False)
        self._futures[run] = future
        future.add_done_callback(lambda done: self._tell("outcome", run, _outcome(done)))

    def stop(self, run: str) -> None:
        """Ask the worker that trains this run to end its slice at the next batch."""
        self._client.run(ask_to_stop, run, on_error="ignore")  # a worker that has just died trains nothing

    def forget(self, run: str) -> None:
        """Let Dask drop the result of a slice."""
        self._futures.pop(run, None)


def _local_cluster() -> LocalCluster:
    dask.config.set(
        {
            "distributed.nanny.pre-spawn-environ": _SPAWN,
            "distributed.scheduler.allowed-failures": 2,
            "distributed.worker.profile.enabled": False,
            "distributed.admin.low-level-log-length": 100,
        }
    )
    return LocalCluster(
        n_workers=max(1, min(CPU_COUNT, int(MEMORY_LIMIT // WORKER_MEMORY))),  # both know a container's share
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
    if future.status == "error":
        return {"kind": "failed", "message": _why(future.exception())}
    return {"kind": "lost"}


def _why(error: BaseException | None) -> str:
    """What a learner is told when a slice did not even come to an outcome."""
    if isinstance(error, KilledWorker):
        return "The worker that trained this run died three times: the model may need more memory than there is."
    _log.error("A slice failed outside of training", exc_info=error)
    return OUR_FAULT
