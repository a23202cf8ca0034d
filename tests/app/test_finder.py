"""The learning-rate finder below a form: its curves and suggestions are the search's own, and a click takes one."""

import json

import pytest
from streamlit.testing.v1 import AppTest

from mnist_core.config import TrainConfig
from mnist_core.finder import MEANINGS, find_lr


def form_and_finder():
    from mnist_core.ui import form, lab
    from mnist_core.ui.finder import show_finder

    lab.identify()
    show_finder(form.train_form())


@pytest.fixture
def page() -> AppTest:
    app = AppTest.from_function(form_and_finder, default_timeout=60).run()
    app.selectbox(key="data").set_value("digits")
    app.selectbox(key="model").set_value("mlp30")
    app.select_slider(key="bs").set_value(64)
    app.slider(key="finder_tries").set_value(2)
    app.run()
    assert not app.exception
    return app


def test_the_search_is_shown_and_a_suggestion_goes_into_the_form(page):
    assert not page.get("echarts_chart")
    page.button(key="finder_look").click().run()
    assert not page.exception
    found = find_lr(TrainConfig(data="digits", model="mlp30", bs=64), [42, 43])
    (chart,) = page.get("echarts_chart")
    series = {one["name"]: one["data"] for one in json.loads(chart.proto.spec)["series"]}
    for one in found.searches:
        assert series[f"Seed {one.seed}"] == [list(pair) for pair in zip(one.lrs, one.losses, strict=True)]
    said = " ".join(markdown.value for markdown in page.markdown)
    for name, meaning in MEANINGS.items():
        rate = found.median(name)
        assert f"**{name}: {rate:g}**" in said
        assert meaning in said
        assert [x for x, _ in series[name]] == found.suggested(name)
        assert page.button(key=f"finder_use_{name}").label == f"Use {rate:g}"
    page.button(key="finder_use_minimum").click().run()
    assert not page.exception
    assert page.select_slider(key="lr").value == found.median("minimum")
    assert page.get("echarts_chart")  # another rate is no reason to search again


def test_other_settings_need_another_search(page):
    page.button(key="finder_look").click().run()
    page.selectbox(key="model").set_value("linear").run()
    assert not page.get("echarts_chart")


def test_a_batch_larger_than_the_data_gets_its_sentence(page):
    page.select_slider(key="bs").set_value(4096).run()
    page.button(key="finder_look").click().run()
    assert not page.exception
    assert "more than the" in page.error[0].value
