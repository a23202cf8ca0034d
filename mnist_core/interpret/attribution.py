"""Which pixels speak for an answer: integrated gradients.

Sundararajan, Taly and Yan, "Axiomatic Attribution for Deep Networks", 2017. The attributions add up to what the image
changed in the model's output (completeness), up to the error of replacing an integral by a sum of so many steps.
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from mnist_core.interpret.predict import as_input

_AT_ONCE = 50  # steps in one batch: a resnet18 keeps 2 MB for each


@dataclass(frozen=True)
class Attribution:
    """How much each pixel contributed to one output.

    Attributes
    ----------
    pixels : float32 array of shape (28, 28); positive where ink spoke for the output
    output : the logit for the image
    baseline : the logit for the black image, from which the way begins
    """

    pixels: np.ndarray
    output: float
    baseline: float

    @property
    def total(self) -> float:
        """The sum over all pixels, which should be `output - baseline`."""
        return float(self.pixels.sum(dtype=float))

    @property
    def gap(self) -> float:
        """How much is missing to completeness."""
        return self.output - self.baseline - self.total


def integrated_gradients(model: nn.Module, image: np.ndarray, output: int, *, steps: int) -> Attribution:
    """Pixel times the mean gradient on the way from the black image to this one.

    Parameters
    ----------
    model : nn.Module in eval mode
    image : float32 array of shape (28, 28) in [0, 1]
    output : number of the logit
    steps : images on the way, each in the middle of its stretch: the midpoint rule
    """
    x = as_input(image[None])  # (1, 1, 28, 28)
    gradient = torch.zeros_like(x)
    for part in ((torch.arange(steps) + 0.5) / steps).split(_AT_ONCE):
        xb = (part.view(-1, 1, 1, 1) * x).requires_grad_()  # -> (n, 1, 28, 28), from nearly black to nearly whole
        gradient += torch.autograd.grad(model(xb)[:, output].sum(), xb)[0].sum(0)
    with torch.inference_mode():
        ends = model(torch.cat([x, torch.zeros_like(x)]))[:, output]
    pixels = (x * gradient / steps)[0, 0].numpy()
    return Attribution(pixels, ends[0].item(), ends[1].item())
