"""Web apps of a model: what is in their zips, and that a drawing is read there as it is here."""

import ast
import io
import json
import re
import subprocess
import sys
import zipfile
from functools import cache
from importlib.metadata import packages_distributions

import numpy as np
import onnx
import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from mnist_core import images, shipped
from mnist_core.__main__ import main
from mnist_core.checkpoint import TrainedModel
from mnist_core.config import TrainConfig
from mnist_core.errors import ConfigError
from mnist_core.export.space import SPACES, make_space
from mnist_core.interpret import probabilities
from mnist_core.models import new_model
from tests.conftest import ROOT

SHEET = np.zeros((140, 140), np.uint8)
SHEET[20:120, 50:62] = SHEET[20:32, 50:100] = 255


@pytest.fixture(scope="module", params=SPACES)
def kind(request) -> str:
    return request.param


@cache
def zipped(kind: str) -> bytes:
    return make_space(kind, shipped.load("linear"))


@pytest.fixture(scope="module")
def files(kind) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(zipped(kind))) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def front_matter(files: dict[str, bytes]) -> dict:
    return yaml.safe_load(files["README.md"].decode().split("---\n")[1])


def requirements(files: dict[str, bytes]) -> dict[str, Requirement]:
    lines = map(Requirement, files["requirements.txt"].decode().splitlines())
    return {canonicalize_name(requirement.name): requirement for requirement in lines}


def test_zip_has_what_a_space_needs_beside_each_other(kind, files):
    needed = {"README.md", "app.py", "digit_model.py", "mnist_form.py", "model.onnx", "requirements.txt"}
    more = {"gradio": set(), "streamlit": {"Dockerfile", "pad.py", "pad.html", "pad.css", "pad.js"}}
    assert set(files) == needed | more[kind]
    for name, data in files.items():
        assert data, name
        assert b"mnist_core" not in data, name
        assert str(ROOT).encode() not in data, name


def test_front_matter_says_what_the_hub_asks(kind, files):
    said = front_matter(files)
    assert said["title"]
    if kind == "gradio":
        assert (said["sdk"], said["app_file"]) == ("gradio", "app.py")
        assert isinstance(said["python_version"], str), "3.10 as a number would be 3.1"
        assert requirements(files)["gradio"].specifier.contains(said["sdk_version"])
    else:
        assert said["sdk"] == "docker"
        docker = files["Dockerfile"].decode()
        assert f"EXPOSE {said['app_port']}" in docker
        assert f"--server.port={said['app_port']}" in docker
        assert re.search(r"useradd --uid 1000 .*\nUSER user\n", docker)


def test_card_says_what_the_models_own_card_says(files):
    readme, card = files["README.md"].decode(), shipped.load("linear").card
    assert f"{card['accuracy']:.2%}" in readme
    assert "7,850 numbers" in readme
    assert "0, 1, 2, 3, 4, 5, 6, 7, 8, 9" in readme
    assert "$" not in readme


def test_card_of_a_model_without_an_accuracy_does_not_make_one_up():
    config = TrainConfig(model="mlp30", digits="37")
    data = make_space("gradio", TrainedModel(new_model(config).eval(), config, {}))
    assert data != zipped("gradio")
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        readme = archive.read("README.md").decode()
    assert "did not learn from: unknown" in readme
    assert "digits it knows: 3, 7" in readme


def test_requirements_are_bounded_and_those_that_the_modules_import(files):
    modules = set()
    for node in (node for name, data in files.items() if name.endswith(".py") for node in ast.walk(ast.parse(data))):
        if isinstance(node, ast.Import):
            modules |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            modules.add(node.module.partition(".")[0])
    distributions = packages_distributions()
    outside = modules - sys.stdlib_module_names - {name.removesuffix(".py") for name in files}
    found = requirements(files)
    assert set(found) == {canonicalize_name(distributions.get(module, [module])[0]) for module in outside}
    for requirement in found.values():
        assert {bound.operator for bound in requirement.specifier} == {">=", "<"}, str(requirement)


def test_drawing_is_read_there_as_here(files, tmp_path):
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    np.save(tmp_path / "sheet.npy", SHEET)
    program = """if True:
        import sys; sys.path.insert(0, "")
        import json, numpy as np
        from digit_model import enlarged, read_digit
        pixels, says = read_digit(np.load("sheet.npy"))
        assert enlarged(pixels)[::8, ::8].tolist() == pixels.tolist()
        print(json.dumps([pixels.tolist(), says]))"""
    done = subprocess.run(
        [sys.executable, "-I", "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    pixels, says = json.loads(done.stdout)
    here = images.to_mnist(SHEET).result
    assert np.array_equal(pixels, np.rint(255 * here))
    expected = probabilities(shipped.load("linear"), np.array([pixels], np.uint8))[0]
    assert list(says) == list("0123456789")
    np.testing.assert_allclose(list(says.values()), expected, atol=1e-5)


def test_model_in_the_zip_carries_no_folder_of_this_machine(files):
    graph = onnx.load_from_string(files["model.onnx"]).graph
    assert not [entry for node in graph.node for entry in node.metadata_props]


def test_zip_opens_with_rights_to_read_it(kind):
    with zipfile.ZipFile(io.BytesIO(zipped(kind))) as archive:
        assert {entry.external_attr >> 16 for entry in archive.infolist()} == {0o644}


def test_another_kind_is_refused_by_name():
    with pytest.raises(ConfigError, match="'flask': choose one of gradio, streamlit"):
        make_space("flask", shipped.load("linear"))


def test_command_line_writes_the_same_bytes_for_the_same_model(capsys, tmp_path, kind):
    out = tmp_path / "app.zip"
    assert main(["export", "linear", "--format", kind, "--out", str(out)]) == 0
    assert out.read_bytes() == zipped(kind)
    assert "README.md says how" in capsys.readouterr().out
