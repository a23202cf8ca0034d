"""The nearest training images, how sure the model is, and a word when this may be no digit at all."""

import numpy as np
import streamlit as st

from mnist_core.data import DigitData
from mnist_core.interpret.neighbours import Neighbourhood, Neighbours, usual_distance
from mnist_core.ui.data import current_data
from mnist_core.ui.digit_wall import digit_wall
from mnist_core.ui.draw.looked_at import LookedAt
from mnist_core.ui.experiment import experiment, result_if_there
from mnist_core.ui.source import show_source

SHOWN = 10


@st.cache_resource(show_spinner=False)
def _neighbourhood(source: str, _data: DigitData) -> Neighbourhood:
    return Neighbourhood(_data)


@st.cache_data(max_entries=200, show_spinner=False)
def _nearest(image: np.ndarray, source: str, _data: DigitData) -> Neighbours:
    return _neighbourhood(source, _data).nearest(image[None], SHOWN)


def nearest(image: np.ndarray, data: DigitData) -> Neighbours:
    """The training images nearest to what the model gets."""
    return _nearest(image, data.source.name, data)


def show_whether_digit(at: LookedAt) -> None:
    """A word if the image is farther from all training images than nearly every digit is."""
    data = current_data()
    usual = result_if_there(usual_distance, source=data.source.name)  # its seconds pass while the learner draws
    if usual and at.is_final and nearest(at.image, data).distances[0, 0] > usual:
        st.warning(
            "**This may be no digit.** It is unlike every digit that a model has learned from: see Nearest images.",
            icon=":material/help:",
        )


def show_nearest(at: LookedAt) -> None:
    """The nearest training images with their labels and distances, and how far is farther than usual."""
    data = current_data()
    found = nearest(at.image, data)
    labels, distances = data.labels[found.indices[0]], found.distances[0]
    st.markdown(
        f"Of the {len(data.train):,} training images these {SHOWN} are the nearest to yours, pixel by pixel (RMSE). "
        "Under each: its label and its distance."
    )
    digit_wall(
        data.images[found.indices[0]],
        [f"a {label} at distance {distance:.3f}" for label, distance in zip(labels, distances, strict=True)],
        key="draw_nearest",
        label="The nearest training images",
        captions=[f"{label}: {distance:.3f}" for label, distance in zip(labels, distances, strict=True)],
        side=64,
    )
    digit, votes = _most(labels)
    st.markdown(
        f"{votes} of the {SHOWN} show a **{digit}**. To let them vote is a way to read digits too, and needs no "
        "training: *k nearest neighbours*."
    )
    limit = experiment(usual_distance, working="Measuring how near digits usually are", source=data.source.name)
    verdict = "**farther away than nearly all digits**" if distances[0] > limit else "as near as digits are"
    st.markdown(
        f"Of 100 validation images, 99 have a training image nearer than **{limit:.3f}**. Yours has one at "
        f"**{distances[0]:.3f}**: {verdict}."
    )
    st.caption(
        "Why not ask how sure the model is? *Out-of-scope drawings*, such as a letter or a house, get an answer too, "
        "and its probabilities sum to 1 on them as well. It was never shown what is no digit, so it cannot say so. "
        "Distance is no proof either: a plain house lies near many a 0."
    )
    show_source(Neighbourhood, usual_distance)


def _most(labels: np.ndarray) -> tuple[int, int]:
    """The label that is there most often, and how often."""
    digits, counts = np.unique(labels, return_counts=True)
    return int(digits[counts.argmax()]), int(counts.max())
