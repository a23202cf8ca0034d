"""Descent, through Home.py: the figure, the step in numbers, the bet, the words for a rate."""

import json

import pytest
import torch
from streamlit.testing.v1 import AppTest

from mnist_core.gradients import descend, roller_coaster
from tests.conftest import ROOT


@pytest.fixture
def app() -> AppTest:
    return AppTest.from_file(ROOT / "Home.py", default_timeout=60).run().switch_page("pages/5_descent.py").run()


def button(app, label):
    return next(button for button in app.button if button.label == label)


def figure(app) -> dict:
    return json.loads(app.get("plotly_chart")[0].proto.spec)


def test_step_shows_the_numbers_of_the_run_and_moves_the_figure(app):
    run = descend(*roller_coaster(), lr=1e-5, steps=30)
    assert figure(app)["layout"]["title"]["text"].startswith("Step 0: ")
    assert f"a: {run.params[0, 0]:.6g} - 1e-05 * {run.grads[0, 0]:.6g} = {run.params[1, 0]:.6g}" in app.code[0].value
    button(app, "Step").click().run()
    assert figure(app)["layout"]["title"]["text"].startswith("Step 1: ")
    assert any(
        text.value.startswith("After 1 step") and f"a = {run.params[1, 0]:.4g}" in text.value for text in app.markdown
    )
    app.slider(key="descent_at").set_value(11).run()
    assert figure(app)["layout"]["title"]["text"].startswith("Step 11: ")
    button(app, "Reset").click().run()
    assert figure(app)["layout"]["title"]["text"].startswith("Step 0: ")


@pytest.mark.parametrize(
    ("lr", "word", "right_bet"),
    [
        (1e-7, "Too slow", "It converges"),
        (1e-5, "Good", "It converges"),
        (3e-5, "Oscillates", "It oscillates"),
        (5e-5, "Diverges", "It diverges"),
        (1e5, "Diverges", "It diverges"),
    ],
)
def test_every_kind_of_rate_is_named_in_words_and_the_bet_is_scored(app, lr, word, right_bet):
    app.select_slider(key="descent_lr").set_value(lr).run()
    for bet in ("It converges", "It oscillates", "It diverges"):
        app.segmented_control(key="descent_bet").set_value(bet).run()
        assert not app.info  # the answer comes with the last step
        button(app, "To the end").click().run()
        assert not app.exception
        assert app.info[0].value.startswith(f"**{word}.**")
        verdict = "right" if bet == right_bet else "wrong"
        assert app.info[0].value.endswith(f"Your bet was {verdict}.")
        assert figure(app)["frames"][-1]["layout"]["title"]["text"].count(f"Your bet was {verdict}.") == 1
        button(app, "Reset").click().run()


def test_a_changed_rate_starts_again_without_the_old_bet(app):
    app.segmented_control(key="descent_bet").set_value("It diverges").run()
    button(app, "To the end").click().run()
    app.select_slider(key="descent_lr").set_value(1e-6).run()
    assert figure(app)["layout"]["title"]["text"].startswith("Step 0: ")
    assert app.segmented_control(key="descent_bet").value is None


def test_the_seed_gives_the_start_that_torch_gives(app):
    app.number_input(key="descent_seed").set_value(7).run()
    a = torch.randn(3, generator=torch.Generator().manual_seed(7))[0]
    assert any(f"a = {a:.4g}" in text.value for text in app.markdown)


@pytest.mark.parametrize("lr", ["0", "-1e-5", "nan", "1e9", "fast", "inf"])
def test_nonsense_in_the_url_falls_back_to_what_the_sliders_allow(lr):
    app = AppTest.from_file(ROOT / "Home.py", default_timeout=60).run().switch_page("pages/5_descent.py")
    app.query_params.update({"descent_lr": lr, "descent_steps": "1000000", "descent_seed": "x", "descent_centred": "2"})
    app.run()
    assert not app.exception
    assert app.select_slider(key="descent_lr").value == 1e-5
    assert app.slider(key="descent_steps").value in (30, 100)
