"""The epochs of a run: which can be looked at, its model as it was then, and one scale for the weights of all."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from mnist_core.runs.records import Run
from mnist_core.ui import lab

if TYPE_CHECKING:
    from mnist_core.checkpoint import TrainedModel

NOW = -1
"""Stands for the model as it is saved now, in the middle of an epoch."""


def kept_epochs(run: Run) -> list[int]:
    """The epochs whose model can be had, ascending: 0, those that were kept, and the last if the run rests after it."""
    whole, rest = divmod(run.saved or 0, run.batches_an_epoch)
    return sorted({0, *lab.service().store.snapshot_epochs(run.id), *([] if rest or run.active else [whole])})


def choose_epoch(run: Run, epochs: Sequence[int]) -> int:
    """Let the learner choose one of several epochs, the last at first; the choice goes along from page to page."""
    key, words = f"after_{run.id}", {0: f"0, {start_in_words(run)}", NOW: "now"}
    if st.session_state.get(key) not in epochs:  # chosen before the run went on
        st.session_state.pop(key, None)
    return st.select_slider(
        "After epoch",
        epochs,
        value=epochs[-1],
        format_func=lambda epoch: words.get(epoch, str(epoch)),
        key=key,
        **lab.BOUND,
    )


def start_in_words(run: Run) -> str:
    """What a run begins with."""
    return "the model it trains on" if run.parent else "the random start"


def model_after(run: Run, epoch: int) -> "TrainedModel":
    """The model of a run as it was after one of `kept_epochs`, or as it is `NOW`.

    Raises
    ------
    RunError
        If it has been deleted meanwhile, or the model that it trains on, where that was too large to be kept twice.
    """
    from mnist_core import checkpoint, models

    if kept := lab.service().store.snapshot(run.id, epoch):
        return checkpoint.undump(kept)
    if epoch:
        return lab.trained_model(run.id)
    if run.parent:
        return lab.trained_model(run.parent)
    return checkpoint.TrainedModel(models.new_model(run.config).eval(), run.config, {})


def largest_weight(run: Run, layer: str) -> float:
    """The size of the largest weight that a layer had after any epoch of a run, so that all have one scale."""
    return _largest_weights(run, run.id, run.saved, tuple(kept_epochs(run)))[layer]


@st.cache_data(max_entries=100, show_spinner=False)
def _largest_weights(_run: Run, _id: str, saved: int | None, epochs: tuple[int, ...]) -> dict[str, float]:
    """Layer -> size of its largest weight after any of the epochs, kept for each state of a run."""
    largest: dict[str, float] = {}
    for epoch in [*epochs, *([NOW] if saved else [])]:
        for name, weights in model_after(_run, epoch).model.named_parameters():
            layer, _, kind = name.rpartition(".")
            if kind == "weight":
                largest[layer] = max(largest.get(layer, 0.0), float(weights.detach().abs().max()))
    return largest
