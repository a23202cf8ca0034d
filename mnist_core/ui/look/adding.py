"""One output of a layer added up, product by product, until it is the number that torch gives."""

import streamlit as st

from mnist_core import interpret
from mnist_core.interpret import LayerWeights
from mnist_core.ui.look import Looked, choose_digit, choose_layer, choose_output
from mnist_core.ui.source import show_source
from mnist_core.ui.weighted_sum import weighted_sum


def show_adding(looked: Looked) -> None:
    """The weighted sum of an output that the learner chooses."""
    st.markdown(
        "A model only multiplies and adds. Each input is multiplied by its weight, all the products are added up, and "
        "the bias is added. **Follow the sum until it is the number that PyTorch gives.**"
    )
    digit = choose_digit(looked.trained.classes)
    if digit is None:
        return
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        layer = choose_layer(looked)
        output = choose_output(layer)
    shown = interpret.weighted_sum(looked.trained, layer, output, digit.image)
    st.markdown(in_words(layer, output, slides=shown.outputs.size > 1))
    weighted_sum(shown, key="adding", name=layer.names[output], units=layer.takes_a_row)
    st.caption(
        "Numbers are rounded to 4 digits here; the sum is not. It may differ from that of PyTorch in the seventh "
        "digit, since PyTorch keeps only so many."
    )
    show_source(interpret.weighted_sum, interpret.WeightedSum)


def in_words(layer: LayerWeights, output: int, *, slides: bool) -> str:
    """What is multiplied by what, and added to what."""
    _, channels, height, width = layer.weights.shape
    name = layer.names[output]
    count = f"{channels} x {height} x {width}" if channels > 1 else f"{height} x {width}"
    if slides:
        return (
            f"The kernel of **{name}** lies on {count} numbers at a time. Their products are added up: one number of "
            "the output. Then the kernel moves on. **Slide it**, or point at the output. The rim outside the dashed "
            "line is the padding: zeros, so that the kernel can also stand at the edge."
        )
    return (
        f"**{name.capitalize()}** has {count} weights, one for each number that comes in. A product is red where it "
        "speaks for this output, and blue where it speaks against. Where the input is 0, the product is 0, however "
        "large the weight is. **Move the slider to the left, and add it up from the start.**"
    )
