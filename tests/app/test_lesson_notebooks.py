"""The notebook of every part of every lesson: run from top to bottom, it prints numbers that stand on the page."""

import io
import json
import re
from collections.abc import Iterator
from contextlib import redirect_stdout

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from mnist_core.data import load, status
from tests.conftest import ROOT
from tests.navigation import LESSONS

NUMBER = re.compile(r"\d+(?:[.,]\d+)*(?:e[+-]?\d+)?")
UNANSWERED = "Choose an answer, and the result appears."
LINES = ["predict", "measure the loss", "find the gradients", "take the step", "zero the gradients"]
CHOSEN: dict[str, dict[str, str | list[str]]] = {
    "The fit": {"descent_bet": "It converges"},
    "In order": {"loop_order": LINES},
    "Slices": {"tensors_which": "Piece of a digit"},
}
"""Part -> what must be chosen there before there is a result with large numbers, besides the answers."""


@pytest.fixture
def notebooks(monkeypatch) -> dict[str, dict[str, bytes]]:
    """What the open part offers: file name -> label of a button -> the file; every expander is open."""
    offered: dict[str, dict[str, bytes]] = {}
    expander, button = st.expander, st.download_button

    def offer(label, data, name, *more, **words):
        if callable(data):
            offered.setdefault(name, {})[label] = data()
        return button(label, data, name, *more, **words)

    monkeypatch.setattr(st, "expander", lambda label, **words: expander(label, **(words | {"expanded": True})))
    monkeypatch.setattr(st, "download_button", offer)
    return offered


def opened(file: str, part: str, **link: str | list[str]) -> AppTest:
    """A part of a lesson with all its questions answered."""
    app = AppTest.from_file(ROOT / "Home.py", default_timeout=300).run().switch_page(file)
    app.query_params.update({f"{file.split('_')[1].removesuffix('.py')}_part": part, **link})
    app.run()
    while UNANSWERED in [caption.value for caption in app.caption]:
        waiting = [group for group in app.segmented_control if group.value is None]
        waiting[0].set_value(waiting[0].options[0]).run()
    assert not app.exception
    assert not app.error
    return app


def parts(file: str) -> Iterator[str]:
    """The titles of a lesson's parts."""
    app = AppTest.from_file(ROOT / "Home.py", default_timeout=300).run().switch_page(file).run()
    assert app.tabs
    for tab in app.tabs:
        yield tab.label


def on_screen(app: AppTest) -> str:
    """All that the page sends to the browser, but for the expanders with the code that can be taken away."""
    code = {id(each) for expander in app.expander if expander.get("download_button") for each in expander}
    return "\n".join(str(element.proto) for element in app.main if id(element) not in code)


def printed(notebook: bytes) -> str:
    """What a notebook prints, run from top to bottom; its two cells that read the images are tested elsewhere."""
    data = load(status().name)
    names = {"__name__": "notebook"} | {name: getattr(data, name) for name in ("images", "labels", "train", "valid")}
    said, words = io.StringIO(), ""
    for cell in json.loads(notebook)["cells"]:
        text = "".join(cell["source"])
        if cell["cell_type"] != "code":
            words = text
        elif not words.startswith(("## The data", "## Training and validation")):
            with redirect_stdout(said):
                exec(text, names)
    return said.getvalue()


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.title)
def test_notebook_of_every_part_prints_what_the_page_shows(lesson, notebooks):
    for part in parts(lesson.file):
        notebooks.clear()
        shown = on_screen(opened(lesson.file, part, **CHOSEN.get(part, {})))
        assert notebooks, part
        for name, kinds in notebooks.items():
            plain, with_lab = kinds["Notebook in plain PyTorch"], kinds["Notebook that uses the lab"]
            assert b"import mnist_core" not in plain
            assert b"from mnist_core" not in plain
            numbers = NUMBER.findall(printed(plain))
            assert any(len(number) > 2 for number in numbers), name
            assert not [number for number in numbers if number not in shown], name
            assert printed(with_lab) == printed(plain), name
