"""Baseline, through Home.py: each part before and after its question, drawings, nonsense in the link."""

import base64
import json
import re
from functools import cache

import numpy as np
import pytest
from PIL import Image, ImageDraw
from streamlit.testing.v1 import AppTest

from mnist_core.chapter import baseline
from mnist_core.chapter.tensors import first_number, image_at, image_tensor, to_unit
from mnist_core.ui.data import current_data
from tests.conftest import ROOT


def page(part: str = "Ideal digits", **query) -> AppTest:
    app = AppTest.from_file(str(ROOT / "Home.py"), default_timeout=120).run().switch_page("pages/3_baseline.py")
    app.query_params.update({"baseline_part": part, **query})
    app.run()
    assert not app.exception, app.exception
    return app


def said(app: AppTest) -> str:
    return "\n".join(element.value for element in (*app.markdown, *app.info, *app.warning, *app.caption, *app.error))


def distances_told(app: AppTest) -> dict[int, float]:
    """The bars, from the words that go with them."""
    words = app.get("echarts_chart")[0].proto.alt
    return {int(digit): float(value) for digit, value in re.findall(r"(\d): ([\d.]+\d)", words)}


def wall(app: AppTest) -> dict:
    component = next(each for each in app.get("bidi_component") if "sprite" in each.proto.json)
    return json.loads(component.proto.json)


def button(app: AppTest, label: str):
    return next(button for button in app.button if button.label == label)


measure = cache(baseline.measure)


def measured(way: str, digits: tuple[int, ...]) -> baseline.Score:
    data = current_data()
    return baseline.score(data, measure(data.source.name)[way], digits)


def test_the_mean_comes_after_the_guess_and_takes_in_more_images():
    app = page()
    assert not app.code
    app.segmented_control(key="baseline_mean_guess_3").set_value("A sharp 3").run()
    assert "Not quite: A blurred 3." in said(app)
    assert "# shape (1, 28, 28)" in app.code[0].value
    app.select_slider(key="baseline_count").set_value("all").run()
    count = len(baseline.stacked(current_data(), 3))
    assert f"# shape ({count}, 28, 28)" in app.code[0].value
    assert wall(app)["captions"] == [str(digit) for digit in range(10)]


def test_signs_cancel_and_the_two_cures_are_those_of_torch():
    data = current_data()
    a = to_unit(image_tensor(data, 3, first_number(data)))
    b = baseline.mean_digit(baseline.stacked(data, 7))
    app = page("Difference")
    assert not app.table
    app.segmented_control(key="baseline_cancel").set_value("Far from 0").run()
    assert f"It is {(a - b).mean():+.4f}" in said(app)
    values = [f"{(a - b).mean():.4f}", *(f"{value:.4f}" for value in baseline.by_torch(a, b).values())]
    assert list(app.table[0].value["Value"]) == values
    assert all(value in app.code[0].value for value in values[1:])


def test_the_shortest_bar_is_the_answer_and_a_moved_digit_goes_away_from_it():
    app = page("Nearest")
    data = current_data()
    first = to_unit(image_at(data, baseline.validation_images(data, 3)[0]))
    means = {digit: baseline.mean_digit(baseline.stacked(data, digit)) for digit in (3, 7)}
    expected = {digit: baseline.mnist_distance(first, mean).item() for digit, mean in means.items()}
    assert distances_told(app) == pytest.approx(expected, abs=6e-5)
    assert f"Nearest: **{min(expected, key=expected.__getitem__)}**." in said(app)
    app.segmented_control(key="baseline_move_guess").set_value("Farther").run()
    app.slider(key="baseline_move").set_value(4).run()
    assert distances_told(app)[3] > expected[3]
    button(app, "All").click().run()
    assert len(distances_told(app)) == 10


