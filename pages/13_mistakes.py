"""Mistakes: which digits a model mixes up, how sure it is when it is wrong, and what to do about it."""

from functools import partial

import streamlit as st

from mnist_core.ui import lab
from mnist_core.ui.lesson import show_parts
from mnist_core.ui.mistakes.calibrated import show_calibration
from mnist_core.ui.mistakes.evaluated import evaluated, validation_images, what_changed
from mnist_core.ui.mistakes.losses import show_losses
from mnist_core.ui.mistakes.matrix import show_matrix
from mnist_core.ui.mistakes.scores import show_scores
from mnist_core.ui.mistakes.ten import show_ten

st.title("Learn from mistakes")
st.markdown(
    "A number such as 99% says how often a model is right. Its mistakes say more: which digits it mixes up, which "
    "images are badly written, and where a label is wrong. **What does the model not see?**"
)

trained = lab.choose_model()
data, note = validation_images(trained)
evaluation = evaluated(trained, data)
wrong = evaluation.images - int(evaluation.right.sum())
st.markdown(
    f"**{evaluation.accuracy:.2%} of {evaluation.images:,} images are right, {wrong:,} {'is' if wrong == 1 else 'are'} "
    f"wrong.** {note}"
)

if change := what_changed(evaluation, data):
    st.markdown(change)

parts = {
    "Matrix": show_matrix,
    "Top losses": show_losses,
    "Each digit": show_scores,
    "Calibration": show_calibration,
    "Ten digits": show_ten,
}
show_parts("13_mistakes", {title: partial(show, evaluation, data) for title, show in parts.items()})
