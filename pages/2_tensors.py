"""Tensors: rank and shape, and what slicing, view, types, broadcasting and the matrix product make of them."""

import streamlit as st

from mnist_core.ui.experiment import warm_up
from mnist_core.ui.lesson import show_parts
from mnist_core.ui.lessons.tensors_broadcasting import broadcasting
from mnist_core.ui.lessons.tensors_product import matrix_product
from mnist_core.ui.lessons.tensors_rank import rank_and_shape
from mnist_core.ui.lessons.tensors_slices import slices
from mnist_core.ui.lessons.tensors_speed import speeds
from mnist_core.ui.lessons.tensors_types import types
from mnist_core.ui.lessons.tensors_view import view

warm_up()

st.title("Tensors")
st.markdown(
    "One picture is a table of numbers. A data set is thousands of such tables. A **tensor** holds them all in one "
    "object: it is numbers in rows, in tables, or in stacks of tables. **How do you find, cut, reshape and multiply "
    "thousands of pictures in one line?**"
)

show_parts(
    "2_tensors",
    {
        "Rank and shape": rank_and_shape,
        "Slices": slices,
        "View": view,
        "Types": types,
        "Speed": speeds,
        "Broadcasting": broadcasting,
        "Matrix product": matrix_product,
    },
)
