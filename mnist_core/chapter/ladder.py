"""The same linear model climbed four times: each rung replaces some lines of the one before by something ready-made.

From the same start and the same batches all four end with the same weights. fastai is imported where it is used, since
the pages' own process never loads it.
"""

import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from mnist_core.chapter.loop import (
    DIGITS,
    BasicOptim,
    Batches,
    calc_grad,
    init_params,
    joined,
    linear1,
    make_dls,
    start,
    train_epoch,
    validate_epoch,
)
from mnist_core.chapter.losses import batch_accuracy, mnist_loss
from mnist_core.data import load

TRIES = 3

Params = list[Tensor]


class Optimiser(Protocol):
    """What every optimiser can do."""

    def step(self) -> Any: ...
    def zero_grad(self) -> None: ...


def by_hand(
    train_dl: Batches, valid_dl: Batches, weights: Tensor, bias: Tensor, *, lr: float, epochs: int
) -> tuple[Params, list[float]]:
    """Rung 1. The trained parameters, and the accuracy after each epoch: everything written out.

    Parameters
    ----------
    train_dl, valid_dl : Batches of two digits
    weights : Tensor of shape (784, 1), the start; left as it is
    bias : Tensor of shape (1,)
    lr : learning rate
    epochs : how many
    """
    params = [p.detach().clone().requires_grad_() for p in (weights, bias)]
    model = partial(linear1, weights=params[0], bias=params[1])
    accuracies = []
    for _ in range(epochs):
        train_epoch(model, lr, params, train_dl)
        accuracies.append(validate_epoch(model, valid_dl))
    return params, accuracies


def with_basic_optim(
    train_dl: Batches, valid_dl: Batches, weights: Tensor, bias: Tensor, *, lr: float, epochs: int
) -> tuple[Params, list[float]]:
    """Rung 2. `nn.Linear` holds the parameters, `BasicOptim` takes the step; arguments as in `by_hand`."""
    model = linear_model(weights, bias)
    opt = BasicOptim(model.parameters(), lr)
    return list(model.parameters()), train_model(model, opt, train_dl, valid_dl, epochs)


def with_torch_sgd(
    train_dl: Batches, valid_dl: Batches, weights: Tensor, bias: Tensor, *, lr: float, epochs: int
) -> tuple[Params, list[float]]:
    """Rung 3. torch's own `SGD` in the place of `BasicOptim`; arguments as in `by_hand`."""
    model = linear_model(weights, bias)
    opt = torch.optim.SGD(model.parameters(), lr)
    return list(model.parameters()), train_model(model, opt, train_dl, valid_dl, epochs)


def with_learner(
    train_dl: Batches, valid_dl: Batches, weights: Tensor, bias: Tensor, *, lr: float, epochs: int
) -> tuple[Params, list[float]]:
    """Rung 4. fastai's `Learner` in the place of the loop; arguments as in `by_hand`."""
    from fastai.vision.all import SGD, DataLoaders, Learner

    dls = DataLoaders(train_dl, valid_dl)
    model = linear_model(weights, bias)
    learn = Learner(dls, model, opt_func=SGD, loss_func=mnist_loss, metrics=batch_accuracy)
    with learn.no_bar(), learn.no_logging():
        learn.fit(epochs, lr=lr)
    return list(model.parameters()), [row[2] for row in learn.recorder.values]


def linear_model(weights: Tensor, bias: Tensor) -> nn.Linear:
    """An `nn.Linear` that starts with these weights, shape (784, 1), which it keeps as (1, 784), and this bias."""
    model = nn.Linear(len(weights), 1)
    with torch.no_grad():
        model.weight.copy_(weights.T)
        model.bias.copy_(bias)
    return model


def train_model(model: nn.Module, opt: Optimiser, train_dl: Batches, valid_dl: Batches, epochs: int) -> list[float]:
    """The accuracy after each epoch of training with an optimiser."""
    accuracies = []
    for _ in range(epochs):
        for xb, yb in train_dl:
            calc_grad(xb, yb, model)
            opt.step()
            opt.zero_grad()
        accuracies.append(validate_epoch(model, valid_dl))
    return accuracies


RUNGS: dict[str, Callable[..., tuple[Params, list[float]]]] = {
    "By hand": by_hand,
    "BasicOptim": with_basic_optim,
    "torch SGD": with_torch_sgd,
    "Learner": with_learner,
}


@dataclass(frozen=True)
class Climb:
    """One rung's training.

    Attributes
    ----------
    name : of the rung
    params : float32 Tensor of shape (785,): the weights, then the bias, after the last epoch
    accuracies : on the validation images, after each epoch
    seconds : of all epochs, validation with them, in the fastest of `TRIES` tries
    """

    name: str
    params: Tensor
    accuracies: list[float]
    seconds: float


