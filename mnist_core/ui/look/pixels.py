"""Which pixels mattered: integrated gradients, and whether they add up."""

import numpy as np
import pandas as pd
import streamlit as st

from mnist_core import interpret
from mnist_core.checkpoint import TrainedModel
from mnist_core.interpret import Attribution
from mnist_core.ui import lab
from mnist_core.ui.chart import ORANGE, line, show_lines
from mnist_core.ui.look import Looked, choose_digit, keep_option
from mnist_core.ui.prediction import answer
from mnist_core.ui.source import show_source
from mnist_core.ui.weight_grid import weight_grid

NOTHING = 1e-4  # a gap that is due to rounding
STEPS = (1, 2, 4, 8, 16, 32, 64, 128)


def show_pixels(looked: Looked) -> None:
    """The share that each pixel has in one logit."""
    trained = looked.trained
    st.markdown(
        "Which pixels made the model say so? Begin with a black image and let the digit appear, step by step. At each "
        "step the gradient says how much the logit grows with each pixel. The mean of these gradients, times the "
        "pixel, is the pixel's share. The method is called **integrated gradients**."
    )
    digit = choose_digit(trained.classes)
    if digit is None:
        return
    says = interpret.probabilities(trained, digit.image[None])[0]
    st.markdown(f"**{answer(trained.classes, says)}.**")
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        output = choose_logit(trained, int(says.argmax()))
        steps = st.select_slider("Steps from black to the digit", STEPS, value=32, key="steps", width=360, **lab.BOUND)
    found = attributions(trained, looked.state, digit.image, output)
    left, right = st.columns(2, gap="medium")
    with left:
        weight_grid(found[steps].pixels[None], [f"{steps} steps"], key="attributions", what="share")
        st.caption(
            "Red pixels speak for this answer, blue ones against it. A pixel without ink stays black all the way, so "
            "its share is 0."
        )
    with right:
        show_completeness(found, steps)
    show_source(interpret.integrated_gradients, interpret.Attribution)


def choose_logit(trained: TrainedModel, best: int) -> int:
    """Let the learner choose the answer to explain; at first that of the model."""
    if trained.config.outputs == 1:
        first, second = trained.classes
        st.markdown(f"The model has one logit: positive speaks for {first}, negative for {second}.")
        return 0
    names = ["what the model says", *map(str, trained.classes)]
    keep_option("explain", names)
    chosen = st.selectbox("Explain the logit of", names, key="explain", width=220, **lab.BOUND)
    return best if chosen == names[0] else trained.classes.index(int(chosen))


@st.cache_data(max_entries=100, show_spinner="Calculating gradients")
def attributions(
    _trained: TrainedModel, state: tuple[object, ...], image: np.ndarray, output: int
) -> dict[int, Attribution]:
    """The attributions for each number of steps, kept for each model, image and output."""
    return {steps: interpret.integrated_gradients(_trained.model, image, output, steps=steps) for steps in STEPS}


def show_completeness(found: dict[int, Attribution], steps: int) -> None:
    """Whether the shares add up to what the digit changed."""
    one = found[steps]
    st.markdown("**Do the shares add up?** Together they should be what the digit changed in the logit.")
    rows = {
        "Logit for this digit": one.output,
        "Logit for a black image": one.baseline,
        "What the digit changed": one.output - one.baseline,
        "Sum of the shares of all pixels": one.total,
        "Gap": one.gap,
    }
    st.table(pd.DataFrame({f"{steps} steps": rows}).map(lambda value: f"{round(value, 5) + 0:.5f}"))  # no -0.00000
    gaps = [abs(each.gap) for each in found.values()]
    if max(gaps) < NOTHING:
        st.markdown(
            "There is no gap, whatever the number of steps: the gradient is the same all the way, as it is for every "
            "linear model. It is the weights. So the share of a pixel is weight times pixel, as in *Add it up*."
        )
        return
    show_lines(
        "gaps",
        [line("gap", STEPS, gaps, ORANGE, marks=True)],
        title="Size of the gap",
        alt="Size of the gap, " + ", ".join(f"{n} steps: {gap:.5f}" for n, gap in zip(STEPS, gaps, strict=True)),
        x_name="steps",
        x_axis={"type": "log", "logBase": 2, "min": 1, "max": STEPS[-1]},
        height=240,
        zoom=False,
    )
    st.caption(
        "The more steps, the smaller the gap, though not at each: a model with ReLU or max-pool has kinks, which fall "
        "between two steps now here, now there."
    )
