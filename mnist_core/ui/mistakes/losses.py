"""The images with the highest loss."""

import streamlit as st

from mnist_core.data import DigitData
from mnist_core.interpret import Evaluation, confusion
from mnist_core.interpret.predict import evaluate
from mnist_core.ui.mistakes.opened import show_opened, show_wall, show_ways_on
from mnist_core.ui.source import show_source

MOST_SHOWN = 60


def show_losses(evaluation: Evaluation, data: DigitData) -> None:
    """The top losses, each with what was predicted and what it is."""
    places = confusion.top_losses(evaluation)[:MOST_SHOWN]
    share = evaluation.losses[places].sum() / evaluation.losses.sum()
    st.markdown(
        "Each image has a **loss**: minus the logarithm of the probability that the model gave to its label. It is "
        "near 0 when the model was sure and right, and high when it was sure and wrong. So the **top losses** are the "
        "images that surprised the model most. Look at them: some are badly written, and a few of MNIST's labels are "
        "themselves in doubt. **Which label would you give?**"
    )
    st.caption(
        f"The mean loss is {evaluation.losses.mean():.4f}. These {len(places)} of {evaluation.images:,} images make up "
        f"{share:.0%} of the sum of all losses. The highest comes first. Press one to open it."
    )
    left, right = st.columns(2, gap="large")
    with left:
        place = show_wall(
            evaluation,
            data,
            places,
            label="Images with the highest loss",
            captions=[_caption(evaluation, place) for place in places],
            side=104,
            height=440,
        )
    with right:
        show_opened(evaluation, data, place)
    show_ways_on(evaluation, data, place)
    show_source(evaluate, confusion.top_losses)


def _caption(evaluation: Evaluation, place: int) -> str:
    sure = min(100 * evaluation.confidences[place], 99.9)
    return (
        f"predicted {evaluation.preds[place]} ({sure:.1f}%), actual {evaluation.labels[place]}, "
        f"loss {evaluation.losses[place]:.2f}"
    )
