"""Show the code that ran: the source on the screen is the source that was called, never a copy of it."""

import ast
import functools
import inspect
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import streamlit as st

from mnist_core.parsing import LOCK, parse


def show_source(*functions: Callable[..., Any] | str, title: str = "The code that ran", expanded: bool = False) -> None:
    """Put the source of core functions into an expander.

    Parameters
    ----------
    *functions : functions or classes of `mnist_core`, in the order in which they ran; one that ran in a worker, and
        whose module this process need not import, by its name, such as "mnist_core.chapter.losses:mnist_loss"
    title : label of the expander
    expanded : whether it is open at first
    """
    sources = [_read(function) if isinstance(function, str) else _inspect(function) for function in functions]
    key = source_key(*(name for name, _ in sources))
    expander = st.expander(title, expanded=expanded, icon=":material/code:", key=key, on_change="rerun")
    if not expander.open:  # a browser takes longer to colour the code than to draw the rest of many a part
        return
    with expander:
        for name, source in sources:
            st.caption(f"`{name}`")
            st.code(source, language="python", wrap_lines=True)


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
    found = next(node for node in parse(text).body if getattr(node, "name", None) == name)
    return f"{module}.{name}", ast.get_source_segment(text, found) or ""
