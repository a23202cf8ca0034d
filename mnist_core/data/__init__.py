"""Digits from MNIST, from scikit-learn or from a learner's own pictures, always as `DigitData`."""

from mnist_core.data.background import start_preparing, status
from mnist_core.data.choose import load, sources
from mnist_core.data.mnist import cached_mnist, prepare_mnist
from mnist_core.data.types import DataStatus, DigitData, Source

__all__ = [
    "DataStatus",
    "DigitData",
    "Source",
    "cached_mnist",
    "load",
    "prepare_mnist",
    "sources",
    "start_preparing",
    "status",
]
