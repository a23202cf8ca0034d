"""What a model is judged on, and what it says of all those images: everything on the page follows from that."""

import hashlib

import streamlit as st

from mnist_core.checkpoint import TrainedModel
from mnist_core.data import DigitData, load, status
from mnist_core.errors import DataError, LabError
from mnist_core.interpret import Evaluation, evaluate
from mnist_core.ui import lab
from mnist_core.ui.data import current_data


def kept_apart(trained: TrainedModel) -> tuple[DigitData, str]:
    """The images that were kept apart when a model was trained, and ""; or others if these are not there, and why."""
    config, now = trained.config, status()
    if config.data == "mnist" and now.name != "mnist":
        return current_data(), "MNIST is not there yet, and that makes a model look worse than it is."
    try:
        return load(config.data, digits=config.digits, split=config.split, split_seed=config.split_seed), ""
    except DataError as error:
        return current_data(), f"Its own cannot be opened: {error}"


def validation_images(trained: TrainedModel) -> tuple[DigitData, str]:
    """What the chosen model is judged on, and in words what these images are."""
    data, why_others = kept_apart(trained)
    title = data.source.title
    if why_others:
        return data, f"The model was trained on other data. It has never seen these images of {title}. {why_others}"
    official = trained.config.data == "mnist" and trained.config.split == "official"
    apart = "MNIST's test images" if official else f"images of {title}, kept apart for validation"
    return data, f"These are {apart}. {_seen()}"


def _seen() -> str:
    """Whether the chosen model was trained on its validation images: only a digit that a learner kept can be one."""
    run = lab.runs().get(st.session_state.run)
    if run is None or not run.examples:
        return "The model was not trained on them."
    kept = "1 kept digit" if run.examples == 1 else f"{run.examples:,} kept digits"
    return f"The model was also trained on {kept}: where one is among these images, a right answer proves nothing."


def what_changed(evaluation: Evaluation, data: DigitData) -> str | None:
    """What training on has changed, in a sentence; None for a model that began anew, or if its parent is gone."""
    run = lab.runs().get(st.session_state.run)
    if run is None or not run.parent:
        return None
    try:
        before = evaluated(lab.trained_model(run.parent), data)
    except LabError:
        return None
    learned, lost = (~before.right & evaluation.right).sum(), (before.right & ~evaluation.right).sum()
    return (
        f"Before it was trained on, {before.images - before.right.sum():,} were wrong. Of these, {learned:,} are right "
        f"now. Of those that were right, {lost:,} are wrong now."
    )


def _fingerprint(trained: TrainedModel) -> str:
    """A name for the model's numbers: a run that goes on has new ones under the same id."""
    digest = hashlib.sha256(trained.config.to_json().encode())
    for tensor in trained.model.state_dict().values():
        digest.update(tensor.numpy().tobytes())
    return digest.hexdigest()


def _name(data: DigitData) -> tuple[str, bytes]:
    return data.source.name, data.valid.tobytes()


@st.cache_data(
    max_entries=20,
    show_spinner="The model looks at all images",
    hash_funcs={
        TrainedModel: _fingerprint,
        DigitData: _name,
    },
)
def evaluated(trained: TrainedModel, data: DigitData) -> Evaluation:
    """What the model says of all validation images."""
    return evaluate(trained, data)
