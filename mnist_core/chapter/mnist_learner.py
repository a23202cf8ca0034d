"""A Learner of one's own, as the chapter suggests for further research: the whole training loop in one class.

In the spirit of the third write-up's `MNISTLearner`, written anew.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.torch import load as from_bytes
from safetensors.torch import save as to_bytes
from torch import Tensor, nn

from mnist_core.chapter.loop import BasicOptim, Batches, Loss, calc_grad, make_dls
from mnist_core.chapter.losses import accuracy
from mnist_core.data import load


@dataclass(frozen=True)
class Row:
    """One epoch: its number from 1, the mean losses, the accuracy, and the seconds of training and validation."""

    epoch: int
    train_loss: float
    valid_loss: float
    accuracy: float
    seconds: float


class MNISTLearner:
    """Trains a model on batches and keeps a table of how it went.

    Parameters
    ----------
    dls : training and validation batches
    model : xb -> preds
    opt_func : (params, lr) -> an optimiser with `step` and `zero_grad`
    loss_func : (preds, yb) -> scalar Tensor, which trains the model
    metric : (preds, yb) -> scalar Tensor, which a person reads
    """

    def __init__(
        self,
        dls: tuple[Batches, Batches],
        model: nn.Module,
        opt_func: Callable[..., BasicOptim],
        loss_func: Loss,
        metric: Loss,
    ) -> None:
        self.train_dl, self.valid_dl = dls
        self.model, self.opt_func, self.loss_func, self.metric = model, opt_func, loss_func, metric
        self.rows: list[Row] = []

    def fit(self, epochs: int, lr: float) -> None:
        """Train for so many epochs more."""
        self.opt = self.opt_func(self.model.parameters(), lr)
        for _ in range(epochs):
            began = time.perf_counter()
            train_loss = self.train_epoch()
            valid_loss, metric = self.validate_epoch()
            self.rows.append(Row(len(self.rows) + 1, train_loss, valid_loss, metric, time.perf_counter() - began))

    def train_epoch(self) -> float:
        """The mean loss over the images of one epoch; the weights change after every batch."""
        total = 0.0
        for xb, yb in self.train_dl:
            total += calc_grad(xb, yb, self.model, self.loss_func).item() * len(xb)
            self.opt.step()
            self.opt.zero_grad()
        return total / len(self.train_dl.images)

    @torch.no_grad()
    def validate_epoch(self) -> tuple[float, float]:
        """Loss and metric over all validation images; each batch counts by its size."""
        loss = metric = 0.0
        for xb, yb in self.valid_dl:
            preds = self.model(xb)
            loss += self.loss_func(preds, yb).item() * len(xb)
            metric += self.metric(preds, yb).item() * len(xb)
        return loss / len(self.valid_dl.images), metric / len(self.valid_dl.images)

    def predict(self, x: Tensor) -> tuple[int, Tensor]:
        """The likeliest class of one image, and the probability of each.

        Parameters
        ----------
        x : float32 Tensor of shape (784,) in [0, 1]

        Returns
        -------
        int, and float32 Tensor of shape (classes,) that sums to 1
        """
        return predict(self.model, x)


@torch.no_grad()
def predict(model: nn.Module, x: Tensor) -> tuple[int, Tensor]:
    """The likeliest class of one image x of shape (784,), and the probability of each class."""
    probabilities = model(x.unsqueeze(0)).softmax(dim=1)[0]  # (784,) -> (1, 784) -> (1, classes) -> (classes,)
    return int(probabilities.argmax()), probabilities


def table(rows: Sequence[Row]) -> str:
    """The rows as lines of text, as a notebook would print them.

    Examples
    --------
    >>> print(table([Row(1, 2.3, 2.25, 0.1194, 0.5)]))
    epoch  train  valid  accuracy  time
        1  2.300  2.250    0.1194  0.50
    """
    lines = [
        f"{r.epoch:5}  {r.train_loss:5.3f}  {r.valid_loss:5.3f}  {r.accuracy:8.4f}  {r.seconds:4.2f}" for r in rows
    ]
    return "\n".join(["epoch  train  valid  accuracy  time", *lines])


@dataclass(frozen=True)
class Slice:
    """Some epochs of a training, and all that the next ones start from.

    Attributes
    ----------
    rows : of all epochs so far
    state : the weights after the last of them, as the bytes of a safetensors file
    """

    rows: tuple[Row, ...]
    state: bytes


def simple_net(*, seed: int) -> nn.Sequential:
    """784 pixels, 30 hidden units, ten digits; the global random state is left as it was."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return nn.Sequential(nn.Linear(28 * 28, 30), nn.ReLU(), nn.Linear(30, 10))


def train_slice(source: str, *, lr: float, epochs: int, seed: int, before: Slice | None = None) -> Slice:
    """Train `MNISTLearner` on ten digits for some epochs, from the start or from where a slice ended.

    Parameters
    ----------
    source : name of the data, e.g. "mnist"
    lr : learning rate
    epochs : of this slice
    seed : of the start and of the dealing
    before : the slice to go on from, of the same source, rate and seed
    """
    dls = make_dls(load(source), seed=seed)
    learner = MNISTLearner(dls, simple_net(seed=seed), BasicOptim, F.cross_entropy, accuracy)
    if before:
        learner.model.load_state_dict(from_bytes(before.state))
        learner.rows = list(before.rows)
        learner.train_dl.epoch = len(before.rows)  # the next epochs are dealt as if there had been no pause
    learner.fit(epochs, lr)
    return Slice(tuple(learner.rows), to_bytes(learner.model.state_dict()))


def predict_with(state: bytes, image: np.ndarray) -> tuple[int, list[float]]:
    """What a trained `simple_net` says of one image: `MNISTLearner.predict` on a model from its file.

    Parameters
    ----------
    state : of a `Slice`
    image : uint8 array of shape (28, 28)

    Returns
    -------
    int, the likeliest digit, and the probability of each of the ten
    """
    model = simple_net(seed=0)
    model.load_state_dict(from_bytes(state))
    x = torch.tensor(image.reshape(-1)).float() / 255  # (28, 28) -> (784,)
    digit, probabilities = predict(model, x)
    return digit, probabilities.tolist()
