"""What every test stands on: its own data folder, no network, and MNIST where it is there.

Tests run on MNIST, or on the embedded digits where there is no MNIST or `TEST_SOURCE=digits`. A test marked
`both_sources` runs on each; page tests do so by `tests/test_both_sources.py`, in a process of their own because data
stay loaded. A test that asks for `real_mnist` is skipped without MNIST.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

pytest_plugins = ["tests.postgres"]

ROOT = Path(__file__).parents[1]
NEARBY_MNIST = ROOT.parent / "shared/data/mnist_png.tgz"
MNIST = os.environ.get("MNIST_PATH") or (str(NEARBY_MNIST) if NEARBY_MNIST.exists() else None)
if os.environ.get("TEST_SOURCE") == "digits":
    MNIST = None
LONGEST = ("test_both_sources", "test_lessons")  # first, so that nobody waits for them at the end
HOMES = Path(tempfile.mkdtemp(prefix="mnist-lab-tests-"))


def environment(source: str, home: Path) -> dict[str, str]:
    """The variables under which the lab finds this source ("mnist" or "digits"), keeps to `home` and stays offline."""
    nowhere = "http://127.0.0.1:9"
    return {
        "MNIST_PATH": MNIST or "" if source == "mnist" else "",
        "MNIST_HOME": str(home),
        "FASTAI_HOME": str(home / "fastai"),
        "OMP_NUM_THREADS": "1",
        "STREAMLIT_LOGGER_ENABLE_RICH": "false",
        **dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"), nowhere),
        **dict.fromkeys(("NO_PROXY", "no_proxy"), "localhost,127.0.0.1"),
    }


def prepare(source: str, home: Path) -> None:
    """Decode MNIST into `home`, so that the lab does not open on the embedded digits first."""
    if source == "mnist":
        command = [sys.executable, "-m", "mnist_core", "data", "--download", "--quiet"]
        subprocess.run(command, cwd=ROOT, env=os.environ | environment(source, home), check=True)


# For the rare child that may use the network; a worker of pytest-xdist inherits what its parent has changed below.
OUTSIDE: dict[str, str] = json.loads(os.environ.setdefault("LAB_TESTS_OUTSIDE", json.dumps(dict(os.environ))))

# At import, so before anything imports mnist_core, and inherited by every child process.
os.environ |= environment("mnist" if MNIST else "digits", HOMES / "session")


def pytest_unconfigure():
    shutil.rmtree(HOMES, ignore_errors=True)


def pytest_generate_tests(metafunc):
    if "source" in metafunc.fixturenames:
        sources = ["mnist", "digits"] if MNIST else ["digits"]
        if not metafunc.definition.get_closest_marker("both_sources"):
            sources = sources[:1]
        metafunc.parametrize("source", sources, scope="session", indirect=True)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items):
    # Playwright leaves an event loop running in the main thread, which other tests would trip over.
    items.sort(key=lambda item: (item.path.is_relative_to(ROOT / "tests/browser"), item.path.stem not in LONGEST))


@pytest.fixture(scope="session")
def source(request) -> str:
    """Which data the test runs on: "mnist" or "digits"."""
    return request.param


@pytest.fixture(scope="session")
def real_mnist() -> Path:
    """Where MNIST is; a test that asks for it is skipped without."""
    if not MNIST:
        pytest.skip(f"needs MNIST: set MNIST_PATH, or put it at {NEARBY_MNIST}")
    return Path(MNIST)


@pytest.fixture
def new_home(tmp_path, monkeypatch) -> Path:
    """A data folder of the test's own, not yet there, on a machine without MNIST."""
    home = tmp_path / "home"
    for name, value in environment("digits", home).items():
        monkeypatch.setenv(name, value)
    return home
