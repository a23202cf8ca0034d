"""What a trained model says of images, and how often it is right."""

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mnist_core.checkpoint import TrainedModel
from mnist_core.data.types import DigitData
from mnist_core.errors import DataError
from mnist_core.models import to_input

_AT_ONCE = 250  # images: more overflow the processor's cache, with 5,000 the CNN takes three times as long


def logits(model: nn.Module, images: np.ndarray) -> Tensor:
    """What the model gives before any softmax.

    Parameters
    ----------
    model : nn.Module
    images : array of shape (n, 28, 28), uint8 in 0..255 or float32 in [0, 1]

    Returns
    -------
    float32 Tensor of shape (n, outputs)
    """
    model.eval()
    with torch.inference_mode():
        return torch.cat([model(part) for part in as_input(images).split(_AT_ONCE)])


def as_input(images: np.ndarray) -> Tensor:
    """What a model takes: (n, 28, 28), uint8 in 0..255 or float32 in [0, 1] -> float32 (n, 1, 28, 28) in [0, 1]."""
    tensor = torch.from_numpy(np.ascontiguousarray(images))
    return to_input(tensor) if tensor.dtype == torch.uint8 else tensor.float().unsqueeze(1)


def probabilities(trained: TrainedModel, images: np.ndarray) -> np.ndarray:
    """How likely the model holds each digit to be.

    Parameters
    ----------
    trained : TrainedModel with k classes
    images : array of shape (n, 28, 28), uint8 in 0..255 or float32 in [0, 1]

    Returns
    -------
    float32 array of shape (n, k), rows sum to 1: the softmax of the logits, or for a model with one output
    its sigmoid for the first digit and the rest for the second
    """
    return _probabilities(logits(trained.model, images)).numpy()


def _probabilities(out: Tensor) -> Tensor:
    """(n, outputs) logits -> (n, k), rows sum to 1."""
    if out.shape[1] == 1:
        first = out.sigmoid()
        return torch.cat([first, 1 - first], dim=1)
    return out.softmax(dim=1)


def _log_probabilities(out: Tensor) -> Tensor:
    """The logarithm of `_probabilities`, finite where these round to 0: (n, outputs) logits -> (n, k)."""
    if out.shape[1] == 1:
        return torch.cat([F.logsigmoid(out), F.logsigmoid(-out)], dim=1)
    return out.log_softmax(dim=1)


@dataclass(frozen=True)
class Evaluation:
    """What a model says of n validation images, of which it knows the k classes.

    Attributes
    ----------
    indices : int64 array of shape (n,), where the images are in `data.images`
    labels, preds : int64 arrays of shape (n,), the digits shown and said
    probabilities : float32 array of shape (n, k), rows sum to 1
    losses : float32 array of shape (n,), the cross-entropy of each image: -log of the probability of its label
    classes : the k digits, ascending
    """

    indices: np.ndarray
    labels: np.ndarray
    preds: np.ndarray
    probabilities: np.ndarray
    losses: np.ndarray
    classes: tuple[int, ...]

    @property
    def images(self) -> int:
        """How many images there are."""
        return len(self.labels)

    @property
    def right(self) -> np.ndarray:
        """Which of the images are right: bool array of shape (n,)."""
        return self.preds == self.labels

    @property
    def confidences(self) -> np.ndarray:
        """How sure the model is of what it says: the highest probability of each image, float32 array of shape (n,)."""
        return self.probabilities.max(axis=1)

    @property
    def accuracy(self) -> float:
        """Share of the images that are right."""
        return float(self.right.mean())

    @property
    def per_class(self) -> dict[int, float]:
        """Digit -> share of its images that are right, for the digits that there are."""
        return {int(digit): float(self.right[self.labels == digit].mean()) for digit in np.unique(self.labels)}


def evaluate(trained: TrainedModel, data: DigitData) -> Evaluation:
    """Let a model say what it sees in all validation images of the digits that it knows.

    Raises
    ------
    DataError
        If there are none.
    """
    indices = data.valid[np.isin(data.labels[data.valid], trained.classes)]
    if not len(indices):
        raise DataError(
            f"{data.source.title} has no validation images of {trained.config.digits_title}: choose other data."
        )
    labels = data.labels[indices]
    out = logits(trained.model, data.images[indices])
    chances = _probabilities(out).numpy()
    column = torch.from_numpy(np.searchsorted(trained.classes, labels))
    losses = -_log_probabilities(out).gather(1, column.unsqueeze(1)).squeeze(1)  # (n, k) -> (n,)
    preds = np.array(trained.classes)[chances.argmax(axis=1)]
    return Evaluation(indices, labels, preds, chances, losses.numpy(), trained.classes)
