"""Parts of the lab that run as processes of their own beside the app, so that no page waits for them."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any


def start(module: str, *arguments: str, **options: Any) -> subprocess.Popen[bytes]:
    """`python -m module`, whatever folder the app was started from; `options` are those of `Popen`.

    The folder itself stays the same, so that a relative path in `MNIST_HOME` or `MNIST_PATH` keeps its meaning.
    """
    root = str(Path(__file__).parents[1])
    path = os.pathsep.join(filter(None, (root, os.environ.get("PYTHONPATH"))))
    command = [sys.executable, "-m", module, *arguments]
    return subprocess.Popen(command, env=os.environ | {"PYTHONPATH": path}, **options)
