"""A learner's own pictures: a folder, .zip or .tgz of class folders named 0 to 9. Nothing is extracted to disk."""

import os
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import IO

import numpy as np

from mnist_core.data.types import DigitSet, Source
from mnist_core.errors import DataError, ImageError

_ENDINGS = {".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff"}
_PARTS = {"training": True, "train": True, "testing": False, "test": False, "valid": False}
_MOST_FILES = 200_000
_MOST_BYTES_EACH = 20 << 20
_MOST_BYTES = 1 << 30


def read_own(path: Path) -> DigitSet:
    """All pictures of class folders `0` to `9`, optionally below `training/` and `testing/`.

    Grey pictures of 28x28 are taken as they are; others are brought to that form by `mnist_core.images`.

    Raises
    ------
    DataError
        Naming the file, if it is no picture, too large, or the whole is too large, damaged or empty.
    """
    found: dict[bool | None, list[tuple[int, np.ndarray]]] = {True: [], False: [], None: []}
    try:
        for name, stream, size in _bounded(path):
            part, digit = _place(name)
            found[part].append((digit, _to_image(name, stream, size)))
    except (OSError, EOFError, tarfile.TarError, zipfile.BadZipFile, zlib.error, RuntimeError) as error:
        raise DataError(f"{path} cannot be read ({error}); give a folder, a .zip or a .tgz.") from error
    ordered = found[True] + found[None] + found[False]
    if not ordered:
        raise DataError(f"{path} holds no pictures in folders named 0 to 9, such as 3/first.png.")
    training = len(found[True]) if found[True] and found[False] and not found[None] else None
    return DigitSet(
        np.stack([image for _, image in ordered]),
        np.array([digit for digit, _ in ordered], np.int64),
        training,
        Source(str(path), path.name, f"{len(ordered):,} pictures from {path}"),
    )


def _place(name: str) -> tuple[bool | None, int]:
    """Whether a file is for training (None: it does not say), and its digit."""
    *above, digit, _ = PurePosixPath(name).parts
    return _PARTS.get(above[-1].lower() if above else ""), int(digit)


def _is_picture(name: str) -> bool:
    path = PurePosixPath(name)
    return (
        path.suffix.lower() in _ENDINGS
        and path.parent.name in set("0123456789")
        and not any(part.startswith((".", "__MACOSX")) for part in path.parts)
    )


def _bounded(path: Path) -> Iterator[tuple[str, IO[bytes], int]]:
    """Name, opened file and size of each picture; DataError once there is too much of it."""
    total = 0
    for seen, (name, stream, size) in enumerate(_files(path), start=1):
        total += size
        if total > _MOST_BYTES:
            raise DataError(f"{path} holds more than {_MOST_BYTES >> 30} GB; give fewer or smaller pictures.")
        if seen > _MOST_FILES:
            raise DataError(f"{path} holds more than {_MOST_FILES:,} files; give fewer.")
        if stream:
            yield name, stream, size


def _files(path: Path) -> Iterator[tuple[str, IO[bytes] | None, int]]:
    """Name, opened file (None for what is no picture) and size of each file in a folder or archive."""
    if path.is_dir():
        for folder, folders, names in os.walk(path):
            folders.sort()
            for name in sorted(names):
                file = Path(folder, name)
                relative = file.relative_to(path.parent).as_posix()
                if _is_picture(relative):
                    with file.open("rb") as stream:
                        yield relative, stream, file.stat().st_size
    elif zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            for entry in sorted(archive.infolist(), key=lambda entry: entry.filename):
                if _is_picture(entry.filename):
                    with archive.open(entry) as stream:
                        yield entry.filename, stream, entry.file_size
    else:
        with tarfile.open(path) as archive:
            for member in archive:
                is_picture = member.isreg() and _is_picture(member.name)
                yield member.name, archive.extractfile(member) if is_picture else None, member.size


def _to_image(name: str, stream: IO[bytes], size: int) -> np.ndarray:
    """A picture as uint8 array of shape (28, 28), ink 255."""
    data = stream.read(_MOST_BYTES_EACH + 1) if size <= _MOST_BYTES_EACH else b""
    if not 0 < len(data) <= _MOST_BYTES_EACH:
        raise DataError(f"{name} has {size:,} bytes; a picture needs 1 to {_MOST_BYTES_EACH:,}.")
    from mnist_core.images import open_picture, to_mnist

    try:
        picture = open_picture(data, "it")
        if picture.mode == "L" and picture.size == (28, 28):
            return np.asarray(picture)
        return np.rint(to_mnist(picture).result * 255).astype(np.uint8)
    except ImageError as error:
        raise DataError(f"{name} cannot be used: {error}") from error
