"""Weights as a grid of small images: a Streamlit component of our own.

Why our own: it flows from five images in a row to three on a phone, keeps its place while a run changes the weights,
and pointing at one pixel reads that pixel in every image at once. The browser side is in `grid.js`.
"""

import base64
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import streamlit as st

_HERE = Path(__file__).parent
_COMPONENT = st.components.v2.component(
    "weight_grid",
    html=(_HERE / "grid.html").read_text(encoding="utf-8"),
    css=(_HERE / "grid.css").read_text(encoding="utf-8"),
    js=(_HERE / "grid.js").read_text(encoding="utf-8"),
)


def weight_grid(
    images: np.ndarray, names: Sequence[str], *, key: str, what: str = "weights", scale: float | None = None
) -> None:
    """Show weights on one diverging scale centred on 0.

    Parameters
    ----------
    images : float32 array of shape (n, height, width)
    names : n captions, such as "digit 3"
    key : a grid with the same key keeps its place when its weights change
    what : what the numbers are, for the words around the images
    scale : the size at which colours are full, to compare with other images; None for the largest of these
    """
    values = np.ascontiguousarray(images, dtype="<f4")
    encoded = base64.b64encode(values.tobytes()).decode()
    data = {"values": encoded, "shape": values.shape, "names": list(names), "what": what, "scale": scale}
    _COMPONENT(key=key, data=data)
