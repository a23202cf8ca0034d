"""The Weights page: every part shows the numbers of the model that was chosen, at the epoch that was chosen."""

import base64
import json
import time

import numpy as np
import pytest
import torch
from streamlit.testing.v1 import AppTest

from mnist_core import checkpoint, interpret, shipped, training
from mnist_core.config import TrainConfig
from mnist_core.models import new_model
from mnist_core.runs.records import Start
from mnist_core.ui import lab
from mnist_core.ui.data import current_data
from tests.conftest import ROOT

PARTS = [
    "Weights",
    "Through the layers",
    "Add it up",
    "Change a weight",
    "Which pixels mattered",
    "Units that never fire",
]
MLP = TrainConfig(data="digits", model="mlp30", epochs=2, seed=3)


@pytest.fixture
def app() -> AppTest:
    return AppTest.from_file(str(ROOT / "Home.py"), default_timeout=60).run()


@pytest.fixture(scope="module")
def run() -> str:
    """A run that everybody may see, once it is done."""
    service = lab.service()
    run = wait("somebody", service.submit("somebody", MLP))
    service.store.mark("somebody", run, "shared", True)
    return run


def wait(owner: str, run: str) -> str:
    """The run, once it rests."""
    deadline = time.monotonic() + 90
    while lab.service().store.run(owner, run).active and time.monotonic() < deadline:
        time.sleep(0.1)
    return run


def open_part(app: AppTest, part: str = PARTS[0], **query: str) -> AppTest:
    for name, value in query.items():
        app.query_params[name] = value
    app.query_params["weights_part"] = part
    app.switch_page("pages/12_weights.py").run()
    assert not app.exception
    assert not app.error
    return app


def sent(page: AppTest, component: str) -> dict:
    """What went to the browser."""
    protos = [element.proto for element in page.get("bidi_component")]
    return next(json.loads(p.json) for p in protos if p.component_name.endswith(component))


def unpacked(values: str, shape: list[int]) -> np.ndarray:
    return np.frombuffer(base64.b64decode(values), "<f4").reshape(shape)


def shown(page: AppTest) -> tuple[np.ndarray, list[str]]:
    """The images and names of the grid."""
    data = sent(page, "weight_grid")
    return unpacked(data["values"], data["shape"]), data["names"]


def added(page: AppTest) -> dict[str, np.ndarray]:
    """The arrays of the arithmetic in pictures."""
    data = sent(page, "weighted_sum")
    return {name: unpacked(**data[name]) for name in ("inputs", "weights", "outputs")} | {"bias": data["bias"]}


def charts(page: AppTest) -> list[dict]:
    return [json.loads(element.proto.spec) for element in page.get("echarts_chart")]


def bars(page: AppTest) -> list[float]:
    return next(
        [bar["value"] for bar in c["series"][0]["data"]] for c in charts(page) if c["series"][0]["type"] == "bar"
    )


def words(page: AppTest) -> str:
    return " ".join(element.value for element in [*page.markdown, *page.caption])


def a_three() -> np.ndarray:
    data = current_data()
    return data.images[data.valid[data.labels[data.valid] == 3][0]] / np.float32(255)


def test_it_opens_on_the_shipped_models_filters(app):
    page = open_part(app)
    layer = interpret.weight_images(shipped.load())
    images, names = shown(page)
    np.testing.assert_array_equal(images, layer.images)
    assert names == layer.names


def test_hidden_units_come_twenty_at_a_time_and_a_link_leads_to_a_run(app, run):
    page = open_part(app, run=run)
    assert page.selectbox(key="run").value == run
    assert shown(page)[0].shape == (20, 28, 28)
    page.select_slider(key="from").set_value(20).run()
    assert shown(page)[0].shape == (10, 28, 28)


def test_somebody_elses_run_in_the_link_shows_the_shipped_model(app):
    run = lab.service().submit("somebody else", TrainConfig(data="digits", model="mlp30", epochs=1))
    page = open_part(app, run=run)
    assert page.selectbox(key="run").value == lab.SHIPPED


