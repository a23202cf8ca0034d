"""The forms in which every source of digits reaches the rest of the library."""

from dataclasses import dataclass, replace
from typing import Literal, Protocol

import numpy as np

Stage = Literal["ready", "finding", "downloading", "decoding", "failed"]


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
class DigitSet:
    """All images of one source, before digits are chosen and before the split.

    Attributes
    ----------
    images : uint8 array of shape (n, 28, 28), 0 is background, 255 is ink; training images first
    labels : int64 array of shape (n,), the digit shown
    training : how many of the images are for training, None where the source does not say
    source : Source
    """

    images: np.ndarray
    labels: np.ndarray
    training: int | None
    source: Source


@dataclass(frozen=True)
class DigitData:
    """Images, labels and a split. Floats are made per batch, never kept.

    Attributes
    ----------
    images : uint8 array of shape (n, 28, 28), 0 is background, 255 is ink; often memory-mapped and read-only
    labels : int64 array of shape (n,), the digit shown
    classes : the digits chosen, ascending
    train, valid : int64 arrays of indices into `images`, ordered by digit, then as in the source
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

    def with_more(self, images: np.ndarray, labels: np.ndarray, *, times: int) -> "DigitData":
        """The same data with more images to train on.

        Parameters
        ----------
        images : uint8 array of shape (n, 28, 28)
        labels : int64 array of shape (n,)
        times : how often each of them is dealt in an epoch
        """
        new = np.repeat(np.arange(len(self.images), len(self.images) + len(images)), times)
        return replace(
            self,
            images=np.concatenate([self.images, images]),
            labels=np.concatenate([self.labels, labels]),
            train=np.concatenate([self.train, new]),
        )


@dataclass(frozen=True)
class DataStatus:
    """What a page says about the data.

    Attributes
    ----------
    name : the data in use now, "mnist" or "digits"
    why : one sentence: why these and not the others
    stage : how far MNIST is; "ready" and "failed" are final
    fraction : how much of the stage is done, 0 to 1, None where that is not known
    message : one sentence for the learner
    """

    name: str
    why: str
    stage: Stage
    fraction: float | None
    message: str


class Progress(Protocol):
    """Is told, now and then, how many of how many are done; `total` is 0 while it is not known."""

    def __call__(self, stage: Stage, done: int, total: int) -> None: ...
