"""Losses, which train a model, and metrics, which a person reads. From fastbook, chapter 4."""

from collections.abc import Callable

import torch.nn.functional as F
from torch import Tensor, where


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
