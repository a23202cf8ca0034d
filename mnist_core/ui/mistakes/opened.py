"""Images to choose among, and the chosen one opened: what the model says of it, and what a learner can do with it."""

import numpy as np
import streamlit as st

from mnist_core.data import DigitData
from mnist_core.interpret import Evaluation
from mnist_core.ui.digit_wall import digit_wall
from mnist_core.ui.examples import show_keep, show_train_on
from mnist_core.ui.link import choose, linked_choice
from mnist_core.ui.pad import put_image
from mnist_core.ui.prediction import answer, show_digit, show_probabilities
from mnist_core.ui.words import a

MOST = 120  # images on one wall
FEW = 24  # images that need no scrolling
IMAGE = "mistakes_image"


def show_wall(
    evaluation: Evaluation,
    data: DigitData,
    places: np.ndarray,
    *,
    label: str,
    captions: list[str] | None = None,
    side: int = 52,
    height: int = 330,
) -> int:
    """Show images of which one is opened; its place in the evaluation.

    Parameters
    ----------
    places : int64 array of shape (n,), n > 0, the images in their order; the first `MOST` are shown
    label : what they are, in a few words
    captions : under each image; without, what the label says and what the model says
    side : of an image, in pixels
    height : of the part that is seen where there are many, in pixels; the others come by scrolling
    """
    places = places[:MOST]
    indices = [str(index) for index in evaluation.indices[places]]
    picked = indices.index(linked_choice(indices, key=IMAGE, default=indices[0]))
    labels, preds = evaluation.labels[places], evaluation.preds[places]
    with st.container(height="content" if len(places) * side <= FEW * 52 else height, border=False):
        digit_wall(
            data.images[evaluation.indices[places]],
            [
                f"{a(digit).capitalize()} by its label, {a(said)} for the model"
                for digit, said in zip(labels, preds, strict=True)
            ],
            key="mistakes_wall",
            label=label,
            captions=captions or [f"{digit} → {said}" for digit, said in zip(labels, preds, strict=True)],
            on_pick=lambda place: choose(IMAGE, indices[place]),
            picked=picked,
            side=side,
        )
    return int(places[picked])


def show_opened(evaluation: Evaluation, data: DigitData, place: int) -> None:
    """One image in large, with its probabilities and its loss, and the ways on from it."""
    index, label = int(evaluation.indices[place]), int(evaluation.labels[place])
    image, chances = data.images[index], evaluation.probabilities[place]
    verdict = "That is right." if evaluation.right[place] else f"**Its label says {label}.**"
    with st.container(horizontal=True):
        show_digit(image / np.float32(255), alt=f"Image {index:,}, {a(label)} by its label", side=168)
        with st.container(width="stretch", gap="small"):
            st.markdown(f"**{answer(evaluation.classes, chances)}.** {verdict}")
            st.caption(f"{_loss_in_words(float(evaluation.losses[place]))} Image {index:,} of {data.source.title}.")
            if st.button("Open on the canvas", icon=":material/draw:"):
                put_image(image)
                st.session_state.way = "Draw"
                # without query_params Streamlit clears the link in a way that fails at bound widgets
                st.switch_page("pages/14_draw.py", query_params={})
    show_probabilities(evaluation.classes, chances)


def show_ways_on(evaluation: Evaluation, data: DigitData, place: int) -> None:
    """What a learner can do with the opened image: say what it really is and keep it, and train the model on."""
    index, label = int(evaluation.indices[place]), int(evaluation.labels[place])
    with st.expander("Is the label right? Keep this image with yours", icon=":material/bookmark_add:"):
        st.markdown(
            f"Labels are given by people, and people err. Image {index:,} is labelled {label}. Say what you "
            "see. An image that you keep becomes an example of your own, to train a model on with."
        )
        origin = f"image {index:,} of {data.source.title}"
        show_keep(data.images[index], origin=origin, label=label, key=f"mistakes_{index}")
    with st.expander("Train this model on with the images that you keep", icon=":material/model_training:"):
        show_train_on(st.session_state.run, key="mistakes_train")
        st.caption(
            "An image that a model was trained on is no fair test of it any more: it may know it by heart. So do not "
            "ask whether it gets your image right afterwards. Ask whether it gets more of the others right."
        )


def _loss_in_words(loss: float) -> str:
    if loss < 0.005:
        return "Loss below 0.01: the model believes in the label."
    return f"Loss {loss:.2f} = -log({np.exp(-loss):.3g}), where {np.exp(-loss):.3g} is the probability of the label."
