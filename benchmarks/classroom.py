"""A class that trains at once: `python -m benchmarks.classroom --learners 30`.

Starts the app with a data folder of its own and opens a websocket session for each learner, who does what a browser
does: opens the Train page, presses Train, and follows the run until the page says "Finished". All press within two
seconds. Meanwhile somebody else asks every half second for the server's health and for a lesson page.

The visitors take their share of the same cores, and unlike a browser they keep no message to spare the server sending
it again: a class with computers of its own sees a little better. `MNIST_STORE` and `MNIST_SCHEDULER` are heeded.
"""

import argparse
import asyncio
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, closing, contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPConnection
from itertools import combinations
from math import inf, isnan, nan
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import sqlalchemy as sa
from streamlit.proto.Alert_pb2 import Alert
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.proto.Element_pb2 import Element
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets import Origin, Subprotocol
from websockets.asyncio.client import ClientConnection, connect

from mnist_core.runs.store import Store

ROOT = Path(__file__).parents[1]
NEARBY_MNIST = ROOT.parent / "shared/data/mnist_png.tgz"
PRESSING = 2.0  # seconds from the first press of Train to the last
EVERY = 0.5  # seconds from one question to the next
TOGETHER = 0.1  # seconds; of two runs asked for within it, either may be the first to reach the store
AT_MOST = 1.0  # seconds for an answer, at the 95th percentile


class Tab:
    """A tab of a browser: sends what Streamlit's page would send, and keeps what is looked at here.

    Attributes
    ----------
    progress : the words beside the bar, e.g. "**Training** · batch 12 of 1,175"
    idle : whether the page is all there
    """

    def __init__(self, connection: ClientConnection, page: str, query: str) -> None:
        self.progress, self.idle = "", False
        self._connection, self._page, self._query, self._hash = connection, page, query, ""
        self._buttons: dict[str, str] = {}
        self._timers: dict[str, asyncio.Task[None]] = {}

    async def send(self, *, press: str = "", fragment: str = "") -> None:
        """Have the page run, as after a press of the button so labelled, or a fragment of it, as its timer does."""
        self.idle &= bool(fragment)
        state = ClientState(query_string=self._query, page_script_hash=self._hash, fragment_id=fragment)
        state.page_name, state.is_auto_rerun = "" if self._hash else self._page, bool(fragment)
        if press:
            state.widget_states.widgets.add(id=self._buttons[press], trigger_value=True)
        await self._connection.send(BackMsg(rerun_script=state).SerializeToString())

    async def until(self, true: Callable[[], object]) -> float:
        """Take what the server sends until something is so; the moment in which it was."""
        while not true():
            self._take(ForwardMsg.FromString(await self._connection.recv(decode=False)))
        return time.perf_counter()

    async def load(self) -> None:
        """Have the whole page run, and wait until it has."""
        await self.send()
        await self.until(lambda: self.idle)

    def stop_timers(self) -> None:
        while self._timers:
            self._timers.popitem()[1].cancel()

    async def _repeat(self, fragment: str, interval: float) -> None:
        while True:
            await asyncio.sleep(interval)
            await self.send(fragment=fragment)

    def _take(self, message: ForwardMsg) -> None:
        match message.WhichOneof("type"):
            case "new_session" if not message.metadata.run.fragment_ids:
                self.idle = False
                self.stop_timers()
            case "script_finished":
                self.idle |= message.script_finished != ForwardMsg.FINISHED_EARLY_FOR_RERUN
            case "navigation":
                self._hash = message.navigation.page_script_hash
            case "page_info_changed":
                self._query = message.page_info_changed.query_string
            case "auto_rerun" if (part := message.auto_rerun).fragment_id not in self._timers:
                self._timers[part.fragment_id] = asyncio.create_task(self._repeat(part.fragment_id, part.interval))
            case "delta":
                self._show(message.delta.new_element)

    def _show(self, element: Element) -> None:
        if element.HasField("button"):
            self._buttons[element.button.label] = element.button.id
        elif element.HasField("progress"):
            self.progress = element.progress.text
        elif element.HasField("exception") or element.alert.format == Alert.ERROR:
            raise RuntimeError(f"{self._page} says: {element.exception.message}{element.alert.body}")


