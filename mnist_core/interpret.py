"""What a trained model makes of images, and what its weights look like."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from mnist_core.checkpoint import TrainedModel
from mnist_core.data.types import DigitData
from mnist_core.errors import DataError
from mnist_core.models import to_input


@dataclass(frozen=True)
class WeightImages:
    """The weights of one layer as images.

    Attributes
    ----------
    title : the layer, in words
    names : what each image belongs to, e.g. "digit 3" or "unit 12"
    images : float32 array of shape (n, height, width); negative weights speak against, positive ones for
    meaning : how to read them, one sentence
    """

    title: str
    names: list[str]
    images: np.ndarray
    meaning: str


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


def weight_images(trained: TrainedModel) -> WeightImages:
    """The first layer's weights as images: those that multiply pixels, and so can be seen.

    For a linear model one 28x28 image per output, for an MLP one per hidden unit, for a convolutional model
    one per filter.
    """
    layer = next(m for m in trained.model.modules() if isinstance(m, nn.Linear | nn.Conv2d))
    weights = layer.weight.detach().float()
    if isinstance(layer, nn.Conv2d):
        names = [f"filter {i}" for i in range(len(weights))]
        meaning = "Each filter slides over the image and answers where the image looks like it."
        return WeightImages("First convolution", names, weights[:, 0].numpy(), meaning)  # (n, 1, h, w) -> (n, h, w)
    images = weights.view(-1, 28, 28).numpy()  # (n, 784) -> (n, 28, 28)
    if len(images) == trained.config.outputs:
        if trained.config.outputs == 1:
            first, second = trained.classes
            return WeightImages(
                "Linear layer",
                [f"{first} against {second}"],
                images,
                f"Ink on a positive pixel speaks for {first}, ink on a negative one for {second}.",
            )
        names = [f"digit {d}" for d in trained.classes]
        return WeightImages(
            "Linear layer", names, images, "Ink on a positive pixel speaks for the digit, on a negative one against it."
        )
    strongest = (-np.linalg.norm(images, axis=(1, 2))).argsort()
    images, names = images[strongest], [f"unit {i}" for i in strongest]
    meaning = "Each hidden unit looks for one pattern: ink on positive pixels excites it, on negative ones quiets it."
    return WeightImages("First hidden layer", names, images, meaning)
