"""The Weights page: which weights it hands to the grid, for the shipped model and for a learner's run."""

import base64
import json
import time

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from mnist_core import interpret, shipped
from mnist_core.config import TrainConfig
from mnist_core.ui import lab
from tests.conftest import ROOT


@pytest.fixture
def app() -> AppTest:
    return AppTest.from_file(str(ROOT / "Home.py"), default_timeout=60).run()


def shown(page: AppTest) -> tuple[np.ndarray, list[str]]:
    """The images and names that went to the browser."""
    protos = [element.proto for element in page.get("bidi_component")]
    data = next(json.loads(p.json) for p in protos if p.component_name.endswith("weight_grid"))
    return np.frombuffer(base64.b64decode(data["values"]), "<f4").reshape(data["shape"]), data["names"]


def test_it_opens_on_the_shipped_models_filters(app):
    app.switch_page("pages/12_weights.py").run()
    assert not app.exception
    layer = interpret.weight_images(shipped.load())
    images, names = shown(app)
    np.testing.assert_array_equal(images, layer.images)
    assert names == layer.names


def test_hidden_units_come_twenty_at_a_time_and_a_link_leads_to_a_run(app):
    service, learner = lab.service(), app.session_state.learner
    run = service.submit(learner, TrainConfig(data="digits", model="mlp30", epochs=1))
    deadline = time.monotonic() + 90
    while service.store.run(learner, run).active and time.monotonic() < deadline:
        time.sleep(0.1)
    app.query_params["run"] = run
    app.switch_page("pages/12_weights.py").run()
    assert not app.exception
    assert app.selectbox(key="run").value == run
    assert shown(app)[0].shape == (20, 28, 28)
    app.select_slider(key="from").set_value(20).run()
    assert shown(app)[0].shape == (10, 28, 28)


def test_somebody_elses_run_in_the_link_shows_the_shipped_model(app):
    run = lab.service().submit("somebody else", TrainConfig(data="digits", model="mlp30", epochs=1))
    app.query_params["run"] = run
    app.switch_page("pages/12_weights.py").run()
    assert not app.exception
    assert app.selectbox(key="run").value == lab.SHIPPED
