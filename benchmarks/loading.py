"""How long 70,000 images take: `python -m benchmarks.loading [folder-or-tgz]`, else MNIST_PATH.

Decoding is compared with `np.asarray(Image.open(path))` one by one over the extracted folder, as the write-ups do;
the files are in the system's cache for both. The second start is a process of its own. Each figure is the best of
three, as whatever else the machine does can only add to it.
"""

import os
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

from mnist_core.data import prepare_mnist
from mnist_core.data.cache import cache_file
from mnist_core.data.decode import read_mnist

_ROUNDS = 3
_SECOND_START = """
import time
began = time.perf_counter()
from mnist_core.data import load
data = load("mnist")
assert len(data.images) == 70_000 and data.images[data.train[::1000]].max() == 255
print(time.perf_counter() - began)
"""


def main(place: str) -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as scratch:
        os.environ |= {"MNIST_HOME": f"{scratch}/home", "MNIST_PATH": place}
        archive, folder = Path(place), Path(place)
        if archive.is_dir():
            archive = Path(scratch, "mnist_png.tgz")
            with tarfile.open(archive, "w:gz") as tar:
                tar.add(folder, "mnist_png")
        else:
            with tarfile.open(archive) as tar:
                tar.extractall(scratch, filter="data")
            folder = Path(scratch, "mnist_png")
        files = sorted(folder.rglob("*.png"))

        one_by_one = _best(lambda: [np.asarray(Image.open(file)) for file in files])
        rows = [
            ("one by one with PIL, from the folder", one_by_one),
            ("read_mnist, from the folder", _best(lambda: read_mnist(folder))),
            ("read_mnist, from the .tgz", _best(lambda: read_mnist(archive))),
            ("first start: decode, check, write the cache", _best(_first_start)),
            ("second start: a new process, imports included", min(_second_start() for _ in range(_ROUNDS))),
        ]
    print(f"{len(files):,} images, {os.cpu_count()} cores, best of {_ROUNDS}\n")
    print(f"{'':48}{'seconds':>8}{'times faster':>14}")
    for name, seconds in rows:
        print(f"{name:48}{seconds:8.2f}{one_by_one / seconds:14.1f}")


def _best(run: Callable[[], object]) -> float:
    """The shortest time of some runs, in seconds."""
    return min(_seconds(run) for _ in range(_ROUNDS))


def _seconds(run: Callable[[], object]) -> float:
    began = time.perf_counter()
    run()
    return time.perf_counter() - began


def _first_start() -> None:
    cache_file("mnist").unlink(missing_ok=True)
    prepare_mnist()


def _second_start() -> float:
    command = [sys.executable, "-c", _SECOND_START]
    return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


if __name__ == "__main__":
    named = sys.argv[1] if len(sys.argv) > 1 else os.environ.get("MNIST_PATH")
    if not named:
        sys.exit("Name MNIST's folder or .tgz, or set MNIST_PATH.")
    main(named)
