"""From a picture to its numbers: the chapter's first tensor, slices of it, colour, and bytes turned into floats."""

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
    return image_at(data, indices[number])


def image_at(data: DigitData, index: int) -> Tensor:
    """The image at `index` of `data.images` as a Tensor of shape (28, 28), uint8."""
    return torch.tensor(data.images[index])


def some_images(data: DigitData, *, digit: int | None, count: int, seed: int) -> np.ndarray:
    """Where some training images are: int64 indices into `data.images`, at most `count`, drawn without repetition.

    Parameters
    ----------
    digit : the digit shown; None draws from all
    """
    among = data.train if digit is None else images_of(data, digit)
    return np.random.default_rng(seed).choice(among, min(count, len(among)), replace=False)


def number_of(data: DigitData, index: int) -> int:
    """Which of its digit's training images the image at `index` of `data.images` is; see `image_tensor`."""
    return int(np.searchsorted(images_of(data, int(data.labels[index])), index))


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


def to_rgb(image: Tensor, *, light: tuple[int, int, int] = (1, 1, 1)) -> Tensor:
    """A grey image in colour: three numbers a pixel, how much red, green and blue light it sends out.

    Parameters
    ----------
    image : Tensor of shape (28, 28), uint8
    light : for red, green and blue 1 or 0, whether ink has that light; three ones make white light, and three equal
        channels, which is what a picture library does when it opens a grey file in colour

    Returns
    -------
    Tensor of shape (28, 28, 3), uint8: row, column, channel, as files and screens have it

    Examples
    --------
    >>> to_rgb(torch.tensor([[7]]), light=(1, 0, 0))
    tensor([[[7, 0, 0]]])
    """
    return torch.stack([image * part for part in light], dim=-1)  # (28, 28) -> (28, 28, 3)


def channels_first(rgb: Tensor) -> Tensor:
    """The same numbers in the order in which PyTorch's models want them: (28, 28, 3) -> (3, 28, 28)."""
    return rgb.permute(2, 0, 1)


def to_unit(image: Tensor) -> Tensor:
    """The chapter's step from bytes to floats, whole numbers 0..255 to fractions 0..1.

    Parameters
    ----------
    image : uint8 Tensor of any shape

    Returns
    -------
    float32 Tensor of the same shape, in [0, 1]
    """
    return image.float() / 255


def to_bytes(image: Tensor) -> Tensor:
    """Back from [0, 1] to whole numbers 0..255, uint8, each the nearest one."""
    return (image * 255).round().byte()


def as_code(image: Tensor) -> str:
    """Python that gives an image, uint8 of shape (rows, columns): each pixel as two digits of base 16, 00 to ff.

    Examples
    --------
    >>> print(as_code(torch.tensor([[0, 255], [16, 1]], dtype=torch.uint8)))
    torch.tensor([*bytes.fromhex(
        "00ff"
        "1001"
    )], dtype=torch.uint8).view(2, 2)
    """
    rows = "\n".join(f'    "{bytes(row).hex()}"' for row in image.tolist())
    return f"torch.tensor([*bytes.fromhex(\n{rows}\n)], dtype=torch.uint8).view{tuple(image.shape)}"


def storage(tensor: Tensor) -> dict[str, str]:
    """What it takes to keep a tensor: shape, dtype, how many numbers, how many bytes; as text for a table."""
    return {
        "Shape": str(tuple(tensor.shape)),
        "dtype": str(tensor.dtype).removeprefix("torch."),
        "Numbers": f"{tensor.numel():,}",
        "Bytes": f"{tensor.nbytes:,}",
    }


def summary(tensor: Tensor) -> dict[str, str]:
    """The smallest, the largest and the mean of the numbers in a tensor, as text for a table."""
    floats = tensor.float()  # uint8 has no mean of its own
    values = {"Smallest": floats.min(), "Largest": floats.max(), "Mean": floats.mean()}
    return {name: f"{value:.4g}" for name, value in values.items()}


def add_bytes(a: int, b: int, *, minus: bool = False) -> Tensor:
    """`a + b` as bytes: what does not fit into 0..255 goes round, as 13 o'clock is 1 o'clock.

    Parameters
    ----------
    a, b : 0 to 255
    minus : subtract `b` instead

    Returns
    -------
    Tensor of shape (), uint8: the true result, less or plus 256

    Examples
    --------
    >>> add_bytes(200, 100)
    tensor(44, dtype=torch.uint8)
    """
    x, y = torch.tensor([a, b], dtype=torch.uint8)
    return x - y if minus else x + y


def complaint_about_mean(image: Tensor) -> str:
    """What torch says when it is asked for the mean of a uint8 tensor, which could not be a uint8 itself."""
    try:
        image.mean()
    except RuntimeError as error:
        return f"RuntimeError: {error}"
    return ""
