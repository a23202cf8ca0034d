"""The Train page with real workers: a run is started, followed, stopped and looked at."""

import json
import time

import pytest
from streamlit.testing.v1 import AppTest

from mnist_core.ui import form, lab
from tests.conftest import ROOT


@pytest.fixture
def page() -> AppTest:
    app = AppTest.from_file(str(ROOT / "Home.py"), default_timeout=60).run()
    app.switch_page("pages/9_train.py").run()
    assert not app.exception
    return app


def set_to(page: AppTest, **settings) -> None:
    widgets = {
        widget.key: widget
        for kind in ("selectbox", "select_slider", "number_input", "toggle")
        for widget in page.get(kind)
    }
    for key, value in settings.items():
        widgets[key].set_value(value)


def press(page: AppTest, label: str) -> AppTest:
    next(button for button in page.button if button.label == label).click().run()
    assert not page.exception
    return page


def words(page: AppTest) -> str:
    bars, buttons = (p.proto.text for p in page.get("progress")), (b.label for b in page.button)
    return " ".join([*(m.value for m in page.markdown), *bars, *buttons])


def follow(page: AppTest, until: str) -> None:
    deadline = time.monotonic() + 90
    while until not in words(page):
        assert time.monotonic() < deadline, words(page)
        time.sleep(0.2)
        page.run()
        assert not page.exception


def curve(page: AppTest, title: str) -> list:
    specs = [json.loads(chart.proto.spec) for chart in page.get("echarts_chart")]
    return next(spec for spec in specs if spec["title"]["text"] == title)["series"]


def test_a_run_is_trained_and_its_numbers_are_the_stores(page):
    set_to(page, data="digits", model="mlp30", epochs=3, bs=64)
    press(page, "Train")
    follow(page, "Finished")
    page.run()
    run = lab.service().store.runs(page.session_state.learner)[0]
    curves = lab.service().store.curves(run.id)
    metrics = {metric.label: metric.value for metric in page.metric}
    assert metrics["Epoch"] == "3 of 3"
    assert metrics["Accuracy"] == f"{curves.epochs[-1]['accuracy']:.4f}"
    batches, _, valid = curve(page, "Loss")
    assert [y for _, y in batches["data"]] == curves.losses.tolist()
    assert [y for _, y in valid["data"]] == [row["valid_loss"] for row in curves.epochs]
    assert [x for x, _ in valid["data"]] == [run.steps // 3, 2 * run.steps // 3, run.steps]
    table = page.dataframe[0].value
    assert table["accuracy"].tolist() == [row["accuracy"] for row in curves.epochs]
    assert form.as_command(run.config) in [code.value for code in page.code]


def test_stop_ends_a_run_and_keeps_its_model(page):
    set_to(page, data="digits", model="mlp128", epochs=1000, bs=8)
    press(page, "Train")
    follow(page, "Stop and keep the model")
    press(page, "Stop and keep the model")
    follow(page, "Stopped")
    run = lab.service().store.runs(page.session_state.learner)[0]
    assert run.state == "stopped"
    assert lab.service().store.checkpoint(run.id)


def test_a_batch_larger_than_the_data_gets_its_sentence(page):
    set_to(page, data="digits", digits="37", bs=4096)
    press(page, "Train")
    assert "more than the" in page.error[0].value
    assert lab.service().store.runs(page.session_state.learner) == []


def test_the_link_sets_the_form_and_nonsense_in_it_is_passed_over():
    app = AppTest.from_file(str(ROOT / "Home.py"), default_timeout=60).run()
    for name, value in {
        "lr": "0.1445",
        "model": "cnn",
        "digits": "48",
        "epochs": "minus one",
        "bs": "7",
        "device": "tpu",
    }.items():
        app.query_params[name] = value
    app.switch_page("pages/9_train.py").run()
    assert not app.exception
    values = {
        widget.key: widget.value for kind in ("selectbox", "select_slider", "number_input") for widget in app.get(kind)
    }
    assert (values["lr"], values["model"], values["digits"]) == (0.1445, "cnn", "48")
    assert (values["epochs"], values["bs"]) == (5, 256)


@pytest.mark.parametrize(("written", "meant"), [("1e-3", 0.001), ("0.20", 0.2), ("1e-7", 1e-7), ("1e9", 0.1)])
def test_a_learning_rate_in_the_link_counts_however_it_is_written(written, meant):
    app = AppTest.from_file(str(ROOT / "Home.py"), default_timeout=60).run()
    app.query_params["lr"] = written
    assert app.switch_page("pages/9_train.py").run().select_slider(key="lr").value == meant


def test_the_command_shown_trains_the_same_run():
    from mnist_core.__main__ import _parser
    from mnist_core.config import TrainConfig

    config = TrainConfig(data="digits", digits="37", model="cnn", lr=0.1445, shuffle=False, epochs=7)
    arguments = _parser().parse_args(form.as_command(config).split()[3:])
    given = {key: value for key, value in vars(arguments).items() if key in config.to_dict() and value is not None}
    assert TrainConfig.from_dict(given) == config
