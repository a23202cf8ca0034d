"""The time scrubber: one slider winds a run's curves, weights and predictions back to an epoch, together."""

from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from mnist_core.errors import LabError
from mnist_core.images import to_mnist
from mnist_core.runs.records import Curves, Run
from mnist_core.ui.chart import BLUE, ORANGE, line, show_lines
from mnist_core.ui.epochs import choose_epoch, kept_epochs, largest_weight, model_after, start_in_words
from mnist_core.ui.monitor import account
from mnist_core.ui.pad import last_drawing
from mnist_core.ui.prediction import answer, show_digit, show_probabilities
from mnist_core.ui.weight_grid import weight_grid

if TYPE_CHECKING:
    from mnist_core.checkpoint import TrainedModel

WEIGHTS = 12  # images


@st.fragment  # the slider reruns only this part
def show_scrubber(run: Run, curves: Curves) -> None:
    """Show a run as it was after an epoch that the learner chooses; 0 is its random start."""
    try:
        _show(run, curves)
    except LabError as error:
        st.error(str(error), icon=":material/error:")


def _show(run: Run, curves: Curves) -> None:
    kept = [epoch for epoch in kept_epochs(run) if epoch <= len(curves.epochs)]  # it may have gone on since
    if len(kept) > 1:
        epoch = choose_epoch(run, kept)
    else:
        epoch = 0
        st.info(
            f"Its model was kept after no epoch yet. What you see is {start_in_words(run)}.", icon=":material/info:"
        )
    sentences = account(curves.epochs)[::-1]
    st.markdown(sentences[epoch - 1] if epoch else f"Before the first batch: {start_in_words(run)}.")
    trained = model_after(run, epoch)
    left, middle, right = st.columns(3, gap="medium")
    with left:
        _show_curves(run, curves, epoch)
    with middle:
        _show_weights(run, trained, model_after(run, kept[-1]))
    with right:
        _show_prediction(trained)


def _show_curves(run: Run, curves: Curves, epoch: int) -> None:
    xs = [row["epoch"] for row in curves.epochs]
    here = {"silent": True, "symbol": "none", "label": {"show": False}, "data": [{"xAxis": epoch}]}
    marker = {"markLine": {**here, "lineStyle": {"width": 2, "type": "dashed", "color": "#7a7a7a"}}}
    of = {name: [row[name] for row in curves.epochs] for name in ("train_loss", "valid_loss", "accuracy")}
    losses = [
        line("Training", xs, of["train_loss"], BLUE, dashed=True) | marker,
        line("Validation", xs, of["valid_loss"], ORANGE, marks=len(xs) < 30),
    ]
    accuracy = [line("Accuracy", xs, of["accuracy"], ORANGE, marks=len(xs) < 30) | marker]
    for title, lines in (("Loss", losses), ("Accuracy", accuracy)):
        show_lines(
            f"scrubbed_{title}",
            lines,
            title=title,
            alt=f"{title} after each of {len(xs)} epochs. The marker stands at epoch {epoch}.",
            x_name="epoch",
            x_axis={"min": 0, "max": run.config.epochs, "minInterval": 1},
            height=240,
        )


def _show_weights(run: Run, trained: "TrainedModel", last: "TrainedModel") -> None:
    """The same units at every epoch, those with the strongest weights at the end, in the order of their numbers."""
    from mnist_core import interpret

    layer = interpret.weight_images(trained)
    strongest = interpret.weight_images(last).names[:WEIGHTS]
    chosen = sorted(map(layer.names.index, strongest), key=lambda index: (len(layer.names[index]), layer.names[index]))
    st.markdown(f"**{layer.title}.** Red is positive, blue is negative.")
    names = [layer.names[index] for index in chosen]
    scale = largest_weight(run, interpret.first_layer(trained.model))
    weight_grid(layer.images[chosen], names, key="scrubbed_weights", scale=scale)


def _show_prediction(trained: "TrainedModel") -> None:
    from mnist_core.interpret import probabilities

    image, what = _digit(trained)
    says = probabilities(trained, image[None])[0]
    st.markdown(f"**{answer(trained.classes, says)}**")
    with st.container(horizontal=True):
        show_digit(image, alt=what, side=84)
        st.caption(what, width="stretch")
    show_probabilities(trained.classes, says)
    st.page_link("pages/14_draw.py", label="Draw a digit of your own", icon=":material/draw:")


def _digit(trained: "TrainedModel") -> tuple[np.ndarray, str]:
    """The learner's last drawing, float32 of shape (28, 28) in [0, 1], or a validation image; and what it is."""
    drawing = last_drawing()
    if drawing and not drawing.is_blank:
        return to_mnist(drawing.pixels).result, "Your last drawing, as the model gets it."
    from mnist_core.ui.mistakes.evaluated import kept_apart

    data, _ = kept_apart(trained)
    index = next(index for index in data.valid if data.labels[index] in trained.classes)
    words = f"Image {index:,} of {data.source.title}, a {data.labels[index]}, from the validation images."
    return data.images[index] / np.float32(255), words
