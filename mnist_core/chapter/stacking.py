"""From a list of images to one tensor of rank 3, and small sums and products written out number by number."""

import torch
from torch import Tensor

from mnist_core.chapter.tensors import images_of
from mnist_core.data.types import DigitData


def count_of(data: DigitData, digit: int) -> int:
    """How many training images of a digit there are."""
    return len(images_of(data, digit))


def image_list(data: DigitData, digit: int, *, count: int | None = None) -> list[Tensor]:
    """The training images of a digit, in a list: the chapter's `three_tensors`.

    Parameters
    ----------
    data : DigitData
    digit : the digit
    count : only the first so many

    Returns
    -------
    list of n Tensors of shape (28, 28), uint8
    """
    return [torch.tensor(data.images[i]) for i in images_of(data, digit)[:count]]


def stack_images(images: list[Tensor]) -> Tensor:
    """One tensor of shape (n, 28, 28) from a list of n tensors of shape (28, 28): the chapter's `stacked_threes`.

    The chapter also makes the pixels floats between 0 and 1 here, `torch.stack(images).float()/255`.
    """
    return torch.stack(images)


def sums_in_words(a: Tensor, b: Tensor) -> list[str]:
    """For each number of `a + b`, counted row by row, the sum that makes it, such as "2 + 10 = 12"."""
    a, b = torch.broadcast_tensors(a, b)
    return [f"{x} + {y} = {x + y}" for x, y in zip(a.flatten().tolist(), b.flatten().tolist(), strict=True)]
