"""The embedded digits: scikit-learn's 1,797 pictures of 8x8, brought to MNIST's form. They need no network."""

import numpy as np
from PIL import Image

from mnist_core.data.cache import read_cache, write_cache
from mnist_core.data.types import DigitSet, Source
from mnist_core.errors import DataError


def read_digits() -> DigitSet:
    """The embedded digits, from the cache or made anew; without a place for a cache they are held in memory."""
    if kept := read_cache("digits"):
        return kept
    from sklearn.datasets import load_digits  # takes a second: once for each machine

    images, labels = load_digits(return_X_y=True)
    digits = DigitSet(
        np.stack([_to_mnist_form(image) for image in images.reshape(-1, 8, 8) / 16]),
        labels.astype(np.int64),
        None,
        Source("digits", "1,797 digits from scikit-learn", "handwritten, 8 by 8 pixels, enlarged to MNIST's 28 by 28"),
    )
    try:
        write_cache("digits", digits)
    except DataError:
        return digits
    return digits


def _to_mnist_form(image: np.ndarray) -> np.ndarray:
    """An image of shape (8, 8) in [0, 1] as uint8 (28, 28): 20x20, the blur of enlarging undone, 4 pixels around."""
    enlarged = np.asarray(Image.fromarray(image.astype(np.float32)).resize((20, 20), Image.Resampling.BICUBIC))
    low, high = _sharpen(np.array([0.0, 1.0]))
    ink = np.clip((_sharpen(enlarged) - low) / (high - low), 0, 1)
    return np.pad(np.rint(ink * 255).astype(np.uint8), 4)


def _sharpen(u: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-10 * (u - 0.45)))
