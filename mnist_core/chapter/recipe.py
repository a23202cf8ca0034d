"""A training by hand in which every line that one can get wrong is a switch.

A `Recipe` describes a training; `train` follows it. Used where trainings are compared: a mistake beside the right line,
a model with a hidden layer beside one without.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from mnist_core.chapter.losses import accuracy, batch_accuracy, mnist_loss, mnist_loss_wrong_sign
from mnist_core.chapter.softmax import nll_loss, softmax
from mnist_core.data import load

MEASURED = 20  # times within a training, evenly spaced


def plain_softmax_loss(preds: Tensor, targets: Tensor) -> Tensor:
    """Cross-entropy as softmax, then log, one after the other: NaN or infinite where the logits are large.

    Parameters
    ----------
    preds : float Tensor of shape (n, k), the logits
    targets : int64 Tensor of shape (n,)
    """
    return nll_loss(softmax(preds).log(), targets)


LOSSES: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "mnist_loss": mnist_loss,
    "wrong sign": mnist_loss_wrong_sign,
    "cross_entropy": F.cross_entropy,
    "plain softmax": plain_softmax_loss,
    "nll without log": nll_loss,  # it expects log-probabilities, and is given logits
}


@dataclass(frozen=True)
class Recipe:
    """A training by hand; every field is a switch.

    Attributes
    ----------
    digits : "37" for one output (a 3 or not), all ten digits for ten outputs
    hidden : units of the hidden layer, 0 for none
    relu : whether a ReLU stands between the two layers
    start : the weights' spread: "scaled" as `nn.Linear` draws them, by the number of inputs, or "std 1" as `randn` does
    divide : whether pixels are brought from 0..255 to 0..1
    shuffle : whether the images are dealt anew in each epoch, or come ordered by digit
    zero_grad : whether gradients are emptied after each step
    subtract : whether a step is `p -= lr*grad`, or `p = lr*grad`, the minus sign lost
    loss : a name in `LOSSES`
    lr, epochs : learning rate, passes over the training images
    earlier_lr : rate of another training of the same length, on the same weights, before this one; 0 for none
    softmax : whether what is printed as probabilities has been through the sigmoid or softmax
    """

    digits: str = "37"
    hidden: int = 0
    relu: bool = True
    start: Literal["scaled", "std 1"] = "scaled"
    divide: bool = True
    shuffle: bool = True
    zero_grad: bool = True
    subtract: bool = True
    loss: str = "mnist_loss"
    lr: float = 1.0
    epochs: int = 10
    earlier_lr: float = 0.0
    softmax: bool = True

    @property
    def sizes(self) -> list[int]:
        """Inputs, hidden units if there are any, outputs."""
        outputs = 1 if len(self.digits) == 2 else len(self.digits)
        return [28 * 28, self.hidden, outputs] if self.hidden else [28 * 28, outputs]


@dataclass(frozen=True)
class Trained:
    """How a training by hand went.

    Attributes
    ----------
    losses : float64 array of shape (steps,), the loss of each batch
    accuracies : batches trained, the first is 0 -> accuracy over all validation images
    weights : float32 array of shape (units, 28, 28), those of the first layer
    label : the digit on one of the validation images
    printed : float32 array of shape (classes,), what is printed as its probabilities
    bs : images per batch
    """

    losses: np.ndarray
    accuracies: dict[int, float]
    weights: np.ndarray
    label: int
    printed: np.ndarray
    bs: int

    @property
    def accuracy(self) -> float:
        """After the last batch."""
        return self.accuracies[max(self.accuracies)]


def init_params(recipe: Recipe, generator: torch.Generator) -> list[Tensor]:
    """Weights and bias of each layer in turn: shapes (inputs, outputs) and (outputs,).

    "scaled" draws as `nn.Linear` does, evenly between -1/sqrt(inputs) and 1/sqrt(inputs).
    """
    params = []
    for inputs, outputs in pairwise(recipe.sizes):
        for shape in ((inputs, outputs), (outputs,)):
            if recipe.start == "std 1":
                params.append(torch.randn(shape, generator=generator))
            else:
                params.append((2 * torch.rand(shape, generator=generator) - 1) / inputs**0.5)
    return [p.requires_grad_() for p in params]


def forward(xb: Tensor, params: list[Tensor], recipe: Recipe) -> Tensor:
    """The model: (n, 784) -> (n, outputs), with a ReLU between its layers where the recipe has one."""
    weights, bias = params[:2]
    xb = xb @ weights + bias
    if len(params) == 2:
        return xb
    return forward(xb.relu() if recipe.relu else xb, params[2:], recipe)


def step(params: list[Tensor], recipe: Recipe) -> None:
    """One step with the gradients that are there, and empty gradients after it: the two lines one gets wrong."""
    for p in params:
        assert p.grad is not None
        if recipe.subtract:
            p.data -= recipe.lr * p.grad
        else:
            p.data = recipe.lr * p.grad
        if recipe.zero_grad:
            p.grad = None


@dataclass(frozen=True)
class Digits:
    """What a training by hand needs of the data.

    Attributes
    ----------
    x, valid_x : uint8 Tensors of shape (n, 784)
    y, valid_y : targets; int64 of shape (n, 1), 1 for the first digit, for one output, else class indices, shape (n,)
    valid_labels : int64 array of shape (n,), the digits shown
    """

    x: Tensor
    y: Tensor
    valid_x: Tensor
    valid_y: Tensor
    valid_labels: np.ndarray

    @property
    def bs(self) -> int:
        """Images per batch: the chapter's 256, or 32 where there are few images."""
        return 256 if len(self.x) >= 2_000 else 32


