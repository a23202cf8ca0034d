"""Baseline: tell digits apart by the nearest mean image, without learning: the number that a model must beat."""

import streamlit as st

from mnist_core.ui.experiment import warm_up
from mnist_core.ui.lesson import show_parts
from mnist_core.ui.lessons import baseline

warm_up()

st.title("Baseline")
st.markdown(
    "Before anything is trained: how well can one tell digits apart with a very simple idea? The answer is called a "
    "*baseline*. Every model must beat it. **How simple can it be, and how good is it?**"
)

show_parts(
    "3_baseline",
    {
        "Ideal digits": baseline.ideal,
        "Difference": baseline.difference,
        "Nearest": baseline.nearest,
        "How good?": baseline.how_good,
        "Mistakes": baseline.mistakes,
    },
)
