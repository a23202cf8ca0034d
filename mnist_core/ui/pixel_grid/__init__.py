"""A digit and its numbers, side by side: a pixel pointed at in one is marked in the other.

Nothing goes back to Python, so the marks follow the pointer at once. The browser side is in `grid.js`.
"""

from functools import partial
from pathlib import Path

import numpy as np
import streamlit as st

_read = partial(Path.read_text, encoding="utf-8")
_HERE = Path(__file__).parent
_COMPONENT = st.components.v2.component(
    "pixel_grid", html=_read(_HERE / "grid.html"), css=_read(_HERE / "grid.css"), js=_read(_HERE / "grid.js")
)


def pixel_grid(
    pixels: np.ndarray,
    *,
    name: str,
    rows: tuple[int, int],
    columns: tuple[int, int],
    show_numbers: bool = True,
    key: str = "pixel_grid",
) -> None:
    """Show a digit with its numbers.

    Parameters
    ----------
    pixels : array of shape (28, 28), uint8: 0 is background, 255 is ink
    name : what the picture shows, e.g. "a handwritten 3"
    rows, columns : the slice to frame, first and one past the last
    show_numbers : False shows the picture alone
    key : key of the component
    """
    _COMPONENT(
        key=key,
        data={
            "pixels": pixels.tolist(),
            "name": name,
            "rows": list(rows),
            "columns": list(columns),
            "numbers": show_numbers,
        },
    )
