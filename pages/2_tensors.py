"""Tensors: rank and shape, and what slicing, view, types, broadcasting and the matrix product make of them."""

import streamlit as st

from mnist_core.ui.lesson import show_parts, wrap_up
from mnist_core.ui.lessons.tensors_broadcasting import broadcasting
from mnist_core.ui.lessons.tensors_product import matrix_product
from mnist_core.ui.lessons.tensors_slices import slices

st.title("Tensors")
st.markdown(
    "One picture is a table of numbers. A data set is thousands of such tables. A **tensor** holds them all in one "
    "object: it is numbers in rows, in tables, or in stacks of tables. **How do you find, cut, reshape and multiply "
    "thousands of pictures in one line?**"
)

show_parts("tensors", {"Slices": slices, "Broadcasting": broadcasting, "Matrix product": matrix_product})

wrap_up("2_tensors")
st.page_link("pages/5_descent.py", label="Next: how a machine learns", icon=":material/arrow_forward:")
