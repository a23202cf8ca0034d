"""Tensors, through Home.py: each part before and after its question, typed lines and shapes, nonsense in the link."""

import json

import pytest
import torch
from streamlit.testing.v1 import AppTest

from mnist_core.chapter.stacking import count_of
from mnist_core.concepts import CONCEPTS
from mnist_core.data import load
from mnist_core.data.background import status
from tests.conftest import ROOT

HIDDEN = "Choose an answer, and the result appears."
ANSWERS = {
    "Rank and shape": {"tensors_comprehension": "[2, 6]", "tensors_stack": "(n, 28, 28)"},
    "Slices": {"tensors_first_slice": "(2, 8)"},
    "View": {"tensors_minus_one": "(64, 784)"},
    "Types": {"tensors_overflow": "254"},
    "Speed": {"tensors_faster": "About 100 times"},
    "Broadcasting": {"tensors_mean": "All images, less the mean"},
    "Matrix product": {"tensors_dot": "32"},
}


def open_part(title: str, **link: str) -> AppTest:
    """A part with its questions answered, and more in the link."""
    app = AppTest.from_file(ROOT / "Home.py", default_timeout=120).run().switch_page("pages/2_tensors.py")
    app.query_params.update({"tensors_part": title, **ANSWERS[title], **link})
    app.run()
    assert not app.exception, app.exception
    return app


def said(app: AppTest) -> str:
    every = [*app.markdown, *app.caption, *app.info, *app.warning, *app.error, *app.success, *app.code]
    return "\n".join(text.value for text in every)


def handed(app: AppTest) -> list[dict]:
    """What is handed to each component."""
    return [json.loads(element.proto.json) for element in app.get("bidi_component") if element.proto.json]


def grids(app: AppTest) -> list[list[dict]]:
    """The grids of each tensor grid."""
    return [data["grids"] for data in handed(app) if "grids" in data]


def numbers(grid: dict) -> list[list[str]]:
    assert len(grid["cells"]) == 1
    return grid["cells"][0]


def press(app: AppTest, label: str) -> AppTest:
    next(button for button in app.button if button.label == label).click().run()
    assert not app.exception
    return app


@pytest.mark.parametrize("title", ANSWERS)
def test_every_part_hides_its_result_until_its_question_is_answered(title):
    app = AppTest.from_file(ROOT / "Home.py", default_timeout=120).run().switch_page("pages/2_tensors.py")
    app.query_params["tensors_part"] = title
    app.run()
    assert not app.exception
    for key, option in ANSWERS[title].items():
        assert HIDDEN in said(app)
        app.segmented_control(key=key).set_value(option).run()
        assert not app.exception
        assert "**Not quite" not in said(app) or title == "Speed"  # there the machine decides
    assert HIDDEN not in said(app)


def test_peeling_takes_an_axis_with_each_index():
    data = load(status().name)
    row = str(data.images[data.train][data.labels[data.train] == 3][2, 9].tolist())
    shapes = {
        "Stack": (f"rank 3] :blue-badge[shape ({count_of(data, 3)}, 28, 28)]", ""),
        "Image": ("rank 2] :blue-badge[shape (28, 28)]", "[2]"),
        "Row": ("rank 1] :blue-badge[shape (28,)]", "[2][9]"),
        "Number": ("rank 0] :blue-badge[shape ()]", "[2][9][15]"),
    }
    for level, (badge, index) in shapes.items():
        app = open_part(
            "Rank and shape", tensors_level=level, tensors_picture="2", tensors_row="9", tensors_column="15"
        )
        assert badge in said(app)
        assert f"`stacked_threes{index}`" in said(app)
        if level == "Row":
            assert str([int(number) for number in numbers(grids(app)[0][0])[0]]) == row
    assert app.metric[0].value == row.strip("[]").split(", ")[15]


def test_a_typed_slice_lights_its_cells_and_another_tensor_begins_with_a_line_that_fits():
    app = open_part("Slices", tensors_slice="t[1:3, -1]")
    (cells,), (taken,) = grids(app)[:2]
    assert [place for place, look in enumerate(cells["looks"]) if look == "lit"] == [15, 23]
    assert numbers(taken) == [["15", "23"]]
    assert "The rows 1 and 2." in said(app)
    press(app, "`t[4]`")
    assert numbers(grids(app)[1][0]) == [[str(number) for number in range(32, 40)]]
    app.segmented_control(key="tensors_which").set_value("Two tables").run()
    assert app.text_input(key="tensors_slice").value == "t[1]"
    assert len(grids(app)[0][0]["cells"]) == 2


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("t[9]", "There is no row 9"),
        ("t[1, 2, 3]", "this tensor has 2 axes"),
        ("import os", "not complete Python"),
        ("t[5:2]", "The result is empty"),
    ],
)
def test_a_line_that_takes_nothing_is_explained(line, words):
    assert words in said(open_part("Slices", tensors_slice=line))


def test_the_exercise_tells_half_way_from_solved():
    app = open_part("Slices")
    field = app.text_input(key="tensors_exercise")
    field.set_value("t[1:, 1:]").run()
    assert "Now double them" in said(app)
    assert not app.success
    field.set_value("(t * 2)[1:, 1:]").run()
    assert "Solved" in app.success[0].value
    assert numbers(grids(app)[-1][1]) == [["10", "12"], ["16", "18"]]


def test_view_shows_the_inferred_size_and_explains_what_does_not_divide():
    app = open_part("View", tensors_new_shape="2, -1")
    assert "shape (2, 6)" in said(app)
    press(app, "`-1, 5`")
    assert "leaves a remainder of 2" in app.warning[0].value
    app.segmented_control(key="tensors_operation").set_value("t.T").run()
    assert numbers(grids(app)[-1][1])[0] == ["1", "5", "9"]


