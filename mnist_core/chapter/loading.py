"""What the four ways of loading cost, what their batches look like, and which learners can be exported.

Everything is measured on real PNG files, written into a folder laid out as MNIST's from the data in use. The functions
run in the experiments process and import fastai there; the ways themselves are in `four_ways`.
"""

import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from PIL import Image

from mnist_core.chapter.dealing import file_path
from mnist_core.data import DigitData, load

if TYPE_CHECKING:
    from fastai.data.core import DataLoaders

WAYS = {
    "By hand": "by_hand",
    "ImageFolder": "image_folder",
    "DataBlock": "data_block",
    "DataBlock + batch transform": "data_block_batch_tfms",
}
"""Title -> function of `mnist_core.chapter.four_ways`."""

TRAINING_FILES, VALIDATION_FILES = 1000, 250
_PASSES = 2
_Result = TypeVar("_Result")


@dataclass(frozen=True)
class WayReport:
    """What one way of loading costs and gives.

    Attributes
    ----------
    way : its title in `WAYS`
    ready_seconds : until the first batch can be asked for
    pass_seconds : for all training batches once, the best of two passes: what else the machine does only adds to it
    files, images : training files in the folder, and images handed out in one pass
    kind, shape, dtype : of the images of the first batch
    low, high : their smallest and largest value
    labels : type and shape of the labels of the first batch
    """

    way: str
    ready_seconds: float
    pass_seconds: float
    files: int
    images: int
    kind: str
    shape: tuple[int, ...]
    dtype: str
    low: float
    high: float
    labels: str

    @property
    def rate(self) -> float:
        """Images a second in one pass."""
        return self.images / self.pass_seconds

    def seconds(self, epochs: int) -> float:
        """Getting ready once and `epochs` passes."""
        return self.ready_seconds + epochs * self.pass_seconds


@dataclass(frozen=True)
class Stage:
    """An image on its way from file to batch.

    Attributes
    ----------
    step : what was just done, e.g. "ToTensor"
    of : "file", "item" (one image) or "batch"
    kind, shape, dtype : what came out
    low, high : its smallest and largest value, None before it has any
    """

    step: str
    of: str
    kind: str
    shape: tuple[int, ...] = ()
    dtype: str = ""
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Prediction:
    """What a loaded learner's `predict` said of one file.

    Attributes
    ----------
    file : the path below the folder, e.g. "testing/3/61020.png"
    image : uint8 array of shape (28, 28)
    label : the digit, by the file's folder
    digit, index, probabilities : the three values of `predict`; probabilities of shape (k,) sum to 1
    """

    file: str
    image: np.ndarray
    label: str
    digit: str
    index: int
    probabilities: tuple[float, ...]


@dataclass(frozen=True)
class ExportReport:
    """What came of `learn.export()`.

    Attributes
    ----------
    way : title in `WAYS`
    error : the message as Python printed it, "" if there was none
    size : of the file, in bytes
    vocab : the classes, as the loaded learner knows them
    predictions : of the loaded learner, for validation files
    """

    way: str
    error: str = ""
    size: int = 0
    vocab: tuple[str, ...] = ()
    predictions: tuple[Prediction, ...] = ()


def write_files(data: DigitData, folder: Path, *, seed: int = 0) -> tuple[int, int]:
    """Write some of the images as PNG files, `{training,testing}/<digit>/<index>.png`.

    Returns
    -------
    training, testing : how many files were written; at most `TRAINING_FILES` and `VALIDATION_FILES`, fewer where the
        data have fewer
    """
    rng = np.random.default_rng(seed)
    counts = []
    for rows, most in ((data.train, TRAINING_FILES), (data.valid, VALIDATION_FILES)):
        for row in rng.choice(rows, min(most, len(rows)), replace=False):
            file = folder / file_path(data, row)
            file.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(data.images[row]).save(file)
        counts.append(min(most, len(rows)))
    return counts[0], counts[1]


def measure_ways(*, data: str, bs: int) -> tuple[WayReport, ...]:
    """Load the same files in each of the four ways, and time it.

    Parameters
    ----------
    data : name of the data, for `mnist_core.data.load`
    bs : images per batch
    """
    import mnist_core.chapter.four_ways  # noqa: F401  (imports fastai, which shall not count as a way's time)

    with TemporaryDirectory() as folder:
        files, _ = write_files(load(data), Path(folder))
        made = {way: _timed(partial(_dataloaders, way, Path(folder), bs)) for way in WAYS}
        # in turn, so that a slow moment of the machine strikes them all
        rounds = [{way: _timed(partial(_pass, dls)) for way, (dls, _) in made.items()} for _ in range(_PASSES)]
        return tuple(_report(way, files, made[way], [passes[way] for passes in rounds]) for way in WAYS)


def _timed(work: Callable[[], _Result]) -> tuple[_Result, float]:
    """What it gives, and the seconds that it took."""
    began = time.perf_counter()
    return work(), time.perf_counter() - began


def _pass(dls: "DataLoaders") -> int:
    """Ask for every training batch; gives how many images came."""
    return sum(len(yb) for _, yb in dls.train)


