"""The Draw page: what it says to drawings, pictures and samples. Strokes are faked as the pad would send them."""

import base64
import io
import json
import re
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image, ImageDraw
from streamlit.testing.v1 import AppTest

from mnist_core import shipped
from mnist_core.checkpoint import TrainedModel
from mnist_core.config import TrainConfig
from mnist_core.data import load
from mnist_core.errors import RunError
from mnist_core.models import new_model
from mnist_core.runs.examples import Examples
from mnist_core.runs.store import Store
from mnist_core.ui import lab
from tests.conftest import ROOT
from tests.faults.test_images import claims


@pytest.fixture
def app(monkeypatch) -> AppTest:
    """The app with the shipped model, one model of a learner for 3 and 7, and one that has saved nothing."""
    config = TrainConfig(digits="37", model="linear")
    own = TrainedModel(new_model(config).eval(), config, {})

    def trained_model(choice):
        if choice == "lost":
            raise RunError("This run has not saved a model yet.")
        return own if choice == "own" else shipped.load(choice.partition("-")[2] or "cnn")

    choices = {"shipped": "Shipped", "own": "Linear, 3 and 7", "lost": "Lost"}
    monkeypatch.setattr(lab, "service", lambda: SimpleNamespace(devices=lambda: None))
    monkeypatch.setattr(lab, "model_choices", lambda: choices)
    monkeypatch.setattr(lab, "runs", lambda **_: {})
    monkeypatch.setattr(lab, "trained_model", trained_model)
    return AppTest.from_file(str(ROOT / "Home.py"), default_timeout=60)


@pytest.fixture
def own_digits(app, monkeypatch, tmp_path) -> Examples:
    """What the learner "me" keeps, in a store of its own."""
    store = Store(f"sqlite:///{tmp_path / 'lab.db'}")
    monkeypatch.setattr(lab, "service", lambda: SimpleNamespace(devices=lambda: None, examples=store.examples))
    monkeypatch.setattr(lab, "learner", lambda: "me")
    return store.examples


def seven() -> np.ndarray:
    canvas = Image.new("L", (140, 140))
    ImageDraw.Draw(canvas).line([(35, 30), (85, 30), (55, 120)], fill=255, width=11, joint="curve")
    return np.asarray(canvas)


def message(pixels: np.ndarray, **changes) -> dict:
    """What pad.js sends."""
    image = base64.b64encode(pixels.tobytes()).decode()
    strokes = [{"width": 80, "erase": False, "points": [250, 210, 600, 210, 390, 850]}]
    return {"seq": 1, "nonce": 0, "final": True, "size": 140, "img": image, "strokes": strokes} | changes


def page(app: AppTest, drawing: dict | None = None, **query: str) -> AppTest:
    app.run().switch_page("pages/14_draw.py")
    for name, value in query.items():
        app.query_params[name] = value
    if drawing:
        app.session_state["pad"] = {"drawing": drawing}
    app.run()
    assert not app.exception, app.exception
    return app


def said(app: AppTest) -> str:
    headlines = [component["text"] for component in components(app) if "text" in component]
    return "\n".join(
        [*headlines, *(element.value for element in (*app.markdown, *app.info, *app.warning, *app.caption))]
    )


def components(app: AppTest) -> list[dict]:
    """What is handed to each of our own components."""
    sent = (component.proto.json for component in app.get("bidi_component"))
    return [json.loads(data) for data in sent if data]


def sheet(app: AppTest) -> dict:
    """What is handed to the pad."""
    return next(component for component in components(app) if "strokes" in component)


def rows(app: AppTest) -> list[list[str]]:
    """The cells of the first table, row by row."""
    return app.table[0].value.to_numpy().tolist()


def chart_alt(app: AppTest) -> str:
    return app.get("echarts_chart")[0].proto.alt


def test_an_empty_pad_gets_a_hint_and_no_bars(app):
    page(app)
    assert "Nothing drawn yet" in said(app)
    assert not app.get("echarts_chart")


