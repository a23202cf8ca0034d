"""Tensors, the part on view: an image becomes a line, and other ways to shape the same numbers anew."""

import streamlit as st
from torch import Tensor

from mnist_core.chapter import reshaping, shapes, tensors
from mnist_core.chapter.shapes import ShapeError
from mnist_core.ui.badges import badges
from mnist_core.ui.data import current_data
from mnist_core.ui.lab import BOUND
from mnist_core.ui.lesson import ask
from mnist_core.ui.prediction import show_digit
from mnist_core.ui.source import show_source
from mnist_core.ui.tensor_grid import Link, number_grid, tensor_grid

HINT = "Point at a number on the right, tap it, or use the Tab and arrow keys, and see where it was."


def view() -> None:
    """One image unrolled, -1, and the other ways."""
    st.markdown(
        "The chapter's first model wants each picture as **one row of numbers**, not as a table. `view` gives the same "
        "numbers another shape. It moves nothing in memory; it only counts differently."
    )
    rows = _unroll()
    shape = shapes.view_shape((64, 28, 28), (-1, 28 * 28))
    if ask(
        "64 pictures have the shape (64, 28, 28). Which shape has `x.view(-1, 28*28)`?",
        ["(64, 784)", "(784, 64)", "(-1, 784)"],
        right=str(shape),
        because=f"-1 means: as long as it must be. There are 64 * 28 * 28 = {64 * 784:,} numbers, and {64 * 784:,} / "
        "784 = 64. So each row is one picture.",
        key="tensors_minus_one",
    ):
        tried = _try_view()
        line = _operations()
        show_source(
            tensors.image_tensor,
            tensors.first_number,
            reshaping.place_in_line,
            reshaping.moved,
            shapes.view_shape,
            shapes.counting,
            calls=f"""
# The same numbers in another shape
im3_t = image_tensor(data, 3, first_number(data))
print(tuple(im3_t.shape), "becomes", tuple(im3_t.view(28 * 28).shape))
print("row {max(rows - 1, 0)} begins at place", place_in_line({max(rows - 1, 0)}, 0))
print("64 pictures become", view_shape((64, 28, 28), (-1, 28 * 28)))
{tried}t = counting({reshaping.OPERATIONS[line][0]})
values, places = moved(lambda t: {line}, t)
print(tuple(values.shape), values, "were at", places)
""",
        )


def _unroll() -> int:
    """A picture that goes into a line, row by row; how many rows have."""
    data = current_data()
    image = tensors.image_tensor(data, 3, tensors.first_number(data))
    rows = st.slider("Rows in the line", 0, 28, 10, key="tensors_unrolled", **BOUND)
    picture, line = reshaping.unroll_pictures(image, rows=rows)
    left, right = st.columns([1, 3], gap="medium", vertical_alignment="center")
    with left:
        show_digit(
            picture, alt=f"A handwritten 3; its first {rows} rows are pale because they lie in the line", side=168
        )
    with right:
        show_digit(line, alt=f"A line of 784 pixels; {rows * 28} of them have come from the picture", side=784)
        last = max(rows - 1, 0)
        st.markdown(
            f"{rows} * 28 = {rows * 28} of the 784 numbers are in the line. Row {last} of the picture begins at place "
            f"{last} * 28 = {reshaping.place_in_line(last, 0)} of the line."
        )
    badges(image, name="im3_t")
    badges(image.view(28 * 28), name="im3_t.view(28*28)")
    return rows


def _try_view() -> str:
    """A tensor in a shape to type; code for it, if it fits."""
    st.markdown("**Try it.** `t` has 12 numbers. Which shapes can they have? One size may be -1.")
    t = shapes.counting((3, 4))
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        typed = st.text_input("t.view( ... )", "-1, 6", key="tensors_new_shape", max_chars=40, width=200, **BOUND)
        for example in ("-1", "2, -1", "2, 2, 3", "-1, 5", "-1, -1"):
            choice = {"tensors_new_shape": example}
            st.button(f"`{example}`", on_click=st.session_state.update, args=(choice,), key=f"tensors_view_{example}")
    try:
        new = shapes.parse_shape(typed, infer=True)
        values, places = reshaping.viewed(t, new)
    except ShapeError as error:
        st.warning(str(error), icon=":material/info:")
        return ""
    line = f"t.view({', '.join(map(str, new))})"
    badges(values, name=line)
    if values.ndim > 3:
        st.caption("More than three axes cannot be drawn here, but PyTorch takes them.")
    else:
        _before_and_after(t, values, places, name="after view", key="tensors_viewed")
    return f"t = counting({tuple(t.shape)})\nt = {line}\nprint(tuple(t.shape), t)\n"


def _operations() -> str:
    """Three more ways to shape a tensor anew; the one that is chosen."""
    st.markdown(
        "**Three more ways.** `unsqueeze` adds an axis of size 1, for a model that wants one more axis than you have. "
        "`squeeze` takes such axes away. `.T` turns a table over."
    )
    line = st.segmented_control(
        "What to do with t",
        list(reshaping.OPERATIONS),
        default="t.unsqueeze(0)",
        required=True,
        key="tensors_operation",
        **BOUND,
    )
    shape, operation, words = reshaping.OPERATIONS[line]
    t = shapes.counting(shape)
    values, places = reshaping.moved(operation, t)
    st.markdown(words)
    badges(values, name=line)
    _before_and_after(t, values, places, name=line, key="tensors_operated")
    if line in ("t.T", "t.view(4, 3)"):
        st.markdown("`t.T` and `t.view(4, 3)` have the same shape, but the numbers stand in different places.")
    return line


def _before_and_after(t: Tensor, values: Tensor, places: Tensor, *, name: str, key: str) -> None:
    """Two grids; a number of the second lights where it was in the first."""
    links = [
        Link(f"Number {after} in the order of the rows; before it was number {place}.", [[place]])
        for after, place in enumerate(places.flatten().tolist())
    ]
    tensor_grid(
        [number_grid(t, name="t"), number_grid(values, name=name)], key=key, signs=["→"], links=links, hint=HINT
    )
