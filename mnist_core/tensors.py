"""From a picture to its numbers: the chapter's first tensor, and slices of it."""

import numpy as np
import torch
from torch import Tensor

from mnist_core.data.types import DigitData
from mnist_core.errors import DataError


def images_of(data: DigitData, digit: int) -> np.ndarray:
    """Where the training images of one digit are: int64 indices into `data.images`, shape (n,)."""
    return data.train[data.labels[data.train] == digit]


def first_number(data: DigitData) -> int:
    """The image to begin with: on MNIST the number, among the threes, of the 3 that the chapter takes apart, else 0.

    The chapter's `threes[1]` is `10000.png`; a file is named after the image's place among all training images.
    """
    return int(np.searchsorted(images_of(data, 3), 10_000)) if data.source.name == "mnist" else 0


def image_tensor(data: DigitData, digit: int, number: int) -> Tensor:
    """One training image as a tensor.

    Parameters
    ----------
    data : DigitData
    digit : the digit shown
    number : which of its images, from 0

    Returns
    -------
    Tensor of shape (28, 28), uint8: 0 is background, 255 is ink

    Raises
    ------
    DataError
        If the digit has no image of that number.
    """
    indices = images_of(data, digit)
    if not 0 <= number < len(indices):
        raise DataError(f"There is no image {number} of the digit {digit}: choose one from 0 to {len(indices) - 1}.")
    return torch.tensor(data.images[indices[number]])


def crop(image: Tensor, rows: tuple[int, int], columns: tuple[int, int]) -> Tensor:
    """A slice of an image: from the first row and column up to, but without, the last.

    Examples
    --------
    >>> crop(torch.arange(9).view(3, 3), (0, 2), (1, 3))
    tensor([[1, 2],
            [4, 5]])
    """
    return image[slice(*rows), slice(*columns)]


def crop_code(name: str, rows: tuple[int, int], columns: tuple[int, int]) -> str:
    """The line of Python that cuts the slice, e.g. `im3_t[4:10, 4:10]`.

    Examples
    --------
    >>> crop_code("im3_t", (4, 10), (4, 10))
    'im3_t[4:10, 4:10]'
    """
    return f"{name}[{rows[0]}:{rows[1]}, {columns[0]}:{columns[1]}]"
