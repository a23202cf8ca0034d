"""What several tests of the library stand on."""

import os

import pytest
from nbclient import NotebookClient
from nbformat.v4 import new_notebook


@pytest.fixture(scope="module")
def kernel(tmp_path_factory):
    """Jupyter, started once, in a folder from which the lab cannot be imported."""
    folder = str(tmp_path_factory.mktemp("notebooks"))
    client = NotebookClient(
        new_notebook(), timeout=300, kernel_name="python3", resources={"metadata": {"path": folder}}
    )
    env = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    with client.setup_kernel(env=env):
        yield client
