"""Pixels, through Home.py: each part before and after its question, nonsense in the URL."""

import json
import re

import pytest
import torch
from streamlit.testing.v1 import AppTest

from mnist_core.chapter.folders import counts
from mnist_core.chapter.tensors import image_at, image_tensor, images_of, some_images
from mnist_core.ui.data import current_data
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
    app.segmented_control(key="pixels_guess").set_value("255").run()
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


def part(title, **query):
    return pixels(pixels_part=title, **query)


def test_another_wall_shows_other_digits_and_a_chosen_digit_only_that_one():
    app = part("A wall of digits")
    first = wall(app)
    assert len(first["names"]) == 60
    assert first["buttons"]
    button(app, "Another wall").click().run()
    assert wall(app)["sprite"] != first["sprite"]
    app.segmented_control(key="pixels_wall").set_value("5")
    app.select_slider(key="pixels_wall_count").set_value(20).run()
    assert wall(app)["names"] == ["A handwritten 5"] * 20


def test_a_picked_digit_is_named_and_can_be_taken_apart():
    app = part("A wall of digits")
    data = current_data()
    app.session_state["pixels_picked"] = int(some_images(data, digit=None, count=60, seed=0)[3])
    app.run()
    assert not app.exception
    assert wall(app)["picked"] == 3
    digit = wall(app)["names"][3][-1]
    assert any(f"of the digit {digit}. Its label says **{digit}**" in text.value for text in app.markdown)
    button(app, "See its numbers").click().run()
    assert app.segmented_control(key="pixels_digit").value == int(digit)
    shown = image_tensor(data, int(digit), app.number_input(key="pixels_image").value)
    assert torch.equal(shown, image_at(data, app.session_state["pixels_picked"]))


def test_the_counts_of_the_digits_come_after_the_guess():
    app = part("A wall of digits")
    assert not app.get("echarts_chart")
    app.segmented_control(key="pixels_wall_guess").set_value("Exactly as many").run()
    data = current_data()
    assert app.get("echarts_chart")
    assert f"3: {len(images_of(data, 3)):,}," in "".join(text.value for text in app.caption)
    assert any("Not quite: Nearly as many." in text.value for text in app.markdown)


def test_colour_takes_three_times_the_bytes_and_a_red_digit_has_red_pixels():
    app = part("Grey and colour")
    assert not app.table
    app.segmented_control(key="pixels_colour_guess").set_value("2,352").run()
    table = app.table[0].value
    assert list(table["Bytes"]) == ["784", "2,352", "2,352", "9,408"]
    assert list(table["Shape"]) == ["(28, 28)", "(28, 28, 3)", "(3, 28, 28)", "(3, 28, 28)"]
    app.segmented_control(key="pixels_light").set_value("Red").run()
    assert any(re.search(r"\*\*\(\d+, 0, 0\)\*\*", text.value) for text in app.markdown)


def test_the_label_of_a_path_lights_after_the_guess():
    app = part("Folders")
    assert not app.code
    app.segmented_control(key="pixels_split").set_value("testing")
    app.segmented_control(key="pixels_folder").set_value(7).run()
    assert not any("the label**" in text.value for text in app.markdown)
    app.segmented_control(key="pixels_folder_guess").set_value("In the folder's name").run()
    data = current_data()
    tree = next(text.value for text in app.markdown if "the label**" in text.value)
    assert f":orange-background[`7/` {counts(data)['testing'][7]:,} **the label**]" in tree
    assert f"{len(data.images):,}" in tree
    root = "mnist_png" if data.source.name == "mnist" else "digits_png"
    assert app.code[0].value.startswith(f"parent_label('{root}/testing/7/")
    assert "# '7'" in app.code[0].value


def test_bytes_go_round_and_floats_do_not():
    app = part("Bytes to floats")
    assert not app.code
    app.segmented_control(key="pixels_byte_guess").set_value("44").run()
    assert "# 44\n" in app.code[0].value
    assert app.code[0].value.endswith("# 300.0")
    app.slider(key="pixels_a").set_value(10)
    app.slider(key="pixels_b").set_value(30)
    app.segmented_control(key="pixels_sign").set_value("-").run()
    assert "# 236\n" in app.code[0].value
    assert any("-20 does not fit into a byte" in text.value for text in app.markdown)
    assert "RuntimeError: mean()" in app.code[1].value
    app.toggle(key="pixels_divided").set_value(True).run()
    assert "0 to 1" in app.get("echarts_chart")[0].proto.alt


@pytest.mark.parametrize(
    "query",
    [
        {"pixels_part": "Nothing"},
        {"pixels_part": "A wall of digits", "pixels_wall": "77", "pixels_wall_count": "61", "pixels_wall_number": "-1"},
        {"pixels_part": "Grey and colour", "pixels_light": "Pink", "pixels_colour_guess": "9", "pixels_image": "1e9"},
        {"pixels_part": "Folders", "pixels_split": "../", "pixels_folder": "x", "pixels_file": "../../etc/passwd"},
        {"pixels_part": "Bytes to floats", "pixels_byte_guess": "44", "pixels_a": "999", "pixels_sign": "*"},
    ],
)
def test_nonsense_in_the_link_of_a_part_still_shows_it(query):
    app = pixels(**query)
    assert not app.error
    assert app.title[0].value == "Pixels"


def wall(app) -> dict:
    component = next(each for each in app.get("bidi_component") if "sprite" in each.proto.json)
    return json.loads(component.proto.json)
