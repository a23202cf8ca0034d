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
_MOST_NUMBERS = 40_000  # of all strokes together; pad.js stops at 8,000 points

_read = partial(Path.read_text, encoding="utf-8")
_HERE = Path(__file__).parent
_COMPONENT = st.components.v2.component(
    "drawing_pad", html=_read(_HERE / "pad.html"), css=_read(_HERE / "pad.css"), js=_read(_HERE / "pad.js")
)

Stroke = dict[str, Any]
"""Something done to the sheet, in thousandths of the pad's side: a line, {width, erase, points: [x, y, x, y, ...]}; an
image that fills the pad, {image: base64 of 28x28 bytes}; or a move of all that was there before, {move: [x, y]}."""


@dataclass(frozen=True)
class Drawing:
    """What is on the pad.

    Attributes
    ----------
    pixels : uint8 array of shape (140, 140), 0 is ground and 255 is ink
    strokes : what was done to the sheet, from the first to the last
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


def put_image(image: np.ndarray, *, key: str = "pad") -> None:
    """Put an image on a new sheet, to draw on, erase or move: for a callback, or before `drawing_pad` in the same run.

    Undo in the browser takes the image away, and once more brings back what lay on the pad before.

    Parameters
    ----------
    image : uint8 array of shape (28, 28), 0 is ground and 255 is ink
    """
    nonce = _kept(key)["nonce"] + 1
    pixels = np.kron(image, np.ones((SIZE // 28, SIZE // 28), np.uint8))  # (28, 28) -> (140, 140)
    strokes = [{"image": _encoded(image)}]
    message = {"nonce": nonce, "size": SIZE, "img": _encoded(pixels), "strokes": strokes, "final": True}
    st.session_state[_name(key)] = {"nonce": nonce, "message": message}


def _encoded(pixels: np.ndarray) -> str:
    return base64.b64encode(pixels.tobytes()).decode()


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
    if sum(map(_numbers, strokes)) > _MOST_NUMBERS:
        return None
    pixels = _decoded(image, SIZE)
    return None if pixels is None else Drawing(pixels, tuple(strokes), message.get("final") is True)


def _decoded(text: str, side: int) -> np.ndarray | None:
    """The square of bytes in a text of base64, None if it is none of that side."""
    try:
        pixels = np.frombuffer(base64.b64decode(text, validate=True), dtype=np.uint8)
    except (binascii.Error, ValueError):
        return None
    return pixels.reshape(side, side) if pixels.size == side * side else None


def _numbers(stroke: Stroke) -> int:
    return sum(len(value) for value in stroke.values() if isinstance(value, list | str))


def _is_stroke(stroke: Any) -> bool:
    match stroke:
        case {"width": width, "erase": bool(), "points": [_, _, *_] as points} if len(stroke) == 3:
            return len(points) % 2 == 0 and _are_whole([width, *points], least=0)
        case {"image": str(image)} if len(stroke) == 1:
            return _decoded(image, 28) is not None
        case {"move": [_, _] as by} if len(stroke) == 1:
            return _are_whole(by, least=-_UNIT)
    return False


def _are_whole(numbers: list[object], *, least: int) -> bool:
    return all(type(number) is int and least <= number <= _UNIT for number in numbers)
