"""A model file becomes a run: in the app for the learner who brings it, in a shell for whoever owns the store."""

import math
from pathlib import PurePath

from mnist_core.checkpoint import TrainedModel, dump
from mnist_core.config import TrainConfig
from mnist_core.data import load
from mnist_core.errors import DataError
from mnist_core.export import incoming
from mnist_core.runs.limits import Limits
from mnist_core.runs.store import Store


def read_model(limits: Limits, data: bytes, name: str) -> TrainedModel:
    """The model in a file.

    Raises
    ------
    ModelFileError, ConfigError
        If it is none of this lab's, or asks for more than is allowed here.
    """
    trained = incoming.read_model(data, name, parameters=limits.parameters)
    limits.check(trained.config, 0)
    return trained


def add_model(store: Store, limits: Limits, owner: str, data: bytes, name: str) -> str:
    """Keep the model in a file as a run that is done and has no curves; gives its id.

    Parameters
    ----------
    name : of the file, which names the run

    Raises
    ------
    ModelFileError, ConfigError
        As for `read_model`.
    """
    trained = read_model(limits, data, name)
    state = dump(trained.model, trained.config, trained.card)
    words = PurePath(name).stem.strip()[:80]
    run = store.add_done(owner, trained.config, _batches_an_epoch(trained.config), state, name=words, **trained.card)
    store.tidy(owner, limits.kept_runs, limits.kept_bytes)
    return run


def _batches_an_epoch(config: TrainConfig) -> int:
    try:
        data = load(config.data, digits=config.digits, split=config.split, split_seed=config.split_seed)
    except DataError:
        return 1  # its images are not on this machine, and cannot be counted: an epoch is taken for one batch
    return math.ceil(len(data.train) / config.bs)
