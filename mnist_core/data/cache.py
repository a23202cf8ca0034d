"""One file for each decoded set: safetensors, mapped into memory, so that a second start costs milliseconds.

The file begins with 8 bytes that give the length of a JSON header, which gives the place of each array
(https://huggingface.co/docs/safetensors). Reading it here, not through the library, lets every process share one
copy of the images.
"""

import json
from dataclasses import asdict
from pathlib import Path

import numpy as np

from mnist_core.data.types import DigitSet, Source
from mnist_core.errors import DataError
from mnist_core.paths import home, write_atomically

_FORMAT = "1"
_DTYPES = {"U8": np.uint8, "I64": np.int64}


def cache_file(name: str) -> Path:
    """Where a set of this name is kept."""
    return home() / f"{name}-{_FORMAT}.safetensors"


def write_cache(name: str, digits: DigitSet) -> None:
    """Keep a set under this name; the file appears whole or not at all.

    Raises
    ------
    DataError
        If it cannot be written, for example because the disk is full.
    """
    from safetensors.numpy import save

    metadata = {"source": json.dumps(asdict(digits.source)), "training": json.dumps(digits.training)}
    try:
        write_atomically(cache_file(name), save({"images": digits.images, "labels": digits.labels}, metadata))
    except OSError as error:
        size = digits.images.nbytes / 1e6
        raise DataError(
            f"The decoded images ({size:.0f} MB) cannot be kept ({error}); "
            "free some space, or name another folder in MNIST_HOME."
        ) from error


def read_cache(name: str) -> DigitSet | None:
    """The set kept under this name, its arrays mapped into memory; None if there is none or its file is damaged."""
    try:
        path = cache_file(name)
        with path.open("rb") as file:
            length = int.from_bytes(file.read(8), "little")
            if length > path.stat().st_size:
                return None
            header = json.loads(file.read(length))
        images, labels = (_mapped(path, 8 + length, header[key]) for key in ("images", "labels"))
        metadata = header["__metadata__"]
        source, training = Source(**json.loads(metadata["source"])), json.loads(metadata["training"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return DigitSet(images, labels, training, source)


def _mapped(path: Path, start: int, place: dict) -> np.ndarray:
    """One array of the file, read-only; ValueError where the file is too short for it."""
    begin, _ = place["data_offsets"]
    array = np.memmap(path, _DTYPES[place["dtype"]], mode="r", offset=start + begin, shape=tuple(place["shape"]))
    return array.view(np.ndarray)
