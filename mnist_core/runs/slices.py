"""What a worker runs: a slice of a run, about a second of training, state in and state out.

A worker knows neither store nor pages. It speaks to the conductor through Dask: events while it trains,
the outcome as the task's result.
"""

import contextlib
import functools
import gc
import logging
from dataclasses import asdict
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import numpy as np
from distributed import get_worker

import mnist_core
from mnist_core.config import TrainConfig
from mnist_core.errors import LabError
from mnist_core.options import SplitName
from mnist_core.runs.examples import unpack
from mnist_core.runs.records import PER_BATCH, Made

if TYPE_CHECKING:
    from mnist_core import training

TOPIC = "mnist-lab"
SLICE_SECONDS = 1.0
OUR_FAULT = "Training failed for a reason of ours; the server's log has the details."

_stopping: set[str] = set()
"""Turns that this worker was asked to end. Filled by `ask_to_stop` from the worker's event loop."""


def versions() -> dict[str, str]:
    """What must be the same in the app and in its workers for them to understand each other."""
    return {"the lab": mnist_core.__version__, "torch": version("torch")}


def warm_up() -> dict[str, Any]:
    """Pay for the imports, the data and the first batches before a learner waits for them; what this worker is."""
    from mnist_core import devices, training

    with contextlib.suppress(LabError):  # such as a wrong MNIST_THREADS: the first run will say it to a learner
        training.load_data(TrainConfig(data="auto"))
        training.train(TrainConfig(data="digits", epochs=1))
    gc.collect()
    gc.freeze()  # so that looking for garbage after each slice takes milliseconds
    return {"devices": devices.available(), "versions": versions()}


def ask_to_stop(turn: str) -> None:
    """End a slice, if it is this worker's, at its next batch."""
    _stopping.add(turn)


def run_slice(
    turn: str,
    config: TrainConfig,
    state: bytes | None,
    first_step: int,
    *,
    until: int | None = None,
    lr: float | None = None,
    extra: bytes = b"",
) -> dict[str, Any]:
    """Train a run for about a second, or to its end.

    Parameters
    ----------
    turn : name of the slice, in its events and for `ask_to_stop`
    config : what to train
    state : the state that the slice before left, None at the start
    first_step : batches trained before
    until : end when so many batches of the run have been trained
    lr : learning rate, in place of the configuration's
    extra : digits to train on besides the others, as `examples.pack` gives them

    Returns
    -------
    dict with kind and message of an `Outcome` and, but for kind "failed", made: a `Made`
    """
    from mnist_core import training

    seen = training.Batches(first_step)

    def tell(kind: str, **content: Any) -> None:
        get_worker().log_event(TOPIC, {"turn": turn, "kind": kind, **content})

    def tell_batches(batches: training.Batches) -> None:
        seen.extend(batches)
        tell("batches", step=batches.step, batches=_as_bytes(batches))

    try:
        outcome = training.train(
            config,
            _load_data(config, extra),
            resume=state,
            seconds=SLICE_SECONDS,
            until=until,
            lr=lr,
            snapshots=True,
            on_batches=tell_batches,
            on_epoch=lambda row: tell("epoch", row=asdict(row)),
            should_stop=lambda: turn in _stopping,
        )
    except LabError as error:
        return {"kind": "failed", "message": str(error)}
    except Exception:
        logging.getLogger(__name__).exception("The slice %s failed", turn)
        return {"kind": "failed", "message": OUR_FAULT}
    finally:
        _stopping.discard(turn)
        gc.collect()  # a Learner and its callbacks hold each other, and 35 MB of MNIST's, for too long
    made = Made(
        state=outcome.state,
        epochs_done=outcome.epochs_done,
        step=outcome.step,
        first_step=first_step,
        batches=_as_bytes(seen),
        epochs=[asdict(row) for row in outcome.epochs],
        snapshots=outcome.snapshots,
    )
    return {"kind": outcome.kind, "message": outcome.message, "made": made}


def _as_bytes(batches: "training.Batches") -> dict[str, bytes]:
    return {kind: np.asarray(getattr(batches, kind), dtype=np.float32).tobytes() for kind in PER_BATCH}


def _load_data(config: TrainConfig, extra: bytes) -> Any:
    return _cached_data(config.data, config.digits, config.split, config.split_seed, extra)


@functools.lru_cache(maxsize=2)
def _cached_data(data: str, digits: str, split: SplitName, split_seed: int, extra: bytes) -> Any:
    from mnist_core.data import load

    found = load(data, digits=digits, split=split, split_seed=split_seed)
    if not extra:
        return found
    images, labels, times = unpack(extra)
    return found.with_more(images, labels, times=times)
