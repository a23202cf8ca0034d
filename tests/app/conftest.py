"""Page tests: every page through Home.py with AppTest, on prepared data."""

import pytest

from tests.conftest import HOMES, MNIST, prepare


@pytest.fixture(scope="session", autouse=True)
def prepared() -> None:
    prepare("mnist" if MNIST else "digits", HOMES / "session")
