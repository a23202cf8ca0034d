"""What goes into each layer of a model and what comes out, seen on its way by hooks."""

import copy
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import torch
from torch import Tensor, nn

from mnist_core.interpret.predict import as_input

T = TypeVar("T")


@dataclass(frozen=True)
class Call:
    """One call of a layer. Its tensors hold only while it is seen: a later layer may write into them.

    Attributes
    ----------
    name : of the layer in `model.named_modules()`; a layer that is called again is "relu (2)" then
    layer : nn.Module
    came, comes : Tensors of shape (n, ...), what went in and what came out
    """

    name: str
    layer: nn.Module
    came: Tensor
    comes: Tensor


def trace(model: nn.Module, images: np.ndarray, see: Callable[[Call], T], *, blocks: bool = False) -> list[T]:
    """What `see` makes of each call of a layer, in the order in which the images go through the model.

    Parameters
    ----------
    model : nn.Module; a copy of it is used, since other threads may use the model, and would be listened to
    images : array of shape (n, 28, 28), uint8 in 0..255 or float32 in [0, 1]
    blocks : whether the model's direct children count as its layers, rather than the smallest parts of those
    """
    model, seen, calls = copy.deepcopy(model).eval(), list[T](), Counter[str]()

    def hook(name: str) -> Callable[[nn.Module, tuple[Tensor, ...], Tensor], None]:
        def look(layer: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
            calls[name] += 1
            full = name if calls[name] == 1 else f"{name} ({calls[name]})"
            seen.append(see(Call(full, layer, inputs[0], output)))

        return look

    leaves = ((name, layer) for name, layer in model.named_modules() if not any(layer.children()))
    for name, layer in model.named_children() if blocks else leaves:
        layer.register_forward_hook(hook(name))
    with torch.inference_mode():
        model(as_input(images))
    return seen
