"""A trained model as a web app of one's own: a zip for a Space of Hugging Face, or for any computer.

What is in the folders here goes into the zip as it is, but for the `$words` of README.md and card.md. Added are the
model, the lab's own way from a drawing to 28x28, and, for Streamlit, the lab's own drawing pad.
"""

import io
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from string import Template

from mnist_core import images
from mnist_core.checkpoint import TrainedModel, undump
from mnist_core.errors import ConfigError
from mnist_core.export.bundle import bundle
from mnist_core.export.card import card
from mnist_core.export.formats import write
from mnist_core.options import MODEL_TITLES

_HERE = Path(__file__).parent
_PAD = Path(__file__).parents[2] / "ui/pad"
_SINCE_1980 = (1980, 1, 1, 0, 0, 0)  # what a zip counts its time from
_READ_BY_ALL = 0o644 << 16


@dataclass(frozen=True)
class Space:
    """One line of the registry.

    Attributes
    ----------
    title : for the learner
    about : what it is good for
    folder : of the files that go into the zip as they are
    more : name in the zip -> a file of the lab that is taken along
    """

    title: str
    about: str
    folder: Path
    more: Mapping[str, Path]

    @property
    def file(self) -> str:
        """The name of the zip."""
        return f"{self.folder.name}-space.zip"


SPACES: dict[str, Space] = {
    "gradio": Space(
        "Gradio",
        "Gradio makes web apps for models. This one runs in a Space of Hugging Face.",
        _HERE / "gradio",
        {},
    ),
    "streamlit": Space(
        "Streamlit",
        "Streamlit is what this lab is made with, and this app has the lab's own pad to draw on. It runs on Streamlit "
        "Community Cloud, and in a Docker Space of Hugging Face.",
        _HERE / "streamlit",
        {
            "pad.py": _PAD / "__init__.py",
            "pad.html": _PAD / "pad.html",
            "pad.css": _PAD / "pad.css",
            "pad.js": _PAD / "pad.js",
        },
    ),
}


def make_space(kind: str, trained: TrainedModel) -> bytes:
    """The zip of a web app of a model, always the same bytes for the same model.

    Parameters
    ----------
    kind : a key of `SPACES`

    Raises
    ------
    ConfigError
        If there is no such kind.
    """
    if kind not in SPACES:
        raise ConfigError(f"There is no web app of the kind {kind!r}: choose one of {', '.join(SPACES)}.")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in sorted(_files(SPACES[kind], trained).items()):
            entry = zipfile.ZipInfo(name, _SINCE_1980)
            entry.external_attr = _READ_BY_ALL
            archive.writestr(entry, data, zipfile.ZIP_DEFLATED)
    return packed.getvalue()


def make_space_file(*, kind: str, model: bytes) -> bytes:
    """The zip of a web app, for a process beside the app.

    Parameters
    ----------
    kind : a key of `SPACES`
    model : as `checkpoint.dump` gives it
    """
    return make_space(kind, undump(model))


def _files(space: Space, trained: TrainedModel) -> dict[str, bytes]:
    """Name in the zip -> content."""
    files = {file.name: file for folder in (_HERE / "shared", space.folder) for file in folder.iterdir()}
    contents = {name: file.read_bytes() for name, file in {**files, **space.more}.items() if file.is_file()}
    readme = Template(contents["README.md"].decode()).substitute(card=_card(trained))
    return contents | {
        "README.md": readme.encode(),
        "mnist_form.py": _form().encode(),
        "model.onnx": write("onnx", trained),
    }


def _card(trained: TrainedModel) -> str:
    """What the model is, in Markdown."""
    known = card(trained)
    reached = known["accuracy"]
    return Template((_HERE / "card.md").read_text(encoding="utf-8")).substitute(
        model=MODEL_TITLES[trained.config.model].partition(", slow")[0],
        parameters=f"{known['parameters']:,}",
        digits=", ".join(known["classes"]),
        data=known["data"],
        epochs=known["epochs_done"] or "unknown",
        accuracy="unknown" if reached is None else f"{reached:.2%}",
    )


def _form() -> str:
    """The way from a drawing to 28x28 as a module."""
    parts = bundle(images.to_mnist)
    docstring = '"""`to_mnist`: any picture of one digit -> 28x28, in the form of MNIST. Written by MNIST lab."""'
    return "\n".join([docstring, "", *parts.imports, "", "", parts.code, ""])
