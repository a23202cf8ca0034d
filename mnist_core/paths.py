"""Where the lab keeps what it makes: decoded data and runs."""

import os
import tempfile
import uuid
from pathlib import Path

from platformdirs import user_data_path


def home() -> Path:
    """The folder for caches and runs: `MNIST_HOME`, else the user's data folder, else a temporary one.

    A folder that cannot be written to (a read-only home) is passed over; `is_temporary` tells.
    """
    for folder in _wanted():
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=folder):
                return folder
        except OSError:
            continue
    folder = _temporary()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def is_temporary() -> bool:
    """Whether `home()` had to fall back on a folder that the system may empty."""
    return home() == _temporary()


def _wanted() -> list[Path]:
    set_by_user = os.environ.get("MNIST_HOME")
    return [Path(set_by_user).expanduser()] if set_by_user else [user_data_path("mnist-lab")]


def _temporary() -> Path:
    return Path(tempfile.gettempdir()) / f"mnist-lab-{os.getuid() if hasattr(os, 'getuid') else 'user'}"


def write_atomically(path: Path, data: bytes) -> None:
    """Write a whole file or nothing: a reader sees the old bytes or the new ones, never half of them."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.{uuid.uuid4().hex}.part")
    try:
        part.write_bytes(data)  # with the rights that the user's new files have; those of `tempfile` are private
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
