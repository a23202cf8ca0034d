"""Does a model say the same elsewhere? Its file is opened in a fresh process by a program without our package."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from mnist_core.checkpoint import undump
from mnist_core.errors import LabError
from mnist_core.export.formats import Format, format_named, write
from mnist_core.interpret import probabilities

LIMIT_SECONDS = 90.0
_KEPT = ("PATH", "SYSTEMROOT", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "TEMP", "TMP", "TMPDIR")


@dataclass(frozen=True)
class Parity:
    """What a model says of an image here and elsewhere.

    Attributes
    ----------
    classes : names of the k outputs
    ours, theirs : the k probabilities of each
    """

    classes: tuple[str, ...]
    ours: tuple[float, ...]
    theirs: tuple[float, ...]

    @property
    def rows(self) -> list[tuple[str, float, float, float]]:
        """For each class its name, both probabilities, and how far they are apart."""
        both = zip(self.classes, self.ours, self.theirs, strict=True)
        return [(name, our, their, abs(our - their)) for name, our, their in both]

    @property
    def difference(self) -> float:
        """The largest one between two probabilities of the same class."""
        return max(apart for *_, apart in self.rows)


def make_file(*, name: str, model: bytes) -> bytes:
    """The file of a model.

    Parameters
    ----------
    name : a key of `FORMATS`
    model : as `checkpoint.dump` gives it
    """
    return write(name, undump(model))


def compare(*, name: str, model: bytes, file: bytes, image: bytes) -> Parity:
    """Open a model's file in a fresh process, and compare what it says there with what the model says here.

    Parameters
    ----------
    name : a key of `FORMATS`
    model : as `checkpoint.dump` gives it
    file : as `make_file` gives it
    image : the 784 bytes of an image, 0 is ground and 255 is ink, row by row

    Raises
    ------
    LabError
        If the file could not be opened elsewhere.
    """
    pixels = np.frombuffer(bytearray(image), np.uint8).reshape(28, 28)  # (784,) -> (28, 28)
    said = ask_client(format_named(name), file, pixels)
    ours = probabilities(undump(model), pixels[None])[0]  # (28, 28) -> (1, 28, 28); gives (1, k)
    return Parity(tuple(said), tuple(map(float, ours)), tuple(said.values()))


def ask_client(form: Format, file: bytes, image: np.ndarray) -> dict[str, float]:
    """What the program of a format says of an image: class -> probability.

    It runs in a folder of its own and with Python's `-I`, which takes no module from the folder or the environment, so
    that it finds the installed libraries and nothing of this lab.

    Parameters
    ----------
    file : of the model
    image : uint8 array of shape (28, 28)
    """
    with TemporaryDirectory() as folder:
        (Path(folder) / form.file).write_bytes(file)
        (Path(folder) / form.client).write_bytes(form.client_file.read_bytes())
        np.save(Path(folder) / "digit.npy", image)
        env = {key: os.environ[key] for key in _KEPT if key in os.environ}
        env |= {"HOME": folder, "FASTAI_HOME": folder, "MPLCONFIGDIR": folder, "OMP_NUM_THREADS": "1"}
        command = [sys.executable, "-I", form.client, form.file, "digit.npy"]
        try:
            done = subprocess.run(
                command, cwd=folder, env=env, capture_output=True, text=True, timeout=LIMIT_SECONDS, check=False
            )
        except subprocess.TimeoutExpired:
            raise LabError(f"{form.client} took more than {LIMIT_SECONDS:.0f} seconds: try again later.") from None
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or ["it said nothing"])[-1][:300]
        raise LabError(f"{form.client} could not open {form.file} ({reason}): see what it needs in its first lines.")
    return json.loads(done.stdout.splitlines()[-1])
