"""What is in a model, as a table, and the words of a convolutional one.

Imports torch only when the layers are asked for, so that Train opens without it.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from mnist_core.ui.source import show_source

if TYPE_CHECKING:
    from mnist_core.chapter.layers import LayerInfo


def layer_table(rows: Sequence["LayerInfo"]) -> None:
    """A row for each layer: what it does, what comes out of it for one image, and what it learns."""
    table = pd.DataFrame(
        {
            "layer": [f"{row.kind}: {row.does}" for row in rows],  # in one column, or it is too wide for a phone
            "comes out": [" x ".join(map(str, row.shape)) for row in rows],
            "parameters": [f"{row.parameters:,}" for row in rows],
        }
    )
    st.table(table.set_index("layer"))


@st.cache_data(show_spinner=False)
def _rows(model: str, outputs: int) -> "list[LayerInfo]":
    from mnist_core.chapter import layers

    return layers.anatomy_of(model, outputs)


def show_anatomy(model: str, outputs: int) -> None:
    """The layers of the chosen model, and what their names mean.

    Parameters
    ----------
    model : in the registry
    outputs : 1 for two digits, else one for each
    """
    with st.expander("What is in this model?", icon=":material/layers:", key="anatomy", on_change="rerun") as expander:
        if not expander.open:
            return
        rows = _rows(model, outputs)
        layer_table(rows)
        st.markdown(f"It learns **{sum(row.parameters for row in rows):,} parameters**: weights and biases.")
        kinds = {row.kind for row in rows}
        st.markdown("\n".join(f"- {text}" for kind, text in MEANINGS.items() if kind in kinds))
        if sized := [f"{row.kind}: {row.size}" for row in rows if row.size]:
            st.markdown("How the sizes follow: `(size + 2*padding - kernel) // stride + 1`")
            st.code("\n".join(sized), language=None, wrap_lines=True)
        show_source("mnist_core.chapter.layers:anatomy", "mnist_core.chapter.layers:sliding_size")


MEANINGS = {
    "Flatten": "**Flatten** lays all numbers of an image into one row, since a linear layer takes rows.",
    "Linear": "**Linear**: each output is a weighted sum of all inputs, plus a bias.",
    "Conv2d": "**Conv2d**, a *convolution*: a small table of weights, the **kernel**, slides over the image. At each "
    "place it gives one number, the weighted sum of the pixels under it. The **stride** is how many pixels it moves, "
    "the **padding** is a rim of zeros around the image, so that it can also stand at the edge. The same few weights "
    "are used everywhere: a stroke is found wherever it is.",
    "MaxPool2d": "**MaxPool2d** keeps the largest number of each small square: the image gets smaller, and what was "
    "found stays.",
    "ReLU": "**ReLU** makes negative numbers 0. It is the *nonlinearity*: without it, linear layers that follow each "
    "other could be multiplied out into one.",
    "BatchNorm2d": "**BatchNorm2d** brings the numbers of each channel to a common size, so that deep models train.",
    "Blocks": "**Blocks**: resnet18 is 18 layers deep, so its convolutions stand in blocks. A *shortcut* around each "
    "block adds its input to its output. The model here is **not pretrained**: it starts from random weights. "
    "*Transfer learning* would start from weights learned on a million photographs, and train them a little further.",
}
