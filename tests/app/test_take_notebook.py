"""The notebook of a run, on a page of its own: the file is that of the run, and some runs have none."""

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from mnist_core import shipped, training
from mnist_core.config import TrainConfig
from mnist_core.export.notebooks.run import run_notebook
from mnist_core.runs.records import Start
from mnist_core.runs.service import RunService
from mnist_core.ui import lab

ME = "f" * 32
CONFIG = TrainConfig(data="digits", digits="37", model="linear", epochs=2, device="cpu")
EPOCHS = [
    {"epoch": epoch, "train_loss": 0.5 / epoch, "valid_loss": 0.25 / epoch, "accuracy": 0.875, "seconds": 1.0}
    for epoch in (1, 2)
]


def page() -> None:
    import streamlit as st

    from mnist_core.ui.take.notebook import show_notebook

    show_notebook(st.query_params["run"])


@pytest.fixture
def service(monkeypatch, tmp_path):
    monkeypatch.setenv("MNIST_HOME", str(tmp_path))
    monkeypatch.setattr(RunService, "ring", lambda self: None)  # nothing trains here
    service = RunService()
    monkeypatch.setattr(lab, "service", lambda: service)
    monkeypatch.setattr(lab, "learner", lambda: ME)
    yield service
    service.close()


@pytest.fixture
def downloads(monkeypatch):
    """What the page offers to download, name -> bytes."""
    offered: dict[str, bytes] = {}
    monkeypatch.setattr(st, "download_button", lambda label, data, name, *more, **words: offered.update({name: data}))
    return offered


def opened(choice: str, **link: str) -> AppTest:
    app = AppTest.from_function(page, default_timeout=60)
    for name, value in {"run": choice, **link}.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception
    return app


def test_notebook_on_the_page_is_that_of_the_run_with_what_the_run_gave(service, downloads):
    run = service.submit(ME, CONFIG)
    turn = service.store.claim(run, service.server)
    for row in EPOCHS:
        service.store.add_epoch(turn, row)
    opened(run)
    assert downloads["run.ipynb"] == run_notebook(CONFIG, shown=EPOCHS)
    assert b"| 2 | 0.2500 | 0.1250 | 0.8750 |" in downloads["run.ipynb"]
    opened(run, notebook="With the lab")
    assert downloads["run.ipynb"] == run_notebook(CONFIG, with_lab=True, shown=EPOCHS)
    opened(run, notebook="nonsense")
    assert downloads["run.ipynb"] == run_notebook(CONFIG, shown=EPOCHS)


def test_model_that_comes_with_the_lab_has_a_notebook_of_how_it_was_made(service, downloads):
    opened("shipped-linear")
    assert downloads["run.ipynb"] == run_notebook(shipped.load("linear").config)


def test_run_whose_rate_was_changed_by_hand_has_no_notebook(service, downloads):
    run = service.submit(ME, CONFIG)
    service.set_lr(ME, run, 0.5)
    service.store.claim(run, service.server)
    assert "learning rate was changed by hand" in opened(run).info[0].value
    assert not downloads


def test_run_that_began_from_another_model_has_no_notebook(service, downloads):
    model = shipped.load("linear")
    config = TrainConfig.from_dict(model.config.to_dict() | {"data": "digits", "bs": 64})
    start = Start("shipped-linear", training.start_from(model.model, config))
    assert "began with the weights of another model" in opened(service.train_on(ME, config, start)).info[0].value
    assert not downloads
