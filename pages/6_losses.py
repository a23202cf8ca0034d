"""Losses: the one number that a model makes smaller, and why it is not the accuracy."""

import streamlit as st

from mnist_core.ui.experiment import warm_up
from mnist_core.ui.lesson import show_parts, wrap_up
from mnist_core.ui.lessons import losses

st.title("Losses")
st.markdown(
    "A model learns by making one number smaller: the **loss**. It says how far the predictions are from the truth. "
    "You care about something else: how many answers are right. **Why does the model not simply make more answers "
    "right?**"
)
warm_up()

show_parts(
    "losses",
    {
        "Why not accuracy": losses.why_not_accuracy,
        "Sigmoid": losses.sigmoid,
        "mnist_loss": losses.mnist_loss,
    },
)

wrap_up("6_losses")
st.page_link("pages/9_train.py", label="Next: train a model on digits", icon=":material/arrow_forward:")