def _report(way: str, files: int, made: tuple["DataLoaders", float], passes: list[tuple[int, float]]) -> WayReport:
    dls, ready = made
    images, seconds = min(passes, key=lambda one: one[1])
    xb, yb = dls.train.one_batch()
    labels = f"{type(yb).__name__} {tuple(yb.shape)}"
    return WayReport(way, ready, seconds, files, images, **_look(xb), labels=labels)


def _dataloaders(way: str, folder: Path, bs: int) -> "DataLoaders":
    from mnist_core.chapter import four_ways

    return getattr(four_ways, WAYS[way])(folder, bs=bs)


def _look(images: Any) -> dict[str, Any]:
    """Type, shape, dtype and range of a tensor or of a PIL image."""
    values = np.asarray(images)
    return {
        "kind": type(images).__name__,
        "shape": values.shape,
        "dtype": str(values.dtype),
        "low": float(values.min()),
        "high": float(values.max()),
    }


def follow_a_file(*, data: str, bs: int) -> tuple[Stage, ...]:
    """What fastai's transforms make of a file: of one item first, then of a whole batch.

    Parameters
    ----------
    data : name of the data, for `mnist_core.data.load`
    bs : images per batch
    """
    with TemporaryDirectory() as folder:
        write_files(load(data), Path(folder))
        train_dl = _dataloaders("DataBlock", Path(folder), bs).train
        file = train_dl.dataset.items[0]
        stages = [Stage("get_image_files", "file", f"Path, {file.name}")]
        item = train_dl.dataset.tls[0][0]  # the file, opened: no label, no item transform yet
        stages.append(Stage(f"{type(item).__name__}.create", "item", **_look(item)))
        for transform in train_dl.after_item.fs:
            item = transform(item, split_idx=0)
            stages.append(Stage(type(transform).__name__, "item", **_look(item)))
        batch = train_dl.create_batch([train_dl.after_item(train_dl.dataset[i]) for i in range(bs)])[0]
        stages.append(Stage("one batch", "batch", **_look(batch)))
        for transform in train_dl.after_batch.fs:
            batch = transform(batch, split_idx=0)
            stages.append(Stage(type(transform).__name__, "batch", **_look(batch)))
        return tuple(stages)


def try_exports(*, data: str, epochs: int = 3, bs: int = 64, samples: int = 4) -> tuple[ExportReport, ...]:
    """Export a linear learner over each way's loaders; load and use what can be.

    Parameters
    ----------
    data : name of the data, for `mnist_core.data.load`
    epochs : how long to train a learner that can be exported
    bs : images per batch
    samples : validation files to predict
    """
    from mnist_core.chapter import four_ways

    with TemporaryDirectory() as folder:
        write_files(load(data), Path(folder))
        ways = {title: getattr(four_ways, name) for title, name in WAYS.items()}
        return tuple(
            try_export(title, way, Path(folder), epochs=epochs, bs=bs, samples=samples) for title, way in ways.items()
        )


def try_export(
    title: str, way: Callable[..., "DataLoaders"], folder: Path, *, epochs: int = 3, bs: int = 64, samples: int = 4
) -> ExportReport:
    """Export a linear learner over the loaders of one way; load and use it if that worked.

    Parameters
    ----------
    title : of the way
    way : a function of `four_ways`
    folder : of `write_files`; the exported file is put there too
    epochs, bs, samples : as in `try_exports`
    """
    from fastai.torch_core import no_random
    from fastai.vision.all import SGD, CrossEntropyLossFlat, Learner, accuracy
    from torch import nn

    with no_random():
        dls = way(folder, bs=bs)
        model = nn.Sequential(nn.Flatten(), nn.Linear(28 * 28, 10))
        learn = Learner(dls, model, loss_func=CrossEntropyLossFlat(), opt_func=SGD, metrics=accuracy, path=folder)
        try:
            learn.export("learner.pkl")
        except AttributeError as error:
            return ExportReport(title, f"{type(error).__name__}: {error}")
        with learn.no_bar(), learn.no_logging():
            learn.fit(epochs, 0.1)
        learn.export("learner.pkl")
    return _use_export(title, folder, samples)


def _use_export(title: str, folder: Path, samples: int) -> ExportReport:
    """Open an exported learner as another program would, and let it predict files."""
    from fastai.vision.all import load_learner

    with warnings.catch_warnings(action="ignore"):  # about pickles from strangers; this one is ours
        learn_inf = load_learner(folder / "learner.pkl")
    files = sorted((folder / "testing").glob("*/*.png"))
    predictions = []
    for file in files[:: len(files) // samples][:samples]:
        with learn_inf.no_bar():
            digit, index, probabilities = learn_inf.predict(file)
        predictions.append(
            Prediction(
                file.relative_to(folder).as_posix(),
                np.asarray(Image.open(file)),
                file.parent.name,
                digit,
                int(index),
                tuple(probabilities.tolist()),
            )
        )
    size = (folder / "learner.pkl").stat().st_size
    return ExportReport(title, "", size, tuple(learn_inf.dls.vocab), tuple(predictions))
