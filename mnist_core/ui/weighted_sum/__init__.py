"""The arithmetic of one output of a layer in pictures: input, weights, products, and their sum. A component of our own.

Why our own: a kernel that slides, and sums that grow row by row, follow the hand at once, since every number is already
in the browser, the very one that torch calculated with. The browser side is in `sum.js`.
"""

import base64
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st

from mnist_core.interpret import WeightedSum

_read = partial(Path.read_text, encoding="utf-8")
_HERE = Path(__file__).parent
_COMPONENT = st.components.v2.component(
    "weighted_sum", html=_read(_HERE / "sum.html"), css=_read(_HERE / "sum.css"), js=_read(_HERE / "sum.js")
)

Place = tuple[int, int, int]  # channel, row and column of a weight


def weighted_sum(
    shown: WeightedSum,
    *,
    key: str,
    name: str,
    units: bool = False,
    scale: float | None = None,
    picked: Place | None = None,
    on_pick: Callable[[Place], None] | None = None,
) -> None:
    """Show how one output of a layer comes about for one image.

    Parameters
    ----------
    shown : WeightedSum
    key : one with the same key keeps its place when its numbers change
    name : of the output, e.g. "digit 3"
    units : whether the inputs are the units of the layer before, and no pixels
    scale : the weight at which colours are full, to compare with others; None for the largest of these
    picked : the weight that is framed
    on_pick : called with the weight that is clicked, or entered by the keyboard; without it none can be picked
    """

    def pick() -> None:
        place = _place(st.session_state[key].get("pick"), shown.weights.shape)
        if on_pick and place:
            on_pick(place)

    arrays = {"inputs": shown.inputs, "weights": shown.weights, "outputs": shown.outputs}
    _COMPONENT(
        key=key,
        data={
            **{what: _packed(array) for what, array in arrays.items()},
            "bias": shown.bias,
            "stride": list(shown.stride),
            "padding": list(shown.padding),
            "name": name,
            "units": units,
            "scale": scale,
            "place": [int(at) for at in np.unravel_index(shown.outputs.argmax(), shown.outputs.shape)],
            "picked": picked and list(picked),
            "picks": on_pick is not None,
        },
        on_pick_change=pick,
    )


def _packed(array: np.ndarray) -> dict[str, Any]:
    values = np.ascontiguousarray(array, dtype="<f4")
    return {"shape": values.shape, "values": base64.b64encode(values.tobytes()).decode()}


def _place(message: object, shape: tuple[int, ...]) -> Place | None:
    """A place in the weights, None if the message of a browser is not one."""
    if not isinstance(message, list) or len(message) != len(shape):
        return None
    if not all(type(at) is int and 0 <= at < size for at, size in zip(message, shape, strict=True)):
        return None
    channel, row, column = message
    return channel, row, column
