"""The chapter's baseline, pixel similarity: a digit is what the ideal digit nearest to it shows.

The ideal digit is the mean of all its training images. Nothing is trained, so that the baseline is quick to make and
hard to get wrong, and a model that learns must beat it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from mnist_core.chapter.tensors import images_of, to_unit
from mnist_core.data import load
from mnist_core.data.types import DigitData
from mnist_core.errors import DataError

PUBLISHED = 0.85  # "around 85 %": what one write-up of the chapter states for 3 and 7; see the page


def stacked(data: DigitData, digit: int, *, count: int | None = None) -> Tensor:
    """The training images of a digit in one tensor, the chapter's `stacked_threes`.

    Parameters
    ----------
    count : only the first so many

    Returns
    -------
    Tensor of shape (n, 28, 28), float32 in [0, 1]
    """
    return to_unit(torch.from_numpy(data.images[images_of(data, digit)[:count]]))


def mean_digit(stacked_digits: Tensor) -> Tensor:
    """The ideal digit: each pixel the mean of that pixel in all images, (n, 28, 28) -> (28, 28)."""
    return stacked_digits.mean(0)


def mnist_distance(a: Tensor, b: Tensor) -> Tensor:
    """L1, the mean absolute difference of the pixels.

    Parameters
    ----------
    a, b : float Tensors whose last two axes are rows and columns. The others are broadcast: (n, 28, 28) against
        (28, 28) compares n images with one

    Returns
    -------
    float Tensor, the last two axes gone, e.g. of shape (n,); in [0, 1] for pixels in [0, 1]
    """
    return (a - b).abs().mean((-1, -2))


def rmse(a: Tensor, b: Tensor) -> Tensor:
    """L2, the root of the mean squared difference of the pixels; shapes as in `mnist_distance`."""
    return ((a - b) ** 2).mean((-1, -2)).sqrt()


def plain_difference(a: Tensor, b: Tensor) -> Tensor:
    """The mean difference with its sign, in which too much ink here cancels too little there: no distance at all.

    Shapes as in `mnist_distance`.
    """
    return (a - b).mean((-1, -2))


def by_torch(a: Tensor, b: Tensor) -> dict[str, float]:
    """The same two distances of two images by PyTorch's own functions: line of code -> what it gives."""
    return {"F.l1_loss(a, b)": F.l1_loss(a, b).item(), "F.mse_loss(a, b).sqrt()": F.mse_loss(a, b).sqrt().item()}


def moved(images: Tensor, *, right: int) -> Tensor:
    """Images of shape (..., 28, 28) moved some pixels to the right, or if negative to the left; 0 comes in."""
    blank = torch.zeros_like(images)
    if right >= 0:
        blank[..., right:] = images[..., : images.shape[-1] - right]
    else:
        blank[..., :right] = images[..., -right:]
    return blank


DISTANCES: dict[str, Callable[[Tensor, Tensor], Tensor]] = {"L1": mnist_distance, "RMSE": rmse}
"""Name -> distance: the smaller, the more alike."""


def measure(source: str) -> dict[str, np.ndarray]:
    """How far every validation image is from every ideal digit. About half a second on MNIST.

    Parameters
    ----------
    source : name of the data, "mnist" or "digits"

    Returns
    -------
    dict of "L1", "RMSE" and "plain" -> float32 array of shape (n, k): images as in `data.valid`, digits as in
    `data.classes`
    """
    data = load(source)
    valid_x = to_unit(torch.from_numpy(data.images[data.valid]))  # (n, 28, 28)
    means = [mean_digit(stacked(data, digit)) for digit in data.classes]
    ways = {**DISTANCES, "plain": plain_difference}
    return {
        name: torch.stack([way(valid_x, mean) for mean in means], dim=1).numpy()  # k times (n,) -> (n, k)
        for name, way in ways.items()
    }


@dataclass(frozen=True)
class Score:
    """How the baseline does on the validation images of some digits.

    Attributes
    ----------
    indices : int64 array of shape (n,), where the images are in `data.images`
    labels, preds : int64 arrays of shape (n,), the digits shown and said
    distances : float32 array of shape (n, k), to the ideal digits of `classes`
    classes : the digits chosen, ascending
    """

    indices: np.ndarray
    labels: np.ndarray
    preds: np.ndarray
    distances: np.ndarray
    classes: tuple[int, ...]

    @property
    def accuracy(self) -> float:
        """Share of the images that are right."""
        return float((self.preds == self.labels).mean())

    @property
    def per_class(self) -> dict[int, float]:
        """Digit -> share of its images that are right."""
        right = self.preds == self.labels
        return {digit: float(right[self.labels == digit].mean()) for digit in self.classes}

    @property
    def wrong(self) -> np.ndarray:
        """Which of the n images are wrong, the surest mistake first: int64 indices into `labels`."""
        mistakes = np.flatnonzero(self.preds != self.labels)
        column = np.searchsorted(self.classes, self.labels[mistakes])
        surplus = self.distances[mistakes, column] - self.distances[mistakes].min(axis=1)
        return mistakes[np.argsort(-surplus, kind="stable")]

    def counts(self) -> np.ndarray:
        """How often each digit (row) was said to be which (column): int64 array of shape (k, k)."""
        from sklearn.metrics import confusion_matrix

        return confusion_matrix(self.labels, self.preds, labels=self.classes)

    def confused(self) -> list[tuple[int, int, int]]:
        """(digit, taken for, how often) for every pair of digits, the most frequent first."""
        counts = self.counts()
        pairs = [
            (digit, said, int(counts[row, column]))
            for row, digit in enumerate(self.classes)
            for column, said in enumerate(self.classes)
            if digit != said
        ]
        return sorted(pairs, key=lambda pair: -pair[2])


def score(data: DigitData, distances: np.ndarray, digits: Sequence[int]) -> Score:
    """Say for each validation image of some digits which of their ideal digits is nearest.

    Parameters
    ----------
    data : the data that were measured
    distances : array of shape (n, k), of `measure`; signed ones count by their size
    digits : two or more, in any order

    Raises
    ------
    DataError
        If there are fewer than two digits, or one that the data do not have.
    """
    classes = tuple(sorted(set(digits)))
    if len(classes) < 2 or not set(classes) <= set(data.classes):
        raise DataError(
            f"Telling digits apart takes two or more of {', '.join(map(str, data.classes))}: "
            f"{len(classes)} {'is' if len(classes) == 1 else 'are'} chosen."
        )
    labels = data.labels[data.valid]
    mine = np.isin(labels, classes)
    columns = [data.classes.index(digit) for digit in classes]
    near = np.abs(distances[mine][:, columns])
    preds = np.array(classes)[near.argmin(axis=1)]
    return Score(data.valid[mine], labels[mine], preds, near, classes)


def without_a_model(data: DigitData, digits: Sequence[int]) -> tuple[int, int]:
    """The digit that is right most often if one always says the same, and how many images it gets right."""
    labels = data.labels[data.valid]
    right = {digit: int((labels == digit).sum()) for digit in digits}
    best = max(right, key=right.__getitem__)
    return best, right[best]


def validation_images(data: DigitData, digit: int) -> np.ndarray:
    """Where the validation images of one digit are: int64 indices into `data.images`, shape (n,)."""
    return data.valid[data.labels[data.valid] == digit]
