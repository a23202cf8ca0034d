"""The models that come with the lab, so that a drawing can be read before anyone has trained anything.

`python -m mnist_core models --make` makes them anew from MNIST. A resnet18 is too large to come along (45 MB): it is
made by `--make resnet18` on the machine that wants one, and kept in the lab's home.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file, save

from mnist_core import checkpoint, paths
from mnist_core.config import TrainConfig
from mnist_core.errors import DataError, ModelFileError
from mnist_core.presets import RECIPES

_FOLDER = Path(__file__).parent / "shipped"
MODELS: dict[str, TrainConfig] = {
    "linear": TrainConfig(model="linear", lr=0.1, epochs=40),
    "mlp128": TrainConfig(
        model="mlp128", optimizer="AdamW", schedule="one-cycle", lr=0.015, bs=512, epochs=10, shift=1
    ),
    "cnn": RECIPES["cnn-10"].config,
    "resnet18": TrainConfig(
        model="resnet18", optimizer="AdamW", schedule="one-cycle", lr=0.004, bs=128, epochs=2, shift=1
    ),
}
"""Name -> the run that makes it."""
SIMILARITY = "similarity"
SMALL = (SIMILARITY, "linear", "mlp128", "cnn")
"""What comes along."""


def path(name: str) -> Path:
    """Where a model's file is, or would be."""
    return (_FOLDER if name in SMALL else paths.home() / "models") / f"{name}.safetensors"


def there() -> list[str]:
    """The names in `MODELS` whose file is on this machine."""
    return [name for name in MODELS if path(name).is_file()]


def load(name: str = "cnn") -> checkpoint.TrainedModel:
    """One of `MODELS`.

    Raises
    ------
    ModelFileError
        If it has not been made on this machine.
    """
    if name not in SMALL and not path(name).is_file():
        raise ModelFileError(
            f"There is no {name} on this machine yet: it is made by `python -m mnist_core models --make {name}`."
        )
    return checkpoint.read(path(name))


def similarity() -> np.ndarray:
    """The ideal digits: the mean of MNIST's training images of each, float32 of shape (10, 28, 28) in [0, 1]."""
    return load_file(path(SIMILARITY))["means"]


def make(name: str, on_batch: Callable[[int], None] = lambda batches: None) -> Path:
    """Train one of `MODELS` on MNIST, or take the means of `SIMILARITY`; the file it is kept in, written anew.

    Parameters
    ----------
    on_batch : told, about every 0.1 s, how many batches were trained since

    Raises
    ------
    DataError
        If MNIST cannot be had, or there is no model of that name.
    """
    if name == SIMILARITY:
        data = _means()
    elif name in MODELS:
        from mnist_core import training

        config = MODELS[name]
        outcome = training.train(config, on_batches=lambda batches: on_batch(len(batches)))
        trained = checkpoint.undump(outcome.state)
        card = {"accuracy": trained.card["accuracy"], "epochs_done": outcome.epochs_done, "data": "MNIST"}
        data = checkpoint.dump(trained.model, config, card)
    else:
        raise DataError(f"No model named {name!r} comes with the lab: choose from {', '.join([SIMILARITY, *MODELS])}.")
    paths.write_atomically(path(name), data)
    return path(name)


def _means() -> bytes:
    from mnist_core.chapter.baseline import mean_digit, stacked
    from mnist_core.data import load as load_data

    mnist = load_data("mnist")
    return save({"means": np.stack([mean_digit(stacked(mnist, digit)).numpy() for digit in mnist.classes])})
