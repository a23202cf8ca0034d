"""A running app and a watched browser.

`app` is the address of the app, `page` a light desktop and `phone` a dark telephone on which nothing may be written to
the console. Steps to take with them are in `helpers.py`.
"""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, ConsoleMessage, Error, Page, expect

from tests.conftest import HOMES, ROOT, environment, prepare

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
expect.set_options(timeout=30_000)  # ms; a busy machine may take longer than the usual 5 s


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args) -> dict:
    if not CHROMIUM:
        missing = "no chromium, chromium-browser or google-chrome on the PATH"
        if os.environ.get("REQUIRE_BROWSER"):
            pytest.fail(f"{missing}, and REQUIRE_BROWSER is set")
        pytest.skip(missing)
    return {**browser_type_launch_args, "executable_path": CHROMIUM, "args": ARGUMENTS}


@contextmanager
def serve(source: str, home: Path, port: int | None = None) -> Iterator[str]:
    """A fresh server of the app, its address, and at the end the proof that no traceback is in its log."""
    if port is None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
    home.mkdir(parents=True, exist_ok=True)
    log = home / f"server-{port}.log"
    command = [sys.executable, "-m", "streamlit", "run", "Home.py", "--server.address=127.0.0.1"]
    with log.open("wb") as output:
        server = subprocess.Popen(
            [*command, f"--server.port={port}"],
            cwd=ROOT,
            env=os.environ | environment(source, home),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        _wait_healthy(server, f"http://127.0.0.1:{port}/_stcore/health", log)
        yield f"http://127.0.0.1:{port}"
    finally:
        _stop(server)
    _, traceback, rest = log.read_text().partition("Traceback")
    assert not traceback, traceback + rest


def _wait_healthy(server: subprocess.Popen, url: str, log: Path) -> None:
    """Wait until the server answers, at most a minute."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and server.poll() is None:
        try:
            urllib.request.urlopen(url, timeout=5).close()
            return
        except (urllib.error.URLError, TimeoutError):
            time.sleep(0.1)
    pytest.fail(f"the server did not start:\n{log.read_text()}")


def _stop(server: subprocess.Popen) -> None:
    """End the server as a user would, then whatever is left of its process group."""
    server.terminate()
    with suppress(subprocess.TimeoutExpired):
        server.wait(timeout=20)
    with suppress(ProcessLookupError):
        os.killpg(server.pid, signal.SIGKILL)
    server.wait()


@pytest.fixture(scope="session")
def app(source) -> Iterator[str]:
    """The address of one server that all browser tests share, e.g. "http://127.0.0.1:40123"."""
    home = HOMES / f"browser-{source}"
    prepare(source, home)
    with serve(source, home) as url:
        yield url


@pytest.fixture
def console() -> Iterator[list[str]]:
    """What the browser has complained about; must be empty when the test ends."""
    complaints: list[str] = []
    yield complaints
    assert not complaints, complaints


@pytest.fixture
def page(new_context, console) -> Page:
    """A watched desktop page, 1280x900, light."""
    return _watched(new_context(viewport={"width": 1280, "height": 900}, color_scheme="light"), console)


@pytest.fixture
def phone(new_context, console) -> Page:
    """A watched page on a telephone, 390x844, with touch, dark."""
    screen = {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 2}
    return _watched(new_context(**screen, has_touch=True, is_mobile=True, color_scheme="dark"), console)


def _watched(context: BrowserContext, complaints: list[str]) -> Page:
    def on_console(message: ConsoleMessage) -> None:
        # On a deep link Streamlit first looks for its server beside the page.
        looked_beside = message.location["url"].endswith(("/_stcore/health", "/_stcore/host-config"))
        if message.type == "error" and not ("404" in message.text and looked_beside):
            complaints.append(f"{message.text} ({message.location['url']})")

    def on_page_error(error: Error) -> None:
        if error.message != "undefined":  # Plotly rejects with nothing when an animation is interrupted
            complaints.append(f"{error.message}\n{error.stack}")

    page = context.new_page()
    page.on("console", on_console)
    page.on("pageerror", on_page_error)
    return page
