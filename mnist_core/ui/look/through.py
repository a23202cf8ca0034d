"""One digit on its way through the layers: what each makes of it."""

import numpy as np
import streamlit as st

from mnist_core import interpret
from mnist_core.interpret import Activations
from mnist_core.ui import lab
from mnist_core.ui.chart import ORANGE, line, show_bars, show_lines
from mnist_core.ui.lessons.layers import MEANINGS, show_anatomy
from mnist_core.ui.look import Looked, choose_digit, keep_option, page_of
from mnist_core.ui.prediction import answer
from mnist_core.ui.source import show_source
from mnist_core.ui.weight_grid import weight_grid

A_PAGE = 32  # images
MOST_BARS = 200


def show_through(looked: Looked) -> None:
    """The activations of a layer that the learner chooses, from the first to the logits."""
    trained = looked.trained
    st.markdown(
        "A model is a row of layers. Each takes the numbers of the layer before and puts out new ones: its "
        "**activations**. The weights stay the same for every image, the activations do not. **Follow one digit.**"
    )
    digit = choose_digit(trained.classes)
    if digit is None:
        return
    steps = interpret.activations(trained.model, digit.image)
    labels = [f"{number}: {step.kind}" for number, step in enumerate(steps, start=1)]
    keep_option("step", labels)
    label = st.select_slider("Look behind layer", labels, key="step", **lab.BOUND)
    number = labels.index(label)
    step = steps[number]
    st.subheader(f"Behind layer {number + 1} of {len(steps)}: {step.kind}")
    if step.kind in MEANINGS:
        st.markdown(MEANINGS[step.kind])
    st.markdown(in_words(step))
    show_activations(step, list(map(str, trained.classes)) if step is steps[-1] else None)
    if step is steps[-1]:
        st.markdown(f"**{answer(trained.classes, interpret.probabilities(trained, digit.image[None])[0])}.**")
    show_anatomy(trained.config.model, trained.config.outputs)
    show_source(interpret.activations, interpret.trace.trace)


def in_words(step: Activations) -> str:
    """The shape of the activations, their range, and how many are 0."""
    shape = " x ".join(map(str, step.values.shape))
    numbers = f"{shape} = {step.values.size:,}" if step.values.ndim > 1 else shape
    zeros = int((step.values == 0).sum())
    said = f"{numbers} numbers, from {step.values.min():.4f} to {step.values.max():.4f}."
    if step.kind == "ReLU":
        return f"{said} **{zeros:,} of them are 0** for this image: ReLU made every negative number 0."
    return f"{said} {zeros:,} of them are 0." if zeros else said


def show_activations(step: Activations, names: list[str] | None) -> None:
    """Images where a layer puts out images, else bars; many numbers become a line.

    Parameters
    ----------
    names : of the numbers, where they are the classes' logits
    """
    values = step.values
    if values.ndim == 3 and values.shape[1:] != (1, 1):
        page = page_of(len(values), A_PAGE, "maps", "images")
        channels = [f"channel {channel}" for channel in range(len(values))]
        weight_grid(
            values[page], channels[page], key="activations", what="activations", scale=float(np.abs(values).max())
        )
        st.caption("Red is positive, blue is negative, white is 0. All images have one scale.")
        return
    values = values.ravel()
    alt = f"{len(values)} activations, from {values.min():.4f} to {values.max():.4f}."
    if len(values) > MOST_BARS:
        xs = np.arange(len(values))
        show_lines("activation_line", [line("activation", xs, values, ORANGE, width=1)], alt=alt, x_name="number")
        return
    what = "logit of the digit" if names else "unit"
    show_bars(
        "activation_bars",
        names if names and len(names) == len(values) else range(len(values)),
        values,
        alt=alt,
        x_name=what,
        strong=int(values.argmax()) if names and len(values) > 1 else None,
    )
