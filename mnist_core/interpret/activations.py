"""What each layer makes of an image, and how often each unit fires at all."""

from dataclasses import dataclass

import numpy as np
from torch import nn

from mnist_core.interpret.trace import Call, trace


@dataclass(frozen=True)
class Activations:
    """What came out of one layer for one image.

    Attributes
    ----------
    name : of the layer, a child of the model
    kind : its class in PyTorch, "Blocks" for several layers in one
    values : float32 array without the batch's axis, such as (16, 28, 28) or (10,)
    """

    name: str
    kind: str
    values: np.ndarray


def activations(model: nn.Module, image: np.ndarray) -> list[Activations]:
    """What each of a model's layers puts out for one image, in their order.

    Parameters
    ----------
    model : nn.Module; its direct children are its layers
    image : array of shape (28, 28), uint8 in 0..255 or float32 in [0, 1]
    """

    def see(call: Call) -> Activations:
        kind = "Blocks" if isinstance(call.layer, nn.Sequential) else type(call.layer).__name__
        return Activations(call.name, kind, call.comes[0].numpy().copy())

    return trace(model, image[None], see, blocks=True)


def firing_shares(model: nn.Module, images: np.ndarray) -> dict[str, np.ndarray]:
    """For each ReLU of a model, how often each of its units fires: puts out more than 0, at any place of an image.

    Parameters
    ----------
    model : nn.Module
    images : array of shape (n, 28, 28), uint8 in 0..255 or float32 in [0, 1]

    Returns
    -------
    dict
        Name of the ReLU -> float64 array of shape (units,), the share of the images on which the unit is above 0;
        a channel counts as one unit
    """

    def see(call: Call) -> tuple[str, np.ndarray] | None:
        if not isinstance(call.layer, nn.ReLU):
            return None
        highest = call.comes.flatten(2).amax(dim=2) if call.comes.ndim > 2 else call.comes  # -> (n, units)
        return call.name, (~(highest <= 0)).double().mean(dim=0).numpy()  # NaN is not silence

    return dict(filter(None, trace(model, images, see)))
