"""MNIST's 70,000 small PNG files, from an archive or a folder, to two arrays in under a second.

Opening them one by one with PIL spends its time in Python, file by file. Here each file costs one call to zlib, and
the PNG row filters are undone for thousands of images at once, in threads (NumPy lets go of the interpreter lock).
`benchmarks/loading.py` compares the two.
"""

import gzip
import io
import os
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from PIL import Image

from mnist_core.data.types import Progress
from mnist_core.errors import DataError

_DIGITS = set("0123456789")
# The first 29 bytes of a PNG file: signature, then width 28, height 28, 8 bits, grey, not interlaced.
_GREY_28 = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x1c\0\0\0\x1c\x08\0\0\0\0"
_SUB, _UP, _PAETH = 1, 2, 4
_CHUNK = 10_000
_MOST_BYTES = 1 << 29


def read_mnist(path: Path, progress: Progress | None = None) -> tuple[np.ndarray, np.ndarray, int]:
    """All MNIST images below `path`, training first, each part ordered by the index that is the file's name.

    Parameters
    ----------
    path : a `.tgz` archive, or a folder, holding `{training,testing}/<digit>/<index>.png`
    progress : called after each few thousand images

    Returns
    -------
    images : uint8 array of shape (n, 28, 28)
    labels : int64 array of shape (n,)
    training : how many of them are training images

    Raises
    ------
    DataError
        If the archive is cut or damaged, or holds no such files.
    """
    try:
        files, read = _folder_files(path) if path.is_dir() else _archive_files(path)
    except (OSError, EOFError, ValueError, zlib.error) as error:
        raise DataError(
            f"{path} cannot be read as an MNIST archive ({error}); delete it and download MNIST again."
        ) from error
    if {file.testing for file in files} != {False, True}:
        raise DataError(f"{path} holds no MNIST pictures (training/ and testing/, a folder for each digit, PNG files).")
    files.sort()

    chunks = [files[i : i + _CHUNK] for i in range(0, len(files), _CHUNK)]
    images = np.empty((len(files), 28, 28), np.uint8)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        done = 0
        for part in pool.map(partial(_decode_files, path, read), chunks):
            images[done : done + len(part)] = part
            done += len(part)
            if progress:
                progress("decoding", done, len(files))
    labels = np.array([file.digit for file in files], np.int64)
    return images, labels, sum(not file.testing for file in files)


class _File(NamedTuple):
    """One picture; files sort into MNIST's own order."""

    testing: bool
    number: int
    digit: int
    place: str | slice

    @property
    def name(self) -> str:
        return f"{'testing' if self.testing else 'training'}/{self.digit}/{self.number}.png"


_Found = tuple[list[_File], Callable[[Any], bytes]]


def _folder_files(folder: Path) -> _Found:
    """The MNIST files of a folder, or of the folder `mnist_png` in it, and how to read one."""
    root = folder if (folder / "training").is_dir() else folder / "mnist_png"
    files = [
        _File(part == "testing", int(entry.name[:-4]), int(digit), entry.path)
        for part in ("training", "testing")
        for digit in "0123456789"
        if (root / part / digit).is_dir()
        for entry in os.scandir(root / part / digit)
        if _is_indexed_png(entry.name)
    ]
    return files, _read


def _read(path: str) -> bytes:
    """A small file's bytes; `Path.read_bytes` takes three times as long."""
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
    try:
        return os.read(descriptor, 1 << 16)
    finally:
        os.close(descriptor)


def _archive_files(path: Path) -> _Found:
    """The MNIST files of a gzipped tar archive, held in memory, and how to read one."""
    with gzip.open(path) as stream:
        tar = stream.read(_MOST_BYTES)
        if stream.read(1):
            raise ValueError("it is far larger than MNIST")
    files = []
    for name, span in _tar_members(tar):
        *_, part, digit, file = ("", "", *name.split("/"))
        if part in ("training", "testing") and digit in _DIGITS and _is_indexed_png(file):
            files.append(_File(part == "testing", int(file[:-4]), int(digit), span))
    return files, tar.__getitem__


def _is_indexed_png(name: str) -> bool:
    return name.endswith(".png") and name[:-4].isdecimal()


