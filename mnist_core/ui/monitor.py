"""One run on the screen: how far it is, its Stop button and its curves, live while it trains."""

from collections.abc import Mapping, Sequence

import pandas as pd
import streamlit as st

from mnist_core.runs.store import Run
from mnist_core.ui import lab
from mnist_core.ui.live import live
from mnist_core.ui.live_chart import show_curves

REFRESH = 0.3  # seconds
NONE_YET = "-"
MORE_THAN_NOISE = 0.1  # by which the validation loss has risen
LUCK = 0.05  # of accuracy above that of guessing, which proves no learning

_WORDS = {
    "queued": "Waiting for a free worker",
    "running": "Training",
    "stopped": "Stopped. What it has learned is kept.",
    "done": "Finished",
    "diverged": "Diverged: the loss is no longer a number",
    "failed": "This run could not be finished",
}


def show_run(run_id: str) -> None:
    """Show a run; while it trains, refresh it and nothing else on the page."""
    store = lab.service().store
    live(lambda: _show(run_id), while_true=lambda: store.run(lab.learner(), run_id).active, every=REFRESH)


def _show(run_id: str) -> None:
    store = lab.service().store
    run, curves = store.run(lab.learner(), run_id), store.curves(run_id)
    _show_state(run)
    show_curves(run, curves)
    if curves.epochs:
        st.caption(overfitting(curves.epochs))
        with st.expander("The recorder's table", icon=":material/table:"):
            st.dataframe(pd.DataFrame(curves.epochs).set_index("epoch"), width="stretch")


def overfitting(epochs: Sequence[Mapping[str, float]]) -> str:
    """What overfitting is, and whether the recorder's rows show it: the training loss falls, the validation loss rises.

    Parameters
    ----------
    epochs : the rows so far, one or more, each with "epoch", "train_loss" and "valid_loss"
    """
    words = (
        "*Overfitting*: the training loss still falls while the validation loss rises. The model then learns the "
        "training images by heart."
    )
    lowest, last = min(epochs, key=lambda row: row["valid_loss"]), epochs[-1]
    risen = last["valid_loss"] / lowest["valid_loss"] - 1 if lowest["valid_loss"] else 0
    if risen < MORE_THAN_NOISE or last["train_loss"] >= lowest["train_loss"]:
        return words
    return (
        f"{words} Here the validation loss was lowest after epoch {lowest['epoch']:.0f}; now it is {risen:.0%} higher."
    )


def _show_state(run: Run) -> None:
    st.progress(min(1.0, run.step / run.steps), text=f"**{_words(run)}** · batch {run.step:,} of {run.steps:,}")
    if run.message:
        st.error(run.message, icon=":material/error:")
    if run.state == "done" and run.accuracy is not None and run.accuracy < 1 / len(run.config.classes) + LUCK:
        st.warning("No better than guessing. Large steps do this: try a smaller learning rate.", icon=":material/help:")
    left = run.elapsed * (run.steps - run.step) / run.step if run.step and run.active else None
    with st.container(horizontal=True):
        st.metric("Epoch", f"{run.epochs_done} of {run.config.epochs}", width="content")
        st.metric("Accuracy", f"{run.accuracy:.4f}" if run.accuracy is not None else NONE_YET, width="content")
        st.metric("Elapsed", _clock(run.elapsed), width="content")
        st.metric("Remaining", _clock(left) if left is not None else NONE_YET, width="content")
    if run.active and st.button("Stop and keep the model", icon=":material/stop:", disabled=run.want_stop):
        lab.service().stop(lab.learner(), run.id)
        st.rerun()


def _words(run: Run) -> str:
    if run.active and run.want_stop:
        return "Stopping at the end of this batch"
    if run.state == "queued" and lab.devices() is None:
        return lab.service().trouble() or "The workers are still starting"
    return _WORDS[run.state] if run.state != "queued" or not run.step else _WORDS["running"]


def _clock(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds < 60 else f"{seconds // 60:.0f} min {seconds % 60:.0f} s"
