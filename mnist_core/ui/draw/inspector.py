"""Every step from the picture to 28x28, switched off and on, and what the model would say after each."""

from collections.abc import Collection

import numpy as np
import streamlit as st

from mnist_core.images import OPTIONAL, fit, to_mnist
from mnist_core.interpret import probabilities
from mnist_core.ui import lab
from mnist_core.ui.draw.looked_at import LookedAt
from mnist_core.ui.prediction import percent, show_steps
from mnist_core.ui.source import show_source


def show_inspector(at: LookedAt) -> None:
    """The steps with a switch each."""
    st.markdown(
        "MNIST's digits were all made in the same way, and a model learned from nothing else. So your picture goes the "
        "same way, which is called *preprocessing*. Switch a step off: what does the model say then?"
    )
    on = st.pills(
        "Steps that are on", OPTIONAL, selection_mode="multi", default=OPTIONAL, key="draw_steps", **lab.BOUND
    )
    off = [name for name in OPTIONAL if name not in on]
    steps = to_mnist(at.picture, skip=off)
    says = probabilities(at.trained, np.stack([fit(step.image) for step in steps]))
    st.markdown(_what_changed(at, says[-1], off))
    show_steps(steps, [_said(at, each) for each in says])
    st.caption(
        "Under each picture stands what the model would say if the way ended there, and the picture were simply "
        "squeezed to 28 x 28."
    )
    show_source(to_mnist, fit)


def _what_changed(at: LookedAt, says: np.ndarray, off: Collection[str]) -> str:
    if not off:
        return f"With all steps on, the model says **{_said(at, says)}**."
    usual = probabilities(at.trained, at.image[None])[0]
    without = f"Without {' and '.join(off)} the model"
    if says.argmax() == usual.argmax():
        return f"{without} still says **{_said(at, says)}**. With all steps on: {_said(at, usual)}."
    return f"{without} says **{_said(at, says)}** instead of **{_said(at, usual)}**."


def _said(at: LookedAt, says: np.ndarray) -> str:
    return f"{at.trained.classes[int(says.argmax())]}, {percent(says.max())}"
