"""`python -m mnist_core.runs SERVER`: the conductor as a process of its own, beside the app.

Each line on standard input rings its bell; the end of standard input, which comes when the app ends or is killed,
ends it and its workers.
"""

import os
import sys
import threading

import psutil

from mnist_core.runs.conductor import Conductor
from mnist_core.runs.store import Store


def main(server: str) -> None:
    conductor = Conductor(Store(), server, os.environ.get("MNIST_SCHEDULER"))

    def listen() -> None:
        while os.read(0, 1024):  # not sys.stdin, whose lock would be held when the interpreter ends
            conductor.ring()
        conductor.close()

    threading.Thread(target=listen, daemon=True).start()
    try:
        conductor.conduct()
    finally:  # whatever is left of the workers holds nothing that is not in the store
        for process in psutil.Process().children(recursive=True):
            process.kill()


if __name__ == "__main__":
    main(sys.argv[1])
