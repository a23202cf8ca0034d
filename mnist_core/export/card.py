"""What a model is, in words and numbers that any program can read."""

from dataclasses import replace
from pathlib import PurePath
from typing import Any

from torch import nn

from mnist_core import __version__
from mnist_core.checkpoint import FORMAT, TrainedModel
from mnist_core.config import TrainConfig
from mnist_core.models import parameter_count

PREPROCESSING = {
    "input": "28 x 28 grey pixels, whole numbers from 0 (ground) to 255 (ink): white ink on black ground",
    "how MNIST was made": "the ink scaled with its aspect kept until it fits 20 x 20, then laid into 28 x 28 with its "
    "centre of mass in the middle",
    "divide by": 255,
    "shape": "(n, 1, 28, 28), float32",
    "after the model": "softmax over the outputs; with one output z, sigmoid(z) is the probability of the first class",
}
_OPTIONS: dict[type[nn.Module], tuple[str, ...]] = {
    nn.Flatten: (),
    nn.ReLU: (),
    nn.Linear: ("in_features", "out_features"),
    nn.Conv2d: ("in_channels", "out_channels", "kernel_size", "padding"),
    nn.MaxPool2d: ("kernel_size",),
}


def card(trained: TrainedModel) -> dict[str, Any]:
    """The card of a model, for `json.dumps`: what it is, from what it was made, what it reached, how to feed it.

    Returns
    -------
    dict with the keys format, version (of the lab), classes (names of the outputs, in order), outputs, layers (torch's
    names with their options, or "resnet18"), parameters, accuracy (on validation images, 0 to 1, or None), epochs_done,
    data (a title), config (the run's settings) and preprocessing
    """
    config, known = trained.config, trained.card
    return {
        "format": FORMAT,
        "version": __version__,
        "classes": [str(digit) for digit in trained.classes],
        "outputs": config.outputs,
        "layers": _layers(trained.model),
        "parameters": parameter_count(trained.model),
        "accuracy": known.get("accuracy"),
        "epochs_done": known.get("epochs_done"),
        "data": known.get("data") or {"mnist": "MNIST"}.get(config.data, to_show(config).data),
        "config": to_show(config).to_dict(),
        "preprocessing": PREPROCESSING,
    }


def to_show(config: TrainConfig) -> TrainConfig:
    """The settings of a run for others to see: a learner's own pictures without the folder that they are in."""
    if config.data in ("mnist", "digits", "auto"):
        return config
    return replace(config, data=f"own pictures, {PurePath(config.data).name}")


def _layers(model: nn.Module) -> list[tuple[str, dict[str, Any]]] | str:
    if not isinstance(model, nn.Sequential):
        return "resnet18"  # torchvision's name for it
    return [
        (type(layer).__name__, {option: getattr(layer, option) for option in _OPTIONS[type(layer)]}) for layer in model
    ]
