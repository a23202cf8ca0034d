"""A model's first weights as images: those that multiply pixels, and so can be seen."""

from dataclasses import dataclass

import numpy as np
from torch import nn

from mnist_core.checkpoint import TrainedModel


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
