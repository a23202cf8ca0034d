"""Losses: the one number that a model makes smaller, and why it is not the accuracy."""

import streamlit as st

from mnist_core.ui.experiment import warm_up
from mnist_core.ui.lesson import show_parts
from mnist_core.ui.lessons import losses, losses_breaks, losses_metric, losses_softmax

st.title("Losses")
st.markdown(
    "A model learns by making one number smaller: the **loss**. It says how far the predictions are from the truth. "
    "You care about something else: how many answers are right. **Why does the model not simply make more answers "
    "right?**"
)
warm_up()

show_parts(
    "6_losses",
    {
        "Why not accuracy": losses.why_not_accuracy,
        "Sigmoid": losses.sigmoid,
        "mnist_loss": losses.mnist_loss,
        "Two outputs and more": losses_softmax.two_outputs,
        "Cross-entropy": losses_softmax.cross_entropy,
        "When softmax breaks": losses_breaks.when_softmax_breaks,
        "Loss against metric": losses_metric.loss_against_metric,
    },
)