@asynccontextmanager
async def visit(port: int, page: str, query: str) -> AsyncIterator[Tab]:
    """A tab on a page, once the page is all there."""
    origin, streamlit = Origin(f"http://127.0.0.1:{port}"), Subprotocol("streamlit")
    stream = f"ws://127.0.0.1:{port}/_stcore/stream"
    async with connect(stream, origin=origin, subprotocols=[streamlit], proxy=None) as connection:
        tab = Tab(connection, page, query)
        try:
            await tab.load()
            yield tab
        finally:
            tab.stop_timers()


@dataclass
class Learner:
    """The moments of a learner, as `time.perf_counter` has them, and the words last seen beside the bar."""

    arrived: float = nan
    opened: float = nan
    pressed: float = nan
    first_batch: float = nan
    finished: float = nan
    words: str = "not begun"


async def learn(learner: Learner, port: int, query: str, delay: float, all_open: asyncio.Barrier) -> None:
    """Open the Train page, wait for the class, press Train, and follow the run to its end."""

    def shows(pattern: str) -> bool:
        learner.words = tab.progress
        return re.search(pattern, tab.progress) is not None

    learner.arrived = time.perf_counter()
    async with visit(port, "train-model", query) as tab:
        learner.opened = time.perf_counter()
        await all_open.wait()
        await asyncio.sleep(delay)
        learner.pressed = time.perf_counter()
        await tab.send(press="Train")
        learner.first_batch = await tab.until(lambda: shows("batch [1-9]"))
        learner.finished = await tab.until(lambda: shows("Finished") and tab.idle)


async def measure(answer: Callable[[], Awaitable[object]], seconds: list[float]) -> None:
    """Note, every so often and without end, how long an answer takes."""
    while True:
        began = time.perf_counter()
        await answer()
        seconds.append(time.perf_counter() - began)
        await asyncio.sleep(max(0, EVERY - seconds[-1]))


async def teach(port: int, query: str, learners: list[Learner], health: list[float], page: list[float]) -> None:
    """The lesson. From the first press of Train to the last finish it notes how many seconds answers take."""
    all_open = asyncio.Barrier(len(learners) + 1)
    async with visit(port, "see-pixels", "pixels_guess=0") as tab, asyncio.TaskGroup() as group:
        lessons = [
            group.create_task(learn(learner, port, query, delay, all_open))
            for learner, delay in zip(learners, np.linspace(0, PRESSING, len(learners)), strict=True)
        ]
        await all_open.wait()
        others = [
            group.create_task(measure(lambda: asyncio.to_thread(ask_health, port), health)),
            group.create_task(measure(tab.load, page)),
        ]
        await asyncio.wait(lessons)
        for other in others:
            other.cancel()


def ask_health(port: int) -> None:
    with closing(HTTPConnection("127.0.0.1", port, timeout=60)) as connection:
        connection.request("GET", "/_stcore/health")
        if (status := connection.getresponse().status) != 200:
            raise OSError(f"the server's health is {status}")


@contextmanager
def app(port: int, log: Path) -> Iterator[None]:
    """The app, healthy; at the end nothing is left of it."""
    command = [sys.executable, "-m", "streamlit", "run", "Home.py", "--server.address=127.0.0.1"]
    with log.open("wb") as output:
        server = psutil.Popen([*command, f"--server.port={port}"], cwd=ROOT, stdout=output, stderr=output)
    try:
        for _ in range(600):
            with suppress(OSError):
                ask_health(port)
                break
            time.sleep(0.1)
        yield
    finally:
        family = [server, *server.children(recursive=True)]
        server.terminate()
        for process in psutil.wait_procs(family, timeout=20)[1]:
            process.kill()


