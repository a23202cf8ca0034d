"""Descent: gradient descent as something one can watch, and what the learning rate and the batch size do to it."""

import streamlit as st

from mnist_core.ui.lesson import show_parts
from mnist_core.ui.lessons import descent, descent_batches, descent_by_hand, descent_misprint

st.title("Descent")
st.markdown(
    "A roller coaster is fast, then slow at the top of the hill, then fast again. We measured its speed 20 times. "
    "**How can a machine find the curve through these points?** It starts with three random numbers, `a`, `b` and `c`. "
    "They make the curve `a*t**2 + b*t + c`. The *loss* says how bad the curve is. The *gradient* says in which "
    "direction the loss grows. So the machine takes a small step in the other direction, again and again."
)

show_parts(
    "5_descent",
    {
        "The fit": descent.fit,
        "Seven steps": descent.steps,
        "Mini-batches": descent_batches.mini_batches,
        "Your own fit": descent_by_hand.by_hand,
        "A misprint": descent_misprint.misprint,
    },
)
