"""Where the chapter's images lie, and how a path says what its image shows: the folder is the label.

A file is named after the image's place among all training, or all testing, images. Digits that never were files, as
the embedded ones, get the path that they would have.
"""

from pathlib import PurePosixPath
from typing import NamedTuple

import numpy as np

from mnist_core.data.types import DigitData

ROOTS = {"mnist": "mnist_png", "digits": "digits_png"}
TRAINING, TESTING = "training", "testing"


def parent_label(path: str) -> str:
    """The name of the folder that a file is in; the chapter's images have their label there.

    Examples
    --------
    >>> parent_label("mnist_png/training/3/12.png")
    '3'
    """
    return PurePosixPath(path).parent.name


def grandparent(path: str) -> str:
    """The name of the folder one above, which says whether an image is for training; see `GrandparentSplitter`.

    Examples
    --------
    >>> grandparent("mnist_png/training/3/12.png")
    'training'
    """
    return PurePosixPath(path).parent.parent.name


def counts(data: DigitData) -> dict[str, dict[int, int]]:
    """How many images each folder holds: folder of the split -> digit -> images."""
    return {
        name: {digit: int((data.labels[part] == digit).sum()) for digit in data.classes}
        for name, part in ((TRAINING, data.train), (TESTING, data.valid))
    }


def files(data: DigitData, split: str, digit: int) -> dict[str, int]:
    """The files of one folder in the order in which a folder lists them, 10.png before 2.png.

    Parameters
    ----------
    data : all digits of a source, with its official split
    split : "training" or "testing"
    digit : the folder in it

    Returns
    -------
    dict of the file's name -> index of its image in `data.images`
    """
    part = data.train if split == TRAINING else data.valid
    first = data.valid.min() if split == TESTING and data.valid.min() > data.train.max() else 0  # MNIST's testing part
    indices = part[data.labels[part] == digit]
    return dict(sorted((f"{index - first}.png", int(index)) for index in indices))


class Line(NamedTuple):
    """One line of a tree of folders: how deep it lies, its name, how many images are in it, and whether on the way."""

    depth: int
    name: str
    images: int
    on_way: bool


def tree(data: DigitData, path: str) -> list[Line]:
    """The folders on the way to a file, and the folders beside them, in the order of a listing.

    Parameters
    ----------
    data : as in `files`
    path : of a file, e.g. "mnist_png/training/3/12.png"
    """
    root, split, label, file = PurePosixPath(path).parts
    found = counts(data)
    lines = [Line(0, f"{root}/", sum(sum(folder.values()) for folder in found.values()), True)]
    for name, digits in found.items():
        lines.append(Line(1, f"{name}/", sum(digits.values()), name == split))
        if name == split:
            for digit, images in digits.items():
                lines.append(Line(2, f"{digit}/", images, str(digit) == label))
                if str(digit) == label:
                    lines.append(Line(3, file, 1, True))
    return lines


def path_of(data: DigitData, split: str, digit: int, file: str) -> str:
    """The path of a file of `files`, from the folder of the whole data set."""
    return f"{ROOTS.get(data.source.name, 'digits')}/{split}/{digit}/{file}"


def total_bytes(data: DigitData, *, channels: int = 1) -> int:
    """What all images of a source take as bytes in memory, with so many channels."""
    return int(np.prod(data.images.shape)) * channels
