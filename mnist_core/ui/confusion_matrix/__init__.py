"""A confusion matrix whose cells can be pressed: a Streamlit component of our own.

Why our own: every cell is a button for mouse, finger and keyboard and says in words what it counts, a hundred of them
are readable at 390 pixels, and what is right does not drown the mistakes. The browser side is in `matrix.js`.
"""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import streamlit as st

from mnist_core.ui.words import a

_read = partial(Path.read_text, encoding="utf-8")
_HERE = Path(__file__).parent
_COMPONENT = st.components.v2.component(
    "confusion_matrix",
    html=_read(_HERE / "matrix.html"),
    css=_read(_HERE / "matrix.css"),
    js=_read(_HERE / "matrix.js"),
)


def confusion_matrix(
    counts: np.ndarray,
    rates: np.ndarray,
    classes: Sequence[int],
    *,
    key: str,
    percent: bool,
    picked: tuple[int, int],
    on_pick: Callable[[int, int], None],
) -> None:
    """Show how often each digit was taken for which.

    Parameters
    ----------
    counts : int array of shape (k, k), row: the digit of the label, column: the digit said
    rates : float array of shape (k, k), the counts as shares of their row
    classes : the k digits
    key : a matrix with the same key keeps its place when its numbers change
    percent : whether the cells show rates, in per cent, or counts
    picked : row and column of the cell that is framed
    on_pick : called with row and column of a cell when it is pressed
    """
    count = len(classes)

    def pick() -> None:
        cell = st.session_state[key].get("pick")
        if type(cell) is int and 0 <= cell < count * count:  # it comes from a browser
            on_pick(*divmod(cell, count))

    shown = rates if percent else counts
    mistakes = np.where(np.eye(count, dtype=bool), 0, shown)
    places = list(np.ndindex(*counts.shape))
    _COMPONENT(
        key=key,
        data={
            "classes": [str(digit) for digit in classes],
            "texts": [_text(float(shown[place]), percent=percent) for place in places],
            "names": [_name(counts, rates, classes, *place) for place in places],
            "shares": (mistakes / max(mistakes.max(), 1e-9)).ravel().tolist(),
            "picked": picked[0] * count + picked[1],
        },
        on_pick_change=pick,
    )


def _text(value: float, *, percent: bool) -> str:
    return f"{100 * value:.1f}" if percent and value else str(int(value))


def _name(counts: np.ndarray, rates: np.ndarray, classes: Sequence[int], row: int, column: int) -> str:
    """A cell in words."""
    said = "right" if row == column else f"taken for {a(classes[column])}"
    return f"{classes[row]} {said}: {counts[row, column]:,} of {counts[row].sum():,}, {rates[row, column]:.1%}"
