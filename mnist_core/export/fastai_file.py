"""fastai's own file: what `learn.export` writes and `load_learner` opens, with nothing of ours inside.

This module imports fastai, so the app's own process must not import it.
"""

import warnings
from pathlib import Path, PurePath
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from typing import Any

import cloudpickle
from fastai.vision.all import (
    CategoryBlock,
    CrossEntropyLossFlat,
    DataBlock,
    DataLoaders,
    ImageBlock,
    IndexSplitter,
    IntToFloatTensor,
    Learner,
    PILImageBW,
    get_image_files,
    parent_label,
)
from PIL import Image

from mnist_core.checkpoint import TrainedModel
from mnist_core.export.classifier import output_per_class


def to_pkl(trained: TrainedModel) -> bytes:
    """The file of `learn.export`: `load_learner(file).predict(image)` takes an image of 28x28, white ink on black.

    fastai keeps the way from a file to a batch, and the classes, but none of the images.
    """
    with TemporaryDirectory() as folder, warnings.catch_warnings(action="ignore"):
        classes = [str(digit) for digit in trained.classes]
        learn = Learner(_loaders(Path(folder), classes), output_per_class(trained), CrossEntropyLossFlat(), path=Path())
        file = Path(folder) / "learner.pkl"
        learn.export(file.absolute(), pickle_module=_PICKLE)
        return file.read_bytes()


def _loaders(folder: Path, classes: list[str]) -> DataLoaders:
    """Loaders over one empty image of each class: what they load is left behind, how they load it is kept."""
    for name in classes:
        (folder / name).mkdir()
        Image.new("L", (28, 28)).save(folder / name / "0.png")
    block = DataBlock(
        blocks=(ImageBlock(cls=PILImageBW), CategoryBlock(vocab=classes)),
        get_items=get_image_files,
        get_y=parent_label,
        splitter=IndexSplitter([0]),
        batch_tfms=IntToFloatTensor(),
    )
    return block.dataloaders(folder, path=".", bs=1, num_workers=0, device="cpu")


class _PortablePickler(cloudpickle.Pickler):
    """A path is written as `Path`, not as Linux's or Windows's own, which the other could not open."""

    def reducer_override(self, obj: Any) -> Any:
        return (Path, (str(obj),)) if isinstance(obj, PurePath) else super().reducer_override(obj)


_PICKLE = SimpleNamespace(__name__="portable_pickle", Pickler=_PortablePickler)  # what torch asks of a module
