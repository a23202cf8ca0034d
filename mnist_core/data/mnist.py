"""MNIST: where it is found, how it is fetched, and the one decoded copy of it that is kept."""

import configparser
import hashlib
import os
import struct
import tempfile
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from http.client import HTTPException
from pathlib import Path

import numpy as np
from filelock import FileLock, Timeout

from mnist_core.data.cache import read_cache, write_cache
from mnist_core.data.decode import read_mnist
from mnist_core.data.types import DigitSet, Progress, Source
from mnist_core.errors import DataError
from mnist_core.paths import home

# MD5 of the official files (yann.lecun.com/exdb/mnist), unpacked: training images, labels, test images, labels.
OFFICIAL_MD5 = (
    "6bbc9ace898e44ae57da46a324031adb",
    "a25bea736e30d166cdddb491f175f624",
    "2646ac647ad5339dbf082846283269ea",
    "27ae3e4e09519cfbb04c329615203637",
)
_SOCKET_SECONDS = 10
_ANSWER_SECONDS = 12
_LOCK_SECONDS = 600


def cached_mnist() -> DigitSet | None:
    """The decoded copy if it is there; not if `MNIST_PATH` names another source than it was made from."""
    kept = read_cache("mnist")
    named = os.environ.get("MNIST_PATH")
    return None if kept and named and kept.source.detail != str(_full(named)) else kept


def prepare_mnist(progress: Progress | None = None, *, download: bool = False) -> Source:
    """Make sure that the decoded copy is there; return where it came from.

    Sources, in this order: the folder or `.tgz` named by `MNIST_PATH`, fastai's own data folder, a download.

    Parameters
    ----------
    progress : told the stage and how far it is
    download : whether it may be fetched when this machine has no copy (10 to 20 MB)

    Raises
    ------
    DataError
        If there is no copy, or it is damaged, cannot be fetched, or cannot be written. Nothing is left half-written.
    """
    try:
        with FileLock(home() / "mnist.lock", timeout=_LOCK_SECONDS):
            if kept := cached_mnist():
                return kept.source
            if progress:
                progress("finding", 0, 0)
            digits = _read_first(progress)
            if digits is None and download:
                digits = _read(_download(progress), progress)
            if digits is None:
                raise DataError(
                    "MNIST is not on this machine yet: let it be downloaded, or name its folder or .tgz in MNIST_PATH."
                )
            write_cache("mnist", digits)
            return digits.source
    except Timeout:
        raise DataError("Another process is still preparing MNIST; wait for it, or stop it.") from None
    except OSError as error:
        raise DataError(f"MNIST cannot be prepared ({error}); name a folder for it in MNIST_HOME.") from error


def _read_first(progress: Progress | None) -> DigitSet | None:
    """The first copy on this machine that can be read. The one named by the user must be: no silent way around it."""
    if named := os.environ.get("MNIST_PATH"):
        if not _full(named).exists():
            raise DataError(f"MNIST_PATH names {_full(named)}, which does not exist; correct it or unset it.")
        return _read(_full(named), progress)
    for path in filter(Path.exists, _fastai_copies()):
        try:
            return _read(path, progress)
        except DataError:
            continue
    return None


def _full(path: str) -> Path:
    return Path(path).expanduser().resolve()


def _fastai_copies() -> Iterator[Path]:
    """Where fastai keeps MNIST, extracted and packed (its `config.ini` may name other folders)."""
    base = Path(os.environ.get("FASTAI_HOME", "~/.fastai")).expanduser()
    config = configparser.ConfigParser()
    try:
        config.read(base / "config.ini", encoding="utf-8")
    except (configparser.Error, UnicodeDecodeError):
        config.clear()
    for key, file in (("data", "mnist_png"), ("archive", "mnist_png.tgz")):
        yield base / Path(config.get("DEFAULT", key, fallback=key)).expanduser() / file


def _read(path: Path, progress: Progress | None) -> DigitSet:
    """Decode a folder or archive and compare it with the official files."""
    images, labels, training = read_mnist(path, progress)
    verified = _md5(images[:training], labels[:training]) + _md5(images[training:], labels[training:]) == OFFICIAL_MD5
    return DigitSet(images, labels, training, Source("mnist", "MNIST", str(path), verified))


def _md5(images: np.ndarray, labels: np.ndarray) -> tuple[str, str]:
    """MD5 of these images and labels in the form of the official files: header, then one byte a value."""
    n = len(images)
    return (
        hashlib.md5(struct.pack(">4i", 2051, n, 28, 28) + images.tobytes(), usedforsecurity=False).hexdigest(),
        hashlib.md5(struct.pack(">2i", 2049, n) + labels.astype(np.uint8).tobytes(), usedforsecurity=False).hexdigest(),
    )


def _download(progress: Progress | None) -> Path:
    """Fetch fastai's archive into fastai's own folder, so that `untar_data(URLs.MNIST)` finds it too.

    A thread does the fetching, as a network that swallows every packet would hold it up for minutes.
    """
    import fastai.data
    from fastai.data.external import URLs
    from fastcore.net import urlsave
    from fastdownload.core import check, checks_module

    if progress:
        progress("downloading", 0, 0)
    answered = threading.Event()

    def report(blocks: int, size: int, total: int) -> None:
        answered.set()
        if progress and blocks % 32 == 0:
            progress("downloading", min(blocks * size, total), total)

    def fetch() -> None:
        try:
            result.set_result(urlsave(URLs.MNIST, part, reporthook=report, timeout=_SOCKET_SECONDS))
        except Exception as error:
            result.set_exception(error)
        answered.set()

    result: Future[Path] = Future()
    archive = _archive_folder() / "mnist_png.tgz"
    part = archive.with_name("mnist_png.tgz.part")
    threading.Thread(target=fetch, daemon=True).start()
    try:
        if not answered.wait(_ANSWER_SECONDS):
            raise TimeoutError("no answer")
        result.result()
        if not check(checks_module(fastai.data), URLs.MNIST, part):
            raise OSError("what came is not the archive")
        return part.replace(archive)
    except (OSError, HTTPException) as error:
        part.unlink(missing_ok=True)
        raise DataError(
            f"MNIST could not be downloaded from {URLs.MNIST} ({getattr(error, 'reason', error)}); "
            "try again with a network, or name a copy of mnist_png.tgz in MNIST_PATH."
        ) from error


def _archive_folder() -> Path:
    """fastai's folder for archives, or the lab's own where that cannot be written."""
    from fastai.data.external import fastai_cfg

    try:
        folder = fastai_cfg().path("archive")
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return folder
    except OSError:
        return home()
