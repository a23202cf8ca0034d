"""The process of which workers are copies, on systems that can copy one: it has imported torch and fastai.

So these are paid for once, in time and in memory, and a worker that takes the place of one that died is there at
once. It is started first of all, to import while the conductor imports Dask.
"""

import multiprocessing
import os
import sys
from multiprocessing import forkserver

METHOD = "forkserver" if sys.platform == "linux" else "spawn"
PRELOAD = ["mnist_core.runs.preload"]

# Dask's own pre-spawn environment trims malloc so eagerly that training costs 15 to 29 % more CPU.
ENVIRONMENT = {
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "PYTHONWARNINGS": "ignore:`torch.jit.script` is deprecated:FutureWarning",
}


def start() -> None:
    """Start it, where there is such a thing; it ends with this process."""
    os.environ.update(ENVIRONMENT)
    if METHOD == "forkserver":
        multiprocessing.set_forkserver_preload(PRELOAD)
        forkserver.ensure_running()
