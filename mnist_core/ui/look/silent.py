"""How often each unit behind a ReLU fires, and which never do."""

import numpy as np
import streamlit as st

from mnist_core import interpret
from mnist_core.checkpoint import TrainedModel
from mnist_core.ui.chart import show_bars
from mnist_core.ui.data import current_data
from mnist_core.ui.link import linked_selectbox
from mnist_core.ui.look import Looked
from mnist_core.ui.source import show_source

IMAGES = 1_000
MOST_LISTED = 30


def show_silent(looked: Looked) -> None:
    """For each ReLU, the share of the validation images on which each unit is above 0."""
    st.markdown(
        "ReLU makes negative numbers 0. A unit **fires** for an image if its number is above 0 there; a channel fires "
        "if it does so at any place. A unit that fires for no image at all is **dead**: it gets no gradient, so it "
        "hardly ever comes back. **Are there any?**"
    )
    valid = current_data().select("".join(map(str, looked.trained.classes)))
    some = valid.valid[:: -(-len(valid.valid) // IMAGES)]  # spread evenly: they are ordered by digit
    shares = firing_shares(looked.trained, looked.state, valid.images[some])
    if not shares:
        st.info("This model has no ReLU, so nothing in it can fall silent.", icon=":material/info:")
        return
    st.markdown(f"Tried on {len(some):,} validation images of {valid.source.title}:")
    dead = {name: np.flatnonzero(share == 0) for name, share in shares.items()}
    options = {
        name: f"ReLU {number} of {len(shares)}, {len(share)} units, {len(dead[name])} dead"
        for number, (name, share) in enumerate(shares.items(), start=1)
    }
    name = next(iter(options))
    if len(options) > 1:
        name = linked_selectbox("ReLU", options, key="relu", default=name, width=360)
    share, silent = 100 * shares[name], dead[name]
    st.markdown(in_words(shares[name], silent))
    show_bars(
        "firing",
        range(len(share)),
        share,
        title="How often does each unit fire?",
        alt=f"A bar for each of {len(share)} units, from {share.min():.1f} to {share.max():.1f} % of the images.",
        x_name="unit",
        unit=" %",
        digits=1,
        y_axis={"min": 0, "max": 100},
    )
    show_source(interpret.firing_shares)


@st.cache_data(max_entries=100, show_spinner="Trying the validation images")
def firing_shares(_trained: TrainedModel, state: tuple[object, ...], images: np.ndarray) -> dict[str, np.ndarray]:
    """The same as `interpret.firing_shares`, kept for each model."""
    return interpret.firing_shares(_trained.model, images)


def in_words(shares: np.ndarray, dead: np.ndarray) -> str:
    """How many units are dead, which, and how many fire always."""
    always = int((shares == 1).sum())
    rest = f" {always} fire for every image." if always else ""
    if not len(dead):
        return f"**No unit is dead.** Each of the {len(shares)} fires for at least one of the images.{rest}"
    listed = ", ".join(map(str, dead[:MOST_LISTED])) + (" and more" if len(dead) > MOST_LISTED else "")
    return f"**{len(dead)} of {len(shares)} units never fire**: {listed}.{rest}"
