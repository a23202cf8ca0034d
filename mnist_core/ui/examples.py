"""Digits that a learner keeps: the form that keeps one, and the form that trains a model on with them."""

from dataclasses import replace

import numpy as np
import streamlit as st

from mnist_core.data import status
from mnist_core.errors import LabError
from mnist_core.runs import examples
from mnist_core.runs.records import Start
from mnist_core.ui import lab
from mnist_core.ui.words import a, counted


def show_keep(image: np.ndarray, *, origin: str, label: int | None = None, key: str) -> None:
    """Ask which digit an image really shows, and keep it with that label.

    Parameters
    ----------
    image : array of shape (28, 28), uint8 in 0..255 or float32 in [0, 1], as a model gets it
    origin : where it comes from, in words
    label : the digit that is chosen at first
    key : of the form; another image wants another one
    """
    digit = st.segmented_control("Which digit is it really?", range(10), default=label, key=f"{key}_label")
    pressed = st.button("Keep it", icon=":material/bookmark_add:", disabled=digit is None, key=f"{key}_keep")
    if pressed and digit is not None:
        try:
            lab.service().examples.keep(lab.learner(), image, digit, origin)
        except LabError as error:
            st.error(str(error), icon=":material/error:")
        else:
            # Not a toast: Streamlit's has no name for a screen reader.
            st.success(f"Kept as {a(digit)}. You keep {counted(len(own()))} now.", icon=":material/bookmark_added:")


def own() -> list[examples.Example]:
    """The learner's digits, newest first."""
    return lab.service().examples.of(lab.learner())


def show_train_on(choice: str, *, key: str) -> None:
    """Train a model on with the digits that the learner keeps, as a run of its own.

    Parameters
    ----------
    choice : of a model, as `lab.trained_model` takes it
    """
    trained = lab.trained_model(choice)
    known = [example for example in own() if example.label in trained.classes]
    if not known:
        st.caption("You keep no digits that this model knows. Keep one first: its label says what it should answer.")
        return
    st.markdown(
        f"A new run begins with this model's weights. It trains on all the training images once more, and on your "
        f"**{counted(len(known))}** among them. Its learning rate is a tenth of the one that the model was made with: "
        "large steps would undo what it knows."
    )
    times = st.slider("How often each of your digits comes in an epoch", 1, 100, 20, key=f"{key}_times")
    epochs = st.slider("Epochs", 1, 10, 1, key=f"{key}_epochs")
    made = f"{key}_run"
    if st.button("Train it on", icon=":material/model_training:", key=f"{key}_go"):
        try:
            st.session_state[made] = _train_on(choice, known, epochs=epochs, times=times)
        except LabError as error:
            st.error(str(error), icon=":material/error:")
    if run := st.session_state.get(made):
        st.page_link(
            "pages/9_train.py",
            label="It trains now. Watch it",
            icon=":material/model_training:",
            query_params={"run": run},
        )


def _train_on(choice: str, known: list[examples.Example], *, epochs: int, times: int) -> str:
    from mnist_core.training import start_from

    trained = lab.trained_model(choice)
    was = trained.config
    data = "digits" if was.data == "mnist" and status().name == "digits" else was.data
    config = replace(was, data=data, lr=was.lr / 10, epochs=epochs, schedule="constant", device="auto")
    start = Start(choice, start_from(trained.model, config), examples.pack(known, times), len(known))
    return lab.service().train_on(lab.learner(), config, start)
