"""Web apps of a model, run as their README says: with what requirements.txt names, in a Python without this lab.

They are installed from the package registry, and skipped where it cannot be reached, unless REQUIRE_NETWORK=1.
"""

import base64
import io
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mnist_core import shipped
from mnist_core.data import load
from mnist_core.export.space import SPACES, make_space
from mnist_core.images import to_mnist
from mnist_core.interpret import probabilities
from tests.conftest import OUTSIDE

pytestmark = pytest.mark.slow

DIGIT = np.kron(load("digits").images[3], np.ones((5, 5), np.uint8))  # (28, 28) -> (140, 140), the side of the pad
PIXELS = np.rint(255 * to_mnist(DIGIT).result).astype(np.uint8)

ASK_GRADIO = """
import json, sys
from gradio_client import Client, handle_file
client = Client(sys.argv[1], verbose=False)
for file in sys.argv[2:]:
    drawing = {"background": None, "layers": [], "composite": handle_file(file)}
    print(json.dumps(client.predict(drawing, api_name="/predict")))
"""
OPEN_STREAMLIT = """
import json, os, sys
from streamlit.testing.v1 import AppTest
for message in json.load(sys.stdin):
    app = AppTest.from_file(os.path.abspath("app.py"), default_timeout=60)
    app.session_state["pad"] = {"drawing": message}
    app.run()
    assert not app.exception, app.exception
    pictures = [image.proto.imgs[0].url for image in app.get("image")]
    bars = [bar.proto.text for bar in app.get("progress")]
    print(json.dumps([[info.value for info in app.info], pictures, bars]))
"""


def pip(*arguments: str | Path) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "pip", *map(str, arguments)]
    return subprocess.run(command, env=OUTSIDE, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def folders(tmp_path_factory) -> dict[str, Path]:
    """The zips of the small CNN, unpacked: kind -> folder."""
    folders = {kind: tmp_path_factory.mktemp(kind) for kind in SPACES}
    for kind, folder in folders.items():
        zipfile.ZipFile(io.BytesIO(make_space(kind, shipped.load("cnn")))).extractall(folder)
    return folders


@pytest.fixture(scope="module")
def python(tmp_path_factory, folders) -> Path:
    """A Python that has what both apps ask for, and nothing else."""
    asked = pip("index", "versions", "gradio", "--timeout", "10", "--retries", "0")
    if asked.returncode:
        missing = f"the package registry cannot be reached: {asked.stderr.strip()[-200:]}"
        if os.environ.get("REQUIRE_NETWORK"):
            pytest.fail(f"{missing}, and REQUIRE_NETWORK is set")
        pytest.skip(missing)
    place = tmp_path_factory.mktemp("venv")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", place], check=True)
    python = place / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    lists = [part for folder in folders.values() for part in ("--requirement", folder / "requirements.txt")]
    done = pip("--python", python, "install", "--quiet", "--no-compile", *lists)
    assert not done.returncode, done.stderr
    return python


def ask(python: Path, program: str, *arguments: str | Path, folder: Path, said: str = "") -> list:
    """What a program prints when it runs in a folder, a JSON value a line."""
    command = [str(python), "-c", program, *map(str, arguments)]
    done = subprocess.run(command, cwd=folder, env=alone(), input=said, capture_output=True, text=True, check=False)
    assert not done.returncode, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def alone() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}


@contextmanager
def running(command: list[str | Path], folder: Path, *, port: int, path: str, **more: str) -> Iterator[str]:
    """The address of a web app that answers at `path`; it ends with the block, whatever happens in it."""
    with (folder / "log.txt").open("w") as log:
        env = alone() | more
        server = subprocess.Popen(command, cwd=folder, env=env, stdout=log, stderr=log, start_new_session=True)
    try:
        url, deadline = f"http://127.0.0.1:{port}", time.monotonic() + 60
        while True:
            assert server.poll() is None and time.monotonic() < deadline, (folder / "log.txt").read_text()
            with suppress(urllib.error.URLError, TimeoutError):
                urllib.request.urlopen(url + path, timeout=5).close()
                break
            time.sleep(0.1)
        yield url
    finally:
        with suppress(ProcessLookupError):
            os.killpg(server.pid, signal.SIGKILL)
        server.wait()
    assert "Traceback" not in (folder / "log.txt").read_text()


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def test_lab_is_not_there(python, folders):
    with pytest.raises(AssertionError, match="No module named 'mnist_core'"):
        ask(python, "import mnist_core", folder=folders["gradio"])


def test_gradio_app_says_to_its_client_what_the_lab_says(python, folders):
    folder = folders["gradio"]
    Image.fromarray(255 - DIGIT).save(folder / "digit.png")  # black on white, as its pad draws
    Image.new("L", (280, 280), 255).save(folder / "empty.png")
    port = free_port()
    start = {"port": port, "path": "/", "GRADIO_SERVER_PORT": str(port), "GRADIO_ANALYTICS_ENABLED": "False"}
    with running([python, "app.py"], folder, **start) as url:
        answer, empty = ask(python, ASK_GRADIO, url, folder / "digit.png", folder / "empty.png", folder=folder)
    words, picture, says = answer
    assert np.array_equal(np.asarray(Image.open(picture))[::8, ::8], PIXELS)
    said = {row["label"]: row["confidence"] for row in says["confidences"]}
    expected = probabilities(shipped.load("cnn"), PIXELS[None])[0]
    np.testing.assert_allclose([said[digit] for digit in "0123456789"], expected, atol=1e-4)
    assert words == f"The model says **{expected.argmax()}**."
    assert empty == ["There is no drawing yet: draw one digit.", None, {}]


def test_streamlit_app_starts_and_shows_what_the_lab_says(python, folders):
    folder, port = folders["streamlit"], free_port()
    command = [python, "-m", "streamlit", "run", "app.py", f"--server.port={port}", "--server.headless=true"]
    with running(command, folder, port=port, path="/_stcore/health"):
        pass
    drawing, dot = DIGIT, np.zeros_like(DIGIT)
    dot[60:70, 60:70] = 255
    messages = [
        {"nonce": 0, "size": 140, "img": base64.b64encode(sheet.tobytes()).decode(), "strokes": [], "final": True}
        for sheet in (drawing, 0 * drawing, dot)
    ]
    answer, empty, only_dot = ask(python, OPEN_STREAMLIT, folder=folder, said=json.dumps(messages))
    infos, [picture], bars = answer
    assert not infos
    shown = np.asarray(Image.open(io.BytesIO(base64.b64decode(picture.partition(",")[2]))))
    assert np.array_equal(shown[::8, ::8], PIXELS)
    expected = probabilities(shipped.load("cnn"), PIXELS[None])[0]
    for digit, bar in enumerate(bars):
        name, percent = bar.removesuffix("%").split(": ")
        assert (name, float(percent)) == (str(digit), pytest.approx(100 * expected[digit], abs=0.06))
    assert empty == [["There is no drawing yet: draw one digit."], [], []]
    assert "only a dot" in only_dot[0][0]
