"""The frame without a browser: what it imports and how pages are addressed."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from mnist_core.errors import RunError
from tests.conftest import ROOT
from tests.navigation import PAGES

IMPORTS_OF_HOME = """
import sys
import pytest
from streamlit.testing.v1 import AppTest
home = AppTest.from_file("Home.py", default_timeout=60).run()
assert not home.exception, home.exception
assert home.title, "Home shows no title"
print(*sorted({"torch", "fastai"} & set(sys.modules)))
"""


def test_home_is_shown_without_torch_and_fastai():
    command = [sys.executable, "-c", IMPORTS_OF_HOME]
    process = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert process.returncode == 0, process.stderr
    assert process.stdout.strip() == ""


def test_every_page_file_is_in_the_navigation_under_its_own_address():
    assert sorted(page.file for page in PAGES) == sorted(f"pages/{file.name}" for file in (ROOT / "pages").glob("*.py"))
    assert len({page.url_path for page in PAGES}) == len(PAGES)


def test_no_page_is_longer_than_120_lines():
    # What is longer has a missing function in the library.
    lengths = {page.file: len((ROOT / page.file).read_text().splitlines()) for page in PAGES}
    assert not {file: length for file, length in lengths.items() if length > 120}


def test_no_address_is_the_slug_of_a_page_file():
    # On a cold server Streamlit would run that file without the frame.
    slugs = {re.sub(r"^\d+_", "", Path(page.file).stem) for page in PAGES}
    assert not slugs & {page.url_path for page in PAGES}


def test_what_a_page_cannot_put_right_is_a_sentence_and_no_traceback(monkeypatch):
    def refuse():
        raise RunError("The runs were written by a newer lab.")

    monkeypatch.setattr("mnist_core.ui.lab.service", refuse)
    app = AppTest.from_file(str(ROOT / "Home.py"), default_timeout=60).run()
    assert not app.exception
    assert [error.value for error in app.error] == ["The runs were written by a newer lab."]


def test_a_value_in_the_link_counts_as_soon_as_it_is_an_option():
    def script():
        import streamlit as st

        from mnist_core.ui.link import linked_selectbox

        st.text(linked_selectbox("Device", st.session_state.found, key="device", default="auto"))

    app = AppTest.from_function(script)
    app.session_state["found"] = {"auto": "Any"}
    app.query_params["device"] = "cuda"
    assert app.run().text[0].value == "auto"
    app.session_state["found"] = {"auto": "Any", "cuda": "GPU"}
    assert app.run().text[0].value == "cuda"


def test_a_choice_outlives_an_old_label_that_the_browser_still_had():
    def script():
        import streamlit as st

        from mnist_core.ui.link import linked_selectbox

        if old := st.session_state.pop("old", None):
            st.session_state["run"] = old
        st.text(linked_selectbox("Run", {"a": "A, 90%", "b": "B, 95%"}, key="run", default=st.session_state.default))

    app = AppTest.from_function(script)
    app.session_state["default"] = "a"
    app.run().selectbox[0].set_value("b").run()
    app.session_state["default"] = "b"  # as on Train, whose default is the newest: the link does not name it
    assert app.run().text[0].value == "b"
    app.session_state["old"] = "B, in training"
    app.session_state["default"] = "a"
    assert app.run().text[0].value == "b"
    assert app.query_params["run"] == "b"


@pytest.mark.parametrize("value", ["1e999", "9" * 400, "", "nan", "abc"])
def test_nonsense_in_the_link_gives_the_page_as_if_it_were_not_there(value):
    app = AppTest.from_file(str(ROOT / "Home.py"), default_timeout=60)
    for key in ("pixels_digit", "pixels_image", "descent_seed", "epochs", "seed", "schedule"):
        app.query_params[key] = value
    app.run()
    for page in ("pages/1_pixels.py", "pages/5_descent.py", "pages/9_train.py"):
        app.switch_page(page).run()
        assert not app.exception, page
        assert not app.error, page