def seven(width: int = 11) -> dict:
    """A drawn 7 as the pad sends it."""
    canvas = Image.new("L", (140, 140))
    ImageDraw.Draw(canvas).line([(35, 30), (85, 30), (55, 120)], fill=255, width=width, joint="curve")
    image = base64.b64encode(np.asarray(canvas).tobytes()).decode()
    strokes = [{"width": 80, "erase": False, "points": [250, 210, 600, 210, 390, 850]}]
    return {"seq": 1, "nonce": 0, "final": True, "size": 140, "img": image, "strokes": strokes}


def test_a_drawn_seven_is_compared_and_an_empty_pad_asks_for_one():
    app = page("Nearest", baseline_way="Draw your own")
    assert "Nothing drawn yet" in said(app)
    app.session_state["baseline_pad"] = {"drawing": seven()}
    app.run()
    assert not app.exception
    assert "Nearest: **7**." in said(app)


def test_one_digit_alone_cannot_be_told_apart():
    app = page("Nearest")
    app.segmented_control(key="baseline_digits").set_value([3]).run()
    assert not app.exception
    assert "choose two or more" in app.error[0].value


def test_accuracy_is_the_measured_one_beside_the_published_figure():
    app = page("How good?")
    assert not app.table
    app.segmented_control(key="baseline_accuracy_guess").set_value("About 85%").run()
    assert "Not quite: Over 93%." in said(app)
    assert "around 85% of 3 and 7" in app.info[0].value
    for digits in ((3, 7), tuple(range(10))):
        app.segmented_control(key="baseline_digits").set_value(list(digits)).run()
        rows = app.table[0].value
        ways = {way: measured(way, digits) for way in ("L1", "RMSE", "plain")}
        assert list(rows["Right"])[:3] == [f"{score.accuracy:.2%}" for score in ways.values()]
        assert rows["Images wrong"].iloc[0] == f"{len(ways['L1'].wrong):,} of {len(ways['L1'].labels):,}"


def test_mistakes_are_shown_with_label_and_answer_and_lead_to_the_image():
    app = page("Mistakes", baseline_digits=["4", "9"])
    score = measured("L1", (4, 9))
    key = "baseline_mixed_L1_49"
    app.segmented_control(key=key).set_value(app.segmented_control(key=key).options[0]).run()
    worst = score.wrong[0]
    assert f"Wrong: {len(score.wrong):,} of {len(score.labels):,} images." in said(app)
    assert wall(app)["captions"][0] == f"{score.labels[worst]} → {score.preds[worst]}"
    assert wall(app)["picked"] == 0
    button(app, "Move it, and compare again").click().run()
    assert not app.exception
    assert distances_told(app) == pytest.approx(dict(zip((4, 9), score.distances[worst], strict=True)), abs=6e-5)
    assert f"Nearest: **{score.preds[worst]}**. That is wrong, it is a {score.labels[worst]}." in said(app)


def test_no_mistakes_is_a_sentence(monkeypatch):
    data = current_data()
    right = (data.labels[data.valid][:, None] != np.array(data.classes)).astype(np.float32)
    monkeypatch.setattr("mnist_core.ui.lessons.baseline.measured", lambda _: {"L1": right, "RMSE": right})
    app = page("Mistakes")
    assert "No image is wrong" in app.info[0].value


@pytest.mark.parametrize(
    "query",
    [
        {"part": "Nothing", "baseline_count": "7"},
        {"part": "Ideal digits", "baseline_mean": "12", "baseline_mean_guess_3": "?", "baseline_count": "-1"},
        {"part": "Difference", "baseline_a": "x", "baseline_b": "77", "baseline_a_number": "1e99"},
        {"part": "Nearest", "baseline_digits": ["12", "x"], "baseline_way": "Fax", "baseline_move": "99"},
        {"part": "How good?", "baseline_accuracy_guess": "150%", "baseline_distance": "L3"},
        {"part": "Mistakes", "baseline_mixed_L1_37": "8 taken for 9"},
    ],
)
def test_nonsense_in_the_link_still_shows_the_part(query):
    app = page(**query)
    assert app.title[0].value == "Baseline"
    assert not app.error
