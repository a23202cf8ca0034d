"""A model file becomes a run: in the app for the learner who brings it, in a shell for whoever owns the store."""

import math
from pathlib import PurePath

from mnist_core.checkpoint import TrainedModel, dump
from mnist_core.data import load
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
    ModelFileError, ConfigError, DataError
        As for `read_model`, or if the images that it was trained on are not here.
    """
    trained = read_model(limits, data, name)
    config = trained.config
    images = len(load(config.data, digits=config.digits, split=config.split, split_seed=config.split_seed).train)
    state, batches = dump(trained.model, config, trained.card), math.ceil(images / config.bs)
    run = store.add_done(owner, config, batches, state, name=PurePath(name).stem.strip()[:80], **trained.card)
    store.tidy(owner, limits.kept_runs, limits.kept_bytes)
    return run
