"""MNIST made ready by a process of its own, while a learner already reads the first page.

The worker (`python -m mnist_core.data`) writes what it is doing into one small file, at least once a second; a file
that has not changed for longer tells of a worker that died. It may safely be killed at any time, and it may outlive
the app: the next start then finds MNIST ready.
"""

import contextlib
import json
import os
import subprocess
import threading
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from mnist_core import process
from mnist_core.data.mnist import cached_mnist, prepare_mnist
from mnist_core.data.types import DataStatus, Stage
from mnist_core.errors import LabError
from mnist_core.paths import home, write_atomically

_BEAT_SECONDS = 0.5
_DEAD_SECONDS = 10.0
_MNIST_WHY = "MNIST is on this machine."
_DIGITS_WHY = "These digits come with the lab and need no network."
_WORDS: dict[Stage, str] = {
    "finding": "MNIST is being looked for.",
    "downloading": "MNIST is being downloaded",
    "decoding": "MNIST is being decoded",
}


@dataclass(frozen=True)
class _Report:
    """What the worker last wrote."""

    stage: Stage = "finding"
    done: int = 0
    total: int = 0
    message: str = ""


def start_preparing() -> None:
    """Start the worker unless MNIST is ready; also to try again after a failure. Returns at once."""
    if cached_mnist():
        return
    try:
        _write(_Report())
        quiet = subprocess.DEVNULL
        worker = process.start("mnist_core.data", stdin=quiet, stdout=quiet, stderr=quiet)
    except OSError as error:
        with contextlib.suppress(OSError):
            _write(_Report("failed", message=f"The preparation of MNIST could not be started ({error})."))
        return
    threading.Thread(target=worker.wait, daemon=True).start()  # or it stays behind as a zombie


def status() -> DataStatus:
    """Which data is in use, and how far MNIST is. Reads one small file."""
    if kept := cached_mnist():
        unverified = " They differ from the official files." if kept.source.verified is False else ""
        return DataStatus("mnist", _MNIST_WHY, "ready", 1.0, f"{len(kept.images):,} images.{unverified}")
    report = _read()
    if report.stage == "failed":
        return DataStatus("digits", _DIGITS_WHY, "failed", None, report.message)
    fraction = report.done / report.total if report.total else None
    share = "" if fraction is None else f": {fraction:.0%}"
    message = _WORDS[report.stage].rstrip(".") + share + ("" if share else ".")
    return DataStatus("digits", _DIGITS_WHY, report.stage, fraction, message)


def run_worker() -> None:
    """What the worker does: prepare MNIST, and keep the file up to date until it is done."""
    if hasattr(os, "nice"):
        os.nice(10)  # the first page comes first
    latest = _Report()
    finished = threading.Event()

    def progress(stage: Stage, done: int, total: int) -> None:
        nonlocal latest
        latest = _Report(stage, done, total)

    def beat() -> None:
        while not finished.wait(_BEAT_SECONDS):
            with contextlib.suppress(OSError):  # Windows cannot replace a file in the moment in which it is read
                _write(latest)

    heart = threading.Thread(target=beat, daemon=True)
    heart.start()
    try:
        prepare_mnist(progress, download=True)
        last = _Report("ready", 1, 1)
    except LabError as error:
        last = _Report("failed", message=str(error))
    except Exception as error:  # a fault of ours must reach the page too, not only this process's lost output
        last = _Report("failed", message=f"The preparation of MNIST stopped: {error!r}.")
    finished.set()
    heart.join()
    _write(last)


def _status_file() -> Path:
    return home() / "mnist-status.json"


def _write(report: _Report) -> None:
    write_atomically(_status_file(), json.dumps(asdict(report)).encode())


def _read() -> _Report:
    """What the worker last wrote; a failure if it has been silent for too long."""
    try:
        path = _status_file()
        told = json.loads(path.read_text(encoding="utf-8"))
        report = _Report(told["stage"], int(told["done"]), int(told["total"]), str(told["message"]))
        silent = time.time() - path.stat().st_mtime
        alive = report.stage in _WORDS and silent < _DEAD_SECONDS
    except (OSError, ValueError, TypeError, KeyError):
        return _Report("failed", message="MNIST has not been looked for yet.")
    if not alive and report.stage != "failed":
        return _Report("failed", message="The preparation of MNIST stopped before it was done; try again.")
    return report
