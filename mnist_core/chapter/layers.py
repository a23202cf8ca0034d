"""What is in a model: its layers, what each does, what comes out of each, and how many numbers it learns."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from mnist_core.models import MODELS, parameter_count


@dataclass(frozen=True)
class LayerInfo:
    """One layer of a model.

    Attributes
    ----------
    kind : its class in PyTorch, e.g. "Conv2d"
    does : what it does, in a line
    shape : what comes out of it for one image, e.g. (16, 28, 28)
    parameters : how many numbers it learns
    size : of a convolution or pooling: how its output size follows from its settings, in numbers; else empty
    """

    kind: str
    does: str
    shape: tuple[int, ...]
    parameters: int
    size: str = ""


def sliding_size(size: int, *, kernel: int, stride: int = 1, padding: int = 0) -> int:
    """How many places a kernel has on a row of `size` pixels: the size of what a convolution or pooling puts out.

    `(size + 2*padding - kernel) // stride + 1`; from PyTorch's documentation of `nn.Conv2d`, without dilation.

    Examples
    --------
    >>> sliding_size(28, kernel=3, padding=1), sliding_size(28, kernel=2, stride=2)
    (28, 14)
    """
    return (size + 2 * padding - kernel) // stride + 1


def anatomy(model: nn.Module, image: tuple[int, ...] = (1, 28, 28)) -> list[LayerInfo]:
    """The layers of a model in the order in which an image goes through them, found by hooks on the model itself.

    Parameters
    ----------
    model : its direct children are its layers
    image : shape of one input
    """
    seen: list[LayerInfo] = []

    def look(layer: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        seen.append(_describe(layer, inputs[0].shape[1:], output.shape[1:]))

    hooks = [layer.register_forward_hook(look) for layer in model.children()]
    training, device = model.training, next(model.parameters()).device
    try:
        with torch.no_grad():
            model.eval()(torch.zeros(1, *image, device=device))
    finally:
        model.train(training)
        for hook in hooks:
            hook.remove()
    return seen


def anatomy_of(name: str, outputs: int) -> list[LayerInfo]:
    """The anatomy of a model of the registry, worked out on torch's `meta` device: shapes without any numbers.

    Parameters
    ----------
    name : in `models.MODELS`
    outputs : 1 for two digits, else one for each
    """
    with torch.device("meta"):
        return anatomy(MODELS[name].build(outputs))


def _describe(layer: nn.Module, came: torch.Size, comes: torch.Size) -> LayerInfo:
    words = next((say for kind, say in WORDS.items() if isinstance(layer, kind)), lambda layer, came, comes: "")
    kind = "Blocks" if isinstance(layer, nn.Sequential) else type(layer).__name__
    return LayerInfo(
        kind, words(layer, came, comes), tuple(comes), parameter_count(layer), _size_in_numbers(layer, came)
    )


def _size_in_numbers(layer: nn.Module, came: torch.Size) -> str:
    if not isinstance(layer, nn.Conv2d | nn.MaxPool2d):
        return ""
    kernel, stride, padding = (_one(value) for value in (layer.kernel_size, layer.stride, layer.padding))
    size = sliding_size(came[-1], kernel=kernel, stride=stride, padding=padding)
    return f"({came[-1]} + 2*{padding} - {kernel}) // {stride} + 1 = {size}"


def _one(value: object) -> int:
    """The setting of a square kernel, which PyTorch keeps as one number or as a pair of equal ones."""
    return value[0] if isinstance(value, tuple) else value  # type: ignore[return-value]


def _say_conv(layer: nn.Conv2d, came: torch.Size, comes: torch.Size) -> str:
    k, channels = layer.kernel_size[0], f"{came[0]} channel{'s' if came[0] > 1 else ''}"
    return (
        f"slides {comes[0]} kernels of {k}x{k} over {channels}, stride {_one(layer.stride)}, padding {layer.padding[0]}"
    )


def _say_pool(layer: nn.MaxPool2d, came: torch.Size, comes: torch.Size) -> str:
    k = _one(layer.kernel_size)
    return f"keeps the largest number of each {k}x{k} square, stride {_one(layer.stride)}"


def _say_linear(layer: nn.Linear, came: torch.Size, comes: torch.Size) -> str:
    return f"{layer.out_features} weighted sum{'s' if layer.out_features > 1 else ''} of {layer.in_features:,} numbers"


def _say_flatten(layer: nn.Module, came: torch.Size, comes: torch.Size) -> str:
    return f"lays {' x '.join(map(str, came))} numbers out in one row"


WORDS: dict[type[nn.Module], Callable[..., str]] = {
    nn.Conv2d: _say_conv,
    nn.MaxPool2d: _say_pool,
    nn.Linear: _say_linear,
    nn.Flatten: _say_flatten,
    nn.ReLU: lambda layer, came, comes: "makes negative numbers 0: the nonlinearity",
    nn.BatchNorm2d: lambda layer, came, comes: "brings each channel to a common mean and spread",
    nn.AdaptiveAvgPool2d: lambda layer, came, comes: "the mean of each channel",
    nn.Sequential: lambda layer, came, comes: f"{len(layer)} blocks, each of two 3x3 convolutions with a shortcut",
}
