"""Tensors, the part on the matrix product: one number of it, why a model is one, and the way of a shape through it."""

import pandas as pd
import streamlit as st
import torch

from mnist_core.chapter import products, shapes
from mnist_core.chapter.loop import linear1
from mnist_core.chapter.shapes import ShapeError, Step
from mnist_core.chapter.stacking import count_of
from mnist_core.ui.badges import badges
from mnist_core.ui.data import current_data
from mnist_core.ui.lab import BOUND
from mnist_core.ui.lesson import ask
from mnist_core.ui.source import show_source
from mnist_core.ui.tensor_grid import Link, number_grid, tensor_grid

CHAPTER = {"tensors_view": "-1, 28*28", "tensors_weights": "784, 1", "tensors_bias": "1"}
PREDICTED = 4  # images
NONE = "none"  # an empty field would be lost from the link
PRESETS = {
    "As in the chapter": {},
    "728 weights": {"tensors_weights": "728, 1"},
    "768 in view": {"tensors_view": "-1, 768"},
    "No view": {"tensors_view": NONE},
    "Weights of rank 1": {"tensors_weights": "784"},
    "Ten outputs": {"tensors_weights": "784, 10", "tensors_bias": "10"},
    "Ten biases, one output": {"tensors_bias": "10"},
}


def matrix_product() -> None:
    """A question, the product cell by cell, the linear model, and the shape tracer."""
    st.markdown(
        "The **matrix product** `a @ b` takes a row of `a` and a column of `b`. It multiplies them number by number, "
        "and adds the products up. That gives one number. It does this for each row with each column."
    )
    row, column = torch.tensor([1, 2, 3]), torch.tensor([4, 5, 6])
    if ask(
        f"A row {row.tolist()} meets a column {column.tolist()}. What comes out?",
        ["[4, 10, 18]", "32", "90"],
        right=str((row @ column).item()),
        because=f"`{products.terms(row[None], column[:, None])[0]}`. Three products, one sum.",
        key="tensors_dot",
    ):
        n, k, m = _cells()
        seed = _model()
        show_source(
            products.terms,
            products.one_prediction,
            linear1,
            products.two_ways,
            shapes.counting,
            calls=f"""
# The matrix product, and a model that is one
a, b = counting({(n, k)}), counting({(k, m)})
print(a @ b)
for each in terms(a, b):
    print(each)
one_by_one, at_once, bias = two_ways(data, count={PREDICTED}, seed={seed})
for one, other in zip(one_by_one.flatten(), at_once.flatten()):
    print(f"one by one {{one:.3f}}, with @ {{other:.3f}}")
print(f"bias {{bias.item():.3f}}")
""",
        )
        _tracer()


def _cells() -> tuple[int, int, int]:
    """Two small tensors and their product; rows of a, columns of a, columns of b."""
    left, middle, right = st.columns(3, gap="medium")
    n = left.slider("Rows of a", 1, 4, 2, key="tensors_n", **BOUND)
    k = middle.slider("Columns of a, and rows of b", 1, 4, 3, key="tensors_k", **BOUND)
    m = right.slider("Columns of b", 1, 4, 2, key="tensors_m", **BOUND)
    a, b = shapes.counting((n, k)), shapes.counting((k, m))
    links = [Link(says, lit) for says, lit in zip(products.terms(a, b), products.sources(n, k, m), strict=True)]
    tensor_grid(
        [number_grid(a, name="a"), number_grid(b, name="b"), number_grid(a @ b, name="a @ b")],
        key="tensors_product",
        signs=["@", "="],
        links=links,
        hint="Point at a number of a @ b, tap it, or use the Tab and arrow keys.",
    )
    badges(a @ b, name="a @ b")
    st.markdown(
        f"The two inner sizes must be equal: ({n}, **{k}**) @ (**{k}**, {m}). They go away, and the outer sizes stay: "
        f"({n}, {m})."
    )
    return n, k, m


