"""A model file from somebody else: read if it is one that this lab wrote, refused with its reason if it is not.

No pickle is opened, nothing is unpacked, and no more is read than a model of the allowed size can have.
"""

import math
from dataclasses import replace
from pathlib import PurePath

from mnist_core.checkpoint import TrainedModel, is_finite, undump
from mnist_core.errors import ModelFileError

DATA = ("mnist", "digits", "auto")  # what every lab may have; another name would be a path on this machine
_HEADER = 1_000_000  # bytes for names and card
_WAY_OUT = "bring the .safetensors file that this lab wrote."


def most_bytes(parameters: int) -> int:
    """How large the file of a model with so many parameters may be."""
    return 4 * parameters + _HEADER


def read_model(data: bytes, name: str, *, parameters: int) -> TrainedModel:
    """The model in a file, without what only a resumed run needs.

    Parameters
    ----------
    data : the bytes of the file
    name : of the file, for what is said of it
    parameters : how many a model may have here

    Raises
    ------
    ModelFileError
        If it is too large, of another kind, damaged, or trained on images that are not here.
    """
    name = PurePath(name).name[:80] or "This file"
    if len(data) > most_bytes(parameters):
        raise ModelFileError(
            f"{name} has {len(data):,} bytes, more than a model of this server can have "
            f"({most_bytes(parameters):,}): bring a smaller one."
        )
    if kind := _other_kind(data, name):
        raise ModelFileError(f"{name} is {kind}: {_WAY_OUT}")
    trained = undump(data, name)
    if trained.config.data not in DATA:
        raise ModelFileError(
            f"{name} was trained on images of its owner's, which are not here: bring a model of MNIST or of the digits."
        )
    if not is_finite(trained.model):
        raise ModelFileError(f"{name} holds numbers that are not finite, so it can say nothing: bring another one.")
    return replace(trained, card=_checked(trained, name), extra={})


def _other_kind(data: bytes, name: str) -> str:
    """What a file is that is no safetensors file, in words; "" if it may be one."""
    if not data:
        return "empty"
    if data.startswith(b"PK"):
        return "a zip archive, as the .pkl and .pth files of fastai and torch are, which can run programs when opened"
    if data.startswith(b"\x80") and name.lower().endswith((".pkl", ".pickle", ".pth", ".pt")):
        return "a pickle, which can run any program when it is opened"
    if name.lower().endswith(".onnx"):
        return "an ONNX file, which holds a calculation and not the settings of a run"
    if len(data) < 9 or data[8:9] != b"{":
        return "no safetensors file"
    return ""


def _checked(trained: TrainedModel, name: str) -> dict[str, float | int | None]:
    """The figures of a card, which a stranger may have written."""
    card = trained.card if isinstance(trained.card, dict) else {}
    accuracy, epochs = card.get("accuracy"), card.get("epochs_done")
    whole = type(epochs) is int and 0 <= epochs <= trained.config.epochs
    share = accuracy is None or (type(accuracy) is float and math.isfinite(accuracy) and 0 <= accuracy <= 1)
    if not (whole and share):
        raise ModelFileError(
            f"{name} says of itself {epochs!r} epochs and an accuracy of {accuracy!r}, which cannot be: {_WAY_OUT}"
        )
    return {"accuracy": accuracy, "epochs_done": epochs}
