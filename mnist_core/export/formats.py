"""The kinds of file that a model can be taken away in, and for each a short program that opens it elsewhere."""

import sys
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from mnist_core.checkpoint import TrainedModel, dump
from mnist_core.errors import ConfigError
from mnist_core.export.card import card, to_show

_CLIENTS = Path(__file__).parent / "clients"


@dataclass(frozen=True)
class Format:
    """One line of the registry.

    Attributes
    ----------
    title, about : for the learner: a word, and what the file is good for
    file : its name
    write : a function `TrainedModel -> bytes`, as "module:function", for some are slow to import
    client : name in `export/clients` of the program that opens it, which has nothing of ours in it
    tolerance : how far its probabilities may be from ours
    """

    title: str
    about: str
    file: str
    write: str
    client: str
    tolerance: float

    @property
    def client_file(self) -> Path:
        return _CLIENTS / self.client

    @property
    def suffix(self) -> str:
        return Path(self.file).suffix


FORMATS: dict[str, Format] = {
    "fastai": Format(
        "fastai",
        "The file of `learn.export`. `load_learner` opens it, with fastai alone. It takes 28 x 28 pixels from 0 to "
        "255 and divides by 255 itself. It is a *pickle*: opening one can run any program that somebody put into it, "
        "so open only files that you made or trust. Open it with the same version of Python, here "
        f"{sys.version_info.major}.{sys.version_info.minor}: fastai writes some of its own code into it.",
        "learner.pkl",
        "mnist_core.export.fastai_file:to_pkl",
        "fastai_client.py",
        1e-5,
    ),
    "safetensors": Format(
        "safetensors",
        "Only the numbers, and a card that says what they are: settings, accuracy, classes, how to prepare an image. "
        "It cannot run anything, so it is safe to open. This lab can read it again.",
        "model.safetensors",
        "mnist_core.export.formats:to_safetensors",
        "safetensors_client.py",
        1e-5,
    ),
    "onnx": Format(
        "ONNX",
        "The calculation itself, step by step, in a form that many programs know: web pages, phones, other languages. "
        "It takes 28 x 28 pixels from 0 to 255; dividing by 255 and the softmax are inside. It needs neither torch nor "
        "fastai.",
        "model.onnx",
        "mnist_core.export.onnx_file:to_onnx",
        "onnx_client.py",
        1e-4,
    ),
}


def write(name: str, trained: TrainedModel) -> bytes:
    """The bytes of a model's file.

    Parameters
    ----------
    name : a key of `FORMATS`

    Raises
    ------
    ConfigError
        If there is no such format.
    """
    module, function = format_named(name).write.split(":")
    return getattr(import_module(module), function)(trained)


def format_named(name: str) -> Format:
    """One of `FORMATS`; `ConfigError` if it is none."""
    if name not in FORMATS:
        raise ConfigError(f"There is no format {name!r}: choose one of {', '.join(FORMATS)}.")
    return FORMATS[name]


def to_safetensors(trained: TrainedModel) -> bytes:
    """The weights with the model's card in their header: what `checkpoint.undump` reads again."""
    return dump(trained.model, to_show(trained.config), card(trained))
