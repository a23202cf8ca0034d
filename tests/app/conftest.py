"""Page tests: every page through Home.py with AppTest, on prepared data."""

from collections.abc import Iterator
from functools import cache

import pytest
from streamlit.components.v2 import manifest_scanner

from tests.conftest import HOMES, MNIST, prepare


@pytest.fixture(scope="session", autouse=True)
def prepared() -> None:
    prepare("mnist" if MNIST else "digits", HOMES / "session")


@pytest.fixture(scope="session", autouse=True)
def packages_are_scanned_once() -> Iterator[None]:
    """Each AppTest looks for components in all installed packages: nine tenths of the time that its start takes."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(manifest_scanner, "scan_component_manifests", cache(manifest_scanner.scan_component_manifests))
        yield
