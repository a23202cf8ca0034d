"""The Train page with real workers: a run is started, followed, stopped and looked at."""

import json
import time

import pytest
from streamlit.testing.v1 import AppTest

from mnist_core.presets import RECIPES
from mnist_core.runs.imports import add_model
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
    page.session_state["table"] = True
    table = page.run().dataframe[0].value
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


def test_an_experiment_of_the_write_ups_is_loaded_into_the_form_and_told_apart_from_the_published_figure(page):
    page.session_state["presets"] = True
    page.run().selectbox(key="preset").set_value("mlp392-003").run()
    press(page, "Load it into the form")
    values = {
        widget.key: widget.value for kind in ("selectbox", "select_slider", "number_input") for widget in page.get(kind)
    }
    assert (values["model"], values["lr"], values["epochs"], values["bs"]) == ("mlp392_30", 0.005, 40, 256)
    assert values["optimizer"] == "BasicOptim"
    assert "Published: 0.9183" in words(page)
    press(page, "CNN, AdamW, one cycle, 2 epochs")
    assert page.selectbox(key="optimizer").value == "AdamW"
    assert page.select_slider(key="lr").value == RECIPES["cnn-2"].config.lr


def test_a_bet_is_kept_with_its_run_and_decided_at_its_end(page):
    set_to(page, data="digits", model="linear", epochs=2, bs=64)
    page.segmented_control(key="claim").set_value("learns").run()
    page.slider(key="bet_chance").set_value(90).run()
    press(page, "Train")
    follow(page, "Finished")
    page.run()
    said = " ".join(info.value for info in page.info)
    assert "with a chance of 90% it learns. **It did.** Your score is 0.01" in said
    assert "1 decided, mean score 0.01" in words(page)


def test_a_run_is_paused_trained_batch_by_batch_and_ended(page):
    set_to(page, data="digits", model="mlp128", epochs=1000, bs=8)
    press(page, "Train")
    follow(page, "Stop and keep the model")
    press(page, "Pause")
    follow(page, "Paused")
    page.run()
    owner, store = page.session_state.learner, lab.service().store
    before = store.runs(owner)[0]
    press(page, "One batch")
    follow(page, "Paused")
    after = store.runs(owner)[0]
    assert after.saved == before.saved + 1
    assert len(store.curves(after.id).losses) == after.saved
    press(page, "Stop and keep the model")
    assert store.runs(owner)[0].state == "stopped"


def test_a_run_from_a_file_has_no_time_that_it_took(page):
    file = ROOT / "mnist_core/shipped/linear.safetensors"
    service = lab.service()
    add_model(service.store, service.limits, page.session_state.learner, file.read_bytes(), file.name)
    page.run()
    shown = {metric.label: metric.value for metric in page.metric}
    assert shown["Accuracy"] == "0.9229"
    assert shown["Elapsed"] == "-"