def _tar_members(tar: bytes) -> Iterator[tuple[str, slice]]:
    """Name and place of each plain file; `tarfile` needs seven times as long for the same."""
    at = 0
    while at + 512 <= len(tar) and tar[at]:
        start = at + 512
        end = start + int(tar[at + 124 : at + 135].rstrip(b" \0"), 8)
        if end > len(tar):
            raise ValueError("it ends in the middle of a file")
        if tar[at + 156] in b"0\0":
            yield tar[at : at + 100].split(b"\0", 1)[0].decode(errors="replace"), slice(start, end)
        at = start + (end - start + 511) // 512 * 512


def _decode_files(path: Path, read: Callable[[Any], bytes], files: list[_File]) -> np.ndarray:
    """Some files as one array of shape (n, 28, 28)."""
    pngs = [read(file.place) for file in files]
    try:
        return _decode_grey(pngs)
    except (ValueError, zlib.error):
        return np.stack([_decode_any(path, file, png) for file, png in zip(files, pngs, strict=True)])


def _decode_any(path: Path, file: _File, png: bytes) -> np.ndarray:
    """One picture of whatever kind, through PIL, with an error that names it."""
    try:
        picture = Image.open(io.BytesIO(png)).convert("L")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise DataError(f"{file.name} in {path} is not a whole picture; get the archive again.") from error
    if picture.size != (28, 28):
        raise DataError(f"{file.name} in {path} is {picture.width} by {picture.height} pixels; MNIST's are 28 by 28.")
    return np.asarray(picture)


def _decode_grey(pngs: list[bytes]) -> np.ndarray:
    """8-bit grey PNG files of 28x28, all at once, as uint8 array of shape (n, 28, 28); ValueError for others.

    Each row comes with a filter type: its bytes are differences to the left, upper or upper left neighbour
    (PNG specification, section 9).
    """
    packed = np.frombuffer(b"".join(map(_inflate, pngs)), np.uint8).reshape(len(pngs), 28, 29)
    kinds = packed[:, :, 0]
    if not np.isin(kinds, (0, _SUB, _UP, _PAETH)).all():
        raise ValueError("a filter that MNIST's files do not use")
    rows = np.ascontiguousarray(packed[:, :, 1:].transpose(1, 2, 0))  # (n, row, column) -> (row, column, n)
    above = np.zeros_like(rows[0])
    for row, kind in zip(rows, kinds.T, strict=True):
        row[:, kind == _SUB] = np.cumsum(row[:, kind == _SUB], axis=0, dtype=np.uint8)
        row[:, kind == _UP] += above[:, kind == _UP]
        row[:, kind == _PAETH] = _undo_paeth(row[:, kind == _PAETH], above[:, kind == _PAETH])
        above = row
    return rows.transpose(2, 0, 1)  # (row, column, n) -> (n, row, column)


def _inflate(png: bytes) -> bytes:
    """The 28 rows of one PNG file, each a filter type and 28 bytes."""
    if png[:29] != _GREY_28:
        raise ValueError("not a grey picture of 28x28")
    at, compressed = 33, []
    while (kind := png[at + 4 : at + 8]) != b"IEND":
        size = int.from_bytes(png[at : at + 4])
        if kind == b"IDAT":
            compressed.append(png[at + 8 : at + 8 + size])
        if not kind:
            raise ValueError("the file is cut")
        at += size + 12
    unpacked = zlib.decompressobj().decompress(b"".join(compressed), 28 * 29 + 1)
    if len(unpacked) != 28 * 29:
        raise ValueError("not 28 rows of 28 pixels")
    return unpacked


def _undo_paeth(row: np.ndarray, above: np.ndarray) -> np.ndarray:
    """Rows of shape (28, n) whose bytes are differences to the neighbour nearest to left + up - upper left."""
    ups = above.astype(np.int16)
    left = upper_left = np.zeros(row.shape[1], np.int16)
    for x, up in zip(row, ups, strict=True):
        guess = left + up - upper_left
        to_left, to_up, to_corner = abs(guess - left), abs(guess - up), abs(guess - upper_left)
        nearest = np.where(to_up <= to_corner, up, upper_left)
        nearest = np.where((to_left <= to_up) & (to_left <= to_corner), left, nearest)
        x[:] += nearest.astype(np.uint8)
        left, upper_left = x.astype(np.int16), up
    return row
