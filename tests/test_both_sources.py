"""With MNIST there, the page tests still pass as on a machine that has none."""

import os
import subprocess
import sys

from tests.conftest import ROOT


def test_pages_work_on_the_embedded_digits_too(real_mnist):
    command = [sys.executable, "-m", "pytest", "-q", "tests/app", "-m", "not slow"]
    environment = os.environ | {"TEST_SOURCE": "digits"}
    process = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert process.returncode == 0, process.stdout