def test_a_seven_is_read_with_ten_bars_and_its_drawing_goes_back_to_the_pad(app):
    page(app, message(seven()))
    assert "The model says 7" in said(app)
    percents = {int(digit): float(value) for digit, value in re.findall(r"(\d): ([\d.]+) %", chart_alt(app))}
    assert list(percents) == list(range(10))
    assert sum(percents.values()) == pytest.approx(100, abs=0.1)
    assert max(percents, key=percents.get) == 7
    assert sheet(app)["strokes"] == message(seven())["strokes"]


def test_a_drawing_survives_a_visit_to_another_page(app):
    page(app, message(seven()))
    app.switch_page("pages/12_weights.py").run()
    app.switch_page("pages/14_draw.py").run()
    assert "The model says 7" in said(app)


@pytest.mark.parametrize(
    ("drawing", "words"),
    [
        (message(np.zeros((140, 140), np.uint8)), "Nothing drawn yet"),
        (message(np.full((140, 140), 255, np.uint8)), "No ink stands out"),
        (message(np.pad(np.full((12, 12), 255, np.uint8), 64)), "only a dot of 12 x 12"),
        (message(seven(), img="<script>"), "Nothing drawn yet"),
        (message(seven(), strokes=[{"points": "many"}]), "Nothing drawn yet"),
    ],
    ids=["erased", "filled", "dot", "no picture", "no strokes"],
)
def test_what_is_no_digit_gets_a_sentence(drawing, words, app):
    assert words in said(page(app, drawing))


def test_samples_go_onto_the_pad_one_after_another_and_are_read(app):
    page(app)
    sheets = []
    for _ in range(2):
        app.button(key="sample").click().run()
        assert "Its label is" in said(app)
        assert "The model says" in said(app)
        sheets.append(sheet(app))
    assert [sheet["nonce"] for sheet in sheets] == [1, 2]
    assert sheets[0]["strokes"] != sheets[1]["strokes"]


def png(pixels: np.ndarray) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (lambda: png(255 - seven()), "The model says 7"),
        (lambda: b"dear diary", "seven.png is not a picture"),
        (lambda: png(seven())[:300], "seven.png is damaged or cut off"),
        (lambda: png(np.zeros((1, 1), np.uint8)), "only 1 x 1 pixels"),
        (lambda: claims(20_000, 20_000), "400,000,000 pixels"),
    ],
    ids=["good", "text", "cut", "1x1", "huge"],
)
def test_an_uploaded_picture_is_read_or_refused_in_words(data, words, app):
    page(app)
    app.segmented_control(key="way").set_value("Upload").run()
    assert "No picture yet" in said(app)
    app.file_uploader[0].upload("seven.png", data(), "image/png").run()
    assert not app.exception
    assert words in said(app)


def test_four_ways_read_a_seven_and_agree_and_the_fifth_is_told_how_to_get(app):
    page(app, message(seven()))
    assert "**All 4 say 7.**" in said(app)
    assert [row[:2] for row in rows(app)] == [[way, "**7**"] for way in ("Pixel similarity", "Linear", "MLP", "CNN")]
    assert "distance" in rows(app)[0][2]
    assert all("%" in row[2] for row in rows(app)[1:])
    assert "models --make resnet18" in said(app)


def test_a_step_that_is_switched_off_is_said_with_what_it_changes(app):
    page(app, message(seven()), draw_part="Steps")
    assert "With all steps on, the model says **7" in said(app)
    assert "4. **Crop**: Only the" in said(app)
    app.pills(key="draw_steps").set_value(["Invert", "Clean"]).run()
    assert not app.exception
    assert "Without Crop and Scale and Centre the model" in said(app)
    assert "4. **Crop**: Switched off" in said(app)


