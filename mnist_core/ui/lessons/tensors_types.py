"""Tensors, the part on types: bytes that overflow, two types in one calculation, jagged lists, and NumPy."""

import pandas as pd
import streamlit as st

from mnist_core.chapter import dtypes
from mnist_core.chapter.dtypes import ListError
from mnist_core.ui.badges import badges
from mnist_core.ui.lab import BOUND
from mnist_core.ui.lesson import ask
from mnist_core.ui.source import show_source


def types() -> None:
    """The kinds of numbers, and what a list must be."""
    st.markdown(
        "All numbers of a tensor are of **one kind**, its `dtype`. A pixel of a file is a `uint8`: a whole number from "
        "0 to 255, which takes one byte. A model calculates with `float32`: numbers with a point, four bytes each. "
        "`int64` is a whole number in eight bytes, and `bool` is True or False."
    )
    right = dtypes.byte_arithmetic(3, 5)["a - b"][0]
    if ask(
        "Two pixels of type `uint8`: what is 3 - 5?",
        ["-2", "0", "254"],
        right=str(right),
        because="Below 0 a `uint8` goes on from 255 downwards: 3 - 5 + 256 = 254. PyTorch does not complain.",
        key="tensors_overflow",
    ):
        a, b = _bytes()
        sign = _promotion()
        listed = _jagged()
        _numpy()
        show_source(
            dtypes.byte_arithmetic,
            dtypes.promoted,
            dtypes.promotion_table,
            dtypes.attempt,
            calls=f"""
# Kinds of numbers
for what, (byte, true) in byte_arithmetic({a}, {b}).items():
    print(f"{{what}} as uint8: {{byte}}; it should be {{true}}")
for right, types in promotion_table("{sign}").items():
    print(right, "on the right gives", types)
{listed}
""",
        )


def _bytes() -> tuple[int, int]:
    """Sum and difference of two bytes; the two."""
    left, right = st.columns(2, gap="large")
    a = left.slider("a, a uint8", 0, 255, 3, key="tensors_byte_a", **BOUND)
    b = right.slider("b, a uint8", 0, 255, 5, key="tensors_byte_b", **BOUND)
    results = dtypes.byte_arithmetic(a, b)
    for column, (sum_or_difference, (byte, true)) in zip((left, right), results.items(), strict=True):
        wrong = "" if byte == true else f" It should be **{true}**."
        column.markdown(f"`{sum_or_difference}` as uint8: **{byte}**.{wrong}")
    st.markdown(
        "So the chapter makes floats first: `.float()/255`. The difference of two pictures, for example, has negative "
        "numbers, and a `uint8` has none."
    )
    return a, b


def _promotion() -> str:
    """The dtype of each pair; the sign between them."""
    st.markdown(
        "**Two types in one line.** Then PyTorch chooses a type that can hold both. This is **type promotion**. "
        "Bool gives way to uint8, uint8 to int64, and every whole number to a float. A true division `/` always gives "
        "floats, and a comparison gives bools."
    )
    sign = st.segmented_control(
        "Operation", list(dtypes.OPERATORS), default="+", required=True, key="tensors_sign", **BOUND
    )
    table = pd.DataFrame(dtypes.promotion_table(sign))
    table.index = [f"{left} {sign}" for left in table.index]
    st.table(table, width="content")
    st.caption(
        "Each cell is the type of a real result: the row on the left of the sign, the column on its right. A plain "
        "Python number bends to the tensor where it can: the number 2 plus a uint8 stays a uint8."
    )
    return sign


def _jagged() -> str:
    """A list to change, and what becomes of it; code that tells the same."""
    st.markdown(
        "**From a list to a tensor.** Every row must be equally long. Change the list: make a row longer or shorter."
    )
    text = st.text_input(
        "torch.tensor( ... )", "[[1, 2, 3], [4, 5]]", key="tensors_list", max_chars=dtypes.MAX_TEXT, width=420, **BOUND
    )
    try:
        found = dtypes.attempt(text)
    except ListError as error:
        st.warning(str(error), icon=":material/info:")
        return ""
    code = f"found = attempt({text!r})\n"
    if found.tensor is not None:
        badges(found.tensor, name="torch.tensor( ... )")
        st.markdown("It works: all rows are equally long.")
        return code + "print(tuple(found.tensor.shape), found.tensor.dtype)"
    st.warning(found.words, icon=":material/error:")
    for library, message in (("PyTorch", found.message), ("NumPy", found.numpy_message)):
        if message:
            st.markdown(f"{library} says:")
            st.code(message, language=None, wrap_lines=True)
    return code + "print(found.words, found.message, found.numpy_message)"


def _numpy() -> None:
    st.markdown(
        "**NumPy or PyTorch?** NumPy is the older library for tables of numbers in Python. Most lines are the same in "
        "both. Here `t` is `[[1, 2, 3], [4, 5, 6]]`, once as a NumPy array and once as a tensor."
    )
    rows = dtypes.numpy_beside_torch()
    table = pd.DataFrame([row[1:] for row in rows], index=[row[0] for row in rows], columns=["NumPy array", "Tensor"])
    st.table(table)
    st.markdown(
        "Two differences matter: a tensor can be on a GPU, and it can have a **gradient**, which the page Gradients "
        "explains. Without these two a model would learn slowly, or not at all. "
        "In return a tensor holds numbers only, and is never jagged."
    )