def digits_for(data: str, recipe: Recipe) -> Digits:
    """The images and targets of a recipe, from "mnist" or "digits"."""
    found = load(data, digits=recipe.digits)

    def part(indices: np.ndarray) -> tuple[Tensor, Tensor]:
        labels = torch.from_numpy(found.labels[indices])
        targets = (labels == found.classes[0]).long()[:, None] if recipe.sizes[-1] == 1 else labels
        return torch.from_numpy(found.images[indices]).view(-1, 28 * 28), targets  # (n, 28, 28) -> (n, 784)

    return Digits(*part(found.train), *part(found.valid), found.labels[found.valid])


def train(data: str, recipe: Recipe, seed: int = 0) -> Trained:
    """Train by hand, as the recipe says.

    Parameters
    ----------
    data : "mnist" or "digits"
    recipe : Recipe
    seed : of the start and of the shuffling
    """
    digits, generator = digits_for(data, recipe), torch.Generator().manual_seed(seed)
    params = init_params(recipe, generator)
    if recipe.earlier_lr:
        fit(params, digits, replace(recipe, lr=recipe.earlier_lr), generator)
    losses, accuracies = fit(params, digits, recipe, generator)
    weights = params[0].detach().T.reshape(-1, 28, 28).numpy()  # (784, units) -> (units, 28, 28)
    return Trained(losses, accuracies, weights, *print_one(params, digits, recipe), digits.bs)


def fit(
    params: list[Tensor], digits: Digits, recipe: Recipe, generator: torch.Generator
) -> tuple[np.ndarray, dict[int, float]]:
    """Train for the recipe's epochs: the loss of each batch; batches trained -> accuracy."""
    losses: list[float] = []
    accuracies: dict[int, float] = {}
    steps = recipe.epochs * -(-len(digits.x) // digits.bs)
    marks = {steps * k // MEASURED for k in range(MEASURED)}
    for _ in range(recipe.epochs):
        order = torch.randperm(len(digits.x), generator=generator) if recipe.shuffle else torch.arange(len(digits.x))
        for rows in order.split(digits.bs):
            if len(losses) in marks:
                accuracies[len(losses)] = valid_accuracy(params, digits, recipe)
            preds = forward(to_floats(digits.x[rows], recipe), params, recipe)
            loss = LOSSES[recipe.loss](preds, digits.y[rows])
            loss.backward()
            step(params, recipe)
            losses.append(loss.item())
    accuracies[steps] = valid_accuracy(params, digits, recipe)
    return np.array(losses), accuracies


def to_floats(images: Tensor, recipe: Recipe) -> Tensor:
    """uint8 to float32, in 0..1 unless the division by 255 is forgotten."""
    return images.float() / 255 if recipe.divide else images.float()


@torch.no_grad()
def valid_accuracy(params: list[Tensor], digits: Digits, recipe: Recipe) -> float:
    """The share of all validation images that is right, 0 to 1."""
    preds = forward(to_floats(digits.valid_x, recipe), params, recipe)
    return (batch_accuracy if recipe.sizes[-1] == 1 else accuracy)(preds, digits.valid_y).item()


@torch.no_grad()
def print_one(params: list[Tensor], digits: Digits, recipe: Recipe) -> tuple[int, np.ndarray]:
    """The digit on one of the validation images, and what is printed as the probability of each class, shape (k,)."""
    row = len(digits.valid_x) // 3
    preds = forward(to_floats(digits.valid_x[row], recipe), params, recipe)
    if recipe.sizes[-1] == 1:
        preds = torch.cat([preds, -preds])
        printed = preds.sigmoid() if recipe.softmax else preds
    else:
        printed = preds.softmax(dim=0) if recipe.softmax else preds
    return int(digits.valid_labels[row]), printed.numpy()
