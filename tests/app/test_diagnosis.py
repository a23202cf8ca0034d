"""Findings and their cures on a page: a click puts a cure into the form."""

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from mnist_core.config import TrainConfig
from mnist_core.runs.records import Curves, Run

CONFIG = TrainConfig(data="digits", model="mlp30", digits="48", lr=0.001, bs=64, epochs=3)


def form_and_diagnosis(run, curves):
    from mnist_core.ui import form, lab
    from mnist_core.ui.diagnosis import show_diagnosis

    lab.identify()
    form.train_form()
    show_diagnosis(run, curves)


def page(losses: np.ndarray, accuracy: float, state: str = "done", last: float = 0.4) -> AppTest:
    words = dict.fromkeys(("owner", "message", "changes", "name", "tags", "notes"), "")
    none = dict.fromkeys(("started", "finished", "saved", "pause_at", "lr", "bet", "sweep", "parent"))
    some = {"seconds": 1.0, "created": 0.0, "turns": 1, "size": 0, "accuracy": accuracy, "state": state}
    no = dict.fromkeys(("want_stop", "pinned", "shared"), False)
    counts = {"examples": 0, "epochs_done": 3, "step": len(losses), "steps": len(losses)}
    run = Run(id="r", config=CONFIG, **words, **none, **some, **no, **counts)
    rows = [{"epoch": n, "train_loss": 0.4, "valid_loss": 0.4, "accuracy": accuracy} for n in (1, 2, 3)]
    rows[-1]["valid_loss"] = last
    curves = Curves(*[losses.astype(np.float32)] * 4, epochs=rows)
    app = AppTest.from_function(form_and_diagnosis, kwargs={"run": run, "curves": curves}, default_timeout=60).run()
    assert not app.exception
    return app


def test_a_cure_is_one_click_from_the_form():
    app = page(np.linspace(0.5, 0.4, 90), accuracy=0.7)
    (found,) = app.warning
    assert found.value.startswith("**The learning rate is too low.** The loss falls steadily, from 0.49")
    cure = next(button for button in app.button if button.label == "Learning rate 0.01")
    cure.click().run()
    assert not app.exception
    assert app.select_slider(key="lr").value == 0.01
    assert (app.selectbox(key="data").value, app.selectbox(key="digits").value) == ("digits", "48")
    assert app.number_input(key="epochs").value == CONFIG.epochs


@pytest.mark.parametrize(
    ("state", "last", "said"),
    [
        ("done", 0.4, "Nothing stands out."),
        ("running", 0.3, "Nothing stands out."),
        ("done", 0.3, "in its last epoch the validation loss still fell by 25%"),
    ],
)
def test_a_healthy_run_is_said_to_be_one_and_whether_more_epochs_would_help(state, last, said):
    app = page(0.5 * np.exp(-np.arange(90) / 10), accuracy=0.99, state=state, last=last)
    assert not app.warning
    assert sum(said in caption.value for caption in app.caption) == 1
