"""A write-up's failed export, done again: of the three changes that cured it, which did what?

The write-up loaded its images by `ImageFolder`, and `learn.export()` failed. It then changed the data, the model and
the loss at once. Here each change is made alone and with the others. The functions run in the experiments process and
import fastai there.
"""

import warnings
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from torch import Tensor, nn

from mnist_core.chapter.loading import WAYS, write_files
from mnist_core.data import load

if TYPE_CHECKING:
    from fastai.data.core import DataLoaders


class LinearModule(nn.Module):
    """The linear model as a class of one's own: the layers are the same, only the way of writing is another."""

    def __init__(self, layers: nn.Sequential) -> None:
        super().__init__()
        self.layers = layers

    def forward(self, xb: Tensor) -> Tensor:
        return self.layers(xb)


@dataclass(frozen=True)
class Attempt:
    """What came of one export.

    Attributes
    ----------
    data, model, loss : whether this was changed: `ImageFolder` to `DataBlock`, `nn.Sequential` to a class,
        `nn.CrossEntropyLoss` to `CrossEntropyLossFlat`
    error : of `learn.export()`, as Python printed it; "" if there was none
    digit, index, probs : what `predict` of the loaded learner gave, as Python prints it; "" if there was an error
    outputs : the numbers in `probs`
    """

    data: bool
    model: bool
    loss: bool
    error: str = ""
    digit: str = ""
    index: str = ""
    probs: str = ""
    outputs: tuple[float, ...] = ()

    @property
    def gives_probabilities(self) -> bool:
        """Whether no output is below 0 and all add up to 1."""
        return bool(self.outputs) and min(self.outputs) >= 0 and abs(sum(self.outputs) - 1) < 1e-4


def try_changes(*, data: str, epochs: int = 3, bs: int = 64) -> tuple[Attempt, ...]:
    """Export the same trained linear model with none, some and all of the three changes, and let each predict a file.

    Parameters
    ----------
    data : name of the data, for `mnist_core.data.load`
    epochs : how long to train the model
    bs : images per batch
    """
    from fastai.torch_core import no_random

    from mnist_core.chapter import four_ways

    with TemporaryDirectory() as name, no_random():
        folder = Path(name)
        write_files(load(data), folder)
        loaders = [getattr(four_ways, WAYS[way])(folder, bs=bs) for way in ("ImageFolder", "DataBlock")]
        layers = nn.Sequential(nn.Flatten(), nn.Linear(28 * 28, 10))
        _fit(loaders[1], layers, folder, epochs)
        changes = [Attempt(*changed) for changed in product((False, True), (False, True), (False, True))]
        return tuple(_attempt(loaders[asked.data], layers, folder, asked) for asked in changes)


def _fit(dls: "DataLoaders", layers: nn.Sequential, folder: Path, epochs: int) -> None:
    from fastai.vision.all import SGD, CrossEntropyLossFlat, Learner

    learn = Learner(dls, layers, loss_func=CrossEntropyLossFlat(), opt_func=SGD, path=folder)
    with learn.no_bar(), learn.no_logging():
        learn.fit(epochs, 0.1)


def _attempt(dls: "DataLoaders", layers: nn.Sequential, folder: Path, asked: Attempt) -> Attempt:
    """One export, opened again where it worked; the file that is predicted is the same each time."""
    from fastai.vision.all import CrossEntropyLossFlat, Learner, load_learner

    model = LinearModule(layers) if asked.model else layers
    loss_func = CrossEntropyLossFlat() if asked.loss else nn.CrossEntropyLoss()
    learn = Learner(dls, model, loss_func=loss_func, path=folder)
    try:
        learn.export("learner.pkl")
    except AttributeError as error:
        return replace(asked, error=f"{type(error).__name__}: {error}")
    with warnings.catch_warnings(action="ignore"):  # about pickles from strangers; this one is ours
        learn_inf = load_learner(folder / "learner.pkl")
    with learn_inf.no_bar():
        said = learn_inf.predict(min(folder.glob("testing/8/*.png")))
    digit, index, probs = (" ".join(repr(value).split()) for value in (str(said[0]), *said[1:]))  # on one line each
    return replace(asked, digit=digit, index=index, probs=probs, outputs=tuple(map(float, said[2])))
