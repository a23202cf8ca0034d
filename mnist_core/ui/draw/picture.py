"""The ways to a picture of a digit: the pad, a file, the camera."""

import numpy as np
import streamlit as st

from mnist_core.images import FORMATS, MAX_BYTES, Picture, open_picture, to_mnist
from mnist_core.ui.data import current_data
from mnist_core.ui.pad import Drawing, drawing_pad, last_drawing, put_image
from mnist_core.ui.prediction import show_digit

DRAW, UPLOAD, PHOTOGRAPH = WAYS = ["Draw", "Upload", "Photograph"]
TASK = {
    DRAW: "Draw a digit from 0 to 9",
    UPLOAD: "Choose a picture of a digit",
    PHOTOGRAPH: "Take a picture of a digit",
}
HINT = {
    DRAW: "Nothing drawn yet. Draw one digit, as large as you like, or put a sample digit on the pad.",
    UPLOAD: "No picture yet. Choose a photo or a scan of one handwritten digit.",
    PHOTOGRAPH: "No picture yet. Write one digit with a dark pen, and let the paper fill the whole picture.",
}
ORIGIN = {DRAW: "drawn", UPLOAD: "uploaded", PHOTOGRAPH: "photographed"}
_NEXT_SAMPLE = 997  # steps through the validation images in no order that a learner could notice


def picture_from(way: str) -> tuple[Picture | None, bool]:
    """What the learner drew or chose, None if there is nothing yet; and whether the pen is up.

    Parameters
    ----------
    way : one of `WAYS`

    Raises
    ------
    ImageError
        If the file is no picture that can be read.
    """
    if way == DRAW:
        st.button("Put a sample digit on the pad", icon=":material/casino:", on_click=_put_sample, key="sample")
        drawing = drawing_pad()
        _say_what_it_is(drawing)
        return (None, True) if drawing is None or drawing.is_blank else (drawing.pixels, drawing.is_final)
    picture = _uploaded() if way == UPLOAD else _photographed()
    if picture is not None:
        show_digit(to_mnist(picture).steps[0].image, alt="The picture before any step")
    return picture, True


def put_known(image: np.ndarray, words: str) -> None:
    """An image onto the pad, and below the pad, as long as it lies there, what it is; for a callback."""
    put_image(image)
    drawing = last_drawing()
    st.session_state.known = (drawing.strokes if drawing else (), words)


def _say_what_it_is(drawing: Drawing | None) -> None:
    strokes, words = st.session_state.get("known", ((), ""))
    if drawing and words and drawing.strokes[:1] == strokes:
        st.caption(words)


def _put_sample() -> None:
    """Another of the validation images onto the pad."""
    data = current_data()
    number = st.session_state.samples = st.session_state.get("samples", -1) + 1
    index = data.valid[number * _NEXT_SAMPLE % len(data.valid)]
    put_known(data.images[index], f"Image {index:,} of {data.source.title}. Its label is **{data.labels[index]}**.")


def _uploaded() -> Picture | None:
    kinds = ["jpg", "tif", *map(str.lower, FORMATS)]
    file = st.file_uploader("A picture of one digit", kinds, max_upload_size=MAX_BYTES // 1_000_000)
    return open_picture(file.getvalue(), file.name) if file else None


def _photographed() -> Picture | None:
    photo = st.camera_input("A photo of one digit on paper")
    if photo:
        return open_picture(photo.getvalue(), "the photo")
    st.caption(
        "Your browser asks whether this page may use the camera. If no picture comes, allow it in the settings of the "
        "browser, or take a photo with your phone and use Upload. Browsers lend the camera only to pages at https or "
        "on your own computer."
    )
    return None