def report(learners: list[Learner], epochs: int, runs: Sequence[Any], health: list[float], page: list[float]) -> bool:
    """Print what came of the lesson; whether all that is asked was reached."""
    waits = {
        "Train page opened": [learner.opened - learner.arrived for learner in learners],
        "Train pressed to first batch shown": [learner.first_batch - learner.pressed for learner in learners],
        "Train pressed to finished": [learner.finished - learner.pressed for learner in learners],
        "health asked to answered": health,
        "lesson page asked to answered": page,
    }
    print(f"{'seconds':36}{'least':>9}{'median':>9}{'95 %':>9}{'most':>9}{'of':>9}")
    for name, seconds in waits.items():
        known = [value for value in seconds if not isnan(value)]
        figures = "".join(f"{figure:9.2f}" for figure in np.percentile(known or [nan], [0, 50, 95, 100]))
        print(f"{name:36}{figures}{len(known):9}")

    done = sum(run.state == "done" and run.epochs_done == epochs for run in runs)
    pairs = [(a, b) for a, b in combinations(runs, 2) if b.created - a.created > TOGETHER]
    overtaken = sum((a.started or inf) > (b.started or inf) for a, b in pairs)
    shown = sum(not isnan(learner.finished) for learner in learners)
    asked = {
        f"{shown} of {len(learners)} pages say that the run has finished": shown == len(learners),
        f"{done} of {len(runs)} runs are in the store with every epoch": done == len(runs) == len(learners),
        f"{overtaken} of {len(pairs)} pairs of runs were begun the other way round than asked for": not overtaken,
        f"health is answered within {AT_MOST} s at the 95th percentile": health and np.percentile(health, 95) < AT_MOST,
        f"a page is answered within {AT_MOST} s at the 95th percentile": page and np.percentile(page, 95) < AT_MOST,
    }
    took = np.max([learner.finished for learner in learners]) - np.min([learner.pressed for learner in learners])
    print(f"\nfirst press to last finish: {took / 60:.1f} minutes")
    for claim, reached in asked.items():
        print(f"{'reached' if reached else 'MISSED':9}{claim}")
    return all(asked.values())


def main(args: argparse.Namespace, home: Path) -> bool:
    """Hold the lesson; whether all that is asked was reached."""
    os.environ |= {"MNIST_HOME": str(home), "STREAMLIT_LOGGER_ENABLE_RICH": "false"}
    if NEARBY_MNIST.exists():
        os.environ.setdefault("MNIST_PATH", str(NEARBY_MNIST))
    data, prepare = args.data, [sys.executable, "-m", "mnist_core", "data", "--download", "--quiet"]
    if data == "mnist" and subprocess.run(prepare, cwd=ROOT, stdout=subprocess.DEVNULL, check=False).returncode:
        data = "digits"
    print(f"{args.learners} learners, {args.model}, {args.epochs} epochs, {data}, {os.cpu_count()} cores\n", flush=True)

    learners, log = [Learner() for _ in range(args.learners)], home / "server.log"
    health: list[float] = []
    page: list[float] = []
    with app(args.port, log):
        # The teacher has shown it before the class, so the workers are warm.
        shown = learn(Learner(), args.port, f"data={data}&model=linear&epochs=1", 0, asyncio.Barrier(1))
        asyncio.run(asyncio.wait_for(shown, 60 * args.minutes))
        began = time.time()
        lesson = teach(args.port, f"data={data}&model={args.model}&epochs={args.epochs}", learners, health, page)
        try:
            asyncio.run(asyncio.wait_for(lesson, 60 * args.minutes))
        except TimeoutError:
            print(f"not over after {args.minutes} minutes, when the pages said {[one.words for one in learners]}\n")
        with sa.create_engine(Store().url).connect() as store:
            asked = "SELECT state, epochs_done, created, started FROM runs WHERE created > :began ORDER BY created"
            runs = store.execute(sa.text(asked), {"began": began}).all()
    reached = report(learners, args.epochs, runs, health, page)
    if not reached:
        print(f"\nThe end of the server's log:\n{log.read_text()[-2000:]}")
    return reached


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition(":")[0])
    parser.add_argument("--learners", type=int, default=30)
    parser.add_argument("--model", default="mlp128")
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--data", default="mnist", choices=["mnist", "digits"])
    parser.add_argument("--port", type=int, default=8810)
    parser.add_argument("--minutes", type=float, default=15, help="after which the class is over")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended from outside"))  # so that the app is ended too
    with tempfile.TemporaryDirectory(prefix="mnist-classroom-") as folder:
        sys.exit(not main(parser.parse_args(), Path(folder)))
