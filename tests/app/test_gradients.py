"""Gradients, through Home.py: what stands before and after each answer, and the numbers of each part."""

import json

import pytest
import torch
from streamlit.testing.v1 import AppTest

from mnist_core.chapter.functions import FUNCTIONS
from tests.conftest import ROOT


def opened(part="Slope", **link) -> AppTest:
    app = AppTest.from_file(ROOT / "Home.py", default_timeout=60)
    app.query_params.update({"gradients_part": part, **link})
    app.run().switch_page("pages/4_gradients.py").run()
    assert not app.exception
    assert not app.error
    return app


def texts(app) -> str:
    return "\n".join(text.value for text in app.markdown)


def component(app) -> dict | str:
    """What is handed to the plot or to the graph."""
    return json.loads(app.get("bidi_component")[-1].proto.json)


def test_the_slopes_come_after_the_answer_and_agree():
    app = opened()
    assert [line["name"] for line in component(app)["lines"]] == ["x**2"]
    assert "| by hand |" not in texts(app)
    app.segmented_control(key="gradients_bottom").set_value("1").run()
    assert "Not quite: 0." in texts(app)
    assert [line["name"] for line in component(app)["lines"]] == ["x**2", "through x and x + h", "tangent"]
    assert "`xt.grad` | **3.000000**" in texts(app)
    assert "`2 * x` | **3.000000**" in texts(app)
    assert "**4.000000**" in texts(app)  # h is 1
    app.select_slider(key="gradients_h").set_value(1e-8).run()
    assert "**0.000000**" in texts(app)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_function_opens_by_link_with_its_point_on_it(name):
    app = opened(gradients_f=name, gradients_x="0.5", gradients_bottom="0")
    function = FUNCTIONS[name]
    [[x, y]] = component(app)["positions"]
    assert x == 0.5
    assert y == pytest.approx(float(function.f(torch.tensor(0.5))), abs=1e-6)
    assert f"`{function.hand_code}`" in texts(app)


def test_a_corner_is_said_to_have_no_derivative():
    app = opened(gradients_f="abs", gradients_x="0", gradients_bottom="0")
    assert "-1 on the left and 1 on the right" in texts(app)
    assert "**none**" in texts(app)
    assert "tangent" not in [line["name"] for line in component(app)["lines"]]


def test_a_point_out_of_the_next_functions_range_goes_to_its_end():
    app = opened(gradients_f="sigmoid", gradients_x="5")
    app.selectbox(key="gradients_f").set_value("square").run()
    assert app.number_input(key="gradients_x").value == 3
    assert component(app)["positions"] == [[3, 9]]


def test_the_graph_fills_forward_then_backward():
    app = opened("Backward")
    assert "grad" not in component(app).replace('class="graph', "")
    assert not app.code
    app.segmented_control(key="gradients_first").set_value("loss").run()
    for step, words in [(1, "`wx = w * x` gives 6"), (4, "gives 4. This is the loss"), (5, "Its gradient is 1")]:
        app.slider(key="gradients_step").set_value(step).run()
        assert words in texts(app)
    next(button for button in app.button if button.label == "To the end").click().run()
    assert "grad 8" in component(app)
    assert "4 × 1 × 1 × 2 = **8**" in texts(app)
    assert "from 4 to 4.0804" in texts(app)
    assert "w.grad  # tensor(8.)" in app.code[0].value
    app.slider(key="gradients_w").set_value(2.0).run()
    assert "grad 0" in component(app)  # 2 * 2 + 1 is the target
    app.selectbox(key="gradients_c").set_value("squares").run()
    assert not app.exception


def test_gradients_add_up_until_they_are_set_to_zero():
    app = opened("Zero the gradient")
    assert not app.slider
    app.segmented_control(key="gradients_twice").set_value("6").run()
    assert "Not quite: 12." in texts(app)
    assert "# 6, 12, 18, 24, 30" in app.code[0].value
    app.toggle(key="gradients_zero").set_value(True).run()
    assert "# 6, 6, 6, 6, 6" in app.code[0].value
    assert "swings over the bottom **9 times**" in texts(app)
    assert "| `t.sub_(1)` | `tensor([4., 6.])` |" in texts(app)
    assert "Only `t.sub(1)` gave back a new tensor" in texts(app)


@pytest.mark.parametrize(
    ("lr", "word", "count"),
    [
        (0.01, "Too small", "283 steps"),
        (0.1, "Good", "26 steps"),
        (0.9, "oscillates", "26 steps"),
        (1.0, "never ends", ""),
    ],
)
def test_the_rate_is_named_and_its_steps_are_counted(lr, word, count):
    app = opened("Learning rate", gradients_lr=f"{lr:g}", gradients_bet="0.5")
    assert "0.1 needs 26, 0.5 needs 1, 0.9 needs 26, 1.1 never arrives" in texts(app)
    assert word in texts(app)
    assert (f"**{count} to the bottom**" if count else "the bottom is never reached") in texts(app)


def test_a_rate_that_diverges_leaves_the_picture():
    app = opened("Learning rate", gradients_lr="1.2", gradients_bet="1.1")
    assert "Not quite: 0.5." in texts(app)
    assert "It diverges" in texts(app)
    assert "The point has left the picture." in [caption.value for caption in app.caption]
    app.slider(key="gradients_hops").set_value(0).run()
    app.number_input(key="gradients_start").set_value(0.0).run()
    assert not app.exception
    assert "You start at the bottom already." in texts(app)
    assert "It diverges" not in texts(app)
    assert component(app)["positions"] == [[0, 0]]


@pytest.mark.parametrize("part", ["Slope", "Backward", "Zero the gradient", "Learning rate", "Nothing"])
def test_nonsense_in_the_link_falls_back(part):
    keys = "f x h bottom c first w b step twice calls zero forget_lr bet lr hops start"
    for value in ("nan", "-1e300", "?"):
        opened(part, **{f"gradients_{key}": value for key in keys.split()})
