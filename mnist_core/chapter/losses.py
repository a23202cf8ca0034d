"""Losses, which train a model, and metrics, which a person reads. From fastbook, chapter 4."""

from collections.abc import Callable

import torch.nn.functional as F
from torch import Tensor, exp, where


def sigmoid(x: Tensor) -> Tensor:
    """Any number squeezed between 0 and 1: near 0 far below zero, 0.5 at zero, near 1 far above it.

    Parameters
    ----------
    x : float Tensor of any shape

    Returns
    -------
    float Tensor of the same shape, 0 to 1

    Examples
    --------
    >>> from torch import tensor
    >>> sigmoid(tensor([-2.0, 0.0, 2.0]))
    tensor([0.1192, 0.5000, 0.8808])
    """
    return 1 / (1 + exp(-x))


def sigmoid_slope(x: Tensor) -> Tensor:
    """How steep the sigmoid is: at most 0.25, at zero, and almost flat far from it. Shape as `x`."""
    return sigmoid(x) * (1 - sigmoid(x))


def sigmoid_wrong_sign(x: Tensor) -> Tensor:
    """The sigmoid as one write-up printed it, its minus lost: `1 - sigmoid(x)`, the curve seen in a mirror.

    Parameters
    ----------
    x : float Tensor of any shape

    Returns
    -------
    float Tensor of the same shape, 0 to 1
    """
    return 1 / (1 + exp(x))


def mean_distance(predictions: Tensor, targets: Tensor) -> Tensor:
    """The chapter's first `mnist_loss`, without a sigmoid: right only for predictions between 0 and 1.

    Parameters
    ----------
    predictions : float Tensor of shape (n,) or (n, 1), meant to lie between 0 and 1
    targets : Tensor of the same shape, 1 for the first digit and 0 for the second

    Returns
    -------
    float Tensor of shape (), the mean of `1 - prediction` where the target is 1 and of the prediction elsewhere

    Examples
    --------
    >>> from torch import tensor
    >>> mean_distance(tensor([0.9, 0.4, 0.2]), tensor([1, 0, 1]))
    tensor(0.4333)
    """
    return where(targets == 1, 1 - predictions, predictions).mean()


def where_columns(predictions: Tensor, targets: Tensor) -> dict[str, list[float]]:
    """What `torch.where` sees and takes in `mean_distance`, column by column.

    Parameters
    ----------
    predictions : float Tensor of shape (n,)
    targets : Tensor of shape (n,), 1 or 0

    Returns
    -------
    the condition (booleans), what is taken where it is true, what elsewhere, and what was taken: lists of length n
    """
    condition = targets == 1
    return {
        "trgts == 1": condition.tolist(),
        "1 - prds": (1 - predictions).tolist(),
        "prds": predictions.tolist(),
        "taken": where(condition, 1 - predictions, predictions).tolist(),
    }


def mnist_loss(predictions: Tensor, targets: Tensor) -> Tensor:
    """How far the predictions are from the targets, 0 (all certain and right) to 1.

    Parameters
    ----------
    predictions : float Tensor of shape (n, 1), any real number; the sigmoid makes it 0 to 1
    targets : Tensor of shape (n, 1), 1 for the first digit and 0 for the second

    Returns
    -------
    float Tensor of shape (), the mean distance from the target

    Examples
    --------
    >>> from torch import tensor
    >>> mnist_loss(tensor([[0.0], [0.0]]), tensor([[1], [0]]))
    tensor(0.5000)
    """
    predictions = predictions.sigmoid()
    return where(targets == 1, 1 - predictions, predictions).mean()


def mnist_loss_wrong_sign(predictions: Tensor, targets: Tensor) -> Tensor:
    """`mnist_loss` with `sigmoid_wrong_sign` in it; shapes as there. Who lowers it learns the opposite."""
    return mean_distance(sigmoid_wrong_sign(predictions), targets)


def batch_accuracy(xb: Tensor, yb: Tensor) -> Tensor:
    """The share of a batch that is right, for a model with one output.

    Parameters
    ----------
    xb : float Tensor of shape (n, 1), the model's outputs (the chapter's name for them)
    yb : Tensor of shape (n, 1), 1 for the first digit and 0 for the second

    Returns
    -------
    float Tensor of shape (), 0 to 1
    """
    preds = xb.sigmoid()
    correct = (preds > 0.5) == yb
    return correct.float().mean()


def accuracy(preds: Tensor, yb: Tensor) -> Tensor:
    """The share of a batch that is right, for a model with one output per class.

    Parameters
    ----------
    preds : float Tensor of shape (n, k), the logits
    yb : int64 Tensor of shape (n,), the index of the right class

    Returns
    -------
    float Tensor of shape (), 0 to 1
    """
    return (preds.argmax(dim=1) == yb).float().mean()


LOSSES: dict[str, tuple[Callable[[Tensor, Tensor], Tensor], Callable[[Tensor, Tensor], Tensor]]] = {
    "mnist_loss": (mnist_loss, batch_accuracy),
    "cross_entropy": (F.cross_entropy, accuracy),
}
"""Name -> (loss, the metric that goes with it)."""