def climb(source: str, *, lr: float, epochs: int, seed: int) -> list[Climb]:
    """Train on every rung, from the same start, on the same batches.

    Parameters
    ----------
    source : name of the data, e.g. "mnist"
    lr : learning rate
    epochs : how many
    seed : of the start and of the dealing
    """
    data = load(source, digits=DIGITS)
    climbs: dict[str, Climb] = {}
    for name, rung in [*RUNGS.items()] * TRIES:  # in turn: the first use pays for what it loads, and a busy machine too
        dls = make_dls(data, seed=seed)
        began = time.perf_counter()
        params, accuracies = rung(*dls, *start(data, seed=seed), lr=lr, epochs=epochs)
        seconds = time.perf_counter() - began
        best = min(seconds, climbs[name].seconds) if name in climbs else seconds
        climbs[name] = Climb(name, joined(params), accuracies, best)
    return [*climbs.values()]


def largest_differences(climbs: Sequence[Climb]) -> list[float]:
    """For each climb, how far the most different of its 785 numbers is from the first climb's."""
    return [(climb.params - climbs[0].params).abs().max().item() for climb in climbs]


class LinearModule(nn.Module):
    """`init_params` and `linear1` as an `nn.Module` of one's own.

    What is an `nn.Parameter` is found by `parameters()`; `forward` is what a call of the model runs.

    Parameters
    ----------
    size_in, size_out : numbers that go in and come out for each image
    generator : where the random start comes from
    """

    def __init__(self, size_in: int, size_out: int, *, generator: torch.Generator | None = None) -> None:
        super().__init__()
        self.weights = nn.Parameter(init_params((size_in, size_out), generator=generator))
        self.bias = nn.Parameter(init_params(size_out, generator=generator))

    def forward(self, xb: Tensor) -> Tensor:
        return linear1(xb, self.weights, self.bias)


def parameter_rows(model: nn.Module) -> list[dict[str, object]]:
    """A row for each parameter of a model, in the order of `parameters()`: name, shape, and how many numbers."""
    return [
        {"name": name, "shape": str(tuple(p.shape)), "numbers": p.numel(), "requires_grad": str(p.requires_grad)}
        for name, p in model.named_parameters()
    ]


@dataclass(frozen=True)
class RateSearch:
    """What `lr_find` saw.

    Attributes
    ----------
    lrs, losses : of each batch: a rate that grows from batch to batch, and the smoothed loss
    suggested : fastai's "valley": a rate in the middle of the longest fall
    """

    lrs: list[float]
    losses: list[float]
    suggested: float


@dataclass(frozen=True)
class Recording:
    """What the Learner's recorder wrote down.

    Attributes
    ----------
    lrs, losses : of each batch: learning rate, and smoothed training loss
    epochs : of each epoch: training loss, validation loss, accuracy
    """

    lrs: list[float]
    losses: list[float]
    epochs: list[list[float]]


def find_rate(source: str, *, seed: int) -> RateSearch:
    """Run `lr_find` on the linear model."""
    with _learner(source, seed) as learn:
        suggested = learn.lr_find(show_plot=False).valley
        return RateSearch(
            [float(lr) for lr in learn.recorder.lrs], [loss.item() for loss in learn.recorder.losses], suggested
        )


def record(source: str, *, method: str, lr: float, epochs: int, seed: int) -> Recording:
    """Train the linear model with the Learner and read its recorder.

    Parameters
    ----------
    source : name of the data, e.g. "mnist"
    method : "fit" keeps the rate at `lr`; "fit_one_cycle" lets it rise to `lr` and fall again
    lr, epochs : of the training
    seed : of the start and of the dealing
    """
    with _learner(source, seed) as learn:
        getattr(learn, method)(epochs, lr)
        recorder = learn.recorder
        rows = [[float(value) for value in row] for row in recorder.values]
        return Recording([float(lr) for lr in recorder.lrs], [loss.item() for loss in recorder.losses], rows)


@contextmanager
def _learner(source: str, seed: int) -> Iterator[Any]:
    """A quiet Learner of the linear model, with a folder for the copy of the weights that `lr_find` keeps."""
    from fastai.vision.all import SGD, DataLoaders, Learner

    data = load(source, digits=DIGITS)
    dls = DataLoaders(*make_dls(data, seed=seed))
    model = linear_model(*start(data, seed=seed))
    with tempfile.TemporaryDirectory() as path:
        learn = Learner(dls, model, opt_func=SGD, loss_func=mnist_loss, metrics=batch_accuracy, path=path)
        with learn.no_bar(), learn.no_logging():
            yield learn
