"""The two forms of kept digits, on a page of their own: what is kept, and the run that a model is trained on by."""

import numpy as np
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from mnist_core import checkpoint, shipped
from mnist_core.runs.service import RunService
from mnist_core.training import weights_sha256
from mnist_core.ui import lab

ME = "f" * 32


def page() -> None:
    import numpy as np

    from mnist_core.ui.examples import show_keep, show_train_on

    show_keep(np.eye(28, dtype=np.float32), origin="drawn", label=1, key="one")
    show_train_on("shipped-linear", key="on")


@pytest.fixture
def app(monkeypatch, tmp_path):
    monkeypatch.setenv("MNIST_HOME", str(tmp_path))
    monkeypatch.setattr(RunService, "ring", lambda self: None)  # nothing trains here
    service = RunService()
    monkeypatch.setattr(lab, "service", lambda: service)
    monkeypatch.setattr(lab, "learner", lambda: ME)
    monkeypatch.setattr(st, "page_link", lambda page, **words: st.markdown(f"to {words['query_params']['run']}"))
    yield AppTest.from_function(page, default_timeout=60)
    service.close()


def test_a_digit_is_kept_with_its_label_and_a_model_trained_on_with_it(app):
    app.run()
    assert "You keep no digits" in app.caption[0].value
    app.button_group(key="one_label").set_value(7).run()
    app.button(key="one_keep").click().run()
    (kept,) = lab.service().examples.of(ME)
    assert (kept.label, kept.origin) == (7, "drawn")
    np.testing.assert_array_equal(kept.image, 255 * np.eye(28))
    app.run()
    app.slider(key="on_times").set_value(30)
    app.button(key="on_go").click().run()
    assert not app.exception
    (run,) = lab.service().store.runs(ME)
    assert app.markdown[-1].value == f"to {run.id}"
    assert (run.parent, run.examples, run.saved) == ("shipped-linear", 1, 0)
    parent = shipped.load("linear")
    assert run.config.lr == parent.config.lr / 10
    begun = checkpoint.undump(lab.service().store.checkpoint(run.id))
    assert weights_sha256(begun.model) == weights_sha256(parent.model)
