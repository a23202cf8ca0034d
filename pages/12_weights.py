"""Weights: what a model has learned, seen as images, and followed number by number."""

from functools import partial

import streamlit as st

from mnist_core.ui.lesson import show_parts
from mnist_core.ui.look import adding, choose_model, editing, pixels, silent, through, weights

st.title("Look at the weights")
st.markdown(
    "A weight is the number that a pixel is multiplied by. In the first layer each weight of an output has its pixel, "
    "so all its weights can be laid out as an image. **What does the model look for?**"
)
with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
    looked = choose_model()

parts = {
    "Weights": weights.show_weights,
    "Through the layers": through.show_through,
    "Add it up": adding.show_adding,
    "Change a weight": editing.show_editing,
    "Which pixels mattered": pixels.show_pixels,
    "Units that never fire": silent.show_silent,
}
show_parts("12_weights", {title: partial(show, looked) for title, show in parts.items()})
with st.container(horizontal=True):
    st.page_link("pages/9_train.py", label="Train another and compare", icon=":material/model_training:")
    st.page_link("pages/14_draw.py", label="Draw a digit for this model", icon=":material/draw:")
