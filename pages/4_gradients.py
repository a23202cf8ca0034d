"""Gradients: the slope of a curve, how PyTorch finds it, and how far to step."""

import streamlit as st

from mnist_core.ui.lesson import show_parts
from mnist_core.ui.lessons import gradients, gradients_backward

st.title("Gradients")
st.markdown(
    "A model has many weights, and one number, the loss, says how bad they are. **In which direction should each "
    "weight go, so that the loss becomes smaller?** The *gradient* answers that. Here you meet it on functions so "
    "small that you can check every number."
)

show_parts(
    "4_gradients",
    {
        "Slope": gradients.slope,
        "Backward": gradients_backward.backward,
        "Zero the gradient": gradients.zero_the_gradient,
        "Learning rate": gradients.learning_rate,
    },
)
