"""The examples in docstrings give what they say."""

import doctest
from importlib import import_module

import pytest

from tests.conftest import ROOT

MODULES = [
    ".".join(file.relative_to(ROOT).with_suffix("").parts)
    for file in sorted((ROOT / "mnist_core").rglob("*.py"))
    if ">>> " in file.read_text()
]


@pytest.mark.parametrize("module", MODULES)
def test_examples_give_what_they_say(module):
    result = doctest.testmod(import_module(module))
    assert result.attempted
    assert not result.failed
