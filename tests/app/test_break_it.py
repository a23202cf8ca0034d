"""Loop, through Home.py: the mistakes, the nonlinearity and simple_net, before and after each answer."""

import json

import pytest
from streamlit.testing.v1 import AppTest

from mnist_core import data
from mnist_core.chapter import layers, nonlinear, recipe
from mnist_core.chapter.mistakes import MISTAKES, effect
from tests.conftest import ROOT

NAME = "digits"  # small enough to train on the spot, whatever the page has


@pytest.fixture(autouse=True)
def on_embedded_digits(monkeypatch):
    """Train in this process and on few images: the numbers are compared with a second call."""
    from mnist_core.ui.lessons import mistakes, nonlinearity

    def at_once(function, *, working, **arguments):
        return function(**{**arguments, "data": NAME})

    monkeypatch.setattr(mistakes, "experiment", at_once)
    monkeypatch.setattr(nonlinearity, "experiment", at_once)


def open_part(part: str, **link: str) -> AppTest:
    app = AppTest.from_file(ROOT / "Home.py", default_timeout=60).run()
    app.query_params.update({"loop_part": part, **link})
    app.switch_page("pages/8_loop.py").run()
    assert not app.exception
    assert not app.error
    return app


def words(app: AppTest) -> str:
    return " ".join(text.value for text in app.markdown)


def charts(app: AppTest) -> list[str]:
    return [json.loads(chart.proto.spec)["title"].get("text", "") for chart in app.get("echarts_chart")]


@pytest.mark.parametrize("name", ["zero_grad", "sigmoid", "softmax", "logits"])
def test_a_mistake_is_shown_in_code_bet_on_run_and_explained(name):
    app = open_part("Break it", loop_mistake=name)
    mistake = MISTAKES[name]
    assert [code.value for code in app.code[:2]] == [mistake.right_code, mistake.wrong_code]
    assert not app.metric
    assert mistake.notice not in words(app)
    app.segmented_control(key=f"loop_bet_{name}").set_value("Better").run()
    assert not app.exception
    right, broken = recipe.train(NAME, mistake.right), recipe.train(NAME, mistake.broken())
    metrics = {metric.label: metric.value for metric in app.metric}
    assert metrics == {"Accuracy, right": f"{right.accuracy:.4f}", "Accuracy, broken": f"{broken.accuracy:.4f}"}
    assert f"Not quite: {effect(right, broken)}." in words(app)
    assert mistake.why in words(app)
    assert mistake.notice in words(app)
    assert charts(app) == ["Accuracy on the validation images", "Loss of each batch"]
    table = app.table[0].value
    assert table.index[-1] == "sum"
    assert float(table["right"].iloc[-1]) == pytest.approx(1, abs=0.01)
    if name == "logits":
        assert float(table["broken"].iloc[-1]) == pytest.approx(broken.printed.sum(), abs=0.01)


def test_two_mistakes_at_once_are_a_third_run():
    app = open_part("Break it", loop_mistake="pixels", loop_bet_pixels="Worse")
    app.get("button_group")[-1].set_value(["Not shuffled"]).run()
    both = recipe.train(NAME, MISTAKES["pixels"].broken(MISTAKES["order"]))
    assert app.metric[-1].label == "Accuracy, several mistakes"
    assert app.metric[-1].value == f"{both.accuracy:.4f}"


def test_nonsense_in_the_link_falls_back():
    app = open_part("Break it", loop_mistake="everything", loop_bet_zero_grad="Maybe", loop_more_zero_grad="Coffee")
    assert app.selectbox(key="loop_mistake").value == "zero_grad"
    assert not app.metric
    app = open_part("Nonlinearity", loop_units="-3", loop_folds="many", loop_curve="Circle")
    assert 1 <= app.slider(key="loop_units").value <= 40
    assert app.segmented_control(key="loop_curve").value == "Wave"


def test_two_linear_layers_are_shown_to_be_one_after_the_answer():
    app = open_part("Nonlinearity")
    assert not app.table
    app.segmented_control(key="loop_nl_two").set_value("No").run()
    assert "Not quite: Yes." in words(app)
    table = app.table[0].value
    assert table["two layers"].astype(float).tolist() == pytest.approx(table["one layer"].astype(float), abs=2e-5)
    assert "23,581 weights" in words(app)
    app.segmented_control(key="loop_nl_relu").set_value("0").run()
    assert app.table[1].value["F.relu(x)"].tolist() == ["0"] * 5 + ["0.5", "1", "1.5", "2"]


@pytest.mark.parametrize("units", [1, 12])
def test_the_units_slider_fits_the_curve_anew(units):
    app = open_part("Nonlinearity")
    app.slider(key="loop_units").set_value(units).run()
    fit = nonlinear.fit_curve(*nonlinear.wave(), units=units)
    assert f"with ReLU the loss is **{fit.loss:.4f}**" in words(app)
    app.segmented_control(key="loop_curve").set_value("A row of pixels").run()
    assert not app.exception


def test_folds_are_counted_after_the_answer():
    app = open_part("Nonlinearity", loop_nl_folds="32")
    assert "**Right.**" in words(app)
    app.slider(key="loop_folds").set_value(6).run()
    assert "12 units in all, make 64 straight pieces" in words(app)


def test_simple_net_is_counted_and_compared():
    app = open_part("simple_net")
    assert not app.table
    app.segmented_control(key="loop_nl_count").set_value("23,581").run()
    assert "**Right.**" in words(app)
    assert app.table[0].value["parameters"].tolist() == ["0", "23,550", "0", "31"]
    app.segmented_control(key="loop_nl_0123456789").set_value(nonlinear.ONE).run()
    recipes = nonlinear.contest("0123456789", few=data.status().name == "digits")
    trained = {name: recipe.train(NAME, what) for name, what in recipes.items()}
    assert {metric.label: metric.value for metric in app.metric} == {
        name: f"{run.accuracy:.4f}" for name, run in trained.items()
    }
    winner = nonlinear.winner(trained)
    after = words(app).split("What does it gain?")[-1]
    assert ("**Right.**" if winner == nonlinear.ONE else f"Not quite: {winner}.") in after


def test_train_tells_what_is_in_the_chosen_model():
    app = AppTest.from_file(ROOT / "Home.py", default_timeout=60).run()
    app.query_params["model"] = "cnn"
    app.switch_page("pages/9_train.py").run()
    assert not app.table
    app.session_state["anatomy"] = True
    app.run()
    assert not app.exception
    assert app.table[0].value["parameters"].tolist() == [f"{row.parameters:,}" for row in layers.anatomy_of("cnn", 10)]
    assert "20,490 parameters" in words(app)
    for word in ("kernel", "stride", "padding", "nonlinearity"):
        assert word in words(app)
    assert any("(28 + 2*1 - 3) // 1 + 1 = 28" in code.value for code in app.code)
    app.selectbox(key="model").set_value("resnet18").run()
    assert "not pretrained" in words(app)
    assert "Transfer learning" in words(app)
