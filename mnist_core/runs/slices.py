"""What a worker runs: a slice of a run, about a second of training, state in and state out.

A worker knows neither store nor pages. It speaks to the conductor through Dask: events while it trains,
the outcome as the task's result.
"""

import contextlib
import functools
import logging
from dataclasses import asdict
from typing import Any

import numpy as np
from distributed import get_worker

from mnist_core.config import TrainConfig
from mnist_core.errors import LabError
from mnist_core.options import SplitName

TOPIC = "mnist-lab"
SLICE_SECONDS = 1.0
OUR_FAULT = "Training failed for a reason of ours; the server's log has the details."

_stopping: set[str] = set()
"""Runs that this worker was asked to stop. Filled by `ask_to_stop` from the worker's event loop."""


def warm_up() -> list[str]:
    """Pay for the imports, the data and the first batches before a learner waits for them; gives the devices found."""
    from mnist_core import devices, training

    with contextlib.suppress(LabError):  # such as a wrong MNIST_THREADS: the first run will say it to a learner
        training.load_data(TrainConfig(data="auto"))
        training.train(TrainConfig(data="digits", epochs=1))
    return devices.available()


def ask_to_stop(run: str) -> None:
    """End the slice of a run on this worker at its next batch."""
    _stopping.add(run)


def run_slice(run: str, config: TrainConfig, state: bytes | None) -> dict[str, Any]:
    """Train a run for about a second, or to its end.

    Parameters
    ----------
    run : id of the run
    config : what to train
    state : the state that the slice before left, None at the start

    Returns
    -------
    dict with kind, epochs_done, step, state, message: an `Outcome`, or kind "failed" with a sentence
    """
    from mnist_core import training

    def tell(kind: str, **content: Any) -> None:
        get_worker().log_event(TOPIC, {"run": run, "kind": kind, **content})

    def tell_batches(batches: training.Batches) -> None:
        as_bytes = lambda values: np.asarray(values, dtype=np.float32).tobytes()  # noqa: E731
        tell("batches", step=batches.step, losses=as_bytes(batches.losses), lrs=as_bytes(batches.lrs))

    try:
        outcome = training.train(
            config,
            _load_data(config),
            resume=state,
            seconds=SLICE_SECONDS,
            on_batches=tell_batches,
            on_epoch=lambda row: tell("epoch", row=asdict(row)),
            should_stop=lambda: run in _stopping,
        )
    except LabError as error:
        return {"kind": "failed", "message": str(error)}
    except Exception:
        logging.getLogger(__name__).exception("A slice of run %s failed", run)
        return {"kind": "failed", "message": OUR_FAULT}
    finally:
        _stopping.discard(run)
    keep = ("kind", "epochs_done", "step", "state", "message")
    return {name: getattr(outcome, name) for name in keep}


def _load_data(config: TrainConfig) -> Any:
    return _cached_data(config.data, config.digits, config.split, config.split_seed)


@functools.lru_cache(maxsize=2)
def _cached_data(data: str, digits: str, split: SplitName, split_seed: int) -> Any:
    from mnist_core.data import load

    return load(data, digits=digits, split=split, split_seed=split_seed)
