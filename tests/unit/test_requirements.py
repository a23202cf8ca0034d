"""The requirements files name what is imported, no more and no less, within bounds."""

import ast
import sys
from importlib.metadata import packages_distributions

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.conftest import ROOT

ELSEWHERE = ROOT / "mnist_core/export/space"  # in its folders: what runs elsewhere, by requirements of its own
LIBRARY = [file for file in (ROOT / "mnist_core").rglob("*.py") if file.parents[1] != ELSEWHERE]
APP = [ROOT / "Home.py", *(ROOT / "pages").glob("*.py"), *LIBRARY]
DEVELOPMENT = [*(ROOT / "tests").rglob("*.py"), *(ROOT / "benchmarks").rglob("*.py")]
OURS = {"mnist_core", "tests", "benchmarks"}
NOT_IMPORTED = {
    "cryptography",  # distributed's, which makes the keys of the local cluster with it
    "onnx",  # torch's, which exports with it
    "onnxscript",
    "ipykernel",  # nbclient's, which starts it to run a notebook
    "psycopg",  # SQLAlchemy's, which imports it where MNIST_STORE names PostgreSQL
    "tensorboard",  # torch's, which writes its logs with it
    "torchvision",  # fastai's, bound here because it must fit torch
    "mypy",  # commands
    "pytest-playwright",  # plugins of pytest
    "pytest-timeout",
    "pytest-xdist",
    "ruff",
}


def imported(files):
    """The distributions, e.g. "scikit-learn", whose modules these files import at any depth."""
    modules = set()
    for node in (node for file in files for node in ast.walk(ast.parse(file.read_text()))):
        if isinstance(node, ast.Import):
            modules |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            modules.add(node.module.partition(".")[0])
    distributions = packages_distributions()
    return {
        canonicalize_name(distributions.get(module, [module])[0]) for module in modules - sys.stdlib_module_names - OURS
    }


def required(name):
    lines = (ROOT / name).read_text().splitlines()
    return {
        canonicalize_name(requirement.name): requirement
        for requirement in (Requirement(line) for line in lines if not line.startswith("-r"))
    }


def test_the_app_requires_exactly_what_it_imports():
    assert set(required("requirements.txt")) - NOT_IMPORTED == imported(APP) - NOT_IMPORTED


def test_tests_and_benchmarks_require_exactly_what_they_import_beyond_the_app():
    beyond = imported(DEVELOPMENT) - set(required("requirements.txt"))
    assert set(required("requirements-dev.txt")) - NOT_IMPORTED == beyond - NOT_IMPORTED


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_every_requirement_has_a_lower_and_an_upper_bound(name):
    for requirement in required(name).values():
        assert {bound.operator for bound in requirement.specifier} == {">=", "<"}, str(requirement)
