"""One weight of a trained linear model, nudged: accuracy climbs and falls in steps, the loss glides.

Why accuracy cannot train a model. Between two steps accuracy does not change at all, so its slope is 0; only the loss
says in which direction to go.
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from mnist_core.chapter.losses import batch_accuracy, mnist_loss, mnist_loss_wrong_sign
from mnist_core.data import DigitData, load

_LOSSES = {"mnist_loss": mnist_loss, "mnist_loss_wrong_sign": mnist_loss_wrong_sign}


@dataclass(frozen=True)
class Linear37:
    """A linear model that tells 3 from 7, and how it got there.

    Attributes
    ----------
    weights : float32 Tensor of shape (784, 1)
    bias : float32 Tensor of shape (1,)
    accuracies : on the validation images, before the first epoch and after each
    """

    weights: Tensor
    bias: Tensor
    accuracies: list[float]


def batch_37(data: DigitData, indices: np.ndarray) -> tuple[Tensor, Tensor]:
    """Images and targets for a model with one output.

    Parameters
    ----------
    data : with the digits 3 and 7
    indices : int64 array of shape (n,), into `data.images`

    Returns
    -------
    xb : float32 Tensor of shape (n, 784) in [0, 1]
    yb : float32 Tensor of shape (n, 1), 1 for a 3 and 0 for a 7
    """
    images = torch.from_numpy(data.images[indices])
    labels = torch.from_numpy(data.labels[indices])
    return images.view(-1, 28 * 28).float() / 255, (labels == 3).float().unsqueeze(1)


def train_linear37(name: str, *, loss: str, epochs: int, lr: float, bs: int = 256, seed: int = 42) -> Linear37:
    """Train the chapter's linear model by hand, from small random weights.

    Parameters
    ----------
    name : of the data, see `data.load`
    loss : "mnist_loss", or "mnist_loss_wrong_sign"
    epochs, lr, bs : as in the chapter
    seed : of the start and of the shuffling

    Returns
    -------
    Linear37
    """
    data = load(name, digits="37")
    xb_all, yb_all = batch_37(data, data.train)
    valid_x, valid_y = batch_37(data, data.valid)
    generator = torch.Generator().manual_seed(seed)
    weights = (0.01 * torch.randn(28 * 28, 1, generator=generator)).requires_grad_()
    bias = torch.zeros(1, requires_grad=True)
    accuracies = [batch_accuracy(valid_x @ weights + bias, valid_y).item()]
    for _ in range(epochs):
        for rows in torch.randperm(len(xb_all), generator=generator).split(bs):
            _LOSSES[loss](xb_all[rows] @ weights + bias, yb_all[rows]).backward()
            for p in (weights, bias):
                p.data -= lr * p.grad.data  # type: ignore[union-attr]  # backward() has filled it
                p.grad = None
        accuracies.append(batch_accuracy(valid_x @ weights + bias, valid_y).item())
    return Linear37(weights.detach(), bias.detach(), accuracies)


def marked(image: np.ndarray, *, row: int, column: int) -> np.ndarray:
    """An image with two thin lines that cross at a pixel, so that one sees which pixel is meant.

    Parameters
    ----------
    image : uint8 array of shape (28, 28)
    row, column : of the pixel, 0 to 27

    Returns
    -------
    float32 array of shape (28, 28) in [0, 1]: the ink at half its strength, the lines at 0.7, the pixel at 1
    """
    picture = image.astype(np.float32) / 510
    picture[row, :] = picture[:, column] = 0.7
    picture[row, column] = 1
    return picture


@dataclass(frozen=True)
class Nudge:
    """What a batch's outputs depend on when one weight changes and all others stay.

    Attributes
    ----------
    outputs : float64 Tensor of shape (n, 1), with the weight as it is
    ink : float64 Tensor of shape (n, 1), of the weight's pixel, 0 to 1: a change of the weight counts so much
    targets : float64 Tensor of shape (n, 1), 1 or 0
    weight : its value
    """

    outputs: Tensor
    ink: Tensor
    targets: Tensor
    weight: float

    def preds(self, change: Tensor | float) -> Tensor:
        """The outputs after the weight has changed by so much, shape (n, 1)."""
        return self.outputs + change * self.ink

    def accuracy(self, change: Tensor | float) -> float:
        """`batch_accuracy` after that change."""
        return batch_accuracy(self.preds(change), self.targets).item()

    def loss(self, change: Tensor | float) -> float:
        """`mnist_loss` after that change."""
        return mnist_loss(self.preds(change), self.targets).item()


def nudge(data: DigitData, model: Linear37, *, row: int, column: int, images: int) -> Nudge:
    """One weight of a model, and a batch to see what it does.

    Parameters
    ----------
    data : with the digits 3 and 7; the batch is spread evenly over its training images, half threes, half sevens
    model : Linear37
    row, column : of the weight's pixel, 0 to 27
    images : in the batch
    """
    even = np.linspace(0, len(data.train) - 1, images).astype(int)
    xb, yb = batch_37(data, data.train[even])
    pixel = 28 * row + column
    outputs = xb.double() @ model.weights.double() + model.bias.double()
    return Nudge(outputs, xb[:, pixel : pixel + 1].double(), yb.double(), model.weights[pixel].item())


@dataclass(frozen=True)
class Staircase:
    """Accuracy over the changes of a weight: constant between its jumps.

    Attributes
    ----------
    edges : float64 array of shape (k + 1,), ascending: the lower end, each place where it may jump, the upper end
    accuracies : float64 array of shape (k,), between an edge and the next
    """

    edges: np.ndarray
    accuracies: np.ndarray

    @property
    def jumps(self) -> int:
        """At how many places accuracy really changes."""
        return int(np.count_nonzero(np.diff(self.accuracies)))

    def corners(self) -> tuple[np.ndarray, np.ndarray]:
        """The steps as a line of 2k points: float64 arrays x and y."""
        return np.repeat(self.edges, 2)[1:-1], np.repeat(self.accuracies, 2)


def staircase(nudge: Nudge, *, reach: float) -> Staircase:
    """Accuracy for every change from -reach to reach, exactly.

    An image's answer turns where its output passes 0: at the change `-output / ink`.

    Parameters
    ----------
    nudge : Nudge
    reach : largest change
    """
    seen = nudge.ink[:, 0] > 0
    turns = torch.unique(-nudge.outputs[seen, 0] / nudge.ink[seen, 0])
    inside = turns[turns.abs() < reach].numpy()
    edges = np.concatenate([[-reach], inside, [reach]])
    return Staircase(edges, np.array([nudge.accuracy(middle) for middle in (edges[1:] + edges[:-1]) / 2]))


def loss_slope(nudge: Nudge, change: float) -> float:
    """The slope of `mnist_loss` after a change of the weight, by autograd."""
    at = torch.tensor(change, dtype=torch.float64, requires_grad=True)
    mnist_loss(nudge.preds(at), nudge.targets).backward()
    return at.grad.item()  # type: ignore[union-attr]  # backward() has filled it


def refusal() -> str:
    """What torch says when it is asked for the gradient of accuracy."""
    preds = torch.tensor([[0.3]], requires_grad=True)
    try:
        batch_accuracy(preds, torch.ones(1, 1)).backward()
    except RuntimeError as error:
        return str(error)
    return ""
