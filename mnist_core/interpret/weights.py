"""The weights of a model's layers, and as images wherever they have the form of one."""

import copy
import math
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from torch import nn

from mnist_core.checkpoint import TrainedModel
from mnist_core.interpret.trace import Call, trace

_UNITS = "Each hidden unit looks for one pattern: ink on positive weights excites it, ink on negative ones quiets it."
_LATER_UNITS = "Each unit adds up the outputs of the layer before, times its weights."


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


@dataclass(frozen=True)
class LayerWeights:
    """What a linear layer or a convolution has learned.

    Attributes
    ----------
    name : of the layer in `model.named_modules()`
    title : the layer, in words
    names : what each of its n outputs is, e.g. "digit 3", "unit 12" or "filter 7"
    weights : float32 array of shape (n, channels, height, width). A convolution's height and width are those of its
        kernel. A linear layer behind a `Flatten` has a weight for each pixel of each channel. Any other takes no image
        but a row of numbers, here laid out in lines that are as nearly a square as can be, see `takes_a_row`
    bias : float32 array of shape (n,), empty for a layer without
    meaning : how to read them, one sentence
    takes_a_row : whether neighbours in its images are no neighbours
    """

    name: str
    title: str
    names: list[str]
    weights: np.ndarray
    bias: np.ndarray
    meaning: str
    takes_a_row: bool = False


def first_layer(model: nn.Module) -> str:
    """The name of the layer that multiplies the pixels."""
    return next(name for name, layer in model.named_modules() if isinstance(layer, nn.Linear | nn.Conv2d))


def layers_with_weights(model: nn.Module) -> dict[str, str]:
    """The linear layers and convolutions of a model: name in `model.named_modules()` -> what it is, in a few words."""
    layers = [(name, layer) for name, layer in model.named_modules() if isinstance(layer, nn.Linear | nn.Conv2d)]
    return {name: f"{number}: {_in_words(layer)}" for number, (name, layer) in enumerate(layers, start=1)}


def layer_weights(trained: TrainedModel, name: str) -> LayerWeights:
    """The weights and biases of one of `layers_with_weights`, in the form of what they multiply."""
    layer = trained.model.get_submodule(name)
    assert isinstance(layer, nn.Linear | nn.Conv2d)
    kinds = layers_with_weights(trained.model)
    is_first, is_last = name == next(iter(kinds)), name == list(kinds)[-1]
    weights, takes_a_row = layer.weight.detach().float(), False
    if isinstance(layer, nn.Conv2d):
        title = "First convolution" if is_first else f"Convolution {kinds[name].partition(':')[0]}"
        names = [f"filter {i}" for i in range(len(weights))]
        meaning = "Each filter slides over the image and answers where the image looks like it."
        if not is_first:
            meaning = "Each filter has a small image for every channel that comes in; their answers are added up."
    else:
        form, takes_a_row = _form(trained.model, name)
        weights = weights.view(len(weights), *form)  # (n, inputs) -> (n, channels, h, w)
        title, names, meaning = _linear_in_words(trained, len(weights), is_first=is_first, is_last=is_last)
    bias = np.empty(0, np.float32) if layer.bias is None else layer.bias.detach().float().numpy()
    return LayerWeights(name, title, names, weights.numpy(), bias, meaning, takes_a_row)


def change(start: LayerWeights, now: LayerWeights) -> LayerWeights:
    """What training has added to the weights and biases of a layer."""
    return replace(now, weights=now.weights - start.weights, bias=now.bias - start.bias)


def as_images(layer: LayerWeights, output: int = 0) -> WeightImages:
    """The weights of a layer as images.

    Where each output has a single image, the images of all; where it has one for each channel that comes in, those of
    the chosen output.
    """
    if layer.weights.shape[1] == 1:
        return WeightImages(layer.title, layer.names, layer.weights[:, 0], layer.meaning)  # -> (n, h, w)
    images = layer.weights[output]  # -> (channels, h, w)
    return WeightImages(layer.title, [f"channel {i}" for i in range(len(images))], images, layer.meaning)


