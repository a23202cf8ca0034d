"""Show the code that ran: the source on the screen is the source that was called, never a copy of it."""

import ast
import functools
import inspect
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import streamlit as st

from mnist_core.data import status
from mnist_core.parsing import LOCK, parse


def show_source(
    *functions: Callable[..., Any] | str, calls: str = "", title: str = "The code that ran", expanded: bool = False
) -> None:
    """Put the source of core functions into an expander, with the calls that the page made, to take away.

    Parameters
    ----------
    *functions : functions or classes of `mnist_core`, in the order in which they ran; a constant, or one that ran in a
        worker and whose module this process need not import, by its name, such as
        "mnist_core.chapter.losses:mnist_loss"
    calls : code that calls them with what is set on the page and prints numbers that the page shows; see
        `lesson_notebook`. It can be taken away as a notebook
    title : label of the expander
    expanded : whether it is open at first
    """
    sources = [_read(function) if isinstance(function, str) else _inspect(function) for function in functions]
    key = source_key(*(name for name, _ in sources))
    expander = st.expander(title, expanded=expanded, icon=":material/code:", key=key, on_change="rerun")
    if not expander.open:  # a browser takes longer to colour the code than to draw the rest of many a part
        return
    with expander:
        if calls:
            _show_calls(functions, calls)
        for name, source in sources:
            st.caption(f"`{name}`")
            st.code(source, language="python", wrap_lines=True)


def _show_calls(functions: Sequence[Callable[..., Any] | str], calls: str) -> None:
    """The calls, and with the functions as a notebook, with and without the lab; written when one is asked for."""
    from mnist_core.export.notebooks.lesson import file_name, lesson_notebook  # slow to import, and seldom asked for

    do = "call the functions below with" if functions else "hold"
    st.markdown(
        f"These lines {do} what is set on this page. Take them away as a *notebook*, a document of words and code that "
        "Jupyter opens in your browser, change them, and run them again:"
    )
    st.code(calls.strip(), language="python", wrap_lines=True)
    data = status().name
    with st.container(horizontal=True):
        for label, with_lab in (("Notebook in plain PyTorch", False), ("Notebook that uses the lab", True)):
            st.download_button(
                label,
                functools.partial(lesson_notebook, functions, calls, data=data, with_lab=with_lab),
                file_name(calls),
                "application/x-ipynb+json",
                icon=":material/download:",
                on_click="ignore",
            )


def source_key(*names: str) -> str:
    """The key of the expander that shows these functions, each by its module and name."""
    return " ".join(["source", *names])


@functools.cache
def _inspect(function: Callable[..., Any]) -> tuple[str, str]:
    original = inspect.unwrap(function)
    with LOCK:
        return f"{original.__module__}.{original.__qualname__}", inspect.getsource(original)


@functools.cache
def _read(reference: str) -> tuple[str, str]:
    """The same from the module's file, without importing the module."""
    module, name = reference.split(":")
    spec = find_spec(module)
    assert spec is not None and spec.origin is not None
    text = Path(spec.origin).read_text(encoding="utf-8")
    found = next(node for node in parse(text).body if name in _defined_by(node))
    return f"{module}.{name}", ast.get_source_segment(text, found) or ""


def _defined_by(node: ast.stmt) -> list[str]:
    """The name of a function or class, or of a constant."""
    return [getattr(node, "name", ""), *map(ast.unparse, getattr(node, "targets", []))]
