"""The same numbers in another shape: one image as a line, `view`, `unsqueeze`, `squeeze` and the transpose."""

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from mnist_core.chapter.shapes import Shape, view_shape

OPERATIONS: dict[str, tuple[Shape, Callable[[Tensor], Tensor], str]] = {
    "t.unsqueeze(0)": ((3,), lambda t: t.unsqueeze(0), "A new axis of size 1, in front: one row of 3."),
    "t.unsqueeze(1)": ((3,), lambda t: t.unsqueeze(1), "A new axis of size 1, at place 1: 3 rows of one number."),
    "t.squeeze()": ((3, 1), lambda t: t.squeeze(), "All axes of size 1 are taken away."),
    "t.T": ((3, 4), lambda t: t.T, "The **transpose**: rows become columns. The first row is now the first column."),
    "t.view(4, 3)": ((3, 4), lambda t: t.view(4, 3), "The numbers keep their order; only the rows break elsewhere."),
}
"""Line of Python -> (shape of `t`, the same as a function, what it does)."""

PAPER, EMPTY = 0.94, 0.7  # greys of a pixel without ink, and of a place in the line that no pixel has reached


def moved(operation: Callable[[Tensor], Tensor], t: Tensor) -> tuple[Tensor, Tensor]:
    """What an operation makes of a tensor, and where each number was before.

    Parameters
    ----------
    operation : takes a tensor to one with the same numbers in another shape or order
    t : Tensor of any shape

    Returns
    -------
    values : Tensor, `operation(t)`
    places : int64 Tensor of the same shape: places in `t`, counted row by row from 0
    """
    return operation(t), operation(torch.arange(t.numel()).view(t.shape))


def viewed(t: Tensor, new: Shape) -> tuple[Tensor, Tensor]:
    """`t.view(new)` and the places of its numbers in `t`, as `moved` gives them.

    Raises
    ------
    ShapeError
        If the numbers do not fill the new shape.
    """
    shape = view_shape(tuple(t.shape), new)
    return moved(lambda tensor: tensor.view(shape), t)


def unroll_pictures(image: Tensor, *, rows: int) -> tuple[np.ndarray, np.ndarray]:
    """An image on its way to `image.view(-1)`: two pictures, ink on paper, 0 for black ink and `PAPER` for none.

    Parameters
    ----------
    image : uint8 Tensor of shape (28, 28)
    rows : how many rows lie in the line already

    Returns
    -------
    picture : float32 array of shape (28, 28): the rows that have left are pale
    line : float32 array of shape (28, 784): the line so far, 28 pixels high so that it can be seen; grey where no row
        has arrived
    """
    ink = image.float() / 255
    picture = PAPER * (1 - ink * torch.where(torch.arange(28) < rows, 0.2, 1.0)[:, None])
    flat = PAPER * (1 - ink).view(-1)  # (28, 28) -> (784,)
    line = torch.where(torch.arange(28 * 28) < rows * 28, flat, EMPTY)
    return picture.numpy(), line.expand(28, -1).numpy()


def place_in_line(row: int, column: int, *, width: int = 28) -> int:
    """Where the pixel of a row and column lies in the line.

    Examples
    --------
    >>> place_in_line(2, 5)
    61
    """
    return row * width + column
