"""Every layer's weights as images, how they changed since the start, the biases, and how large they are."""

import math

import numpy as np
import streamlit as st

from mnist_core import interpret
from mnist_core.interpret import LayerWeights, WeightImages
from mnist_core.ui import lab
from mnist_core.ui.chart import BLUE, ORANGE, line, show_bars, show_lines
from mnist_core.ui.look import Looked, choose_layer, choose_output, page_of
from mnist_core.ui.source import show_source
from mnist_core.ui.weight_grid import weight_grid

A_PAGE = 20  # images; more would be too small to read
MOST_BINS = 60
NOW, CHANGE = "As they are", "Change since the start"


def show_weights(looked: Looked) -> None:
    """The weights of a layer in pictures and numbers."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        layer = choose_layer(looked)
        view = st.segmented_control("Weights", [NOW, CHANGE], default=NOW, required=True, key="view", **lab.BOUND)
    start = interpret.layer_weights(looked.start, layer.name)
    shown = interpret.change(start, layer) if view == CHANGE else layer
    output = choose_output(layer) if layer.weights.shape[1] > 1 else 0
    images = interpret.as_images(shown, output)
    count, height, width = images.images.shape
    st.subheader(f"{layer.title}: {count} {'image' if count == 1 else 'images'} of {height} x {width} weights")
    if view == CHANGE:
        st.markdown("The weights now, less those at the start. Red has grown, blue has shrunk, white is as it was.")
    else:
        st.markdown(f"{layer.meaning} Red is positive, blue is negative, white is zero.")
    if layer.takes_a_row:
        st.caption(
            f"This layer takes a row of {height * width} numbers, no image. They are laid out in lines of {width}: "
            "neighbours have nothing to do with each other."
        )
    if count > A_PAGE:
        images = sorted_as(images, interpret.as_images(interpret.layer_weights(looked.newest, layer.name), output))
    page = page_of(count, A_PAGE, "from", "images, the strongest first")
    scale = looked.scale(layer.name) if view == NOW else None
    weight_grid(images.images[page], images.names[page], key="weights", scale=scale)
    if looked.run and view == NOW:
        st.caption("All epochs of this run share one scale of colours. Move the epoch, and see the weights grow.")
    left, right = st.columns(2, gap="medium")
    with left:
        show_histogram(layer, start)
    with right:
        show_biases(layer, shown, view)
    what_to_look_for()
    show_source(interpret.layer_weights, interpret.as_images, interpret.change)


def sorted_as(images: WeightImages, model: WeightImages) -> WeightImages:
    """The images in the order of the strength of others, so that each keeps its place from epoch to epoch."""
    order = [images.names.index(name) for name in interpret.strongest_first(model).names]
    return WeightImages(images.title, [images.names[i] for i in order], images.images[order], images.meaning)


def show_histogram(layer: LayerWeights, start: LayerWeights) -> None:
    """How many weights have which size, at the start and now."""
    both = [weights.weights.ravel() for weights in (start, layer)]
    ends = min(values.min() for values in both), max(values.max() for values in both)
    bins = min(MOST_BINS, max(8, math.isqrt(layer.weights.size)))
    (before, edges), (now, _) = (np.histogram(values, bins, ends) for values in both)
    middles = (edges[1:] + edges[:-1]) / 2
    spreads = [f"{values.std():.4f}" for values in both]
    show_lines(
        "weights_histogram",
        [line("At the start", middles, before, BLUE, dashed=True), line("Now", middles, now, ORANGE)],
        title=f"How large are the {layer.weights.size:,} weights?",
        alt=f"Histogram of the weights. Standard deviation at the start {spreads[0]}, now {spreads[1]}.",
        x_name="weight",
        height=280,
        y_axis={"min": 0},
    )
    st.caption(f"Standard deviation: {spreads[0]} at the start, {spreads[1]} now.")


def show_biases(layer: LayerWeights, shown: LayerWeights, view: str) -> None:
    """A bar for each bias."""
    if not len(layer.bias):
        st.markdown("This layer has no biases: a batch norm behind it adds a number of its own.")
        return
    of = layer.names[0].partition(" ")[0]
    change = ", change since the start" if view == CHANGE else ""
    show_bars(
        "weights_biases",
        [name.removeprefix(f"{of} ") for name in layer.names],
        shown.bias,
        title=f"Biases{change}",
        alt=f"{len(layer.bias)} biases{change}, from {shown.bias.min():.4f} to {shown.bias.max():.4f}.",
        x_name=of,
        height=280,
    )
    st.caption("A bias is added to the sum, whatever the image is.")


def what_to_look_for() -> None:
    """How to read the images of each kind of model."""
    with st.expander("What to look for", icon=":material/lightbulb:"):
        st.markdown(
            "- **Linear model.** The images look like blurred digits: red where ink is expected, blue where it must "
            "not be. The edge of the image stays at its random start: those pixels are almost always 0, and a weight "
            "that is multiplied by 0 gets no gradient.\n"
            "- **Hidden units.** Each looks for a stroke or a piece of one. Some that look like noise have learned "
            "little.\n"
            "- **Filters.** Nine numbers that slide over the image. Red beside blue finds an edge.\n"
            "- **Change since the start.** White means that nothing was learned there."
        )
