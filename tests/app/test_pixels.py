"""Pixels, through Home.py: numbers after the guess, the slice and its code, nonsense in the URL."""

import pytest
from streamlit.testing.v1 import AppTest

from tests.conftest import ROOT


def pixels(**query) -> AppTest:
    app = AppTest.from_file(ROOT / "Home.py", default_timeout=60).run().switch_page("pages/1_pixels.py")
    for name, value in query.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception, app.exception
    return app


def test_numbers_stay_hidden_until_the_question_is_answered():
    app = pixels()
    assert not app.table
    assert not app.code
    app.segmented_control(key="pixels_guess").set_value(255).run()
    assert any("Not quite" in text.value for text in app.markdown)
    assert app.code[0].value == "im3_t[4:10, 4:10]"
    assert app.table


def test_code_shape_and_table_follow_the_digit_and_the_sliders():
    app = pixels(pixels_guess="0")
    app.segmented_control(key="pixels_digit").set_value(5)
    app.slider(key="pixels_rows").set_value((2, 5))
    app.slider(key="pixels_columns").set_value((10, 14)).run()
    assert app.code[0].value == "im5_t[2:5, 10:14]"
    assert any("(3, 4)" in text.value for text in app.markdown)
    table = app.table[0].value
    assert table.shape == (3, 4)
    assert list(table.index) == [2, 3, 4]


def test_next_and_previous_go_round_and_a_smaller_class_brings_the_number_back_in():
    app = pixels()
    number = app.number_input(key="pixels_image")
    last = number.max
    number.set_value(last).run()
    button(app, "Next").click().run()
    assert app.number_input(key="pixels_image").value == 0
    button(app, "Previous").click().run()
    assert app.number_input(key="pixels_image").value == last
    counts = {}
    for digit in range(10):
        app.segmented_control(key="pixels_digit").set_value(digit).run()
        assert not app.exception
        assert app.number_input(key="pixels_image").value <= app.number_input(key="pixels_image").max
        counts[digit] = app.number_input(key="pixels_image").max
    assert len(set(counts.values())) > 1


def test_an_empty_slice_is_explained():
    app = pixels(pixels_guess="0")
    app.slider(key="pixels_rows").set_value((5, 5)).run()
    assert app.code[0].value == "im3_t[5:5, 4:10]"
    assert "The slice is empty" in app.info[0].value


@pytest.mark.parametrize(
    "query",
    [
        {"pixels_digit": "77", "pixels_image": "-4", "pixels_guess": "white"},
        {"pixels_digit": "3; drop", "pixels_image": "1e99", "pixels_rows": "abc"},
        {"pixels_guess": "0", "pixels_rows": ["20", "3"], "pixels_columns": ["-7", "99"]},
    ],
)
def test_nonsense_in_the_url_still_shows_a_digit(query):
    app = pixels(**query)
    assert app.get("bidi_component")


def button(app, label):
    return next(button for button in app.button if button.label == label)