def test_types_shows_torchs_own_error_for_a_jagged_list_and_the_promotion_of_the_sign():
    app = open_part("Types", tensors_sign="/")
    assert set(app.table[0].value.to_numpy().flatten()) == {"float32"}
    with pytest.raises(ValueError, match="expected") as error:
        torch.tensor([[1, 2, 3], [4, 5]])
    assert str(error.value) in said(app)
    app.text_input(key="tensors_list").set_value("[[1, 2, 3], [4, 5, 6]]").run()
    assert "shape (2, 3)" in said(app)
    app.text_input(key="tensors_list").set_value("hello").run()
    assert "not a list of numbers" in app.warning[0].value
    assert "It should be **-2**" in said(app)


def test_speed_shows_three_times_and_their_ratio():
    app = open_part("Speed")
    times = [float(text.replace(",", "")) for text in app.table[0].value["microseconds"]]
    assert times[0] > times[1] > times[2]
    assert "times** as fast" in said(app)
    press(app, "Measure again")


def test_broadcasting_goes_step_by_step_to_the_sum():
    app = open_part("Broadcasting", tensors_a="3, 1", tensors_b="1, 4")
    assert len(grids(app)) == 1  # no alignment yet, and no result
    for _ in range(4):
        press(app, "Next step")
    result = grids(app)[-1][-1]
    assert result["name"] == "a + b"
    expected = torch.arange(1, 4)[:, None] + 10 * torch.arange(1, 5)
    assert [[int(text) for text in row] for row in numbers(result)] == expected.tolist()
    assert grids(app)[-1][0]["looks"].count("ghost") == 9
    press(app, "Next step")
    assert app.slider(key="tensors_step4").value == 4


def test_broadcasting_explains_what_does_not_fit_and_a_new_shape_begins_again():
    app = press(open_part("Broadcasting"), "No fit")
    for _ in range(3):
        press(app, "Next step")
    assert "The last axis: a has 4 and b has 3" in app.warning[0].value
    with pytest.raises(RuntimeError) as error:
        torch.zeros(3, 4) + torch.zeros(3)
    assert str(error.value) in said(app)
    assert "`b.unsqueeze(1)`" in said(app)
    app.text_input(key="tensors_b").set_value("1, 1, 4").run()
    assert app.slider(key="tensors_step5").value == 0
    press(app, "Next step")
    press(app, "A row")
    assert app.slider(key="tensors_step4").value == 0


@pytest.mark.parametrize("shapes", [("60, 60", "60"), ("2, 2, 2, 2", "2"), ("1000000, 1000", "1000")])
def test_shapes_too_large_to_draw_are_still_compared(shapes):
    app = open_part("Broadcasting", tensors_a=shapes[0], tensors_b=shapes[1], tensors_step4="3")
    assert "too large to show" in said(app)


def test_matrix_product_writes_out_each_number():
    app = open_part("Matrix product", tensors_n="2", tensors_k="4", tensors_m="3")
    data = next(data for data in handed(app) if "links" in data)
    assert data["links"][4] == {"says": "5*2 + 6*5 + 7*8 + 8*11 = 184", "lit": [[4, 5, 6, 7], [1, 4, 7, 10]]}
    assert data["grids"][2]["cells"][0][1][1] == "184"
    table = app.table[0].value
    assert (table["One by one"] == table["All at once, with @"]).all()


@pytest.mark.parametrize(
    ("button", "words"),
    [
        ("728 weights", "Is 728 a slip"),
        ("768 in view", "Is 768 a slip"),
        ("No view", "a row on the left is 28 long"),
        ("Weights of rank 1", "by accident"),
        ("Ten biases, one output", "PyTorch does not complain"),
    ],
)
def test_the_tracer_explains_the_mistakes_that_people_make(button, words):
    app = open_part("Matrix product")
    count = len(load(status().name).select("37").train)
    assert f"shape ({count}, 1)" in said(app)
    press(app, button)
    assert words in said(app)
    press(app, "As in the chapter")
    assert not app.warning
    assert words not in said(app)


@pytest.mark.parametrize("title", ANSWERS)
def test_nonsense_in_the_link_falls_back(title):
    nonsense = dict.fromkeys(
        ["tensors_level", "tensors_which", "tensors_operation", "tensors_sign", "tensors_picture", "tensors_row"], "x"
    ) | dict.fromkeys(["tensors_step4", "tensors_n", "tensors_byte_a", "tensors_pictures", "tensors_seed"], "1e99")
    app = open_part(title, **nonsense, tensors_a="(((", tensors_weights="-3", tensors_slice="\\", tensors_list="]")
    assert HIDDEN not in said(app)


def test_an_unknown_part_opens_the_first():
    app = AppTest.from_file(ROOT / "Home.py", default_timeout=60).run().switch_page("pages/2_tensors.py")
    app.query_params["tensors_part"] = "Nonsense"
    app.run()
    assert not app.exception
    assert "list comprehension" in said(app)


def test_every_word_of_the_page_is_taught_in_one_of_its_parts():
    taught = "\n".join(said(open_part(title)) for title in ANSWERS).replace("*", "").lower()
    words = {"numpy v tensor": "numpy or pytorch", "row, column access": "a column", "`unsqueeze`/`squeeze`": "squeeze"}
    words |= {"`view`/`-1`": "-1 means", "slicing": "slice", "matrix product `@`": "matrix product"}
    for word in CONCEPTS["2_tensors"]:
        assert words.get(word.lower(), word.lower()) in taught, word
