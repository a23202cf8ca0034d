"""The plot with handles seen from Python: where the handles are, what is handed to the browser, what is refused."""

import ast
import json
import math

import pytest
from streamlit.testing.v1 import AppTest


def script():
    import streamlit as st

    from mnist_core.ui.drag_plot import Handle, Line, Points, drag_plot, handle_positions, place_handles

    curve = Line("square", [-2, -1, 0, 1, 2], [4, 1, 0, 1, 4])
    handles = [
        Handle("On the line", 1.0, along=curve),
        Handle("Level", 0.5, 2.0, along="vertical"),
        Handle("Free", -1.0, 3.0),
    ]
    st.button("Place", on_click=place_handles, args=("plot", [(-2, 0), (9, 9), (9, -9)]))
    st.button("Start", on_click=place_handles, args=("plot", None))
    st.text(handle_positions("plot", handles))
    positions = drag_plot(
        "plot",
        lines=[Line("gap", [0, 1], [float("nan"), 1 / 3], dashed=True), curve],
        points=[Points("dots", [0], [0])],
        handles=handles,
        x_range=(-2, 2),
        y_range=(0, 4),
        alt="A square",
    )
    st.text(positions)


START = [(1, 1), (0.5, 2), (-1, 3)]
MOVED = [[1.5, 0], [0.5, 1], [0, 0.25]]


@pytest.fixture
def app():
    return AppTest.from_function(script).run()


def positions(app):
    """The positions before and after the plot, which are the same."""
    before, after = (ast.literal_eval(text.value) for text in app.text)
    assert before == after
    return after


def handed_over(app):
    return json.loads(app.get("bidi_component")[0].proto.json)


def send(app, **message):
    app.session_state["plot"] = {"moved": {"nonce": 0, "seq": 1, "positions": MOVED} | message}
    return app.run()


def test_handles_begin_where_they_are_told_and_those_along_a_line_on_it(app):
    assert positions(app) == START
    data = handed_over(app)
    assert [handle["along"] for handle in data["handles"]] == [1, "vertical", "free"]
    assert data["lines"][0]["ys"] == [None, 0.333333]
    assert data["alt"] == "A square"


def test_a_move_counts_and_outlives_the_component(app):
    send(app)
    assert positions(app) == [(1.5, 2.5), (0.5, 1), (0, 0.25)]  # halfway between the line's points at 1 and 2
    del app.session_state["plot"]  # as a change of page does
    app.run()
    assert positions(app) == [(1.5, 2.5), (0.5, 1), (0, 0.25)]
    assert handed_over(app)["seq"] == 1


def test_placed_handles_stay_in_the_plot_and_an_older_move_is_passed_over(app):
    send(app)
    app.button[0].click().run()
    assert positions(app) == [(-2, 4), (0.5, 4), (2, 0)]
    assert handed_over(app)["nonce"] == 1
    assert positions(send(app)) == [(-2, 4), (0.5, 4), (2, 0)]
    assert positions(send(app, nonce=1, seq=2)) == [(1.5, 2.5), (0.5, 1), (0, 0.25)]
    app.button[1].click().run()
    assert positions(app) == START


@pytest.mark.parametrize(
    "message",
    [
        {"positions": MOVED[:2]},
        {"positions": "everywhere"},
        {"positions": [[1, 2, 3], *MOVED[1:]]},
        {"positions": [["1", "2"], *MOVED[1:]]},
        {"positions": [[True, False], *MOVED[1:]]},
        {"positions": [[math.nan, 0], *MOVED[1:]]},
        {"positions": [[math.inf, 0], *MOVED[1:]]},
        {"nonce": 7},
        {"seq": "1"},
    ],
)
def test_what_is_no_move_is_passed_over(app, message):
    assert positions(send(app, **message)) == START


def test_a_move_out_of_the_plot_ends_at_its_edge(app):
    assert positions(send(app, positions=[[99, 0], [-5, -5], [1e300, -1e300]])) == [(2, 4), (0.5, 0), (2, 0)]
