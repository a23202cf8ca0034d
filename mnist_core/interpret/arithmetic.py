"""The arithmetic of one output of a layer, number by number: what torch does at once, laid out to be followed.

A unit of a linear layer is here what it is: a convolution whose kernel is as large as the image, and so has one place.
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from mnist_core.checkpoint import TrainedModel
from mnist_core.interpret.trace import Call, trace
from mnist_core.interpret.weights import LayerWeights


@dataclass(frozen=True)
class WeightedSum:
    """All that one output of a layer is calculated from, for one image.

    Attributes
    ----------
    inputs : float32 array of shape (channels, height, width), with the rim of zeros that a convolution adds
    weights : float32 array of shape (channels, rows, columns)
    bias : number that is added to the sum of all products, 0 for a layer without
    outputs : float32 array of shape (places down, places across), what torch gives; (1, 1) for a linear layer
    stride : pixels from one place of the kernel to the next, down and across
    padding : width of the rim of zeros, above and at the left
    """

    inputs: np.ndarray
    weights: np.ndarray
    bias: float
    outputs: np.ndarray
    stride: tuple[int, int] = (1, 1)
    padding: tuple[int, int] = (0, 0)

    def products(self, row: int = 0, column: int = 0) -> np.ndarray:
        """Input times weight at one place of the kernel: float64 array of shape (channels, rows, columns)."""
        _, height, width = self.weights.shape
        top, left = row * self.stride[0], column * self.stride[1]
        window = self.inputs[:, top : top + height, left : left + width]
        return window.astype(float) * self.weights

    def total(self, row: int = 0, column: int = 0) -> float:
        """The sum of all products, and the bias: what the layer puts out at this place."""
        return float(self.products(row, column).sum() + self.bias)


def weighted_sum(trained: TrainedModel, layer: LayerWeights, output: int, image: np.ndarray) -> WeightedSum:
    """What one output of a layer is calculated from while an image goes through the model.

    Parameters
    ----------
    trained : TrainedModel
    layer : one of its layers
    output : 0 to one less than the number of the layer's outputs
    image : float32 array of shape (28, 28) in [0, 1]
    """

    def see(call: Call) -> tuple[torch.Tensor, torch.Tensor] | None:
        return (call.came[0].clone(), call.comes[0, output].clone()) if call.name == layer.name else None

    came, comes = next(filter(None, trace(trained.model, image[None], see)))
    module = trained.model.get_submodule(layer.name)
    bias = float(layer.bias[output]) if len(layer.bias) else 0.0
    weights = layer.weights[output]
    if isinstance(module, nn.Conv2d):
        down, across = (int(pixels) for pixels in module.padding)
        padded = F.pad(came, (across, across, down, down))  # (c, h, w) -> (c, h + 2 * down, w + 2 * across)
        stride = (module.stride[0], module.stride[1])
        return WeightedSum(padded.numpy(), weights, bias, comes.numpy(), stride, (down, across))
    return WeightedSum(came.numpy().reshape(weights.shape), weights, bias, comes.numpy().reshape(1, 1))
