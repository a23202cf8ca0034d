"""A pad to draw on with mouse, pen, finger or keyboard: a Streamlit component of our own.

Why our own: bars follow the lifted pen in about 50 ms (with ready-made ones in about 300), the drawing survives a
change of page, and every tool is large enough for a finger. The browser side is in `pad.js`.
"""

import base64
import binascii
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st

SIZE = 140  # pixels of the side of a drawing
_UNIT = 1_000  # strokes are in thousandths of the side
_MOST_NUMBERS = 20_000  # of all strokes together; pad.js stops at 8,000 points

_read = partial(Path.read_text, encoding="utf-8")
_HERE = Path(__file__).parent
_COMPONENT = st.components.v2.component(
    "drawing_pad", html=_read(_HERE / "pad.html"), css=_read(_HERE / "pad.css"), js=_read(_HERE / "pad.js")
)

Stroke = dict[str, Any]  # width: int, erase: bool, points: [x, y, x, y, ...]


@dataclass(frozen=True)
class Drawing:
    """What is on the pad.

    Attributes
    ----------
    pixels : uint8 array of shape (140, 140), 0 is ground and 255 is ink
    strokes : from the first to the last, each with width, erase and points in thousandths of the pad's side
    is_final : False while the pen is still down
    """

    pixels: np.ndarray
    strokes: tuple[Stroke, ...]
    is_final: bool

    @property
    def is_blank(self) -> bool:
        return not self.pixels.any()


def drawing_pad(key: str = "pad") -> Drawing | None:
    """Show the pad; what is drawn on it, None before the first stroke.

    Every stroke reruns the page, or only the fragment that the pad is in. What comes from the browser is checked, and
    a message that is not a drawing is passed over.
    """
    kept = _kept(key)
    message = st.session_state.get(key, {}).get("drawing")
    drawing = _drawing(message, nonce=kept["nonce"])
    if drawing:
        kept["message"] = message
    else:  # the component's own state is gone after a change of page
        drawing = last_drawing(key)
    _COMPONENT(
        key=key,
        data={"nonce": kept["nonce"], "strokes": list(drawing.strokes) if drawing else []},
        on_drawing_change=lambda: None,
    )
    return drawing


def last_drawing(key: str = "pad") -> Drawing | None:
    """What is on a pad of this session, on whatever page that is; None if there is nothing yet."""
    kept = _kept(key)
    return _drawing(kept["message"], nonce=kept["nonce"])


def clear_pad(key: str = "pad") -> None:
    """Empty the pad: for a callback, or before `drawing_pad` in the same run."""
    st.session_state[_name(key)] = {"nonce": _kept(key)["nonce"] + 1, "message": None}


def _name(key: str) -> str:
    return f"{key}_kept"


def _kept(key: str) -> dict[str, Any]:
    """The last good message and the number of the sheet it was drawn on."""
    return st.session_state.setdefault(_name(key), {"nonce": 0, "message": None})


def _drawing(message: object, *, nonce: int) -> Drawing | None:
    """The drawing in a message of pad.js, None if it is not one or belongs to a sheet that was cleared."""
    if not isinstance(message, dict) or message.get("nonce") != nonce or message.get("size") != SIZE:
        return None
    image, strokes = message.get("img"), message.get("strokes")
    if not isinstance(image, str) or not isinstance(strokes, list) or not all(map(_is_stroke, strokes)):
        return None
    if sum(len(stroke["points"]) for stroke in strokes) > _MOST_NUMBERS:
        return None
    try:
        pixels = np.frombuffer(base64.b64decode(image, validate=True), dtype=np.uint8)
    except (binascii.Error, ValueError):
        return None
    if pixels.size != SIZE * SIZE:
        return None
    return Drawing(pixels.reshape(SIZE, SIZE), tuple(strokes), message.get("final") is True)


def _is_stroke(stroke: object) -> bool:
    if not isinstance(stroke, dict) or set(stroke) != {"width", "erase", "points"}:
        return False
    points = stroke["points"]
    return (
        isinstance(stroke["erase"], bool)
        and isinstance(points, list)
        and len(points) >= 2
        and len(points) % 2 == 0
        and all(type(number) is int and 0 <= number <= _UNIT for number in [stroke["width"], *points])
    )