def test_raw_outputs_become_the_probabilities_of_the_chart_and_are_none_themselves(app):
    page(app, message(seven()), draw_part="Raw outputs")
    *digits, total = rows(app)
    outputs, shares = ([float(row[column]) for row in digits] for column in (1, 3))
    np.testing.assert_allclose(np.exp(outputs) / np.exp(outputs).sum(), shares, atol=2e-3)
    assert float(total[3]) == pytest.approx(1)
    assert f"{sum(out < 0 for out in outputs)} of them" in said(app)
    page(app, message(seven()), draw_part="Raw outputs", run="own")
    assert "one **raw output**" in said(app)


def test_the_nearest_training_images_of_a_seven_are_sevens(app, source):
    data = load(source)  # of the same data: a seven drawn by somebody else is nearer to other embedded digits
    image = data.images[data.valid[data.labels[data.valid] == 7][0]]
    page(app, message(np.kron(image, np.ones((5, 5), np.uint8))), draw_part="Nearest images")
    wall = next(component for component in components(app) if component.get("label") == "The nearest training images")
    assert wall["captions"][0].startswith("7: 0.")
    assert "of the 10 show a **7**" in said(app)
    assert "This may be no digit" not in said(app)


def house() -> np.ndarray:
    canvas = Image.new("L", (140, 140))
    walls = [(30, 120), (30, 70), (70, 25), (110, 70), (110, 120), (30, 120)]
    for line in (walls, [(30, 70), (110, 70)]):
        ImageDraw.Draw(canvas).line(line, fill=255, width=11, joint="curve")
    return np.asarray(canvas)


def test_a_house_gets_an_answer_and_the_word_that_it_may_be_no_digit(app):
    page(app, message(house()), draw_part="Nearest images")  # waits until it is known how near digits usually are
    assert "farther away than nearly all digits" in said(app)
    app.run()
    assert "The model says" in said(app)
    assert "This may be no digit" in said(app)


def test_a_drawing_is_kept_with_its_label_counted_shared_relabelled_and_deleted(app, own_digits):
    page(app, message(seven()), draw_part="Your test set")
    assert "You keep no digits yet" in said(app)
    label = next(group for group in app.segmented_control if "Which digit" in group.label)
    label.set_value(7).run()
    button(app, "Keep it").click().run()
    (kept,) = own_digits.of("me")
    assert (kept.label, kept.origin, kept.shared) == (7, "drawn", False)
    app.run()
    assert rows(app)[0][:2] == ["The model above", "1 of 1, 100%"]
    button(app, "Share all of them").click().run()
    assert own_digits.pool()[0].id == kept.id
    assert rows(app)[0][2] == "1 of 1, 100%"
    app.session_state["draw_kept"] = kept.id
    app.run()
    app.segmented_control(key=f"draw_kept_{kept.id}_label").set_value(1).run()
    assert rows(app)[0][1] == "0 of 1, 0%"
    button(app, "Put it on the pad").click().run()
    assert base64.b64decode(sheet(app)["strokes"][0]["image"]) == kept.image.tobytes()
    button(app, "Delete it").click().run()
    assert not app.exception
    assert not own_digits.of("me")


def button(app: AppTest, label: str):
    return next(each for each in app.button if each.label == label)


@pytest.mark.parametrize("query", [{"draw_part": "<b>"}, {"draw_steps": "all", "way": "Fly"}], ids=str)
def test_other_nonsense_in_the_link_is_passed_over(query, app):
    assert "The model says 7" in said(page(app, message(seven()), **query))


def test_a_model_of_two_digits_says_that_it_knows_no_others(app):
    page(app, message(seven()), run="own")
    assert "knows only 3 and 7" in said(app)


@pytest.mark.parametrize("nonsense", ["nobody", "-1", "<b>", "%00", "x" * 5000])
def test_nonsense_in_the_link_falls_back_on_the_shipped_model(nonsense, app):
    page(app, message(seven()), run=nonsense)
    assert app.selectbox[0].value == "shipped"
    assert "The model says 7" in said(app)


def test_a_run_without_a_model_says_so(app):
    page(app, message(seven()), run="lost")
    assert "not saved a model yet" in app.error[0].value