def test_every_epoch_shows_its_own_weights_in_one_order_and_on_one_scale(app, run):
    page = open_part(app, run=run)
    slider = page.select_slider(key=f"after_{run}")
    assert len(slider.options) == 3
    seen = {}
    for epoch in (2, 0):
        page.select_slider(key=f"after_{run}").set_value(epoch).run()
        seen[epoch] = *shown(page), sent(page, "weight_grid")["scale"]
    assert seen[0][1] == seen[2][1]
    assert seen[0][2] == seen[2][2] == pytest.approx(max(abs(seen[2][0]).max(), abs(seen[0][0]).max()))
    start = new_model(MLP)[1].weight.detach().view(30, 28, 28).numpy()
    numbers = [int(name.removeprefix("unit ")) for name in seen[0][1]]
    np.testing.assert_array_equal(seen[0][0], start[numbers])
    last = checkpoint.undump(lab.service().store.checkpoint(run)).model[1].weight.detach().view(30, 28, 28).numpy()
    np.testing.assert_array_equal(seen[2][0], last[numbers])
    page.select_slider(key=f"after_{run}").set_value(2).run()
    page.segmented_control(key="view").set_value("Change since the start").run()
    np.testing.assert_allclose(shown(page)[0], last[numbers] - start[numbers], atol=1e-6)


def test_a_run_that_trains_a_model_on_begins_with_that_models_weights(app):
    me, parent = app.session_state.learner, lab.trained_model("shipped-linear")
    config = TrainConfig(data="digits", model="linear", epochs=1)
    begun = Start("shipped-linear", training.start_from(parent.model, config))
    page = open_part(app, run=wait(me, lab.service().train_on(me, config, begun)))
    slider = next(slider for slider in page.select_slider if slider.label == "After epoch")
    slider.set_value(0).run()
    np.testing.assert_array_equal(shown(page)[0], interpret.weight_images(parent).images)
    assert "0, the model it trains on" in slider.options
    page.segmented_control(key="view").set_value("Change since the start").run()
    assert not shown(page)[0].any()


def test_a_run_that_was_paused_within_an_epoch_is_shown_as_it_is_now(app):
    me, service = app.session_state.learner, lab.service()
    run = service.submit(me, TrainConfig(data="digits", model="linear", bs=16, epochs=1000))
    service.pause(me, run, wait=30)
    service.resume(me, run, batches=1)
    saved = service.store.run(me, wait(me, run)).saved
    page = open_part(app, run=run)
    slider = page.select_slider(key=f"after_{run}")
    assert (slider.options[-1] == "now") == bool(saved % service.store.run(me, run).batches_an_epoch)
    last = checkpoint.undump(service.store.checkpoint(run)).model[1].weight.detach().view(10, 28, 28).numpy()
    np.testing.assert_array_equal(shown(page)[0], last)


def test_a_deeper_layer_shows_the_kernels_of_one_filter_and_its_biases(app):
    page = open_part(app, layer="3")
    page.select_slider(key="output_32_filter").set_value("filter 7").run()
    model = shipped.load().model
    np.testing.assert_array_equal(shown(page)[0], model[3].weight[7].detach())
    np.testing.assert_allclose(bars(page), model[3].bias.detach(), rtol=1e-6)


@pytest.mark.parametrize("step", [0, 2, 7])
def test_the_activations_of_each_layer_are_those_of_the_model(app, step):
    model = shipped.load().model
    page = open_part(app, "Through the layers")
    page.select_slider(key="step").set_value(f"{step + 1}: {type(model[step]).__name__}").run()
    expected = model[: step + 1](torch.from_numpy(a_three())[None, None])[0].detach().numpy()
    values = shown(page)[0] if expected.ndim == 3 else bars(page)
    np.testing.assert_allclose(values, expected, atol=1e-5)
    if step == 2:
        assert f"{(expected == 0).sum():,} of them are 0" in words(page)


@pytest.mark.parametrize(("choice", "layer"), [("shipped-linear", "1"), ("shipped-mlp128", "3"), ("shipped", "7")])
def test_the_products_on_the_screen_and_the_bias_add_up_to_the_models_logit(app, choice, layer):
    page = open_part(app, "Add it up", run=choice, layer=layer)
    numbers = added(page)
    logits = interpret.logits(lab.trained_model(choice).model, a_three()[None])[0]
    total = (numbers["inputs"].astype(float) * numbers["weights"]).sum() + numbers["bias"]
    assert sent(page, "weighted_sum")["name"] == "digit 3"
    assert total == pytest.approx(float(logits[3]), abs=1e-4)
    assert numbers["outputs"].item() == pytest.approx(float(logits[3]), abs=1e-5)


