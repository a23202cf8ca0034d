"""With MNIST there, the page tests still pass as on a machine that has none."""

import os
import subprocess
import sys

from tests.conftest import ROOT

WITHOUT_DATA = ("descent", "frame", "gradients", "home", "lesson", "train", "weights")
"""Page tests that never look at the data, or choose them themselves: once is enough."""


def test_pages_work_on_the_embedded_digits_too(real_mnist):
    others = [f"--ignore=tests/app/test_{name}.py" for name in WITHOUT_DATA]
    command = [sys.executable, "-m", "pytest", "-q", "tests/app", *others, "-m", "not slow"]
    environment = os.environ | {"TEST_SOURCE": "digits"}
    process = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert process.returncode == 0, process.stdout
