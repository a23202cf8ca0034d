"""Weights: what a model has learned, seen as images."""

import streamlit as st

from mnist_core import interpret
from mnist_core.ui import lab
from mnist_core.ui.lesson import wrap_up
from mnist_core.ui.source import show_source
from mnist_core.ui.weight_grid import weight_grid

A_PAGE = 20  # images; more would be too small to read

st.title("Look at the weights")
st.markdown(
    "A weight is the number that a pixel is multiplied by. In the first layer each weight of an output has its pixel, "
    "so all its weights can be laid out as an image. **What does the model look for?**"
)

trained = lab.choose_model()

layer = interpret.weight_images(trained)
first = 0
if len(layer.images) > A_PAGE:
    pages = range(0, len(layer.images), A_PAGE)
    first = st.select_slider(
        f"Which of the {len(layer.images)} images, the strongest first",
        pages,
        format_func=lambda start: f"{start + 1} to {min(start + A_PAGE, len(layer.images))}",
        key="from",
        bind="query-params",
    )
images, names = layer.images[first : first + A_PAGE], layer.names[first : first + A_PAGE]

count, height, width = layer.images.shape
st.subheader(f"{layer.title}: {count} {'image' if count == 1 else 'images'} of {height} x {width} weights")
st.markdown(f"{layer.meaning} Red is positive, blue is negative, white is zero.")
weight_grid(images, names, key="weights")

with st.expander("What to look for", icon=":material/lightbulb:"):
    st.markdown(
        "- **Linear model.** The images look like blurred digits: red where ink is expected, blue where it must not "
        "be. The edge of the image stays at its random start: those pixels are almost always 0, and a weight that is "
        "multiplied by 0 gets no gradient.\n"
        "- **Hidden units.** Each looks for a stroke or a piece of one. Some that look like noise have learned "
        "little.\n"
        "- **Filters.** Nine numbers that slide over the image. Red beside blue finds an edge."
    )
left, right = st.columns(2)
left.page_link("pages/9_train.py", label="Train another and compare", icon=":material/model_training:")
right.page_link("pages/14_draw.py", label="Draw a digit for this model", icon=":material/draw:")
show_source(interpret.weight_images)
wrap_up("12_weights")
