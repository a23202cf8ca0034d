"""`python -m mnist_core.runs SERVER`: the conductor as a process of its own, beside the app.

Each line on standard input rings its bell; the end of standard input, which comes when the app ends or is killed,
ends it and its workers at once: whatever they hold is in the store already, or is made again from there.
"""

import contextlib
import os
import queue
import sys
import threading
from typing import TYPE_CHECKING, Any

import psutil

from mnist_core.runs import template
from mnist_core.runs.limits import after_the_end

if TYPE_CHECKING:
    from mnist_core.runs.store import Store

FAREWELL = 3.0  # seconds; a server that does not manage to say it in these is found dead by the next one


def main(server: str) -> None:
    address = os.environ.get("MNIST_SCHEDULER")
    if not address:
        template.start()
    from mnist_core.runs.conductor import Conductor
    from mnist_core.runs.store import Store

    store = Store()
    inbox: queue.Queue[tuple[Any, ...]] = queue.Queue()
    threading.Thread(target=_listen, args=(store, server, inbox), daemon=True).start()
    Conductor(store, server, inbox, address).conduct()


def _listen(store: "Store", server: str, inbox: queue.Queue[tuple[Any, ...]]) -> None:
    while os.read(0, 1024):  # not sys.stdin, whose lock would be held when the interpreter ends
        inbox.put(("ring",))
    try:
        farewell = threading.Thread(target=store.leave, args=(server, after_the_end()), daemon=True)
        farewell.start()
        farewell.join(FAREWELL)
        for process in psutil.Process().children(recursive=True):
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
    finally:
        os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1])
