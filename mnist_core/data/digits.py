"""The embedded digits: scikit-learn's 1,797 pictures of 8x8, brought to MNIST's form. They need no network."""

from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from PIL import Image

from mnist_core.data.cache import read_cache, write_cache
from mnist_core.data.types import DigitSet, Source
from mnist_core.errors import DataError


def read_digits() -> DigitSet:
    """The embedded digits, from the cache or made anew; without a place for a cache they are held in memory."""
    if kept := read_cache("digits"):
        return kept
    images, labels = _load_digits()
    digits = DigitSet(
        np.stack([to_mnist_form(image) for image in images / 16]),
        labels.astype(np.int64),
        None,
        Source("digits", "1,797 digits from scikit-learn", "handwritten, 8 by 8 pixels, enlarged to MNIST's 28 by 28"),
    )
    with suppress(DataError):
        write_cache("digits", digits)
    return digits


def _load_digits() -> tuple[np.ndarray, np.ndarray]:
    """Images of shape (1797, 8, 8) in 0..16, and labels, as `sklearn.datasets.load_digits` reads them.

    Read from scikit-learn's own file where that is in its place: importing scikit-learn takes a second, which the
    very first page would wait for.
    """
    package = find_spec("sklearn")
    file = Path(package.origin).parent / "datasets/data/digits.csv.gz" if package and package.origin else None
    if file and file.exists():
        table = np.loadtxt(file, delimiter=",")  # 64 pixels and the label
        return table[:, :64].reshape(-1, 8, 8), table[:, 64]
    from sklearn.datasets import load_digits

    digits = load_digits()
    return digits.images, digits.target


def to_mnist_form(image: np.ndarray) -> np.ndarray:
    """An image of shape (8, 8) in [0, 1] as uint8 (28, 28): 20x20, the blur of enlarging undone, 4 pixels around."""
    enlarged = np.asarray(Image.fromarray(image.astype(np.float32)).resize((20, 20), Image.Resampling.BICUBIC))
    low, high = sharpen(np.array([0.0, 1.0]))
    ink = np.clip((sharpen(enlarged) - low) / (high - low), 0, 1)
    return np.pad(np.rint(ink * 255).astype(np.uint8), 4)


def sharpen(u: np.ndarray) -> np.ndarray:
    """Ink in [0, 1] pushed towards black and white: steep about 0.45."""
    return 1 / (1 + np.exp(-10 * (u - 0.45)))
