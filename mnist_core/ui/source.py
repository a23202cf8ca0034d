"""Show the code that ran: the source on the screen is the source that was called, never a copy of it."""

import inspect
from collections.abc import Callable
from typing import Any

import streamlit as st


def show_source(*functions: Callable[..., Any], title: str = "The code that ran") -> None:
    """Put the source of core functions into an expander.

    Parameters
    ----------
    *functions : functions or classes of `mnist_core`, in the order in which they ran
    title : label of the expander
    """
    with st.expander(title, icon=":material/code:"):
        for function in functions:
            original = inspect.unwrap(function)
            st.caption(f"`{original.__module__}.{original.__qualname__}`")
            st.code(inspect.getsource(original), language="python")
