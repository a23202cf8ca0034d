"""From the name of a data set to images, chosen digits and a split."""

import os
from functools import lru_cache
from pathlib import Path
from typing import get_args

import numpy as np

from mnist_core.data.digits import read_digits
from mnist_core.data.mnist import cached_mnist, prepare_mnist
from mnist_core.data.own import read_own
from mnist_core.data.types import DigitData, DigitSet, Source
from mnist_core.errors import DataError
from mnist_core.options import SplitName

ALL_DIGITS = "0123456789"
_VALID_SHARE = 0.2


def load(
    name: str = "auto", *, digits: str = ALL_DIGITS, split: SplitName = "official", split_seed: int = 42
) -> DigitData:
    """A data set with these digits, split into training and validation images.

    Parameters
    ----------
    name : "mnist", "digits" (embedded, always there), "auto" (MNIST once it is ready, else the embedded ones), or
        the path of a learner's own folder, .zip or .tgz with a folder of pictures for each digit
    digits : the digits to keep, e.g. "37"
    split : "official" (MNIST's 60,000 for training and 10,000 for validation; a random fifth where the source has no
        split of its own), "random" (a random fifth of all images), or "sampler" (a random fifth of the training
        images; the official test images are left apart)
    split_seed : of the random splits

    Returns
    -------
    DigitData
        `train` and `valid` are ordered by digit, as the chapter's `torch.cat([stacked_threes, stacked_sevens])`.

    Raises
    ------
    DataError
        If the name, the digits, the split or its seed are not known, or the data cannot be read.

    Examples
    --------
    >>> data = load("digits", digits="37")
    >>> data.images.shape, data.classes, len(data.train), len(data.valid)
    ((1797, 28, 28), (3, 7), 291, 71)
    """
    if split not in get_args(SplitName):
        raise DataError(f"The split {split!r} is not known; use one of: {', '.join(get_args(SplitName))}.")
    if not digits or not set(digits) <= set(ALL_DIGITS):
        raise DataError(f"The digits {digits!r} cannot be chosen; write one or more of 0 to 9, for example 37.")
    if split_seed < 0:
        raise DataError(f"The split's seed {split_seed} is negative; use 0 or more.")
    found = _find(name)
    present = {str(digit) for digit in np.unique(found.labels)}
    missing, there = (", ".join(sorted(some)) for some in (set(digits) - present, present))
    if missing and set(digits) != set(ALL_DIGITS):
        raise DataError(f"{found.source.title} has no images of {missing}; choose among {there}.")
    classes = tuple(sorted(int(digit) for digit in set(digits) & present))
    train, valid = _split(found, classes, split, split_seed)
    if not len(train) or not len(valid):
        raise DataError(f"{found.source.title} has too few images of {digits} to keep some apart for validation.")
    return DigitData(found.images, found.labels, classes, train, valid, found.source)


def sources() -> list[Source]:
    """The data sets that are there now, without preparing any."""
    kept = cached_mnist()
    return ([kept.source] if kept else []) + [read_digits().source]


def _find(name: str) -> DigitSet:
    """All images of a data set."""
    if name == "digits":
        return read_digits()
    if name == "auto":
        return cached_mnist() or read_digits()
    if name == "mnist":
        prepare_mnist()
        return cached_mnist() or _vanished()
    path = Path(os.path.expanduser(name))  # noqa: PTH111  (Path's own fails for an unknown user,
    if not name or not os.path.exists(path):  # noqa: PTH110  and for a name that is too long)
        raise DataError(
            f"There are no data named {name!r}; use mnist, digits, auto, or the path of a folder, .zip or .tgz."
        )
    return _own(path.resolve(), path.stat().st_mtime_ns)


def _vanished() -> DigitSet:
    raise DataError("The decoded copy of MNIST has vanished while it was being opened; try again.")


@lru_cache(maxsize=2)
def _own(path: Path, _changed: int) -> DigitSet:
    """A learner's own data, read once for each process."""
    return read_own(path)


def _split(found: DigitSet, classes: tuple[int, ...], split: str, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Indices for training and for validation."""
    chosen = np.flatnonzero(np.isin(found.labels, classes))
    if split == "official" and found.training is None:
        return _standing_split(found.labels, chosen, seed)
    if split == "random" or found.training is None:
        return _random_split(found.labels, chosen, seed)
    if split == "sampler":
        return _random_split(found.labels, chosen[chosen < found.training], seed)
    return (
        _by_class(found.labels, chosen[chosen < found.training]),
        _by_class(found.labels, chosen[chosen >= found.training]),
    )


def _random_split(labels: np.ndarray, chosen: np.ndarray, seed: int | list[int]) -> tuple[np.ndarray, np.ndarray]:
    """A random fifth of the chosen images for validation, the others for training."""
    shuffled = np.random.default_rng(seed).permutation(chosen)
    cut = int(_VALID_SHARE * len(chosen))
    valid, train = np.sort(shuffled[:cut]), np.sort(shuffled[cut:])
    return _by_class(labels, train), _by_class(labels, valid)


def _standing_split(labels: np.ndarray, chosen: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """A random fifth of each class, drawn for itself: an image is for validation whichever other digits are chosen."""
    groups = [(chosen[labels[chosen] == digit], [seed, digit]) for digit in np.unique(labels[chosen])]
    parts = [_random_split(labels, group, own_seed) for group, own_seed in groups]
    train, valid = (np.concatenate(part) for part in zip(*parts, strict=True))
    return train, valid


def _by_class(labels: np.ndarray, indices: np.ndarray) -> np.ndarray:
    """The same ascending indices, those of the smallest digit first."""
    return indices[np.argsort(labels[indices], kind="stable")]
