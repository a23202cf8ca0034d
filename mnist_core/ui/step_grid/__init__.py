"""One step of a linear model as four images, weights before, gradient, weights after, and all steps together.

Why our own: pointing at a pixel works out `w -= lr * grad` for its weight at once, without a word to Python. Each image
has a scale of its own, for a step is far smaller than a weight. The browser side is in `grid.js`.
"""

import base64
from functools import partial
from pathlib import Path

import numpy as np
import streamlit as st
from numpy.typing import ArrayLike

_read = partial(Path.read_text, encoding="utf-8")
_HERE = Path(__file__).parent
_COMPONENT = st.components.v2.component(
    "step_grid", html=_read(_HERE / "grid.html"), css=_read(_HERE / "grid.css"), js=_read(_HERE / "grid.js")
)


def step_grid(
    before: ArrayLike, grad: ArrayLike, after: ArrayLike, first: ArrayLike, *, lr: float, pixel: int, key: str
) -> None:
    """Show what a step does to the weights.

    Parameters
    ----------
    before, grad, after : float32 of shape (784,), `after = before - lr * grad`
    first : the weights before the first step of all, shape (784,)
    lr : learning rate
    pixel : the pixel that is read until another one is pointed at, 0 to 783
    key : a grid with the same key keeps its place and its pixel when its numbers change
    """
    images = [np.asarray(values, dtype="<f4") for values in (before, grad, after)]
    images.append(images[2] - np.asarray(first, dtype="<f4"))
    encoded = base64.b64encode(np.stack(images).tobytes()).decode()
    _COMPONENT(key=key, data={"values": encoded, "lr": lr, "pixel": pixel})
