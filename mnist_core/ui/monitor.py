"""One run on the screen: how far it is, its Stop button and its curves, live while it trains."""

from collections.abc import Mapping, Sequence

import pandas as pd
import streamlit as st

from mnist_core.runs.records import Mark, Place, Run
from mnist_core.ui import lab
from mnist_core.ui.live import live
from mnist_core.ui.live_chart import show_curves

REFRESH = 0.3  # seconds
CROWD = 4  # active runs; with more, each page is refreshed less often, so that all together ask for no more
SLOWEST = 2.0  # seconds
NONE_YET = "-"
MORE_THAN_NOISE = 0.1  # by which the validation loss has risen
LUCK = 0.05  # of accuracy above that of guessing, which proves no learning

_WORDS = {
    "queued": "Waiting",
    "running": "Training",
    "interrupted": "Interrupted: the lab was ended while this run trained. It goes on where it was saved.",
    "stopped": "Stopped. What it has learned is kept.",
    "done": "Finished",
    "diverged": "Diverged: the loss is no longer a number",
    "failed": "This run could not be finished",
}


def show_run(run_id: str) -> None:
    """Show a run; while it trains, refresh it and nothing else on the page."""
    store = lab.service().store
    live(lambda: _show(run_id), while_true=lambda: store.run(lab.learner(), run_id).active, every=_pace)


def _pace() -> float:
    return min(SLOWEST, REFRESH * max(1.0, lab.service().store.count_active() / CROWD))


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
    if run.active and (trouble := lab.service().trouble()):
        st.warning(trouble, icon=":material/warning:")
    if run.owner == lab.learner():
        _show_actions(run)
    else:
        st.caption("This run is shared with you. Its owner alone can change it.")


def _show_actions(run: Run) -> None:
    """What the owner can do with a run, now."""
    service, owner = lab.service(), run.owner
    with st.container(horizontal=True, vertical_alignment="center"):
        if run.active:
            label = "Stop and keep the model" if run.step else "Cancel"
            if st.button(label, icon=":material/stop:", disabled=run.want_stop, key="stop"):
                service.stop(owner, run.id)
                st.rerun()
        if run.state == "interrupted" and st.button("Resume", icon=":material/resume:", type="primary"):
            service.resume(owner, run.id)
            st.rerun()
        with st.popover("More", icon=":material/more_horiz:", key=f"more_{run.id}"):
            _show_marks(run)
            if st.button("Delete this run", icon=":material/delete:"):
                service.delete(owner, run.id)
                st.query_params.pop("run", None)
                st.rerun()
            st.caption("Its curves and its model cannot be brought back.")


def _show_marks(run: Run) -> None:
    """The owner's marks on a run; each is in the store as soon as it is set."""

    def mark(name: Mark) -> None:
        lab.service().store.mark(run.owner, run.id, name, st.session_state[f"{name}_{run.id}"])

    marks: dict[Mark, str] = {"pinned": "Keep it whatever its age", "shared": "Everybody with the link may look"}
    for name, label in marks.items():
        st.toggle(label, getattr(run, name), key=f"{name}_{run.id}", on_change=mark, args=(name,))
    if run.shared:
        st.code(f"{st.context.url or ''}?run={run.id}", language=None, wrap_lines=True)


def _words(run: Run) -> str:
    if run.active and run.want_stop:
        return "Stopping at the end of this batch"
    if run.state != "queued":
        return _WORDS[run.state]
    if run.step:
        return _WORDS["running"]  # and others too: this one waits for its next turn
    if lab.devices() is None:
        return "The workers are still starting"
    place = lab.service().store.place(run.id)
    return waiting(place) if place else _WORDS["running"]


def waiting(place: Place) -> str:
    """The place of a run in the queue, in words."""
    before = place.position - 1
    words = "Waiting: next in the queue" if not before else f"Waiting: {before} before it in the queue"
    return words if place.wait is None else f"{words}, about {_clock(place.wait)}"


def _clock(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds < 60 else f"{seconds // 60:.0f} min {seconds % 60:.0f} s"
