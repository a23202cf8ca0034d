"""The Sweep page with real workers: a sweep is started, followed, stopped, resumed and deleted."""

import json
import time

import pytest
from streamlit.testing.v1 import AppTest

from mnist_core.config import TrainConfig
from mnist_core.sweeps import Sweep, best, results
from mnist_core.ui import lab, sweep_form
from mnist_core.ui.form import BATCH_SIZES
from tests.conftest import ROOT

LONG = Sweep(TrainConfig(data="digits", epochs=1000, bs=8), {"lr": [0.1, 0.01], "seed": [1, 2]})


@pytest.fixture
def app() -> AppTest:
    return AppTest.from_file(str(ROOT / "Home.py"), default_timeout=60).run()


@pytest.fixture
def page(app) -> AppTest:
    return opened(app)


def opened(app: AppTest) -> AppTest:
    app.switch_page("pages/11_sweep.py").run()
    assert not app.exception
    return app


def press(page: AppTest, label: str) -> None:
    next(button for button in page.button if button.label == label).click().run()
    assert not page.exception


def labels(page: AppTest) -> set[str]:
    return {button.label for button in page.button}


def state(page: AppTest) -> str:
    return page.get("progress")[0].proto.text


def follow(page: AppTest, ended) -> None:
    deadline = time.monotonic() + 90
    while not ended():
        assert time.monotonic() < deadline, state(page)
        time.sleep(0.2)
        page.run()
        assert not page.exception


def fill(page: AppTest, **fields) -> None:
    for key, value in fields.items():
        kinds = (page.pills, page.text_input, page.number_input, page.selectbox)
        next(field for kind in kinds for field in kind if field.key == key).set_value(value)
    page.run()


def test_a_sweep_is_trained_and_its_numbers_are_the_stores(page):
    fill(
        page, data="digits", sweep_lrs=["0.1"], sweep_more_lrs="0.01", sweep_batches=[64], sweep_seeds=2, sweep_epochs=2
    )
    assert any(markdown.value.startswith("8 runs") for markdown in page.markdown)
    press(page, "Start the sweep")
    follow(page, lambda: state(page) == "**8 done**")
    page.run()
    store = lab.service().store
    (saved,) = store.sweeps(page.session_state.learner)
    runs = store.runs_of_sweep(page.session_state.learner, saved.id)
    last = {run.id: store.curves(run.id).epochs[-1]["accuracy"] for run in runs}
    assert page.dataframe[0].value["Accuracy"].tolist() == list(last.values())
    assert page.table[0].value.reset_index().to_dict("records") == results(saved.sweep, runs)
    chart = json.loads(page.get("echarts_chart")[0].proto.spec)
    assert [line["value"][-1] for line in chart["series"][0]["data"]] == list(last.values())
    run = best(runs)
    assert last[run.id] == max(last.values())
    assert any(f"The best run: {run.accuracy:.4f}" in markdown.value for markdown in page.markdown)
    links = [link.proto for link in page.get("page_link")]
    of_run = [link.label for link in links if run.id in str(link)]
    assert of_run == [
        "See it on Train",
        "Wind it back, compare it",
        "See its weights",
        "See its mistakes",
        "Draw a digit for it",
        "Take it away",
    ]
    assert any("about" in markdown.value for markdown in page.markdown if markdown.value.startswith("8 runs"))


def test_a_sweep_is_stopped_resumed_and_deleted(app):
    sweep = lab.service().submit_sweep(app.session_state.learner, LONG)
    page = opened(app)
    follow(page, lambda: "training" in state(page))
    press(page, "Stop")
    follow(page, lambda: state(page) == "**4 paused**")
    assert "Stop" not in labels(page)
    press(page, "Resume")
    assert "Resume" not in labels(page)
    follow(page, lambda: "training" in state(page))
    press(page, "Yes, delete all")
    assert lab.service().store.runs_of_sweep(app.session_state.learner, sweep) == []
    assert "Press **Start the sweep**" in page.info[0].value


def test_what_is_no_sweep_gets_its_sentence_and_no_button(page):
    for fields, sentence in (
        ({"sweep_more_lrs": "0.1445, fast"}, "'fast' is not a number"),
        ({"sweep_more_lrs": "0.1445", "sweep_models": []}, "Model has no value"),
        (
            {
                "sweep_models": ["cnn"],
                "sweep_seeds": 10,
                "sweep_batches": BATCH_SIZES,
                "sweep_optimizers": ["SGD", "Adam"],
            },
            "would have",
        ),
    ):
        fill(page, **fields)
        assert sentence in page.error[0].value
        assert "Start the sweep" not in labels(page)


def test_the_link_sets_the_form_and_nonsense_in_it_is_passed_over(app):
    app.query_params["sweep_kind"] = "Random search"
    app.query_params["sweep_runs"] = "7"
    app.query_params["sweep_draw"] = "minus one"
    app.query_params["sweep"] = "../../etc"
    page = opened(app)
    assert any(markdown.value.startswith("7 runs") for markdown in page.markdown)
    assert [field.value for field in page.number_input if field.key == "sweep_draw"] == [sweep_form.FIRST_SEED]


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.2, "1 second"), (42, "42 seconds"), (100, "2 minutes"), (3500, "58 minutes"), (9000, "2 hours")],
)
def test_a_time_is_said_as_people_say_it(seconds, words):
    assert sweep_form.duration(seconds) == words