def _model() -> int:
    """Why pixels times weights, added up, is a matrix product; and what the bias is for; the seed of the weights."""
    st.markdown(
        "**Why does a model need this?** The chapter's first model has one *weight* for each pixel: a number that says "
        "how much ink there should count. It multiplies each pixel by its weight and adds everything up. That is a row "
        "times a column. With `@`, one line does it for all images. The *bias* is one more number, added at the end. "
        "Let `x` hold the images, one in each row."
    )
    st.markdown("One image:")
    st.code("(x[0] * weights.T).sum() + bias", wrap_lines=True)
    st.markdown("All images:")
    st.code("x @ weights + bias", wrap_lines=True)
    st.markdown("Nothing is learned yet, so the weights are random. Another *seed* gives other random numbers.")
    seed = st.number_input("Seed of the random weights", 0, 999, 0, key="tensors_seed", width=240, **BOUND)
    one_by_one, at_once, bias = products.two_ways(current_data(), count=PREDICTED, seed=seed)
    names = ["an empty image", *(f"image {number}" for number in range(PREDICTED))]
    table = {"One by one": one_by_one.flatten().tolist(), "All at once, with @": at_once.flatten().tolist()}
    st.table(pd.DataFrame(table, index=names).map("{:.3f}".format))
    st.markdown(
        f"The empty image has only zeros. Zero times any weight is 0. So without the **bias** the model could only say "
        f"0 to it. With the bias it says {bias.item():.3f}. A line `y = w*x + b` needs its `b` for the same reason."
    )
    return seed


def _tracer() -> None:
    """The shape of a batch on its way through the model, with the learner's own shapes."""
    count = sum(count_of(current_data(), digit) for digit in (3, 7))
    st.markdown(
        f"**Follow the shape.** All {count:,} training images of 3 and 7 go through the model. Change a shape, or "
        f"choose a mistake that people really make. Write `{NONE}` in the field of `view` to do without it."
    )
    with st.container(horizontal=True, gap="small"):
        for label, change in PRESETS.items():
            choice = CHAPTER | change
            st.button(label, on_click=st.session_state.update, args=(choice,), key=f"tensors_preset_{label}")
    labels = {"tensors_view": "x.view( ... )", "tensors_weights": "Shape of weights", "tensors_bias": "Shape of bias"}
    typed = [
        column.text_input(labels[key], CHAPTER[key], key=key, max_chars=shapes.MAX_TEXT, **BOUND)
        for column, key in zip(st.columns(3), CHAPTER, strict=True)
    ]
    try:
        view = None if typed[0].strip() == NONE else shapes.parse_shape(typed[0], infer=True)
        weights, bias = map(shapes.parse_shape, typed[1:])
        steps = shapes.trace((count, 28, 28), view, weights, bias)
    except ShapeError as error:
        st.warning(str(error), icon=":material/info:")
        return
    for step in steps:
        _show(step)
    viewed = "" if view is None else f"    shape = view_shape(shape, {view})\n    print('x', shape)\n"
    show_source(
        count_of,
        shapes.view_shape,
        shapes.matmul_shape,
        shapes.broadcast,
        shapes.ShapeError,
        calls=f"""
# The way of a shape through a model
shape = (count_of(data, 3) + count_of(data, 7), 28, 28)
print("x", shape)
try:
{viewed}    shape = matmul_shape(shape, {weights})
    print("x @ weights", shape)
    print("x @ weights + bias", broadcast(shape, {bias}).shape)
except ShapeError as error:
    print(error)
""",
    )


def _show(step: Step) -> None:
    badge = f":blue-badge[shape {step.shape}]" if step.shape is not None else ":red-badge[error]"
    with st.container(gap="xsmall"):
        st.markdown(f"`{step.code}` {badge}")
        if step.shape is None:
            st.warning(step.words, icon=":material/error:")
        elif step.warning:
            st.warning(step.words, icon=":material/warning:")
        else:
            st.caption(step.words)
