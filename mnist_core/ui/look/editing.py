"""One weight of a copy of the model, set by hand: what the model says follows."""

import numpy as np
import pandas as pd
import streamlit as st

from mnist_core import interpret
from mnist_core.interpret import LayerWeights, WeightedSum
from mnist_core.ui import lab
from mnist_core.ui.link import choose, linked_choice
from mnist_core.ui.look import Looked, choose_digit, choose_layer, choose_output
from mnist_core.ui.prediction import answer, show_probabilities
from mnist_core.ui.source import show_source
from mnist_core.ui.weighted_sum import Place, weighted_sum

REACH = 10.0  # the slider goes from minus this to this


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
    channel, row, column = place = chosen_place(before)
    old = float(layer.weights[output][place])
    left, right = st.columns([2, 3], gap="medium")
    with left:
        change = choose_change(layer, output, place)
    changed = interpret.with_weight(
        trained, layer.name, output=output, channel=channel, row=row, column=column, value=old + change
    )
    after = interpret.weighted_sum(changed, interpret.layer_weights(changed, layer.name), output, digit.image)
    says = [interpret.probabilities(model, digit.image[None])[0] for model in (trained, changed)]
    with left:
        st.markdown(f"##### {answer(trained.classes, says[1])}")
        st.markdown(in_words(before, place, old, change))
        show_probabilities(trained.classes, says[1])
        show_logits(looked, [interpret.logits(model.model, digit.image[None])[0] for model in (trained, changed)])
    with right:
        weighted_sum(
            after,
            key="editing",
            name=layer.names[output],
            units=layer.takes_a_row,
            scale=float(np.abs(before.weights).max()),
            picked=place,
            on_pick=pick,
        )
    show_source(interpret.with_weight, interpret.probabilities)


def chosen_place(shown: WeightedSum) -> Place:
    """The weight that was picked last, if there is such a one here, else the one with the largest product."""
    row, column = divmod(int(shown.outputs.argmax()), shown.outputs.shape[1])
    sizes = np.abs(shown.products(row, column))
    places: dict[str, Place] = {_written(place): place for place in np.ndindex(*sizes.shape)}
    largest = list(places)[int(sizes.argmax())]
    return places[linked_choice(places, key="weight", default=largest)]


def pick(place: Place) -> None:
    """Note which weight the learner has picked, as it was learned."""
    choose("weight", _written(place))
    st.session_state.weight_change = 0.0


def choose_change(layer: LayerWeights, output: int, place: Place) -> float:
    """How much is added to the weight."""
    channel, row, column = place
    _, channels, _, columns = layer.weights.shape
    where = f"unit {row * columns + column}" if layer.takes_a_row else f"row {row}, column {column}"
    if channels > 1:
        where = f"channel {channel}, {where}"
    change = st.slider(
        f"Add to the weight of {layer.names[output]} for {where}",
        -REACH,
        REACH,
        0.0,
        0.1,
        format="%+.1f",
        key="weight_change",
        **lab.BOUND,
    )
    st.button(
        "Reset",
        icon=":material/undo:",
        disabled=not change,
        on_click=lambda: st.session_state.update(weight_change=0.0),
    )
    return change


def _written(place: Place) -> str:
    return "-".join(map(str, place))


def in_words(shown: WeightedSum, place: Place, old: float, change: float) -> str:
    """What was changed, and why that does much, little or nothing."""
    said = f"The weight was {old:.4f} and is now **{old + change:.4f}**."
    if not change:
        return (
            f"The weight is {old:.4f}, as the model learned it. **Move the slider**, or choose another weight in the "
            "picture."
        )
    if shown.outputs.size > 1:
        return f"{said} The kernel uses it at every place of the image, so the whole output of the filter changes."
    x = float(shown.inputs[place])
    if not x:
        return f"{said} **Nothing else changes**: its input is 0 for this image, and 0 times anything is 0."
    return f"{said} Its input is {x:.4f}, so the sum changes by {x:.4f} × ({change:g}) = **{x * change:.4f}**."


def show_logits(looked: Looked, logits: list) -> None:
    """The logits before and after."""
    classes = looked.trained.classes
    names = list(classes) if len(logits[0]) == len(classes) else [f"{classes[0]} against {classes[1]}"]
    table = pd.DataFrame({"before": logits[0], "now": logits[1]}, index=pd.Index(names, name="logit"))
    with st.expander("The logits before and now", icon=":material/table:"):
        st.table(table.map("{:.4f}".format))
