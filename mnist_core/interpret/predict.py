"""What a trained model says of images, and how often it is right."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from mnist_core.checkpoint import TrainedModel
from mnist_core.data.types import DigitData
from mnist_core.errors import DataError
from mnist_core.models import to_input


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
    tensor = torch.from_numpy(np.ascontiguousarray(images))
    xb = to_input(tensor) if tensor.dtype == torch.uint8 else tensor.float().unsqueeze(1)  # -> (n, 1, 28, 28)
    model.eval()
    with torch.inference_mode():
        return torch.cat([model(part) for part in xb.split(5000)])


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
    out = logits(trained.model, images)
    if trained.config.outputs == 1:
        first = out.sigmoid()
        return torch.cat([first, 1 - first], dim=1).numpy()
    return out.softmax(dim=1).numpy()


@dataclass(frozen=True)
class Evaluation:
    """How a model does on the validation images.

    Attributes
    ----------
    accuracy : share of the images that are right
    per_class : digit -> share of its images that are right
    images : how many there were
    """

    accuracy: float
    per_class: dict[int, float]
    images: int


def evaluate(trained: TrainedModel, data: DigitData) -> Evaluation:
    """Accuracy over all validation images of the digits that the model knows.

    Raises
    ------
    DataError
        If there are none.
    """
    data = data.select("".join(map(str, trained.classes)))
    labels = data.labels[data.valid]
    if not len(labels):
        raise DataError(
            f"{data.source.title} has no validation images of {trained.config.digits_title}: choose other data."
        )
    digits = np.array(trained.classes)[probabilities(trained, data.images[data.valid]).argmax(axis=1)]
    right = digits == labels
    per_class = {int(digit): float(right[labels == digit].mean()) for digit in np.unique(labels)}
    return Evaluation(float(right.mean()), per_class, len(labels))
