"""`DigitData`: the one form in which every source of digits reaches the rest of the library."""

from dataclasses import dataclass, replace

import numpy as np


@dataclass(frozen=True)
class Source:
    """Where the images come from, in words for the screen.

    Attributes
    ----------
    name : "mnist", "digits" or the path of a learner's own data
    title : a few words, e.g. "MNIST"
    detail : where it was found
    verified : True if the arrays match the official checksums, False if not, None where there are none
    """

    name: str
    title: str
    detail: str
    verified: bool | None = None


@dataclass(frozen=True)
class DigitData:
    """Images, labels and a split. Floats are made per batch, never kept.

    Attributes
    ----------
    images : uint8 array of shape (n, 28, 28), 0 is background, 255 is ink
    labels : int64 array of shape (n,), the digit shown
    classes : the digits present, ascending
    train, valid : int64 arrays of indices into `images`
    source : Source
    """

    images: np.ndarray
    labels: np.ndarray
    classes: tuple[int, ...]
    train: np.ndarray
    valid: np.ndarray
    source: Source

    def select(self, digits: str) -> "DigitData":
        """The same data with these digits only, e.g. `"37"`; the split stays as it is."""
        classes = tuple(sorted({int(d) for d in digits}))
        keep = np.isin(self.labels, classes)
        return replace(self, classes=classes, train=self.train[keep[self.train]], valid=self.valid[keep[self.valid]])
