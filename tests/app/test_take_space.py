"""Take it away, part Web app: the zip on the page is that of the chosen model, and what is in it can be read."""

import io
import zipfile

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from mnist_core import shipped
from mnist_core.export.space import make_space
from tests.conftest import ROOT


@pytest.fixture
def downloads(monkeypatch) -> dict[str, bytes]:
    """What the page offers to download, name -> bytes."""
    offered: dict[str, bytes] = {}
    monkeypatch.setattr(st, "download_button", lambda label, data, name, *more, **words: offered.update({name: data}))
    return offered


def opened(kind: str) -> AppTest:
    app = AppTest.from_file(str(ROOT / "Home.py"), default_timeout=90).run()
    for name, value in {"deploy_part": "Web app", "run": "shipped-linear", "space": kind}.items():
        app.query_params[name] = value
    app.switch_page("pages/15_deploy.py").run()
    assert not app.exception, app.exception
    return app


def said(app: AppTest) -> str:
    return "".join(element.value for element in app.markdown)


@pytest.mark.parametrize(("kind", "start"), [("Gradio", "python app.py"), ("Streamlit", "streamlit run app.py")])
def test_zip_on_the_page_is_that_of_the_model_and_its_files_can_be_read(downloads, kind, start):
    app = opened(kind)
    name = kind.lower()
    data = downloads[f"{name}-space.zip"]
    assert data == make_space(name, shipped.load("linear"))
    assert start in said(app)
    app.session_state[f"zip_{name}"] = True
    app.run()
    app.selectbox(f"file_{name}").set_value("README.md").run()
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.read("README.md").decode().strip() in [code.value.strip() for code in app.code]
        assert app.selectbox(f"file_{name}").options == archive.namelist()
    app.selectbox(f"file_{name}").set_value("model.onnx").run()
    assert not app.exception
    assert "onnxruntime opens it" in said(app)


def test_nonsense_in_the_link_gives_the_first_kind(downloads):
    opened("nonsense")
    assert list(downloads) == ["gradio-space.zip"]
