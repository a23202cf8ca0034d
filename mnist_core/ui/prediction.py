"""What a model was given and what it says: the digit as it sees it, and a bar for each class."""

import base64
import io
from collections.abc import Sequence

import numpy as np
import streamlit as st
from PIL import Image

from mnist_core.images import Steps
from mnist_core.ui.chart import show_bars

_SURE = 0.95


def show_digit(image: np.ndarray, *, alt: str, side: int = 224) -> None:
    """A picture of shape (height, width), in colour (height, width, 3), float32 in [0, 1]; enlarged, not smoothed."""
    st.image(_enlarged(image, side), alt=alt)


def show_steps(steps: Steps, said: Sequence[str]) -> None:
    """Every stage of the way to 28x28, what it did, and under each picture what is said of it, e.g. "7, 99.2 %"."""
    with st.container(horizontal=True):
        for number, (step, words) in enumerate(zip(steps, said, strict=True), start=1):
            caption, alt = f"{number}. {step.name}: {words}", f"The picture after {step.name}"
            st.image(_enlarged(step.image, 140), caption=caption, alt=alt)
    st.markdown("\n".join(f"{number}. **{step.name}**: {step.did}" for number, step in enumerate(steps, start=1)))


def answer(classes: Sequence[int], probabilities: np.ndarray) -> str:
    """The likeliest digit in a sentence, e.g. "The model says 3, 97.2 %"."""
    best = int(np.argmax(probabilities))
    return f"The model says {classes[best]}, {percent(probabilities[best])}"


def percent(probability: float) -> str:
    """E.g. "97.2 %"; never 100 %, for no model is certain."""
    return f"{min(100 * float(probability), 99.9):.1f}\N{NO-BREAK SPACE}%"


def how_sure(classes: Sequence[int], probabilities: np.ndarray) -> str:
    """The same in words, with what else it may be; the two largest of the k probabilities decide."""
    second, first = np.argsort(probabilities)[-2:]
    other = f"{classes[second]}, {percent(probabilities[second])}"
    if probabilities[first] >= _SURE:
        return "The model is sure."
    if probabilities[first] >= 2 * probabilities[second]:
        return f"The model is not quite sure: it may also be {other}."
    return f"The model wavers between {classes[first]} and {other}."


def show_probabilities(classes: Sequence[int], probabilities: np.ndarray) -> None:
    """A bar with the exact value on hover for each class.

    Parameters
    ----------
    classes : the k digits that the model knows
    probabilities : float32 array of shape (k,), in [0, 1]
    """
    percents = 100 * np.asarray(probabilities, dtype=float)
    said = ", ".join(f"{digit}: {value:.2f} %" for digit, value in zip(classes, percents, strict=True))
    show_bars(
        "probabilities",
        classes,
        percents,
        alt=f"Probability of each digit. {said}.",
        x_name="digit",
        strong=int(percents.argmax()),
        unit=" %",
        y_axis={"min": 0, "max": 100},
    )


def _enlarged(image: np.ndarray, side: int) -> str:
    """The picture with its longer side brought to `side` pixels, as a link that holds it.

    A file on the server would be gone before a slow browser asks for it: each stroke replaces it.
    """
    height, width = image.shape[:2]
    factor = side / max(height, width)
    picture = Image.fromarray(np.rint(255 * image).astype(np.uint8))
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    png = io.BytesIO()
    picture.resize(size, Image.Resampling.NEAREST if factor > 1 else Image.Resampling.BOX).save(png, "PNG")
    return f"data:image/png;base64,{base64.b64encode(png.getvalue()).decode()}"
