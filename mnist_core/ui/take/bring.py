"""The part of Take it away that brings a model file back in."""

import streamlit as st

from mnist_core.export import incoming
from mnist_core.runs.imports import add_model, read_model
from mnist_core.ui import lab
from mnist_core.ui.onward import show_ways_on
from mnist_core.ui.source import show_source


def show_bring() -> None:
    """Part "Bring one in"."""
    st.markdown(
        "A `model.safetensors` that this lab wrote, here or on another computer, can come back. It then is a run of "
        "yours, as if you had trained it here, but without its curves."
    )
    st.markdown(
        "Other files are refused. The lab never opens a *pickle* that somebody sends, such as a `.pkl` or `.pth` file: "
        "opening one can run any program."
    )
    store, limits = lab.service().store, lab.service().limits
    limit = incoming.most_bytes(limits.parameters)
    file = st.file_uploader("A model file of this lab", max_upload_size=-(-limit // 1_000_000), key="take_upload")
    if file is None:
        return
    data = file.getvalue()
    trained = read_model(limits, data, file.name)
    reached = trained.card["accuracy"]
    st.markdown(
        f"This file is a model of this lab: {trained.config.model}, digits: "
        f"{trained.config.digits_title.lower()}, epochs of training: {trained.card['epochs_done']}."
        + ("" if reached is None else f" It says that {reached:.2%} of its validation images were right.")
    )
    brought = st.session_state.setdefault("take_brought", {})  # of this session, so that a file comes in once
    place = st.empty()
    if hash(data) not in brought and place.button("Add it to my runs", icon=":material/add:"):
        brought[hash(data)] = add_model(store, limits, lab.learner(), data, file.name)
    if run := brought.get(hash(data)):
        place.success("It is among your runs now.", icon=":material/check:")
        show_ways_on(run, besides="pages/15_deploy.py")
    show_source(incoming.read_model, add_model)