def weight_images(trained: TrainedModel) -> WeightImages:
    """The first layer's weights as images: those that multiply pixels, and so can be seen.

    For a linear model one 28x28 image per output, for an MLP one per hidden unit, the strongest first, for a
    convolutional model one per filter.
    """
    layer = as_images(layer_weights(trained, first_layer(trained.model)))
    return strongest_first(layer) if layer.names[0].startswith("unit") else layer


def strongest_first(layer: WeightImages) -> WeightImages:
    """The same images, those with the longest weights first."""
    order = (-np.linalg.norm(layer.images, axis=(1, 2))).argsort()
    return replace(layer, images=layer.images[order], names=[layer.names[i] for i in order])


def with_weight(
    trained: TrainedModel, name: str, *, output: int, channel: int, row: int, column: int, value: float
) -> TrainedModel:
    """A copy of a model in which one weight has another value; its place is counted as in `LayerWeights.weights`."""
    changed = replace(trained, model=copy.deepcopy(trained.model))
    layer: Any = changed.model.get_submodule(name)
    form = _form(trained.model, name)[0] if isinstance(layer, nn.Linear) else layer.weight.shape[1:]
    with torch.no_grad():
        layer.weight.view(len(layer.weight), *form)[output, channel, row, column] = value
    return changed


def near_square(count: int) -> tuple[int, int]:
    """Rows and columns that hold so many numbers exactly, as nearly a square as can be.

    Examples
    --------
    >>> near_square(128), near_square(30), near_square(7)
    ((8, 16), (5, 6), (1, 7))
    """
    rows = next(rows for rows in range(math.isqrt(count), 0, -1) if count % rows == 0)
    return rows, count // rows


def _form(model: nn.Module, name: str) -> tuple[tuple[int, ...], bool]:
    """Channels, height and width of what a linear layer takes, and whether that is a row of numbers, no images."""

    def see(call: Call) -> tuple[str, bool, torch.Size]:
        return call.name, isinstance(call.layer, nn.Flatten), call.came.shape[1:]

    calls = trace(model, np.zeros((1, 28, 28), np.float32), see)
    for (_, is_flatten, form), (this, _, row) in pairwise([("", False, torch.Size()), *calls]):
        if this == name:
            is_row = not is_flatten or math.prod(form[1:]) == 1
            return ((1, *near_square(row[-1])), True) if is_row else (tuple(form), False)
    raise KeyError(name)


def _in_words(layer: nn.Module) -> str:
    if isinstance(layer, nn.Conv2d):
        height, width = layer.kernel_size
        return f"convolution, {layer.out_channels} filters of {layer.in_channels} x {height} x {width}"
    assert isinstance(layer, nn.Linear)
    outputs = "1 output" if layer.out_features == 1 else f"{layer.out_features} outputs"
    return f"linear, {outputs} of {layer.in_features:,} weights"


def _linear_in_words(
    trained: TrainedModel, outputs: int, *, is_first: bool, is_last: bool
) -> tuple[str, list[str], str]:
    """Title, names of the outputs and meaning of a linear layer."""
    title = "Linear layer" if is_first and is_last else "First hidden layer" if is_first else "Hidden layer"
    if not is_last:
        return title, [f"unit {i}" for i in range(outputs)], _UNITS if is_first else _LATER_UNITS
    title = title if is_first else "Last layer"
    what = "Ink on" if is_first else "A large input times"
    if outputs == 1:
        first, second = trained.classes
        meaning = f"{what} a positive weight speaks for {first}, {what.lower()} a negative one for {second}."
        return title, [f"{first} against {second}"], meaning
    meaning = f"{what} a positive weight speaks for the digit, {what.lower()} a negative one against it."
    return title, [f"digit {digit}" for digit in trained.classes], meaning
