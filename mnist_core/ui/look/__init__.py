"""The parts of the Weights page, and what is looked at in all of them: a model, an epoch, a layer, a digit."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import streamlit as st

from mnist_core import interpret, models
from mnist_core.checkpoint import TrainedModel
from mnist_core.images import to_mnist
from mnist_core.interpret import LayerWeights
from mnist_core.runs.records import Run
from mnist_core.ui import lab
from mnist_core.ui.data import current_data
from mnist_core.ui.epochs import NOW, choose_epoch, kept_epochs, largest_weight, model_after
from mnist_core.ui.link import linked_selectbox
from mnist_core.ui.pad import last_drawing
from mnist_core.ui.prediction import show_digit

MINE = "My drawing"
FIRST = "3"
"""The digit that is looked at first."""


@dataclass(frozen=True)
class Looked:
    """The model that is looked at.

    Attributes
    ----------
    trained : as it was after the chosen epoch
    newest : as it is now
    run : that it comes from, None for one that comes with the lab
    state : differs from that of any other model, to keep what was worked out
    """

    trained: TrainedModel
    newest: TrainedModel
    run: Run | None
    state: tuple[object, ...]

    def scale(self, layer: str) -> float:
        """The size of the layer's largest weight after any epoch, so that all epochs have one scale."""
        if self.run:
            return largest_weight(self.run, layer)
        return float(np.abs(interpret.layer_weights(self.trained, layer).weights).max())

    @property
    def start(self) -> TrainedModel:
        """As it was before the first batch."""
        if self.run:
            return model_after(self.run, 0)
        return replace(self.trained, model=models.new_model(self.trained.config).eval())


@dataclass(frozen=True)
class Digit:
    """The image that goes through the model.

    Attributes
    ----------
    image : float32 array of shape (28, 28) in [0, 1]
    words : what it is, one sentence
    """

    image: np.ndarray
    words: str


def choose_model() -> Looked:
    """Let the learner choose a model, and of a run the epoch."""
    newest = lab.choose_model()
    run = lab.runs().get(st.session_state.run)
    if run is None:
        return Looked(newest, newest, None, (st.session_state.run,))
    epochs = kept_epochs(run)
    if run.saved != epochs[-1] * run.batches_an_epoch:
        epochs.append(NOW)
    epoch = choose_epoch(run, epochs)
    trained = newest if epoch == epochs[-1] else model_after(run, epoch)
    return Looked(trained, newest, run, (run.id, run.saved, epoch))


def choose_layer(looked: Looked) -> LayerWeights:
    """Let the learner choose a layer that has weights, if there are several."""
    layers = interpret.layers_with_weights(looked.trained.model)
    name = next(iter(layers))
    if len(layers) > 1:
        name = linked_selectbox("Layer", layers, key="layer", default=name, width=360)
    return interpret.layer_weights(looked.trained, name)


def choose_output(layer: LayerWeights) -> int:
    """Let the learner choose one of a layer's outputs, if it has several; at first that of the first digit shown."""
    if len(layer.names) == 1:
        return 0
    default = f"digit {FIRST}" if f"digit {FIRST}" in layer.names else layer.names[0]
    key = f"output_{len(layer.names)}_{layer.names[0].partition(' ')[0]}"
    keep_option(key, layer.names)
    return layer.names.index(st.select_slider("Output", layer.names, value=default, key=key, width=360, **lab.BOUND))


def choose_digit(classes: Sequence[int]) -> Digit | None:
    """Let the learner choose a validation image, or what they drew last; None if that is nothing yet."""
    names = [*map(str, classes), MINE]
    keep_option("digit", names)
    data = current_data()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = st.pills(
            "Digit to look at",
            names,
            default=FIRST if FIRST in names else names[0],
            required=True,
            wrap=True,
            key="digit",
            **lab.BOUND,
        )
        digit = _drawing() if chosen == MINE else _validation_image(data.valid[data.labels[data.valid] == int(chosen)])
        if digit:
            show_digit(digit.image, alt=digit.words, side=84)
    if digit:
        st.caption(digit.words)
        return digit
    st.info("You have drawn no digit yet. Draw one, and come back.", icon=":material/draw:")
    st.page_link("pages/14_draw.py", label="Draw a digit", icon=":material/draw:")
    return None


def keep_option(key: str, options: Sequence[object]) -> None:
    """Forget what was chosen from a widget before its options changed, if it is none of them any more."""
    if st.session_state.get(key) not in options:
        st.session_state.pop(key, None)


def page_of(count: int, size: int, key: str, what: str) -> slice:
    """Let the learner turn the pages of so many images, if they are more than fit on one."""
    if count <= size:
        return slice(0, count)
    pages = range(0, count, size)
    keep_option(key, pages)
    first = st.select_slider(
        f"Which of the {count} {what}",
        pages,
        format_func=lambda start: f"{start + 1} to {min(start + size, count)}",
        key=key,
        width=360,
        bind="query-params",
    )
    return slice(first, min(first + size, count))


def _drawing() -> Digit | None:
    drawing = last_drawing()
    if drawing is None or drawing.is_blank:
        return None
    return Digit(to_mnist(drawing.pixels).result, "Your last drawing, as the model gets it.")


def _validation_image(indices: np.ndarray) -> Digit:
    data = current_data()
    if "which" in st.session_state:  # another digit may have fewer images
        st.session_state.which = min(st.session_state.which, len(indices) - 1)
    number = st.number_input(
        f"Which of its {len(indices):,} images", 0, len(indices) - 1, key="which", width=180, **lab.BOUND
    )
    index = indices[number]
    words = f"Image {index:,} of {data.source.title}, a {data.labels[index]}. It is from the validation set."
    return Digit(data.images[index] / np.float32(255), words)
