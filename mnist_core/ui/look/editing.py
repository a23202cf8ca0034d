"""One weight of a copy of the model, set by hand: what the model says follows."""

import numpy as np
import pandas as pd
import streamlit as st

from mnist_core import interpret
from mnist_core.interpret import LayerWeights, WeightedSum
from mnist_core.ui.look import Looked, choose_digit, choose_layer, choose_output
from mnist_core.ui.prediction import answer, show_probabilities
from mnist_core.ui.source import show_source
from mnist_core.ui.weighted_sum import Place, weighted_sum

REACH = 10.0  # the slider goes from minus this to this, or as far as the weight itself


def show_editing(looked: Looked) -> None:
    """Choose a weight, move it, and see the answer change."""
    trained = looked.trained
    st.markdown(
        "What does one single weight do? Choose one, change it, and see what the model says then. You change a copy: "
        "the model itself stays as it is."
    )
    digit = choose_digit(trained.classes)
    if digit is None:
        return
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        layer = choose_layer(looked)
        output = choose_output(layer)
    before = interpret.weighted_sum(trained, layer, output, digit.image)
    channel, row, column = place = chosen_place(layer, output, before)
    old = float(layer.weights[output, channel, row, column])
    left, right = st.columns([2, 3], gap="medium")
    with left:
        value = choose_value(layer, output, place, old)
    changed = interpret.with_weight(
        trained, layer.name, output=output, channel=channel, row=row, column=column, value=value
    )
    after = interpret.weighted_sum(changed, interpret.layer_weights(changed, layer.name), output, digit.image)
    says = [interpret.probabilities(model, digit.image[None])[0] for model in (trained, changed)]
    with left:
        st.markdown(f"##### {answer(trained.classes, says[1])}")
        st.markdown(in_words(before, place, old, value))
        show_probabilities(trained.classes, says[1])
        show_logits(looked, [interpret.logits(model.model, digit.image[None])[0] for model in (trained, changed)])
    with right:
        weighted_sum(
            after, key="editing", name=layer.names[output], units=layer.takes_a_row, picked=place, on_pick=pick
        )
    show_source(interpret.with_weight, interpret.probabilities)


def chosen_place(layer: LayerWeights, output: int, shown: WeightedSum) -> Place:
    """The weight that was picked last, if there is such a one here; at first the one with the largest product."""
    place = st.session_state.get("weight_place")
    if place and all(at < size for at, size in zip(place, layer.weights.shape[1:], strict=True)):
        return place
    best = np.unravel_index(int(shown.outputs.argmax()), shown.outputs.shape)
    channel, row, column = np.unravel_index(
        int(np.abs(shown.products(*map(int, best))).argmax()), layer.weights.shape[1:]
    )
    return int(channel), int(row), int(column)


def pick(place: Place) -> None:
    """Note which weight the learner has picked."""
    st.session_state.weight_place = place


def choose_value(layer: LayerWeights, output: int, place: Place, old: float) -> float:
    """A slider and a way back, for each weight its own."""
    key = f"value_{layer.name}_{output}_{'_'.join(map(str, place))}"
    reach = max(REACH, float(np.ceil(abs(old))))
    where = f"row {place[1]}, column {place[2]}"
    where = f"channel {place[0]}, {where}" if layer.weights.shape[1] > 1 else where
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        value = st.slider(
            f"Weight of {layer.names[output]} at {where}", -reach, reach, old, 0.01, format="%.4f", key=key, width=420
        )
        st.button(
            "Reset",
            icon=":material/undo:",
            disabled=value == old,
            on_click=lambda: st.session_state.update({key: old}),
        )
    return value


def in_words(shown: WeightedSum, place: Place, old: float, value: float) -> str:
    """What was changed, and why that does much, little or nothing."""
    said = f"The weight was {old:.4f} and is now **{value:.4f}**."
    if value == old:
        return "The weight is as the model learned it. **Move the slider**, or choose another weight in the picture."
    if shown.outputs.size > 1:
        return f"{said} The kernel uses it at every place of the image, so the whole output of the filter changes."
    x = float(shown.inputs[place])
    if not x:
        return f"{said} **Nothing else changes**: its input is 0 for this image, and 0 times anything is 0."
    return (
        f"{said} Its input is {x:.4f}, so the sum changes by {x:.4f} × {value - old:.4f} = **{x * (value - old):.4f}**."
    )


def show_logits(looked: Looked, logits: list) -> None:
    """The logits before and after."""
    classes = looked.trained.classes
    names = list(classes) if len(logits[0]) == len(classes) else [f"{classes[0]} against {classes[1]}"]
    table = pd.DataFrame({"before": logits[0], "now": logits[1]}, index=pd.Index(names, name="logit"))
    with st.expander("The logits before and now", icon=":material/table:"):
        st.table(table.map("{:.4f}".format))