def test_a_changed_weight_moves_the_logit_by_its_input_and_reset_takes_it_back(app):
    page = open_part(app, "Change a weight", run="shipped-linear")
    model = lab.trained_model("shipped-linear").model
    before = model[1].weight.detach().clone()
    says = bars(page)
    page.query_params["weight"] = "0-14-14"
    page.run()
    page.slider(key="weight_change").set_value(9.0).run()
    assert not page.exception
    logits = interpret.logits(model, a_three()[None])[0].clone()
    logits[3] += 9 * float(a_three()[14, 14])
    np.testing.assert_allclose(bars(page), 100 * logits.softmax(0), atol=1e-3)
    assert torch.equal(model[1].weight, before)  # a copy was changed
    next(button for button in page.button if button.label == "Reset").click().run()
    np.testing.assert_allclose(bars(page), says, rtol=1e-5)


def test_a_weight_whose_pixel_is_black_changes_nothing_and_the_page_says_why(app):
    page = open_part(app, "Change a weight", run="shipped-linear", weight="0-0-0", weight_change="9")
    assert "Nothing else changes" in words(page)


def test_shares_of_the_pixels_and_their_gap_are_those_of_the_steps_chosen(app):
    page = open_part(app, "Which pixels mattered")
    model = shipped.load().model
    best = int(interpret.logits(model, a_three()[None])[0].argmax())
    for steps in (4, 64):
        page.select_slider(key="steps").set_value(steps).run()
        found = interpret.integrated_gradients(model, a_three(), best, steps=steps)
        np.testing.assert_allclose(shown(page)[0][0], found.pixels, atol=1e-6)
        table = page.table[0].value[f"{steps} steps"]
        assert float(table["Gap"]) == pytest.approx(found.gap, abs=1e-4)
        assert float(table["Logit for this digit"]) == pytest.approx(found.output, abs=1e-4)


def test_units_that_never_fire_are_counted_and_named(app):
    page = open_part(app, "Units that never fire")
    valid = current_data().valid
    images = current_data().images[valid[:: -(-len(valid) // 1000)]]
    shares = interpret.firing_shares(shipped.load().model, images)["2"]
    np.testing.assert_allclose(bars(page), 100 * shares, atol=1e-9)
    dead = np.flatnonzero(shares == 0)
    said = f"{len(dead)} of 16 units never fire**: {', '.join(map(str, dead))}" if len(dead) else "No unit is dead"
    assert said in words(page)


def test_a_model_without_a_relu_is_told_kindly(app):
    page = open_part(app, "Units that never fire", run="shipped-linear")
    assert "has no ReLU" in page.info[0].value


@pytest.mark.parametrize("part", PARTS)
def test_every_part_shows_a_run_of_two_digits_whose_model_has_one_output(app, part):
    me = app.session_state.learner
    run = wait(me, lab.service().submit(me, TrainConfig(data="digits", digits="48", epochs=1)))
    page = open_part(app, part, run=run)
    assert page.selectbox(key="run").value == run


@pytest.mark.parametrize("part", PARTS)
def test_a_nonsense_link_falls_back(app, part):
    nonsense = {
        "layer": "99",
        "digit": "x",
        "which": "-5",
        "from": "x",
        "step": "9: Nothing",
        "steps": "3",
        "view": "?",
    }
    page = open_part(
        app, part, **nonsense, output_16_filter="filter 77", explain="eleven", relu="no", maps="7", weight="9-9-9"
    )
    assert page.selectbox(key="run").value == lab.SHIPPED


def test_my_drawing_goes_through_the_layers_and_before_there_is_one_the_way_to_it_is_shown(app):
    page = open_part(app, "Through the layers", digit="My drawing")
    assert "You have drawn no digit yet" in page.info[0].value
    drawing = np.zeros((140, 140), np.uint8)
    drawing[30:110, 60:80] = 255
    message = {"nonce": 0, "size": 140, "img": base64.b64encode(drawing.tobytes()).decode(), "strokes": []}
    page.session_state["pad_kept"] = {"nonce": 0, "message": message}
    page.run()
    assert "Your last drawing" in words(page)
    assert shown(page)[0].shape == (16, 28, 28)
