"""Many small images as one picture, of which a learner can pick one: a Streamlit component of our own.

Why our own: a hundred images go to the browser as one small PNG, they flow from many in a row to seven on a phone, and
each is a button for the keyboard too. The browser side is in `wall.js`.
"""

import base64
import io
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import streamlit as st
from PIL import Image

_read = partial(Path.read_text, encoding="utf-8")
_HERE = Path(__file__).parent
_COMPONENT = st.components.v2.component(
    "digit_wall", html=_read(_HERE / "wall.html"), css=_read(_HERE / "wall.css"), js=_read(_HERE / "wall.js")
)


def digit_wall(
    images: np.ndarray,
    names: Sequence[str],
    *,
    key: str,
    label: str,
    captions: Sequence[str] | None = None,
    on_pick: Callable[[int], None] | None = None,
    picked: int | None = None,
    ink_on_paper: bool = False,
    side: int = 44,
) -> None:
    """Show images side by side.

    Parameters
    ----------
    images : uint8 array of shape (n, 28, 28)
    names : n names, e.g. "a handwritten 3", for those who do not see the images
    key : a wall with the same key keeps its place when its images change
    label : what the wall shows, in a few words
    captions : n short texts under the images, if any
    on_pick : called with the index of an image when it is chosen; without it the images are no buttons
    picked : index of the image that is framed
    ink_on_paper : whether 0 is white and 255 black, as the chapter prints digits
    side : of an image on a wide screen, in pixels
    """

    def pick() -> None:
        number = st.session_state[key].get("pick")
        if on_pick and type(number) is int and 0 <= number < len(images):  # it comes from a browser
            on_pick(number)

    _COMPONENT(
        key=key,
        data={
            "sprite": _sprite(images),
            "names": list(names),
            "captions": list(captions or ()),
            "label": label,
            "picked": picked,
            "buttons": on_pick is not None,
            "paper": ink_on_paper,
            "side": side,
        },
        on_pick_change=pick,
    )


def _sprite(images: np.ndarray) -> str:
    """All images below each other in one PNG, as a link that holds it: (n, 28, 28) -> (n * 28, 28)."""
    png = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(images).reshape(-1, images.shape[-1])).save(png, "PNG", compress_level=1)
    return f"data:image/png;base64,{base64.b64encode(png.getvalue()).decode()}"
