"""One run on the screen: how far it is, its Stop button and its curves, live while it trains."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from mnist_core.runs.records import Place, Run
from mnist_core.ui import lab
from mnist_core.ui.bet import show_bet
from mnist_core.ui.controls import show_controls
from mnist_core.ui.diagnosis import show_diagnosis
from mnist_core.ui.live import live
from mnist_core.ui.live_chart import show_curves
from mnist_core.ui.tone import tone
from mnist_core.ui.weight_grid import weight_grid
from mnist_core.ui.words import counted

REFRESH = 0.3  # seconds
CROWD = 4  # active runs; with more, a page is refreshed less often
SLOWEST = 2.0  # seconds
WEIGHTS = 10  # images
NONE_YET = "-"
OVERFITTING = (
    "What to watch for: *overfitting*. The training loss still falls while the validation loss rises. The model then "
    "learns the training images by heart."
)

_WORDS = {
    "queued": "Waiting",
    "running": "Training",
    "interrupted": "Interrupted: the lab was ended while this run trained. It goes on where it was saved.",
    "paused": "Paused. It goes on when you say so.",
    "stopped": "Stopped. What it has learned is kept.",
    "done": "Finished",
    "diverged": "Diverged: the loss is no longer a number",
    "failed": "This run could not be finished",
}


def show_run(run_id: str) -> None:
    """Show a run; while it trains, refresh it and nothing else on the page."""
    store = lab.service().store
    view = _choose_view(store.run(lab.learner(), run_id))
    live(lambda: _show(run_id, view), while_true=lambda: store.run(lab.learner(), run_id).active, every=_pace())


def _pace() -> float:
    """Seconds from one refresh to the next, as the crowd was when the page was last run as a whole."""
    return min(SLOWEST, REFRESH * max(1.0, lab.service().store.count_active() / CROWD))


@dataclass(frozen=True)
class View:
    """How a learner wants to follow a run."""

    smoothing: float
    window: tuple[int, int]
    weights: bool
    text: bool
    sound: bool


def _choose_view(run: Run) -> View:
    with st.popover("View", icon=":material/visibility:", key="view"):
        keep: Any = {"persist_state": "session"}
        return View(
            st.slider("Smoothing of the training loss", 0.0, 0.99, 0.98, 0.01, key="smoothing", **keep),
            st.slider("Batches on the curves", 0, run.steps, (0, run.steps), key=f"window_{run.id}", **keep),
            st.toggle("The weights as they form", value=True, key="forming", **keep),
            st.toggle("An account in words", key="account", **keep),
            st.toggle("A tone after each epoch, the higher the better", key="sound", **keep),
        )


def _show(run_id: str, view: View) -> None:
    store = lab.service().store
    run, curves = store.run(lab.learner(), run_id), store.curves(run_id)
    _show_state(run)
    if run.parent:
        st.caption(_origin(run))
    show_bet(run)
    show_diagnosis(run, curves)
    if len(curves.losses):
        show_curves(run, curves, smoothing=view.smoothing, window=view.window)
    if view.weights and run.saved:
        _show_weights(run)
    if view.sound:
        tone(run.epochs_done, run.accuracy, key="tone")
    if view.text:
        st.markdown("\n".join(f"- {sentence}" for sentence in account(curves.epochs)) or "No epoch has ended yet.")
    if curves.epochs:
        st.caption(OVERFITTING)
        table = st.expander("The recorder's table", icon=":material/table:", key="table", on_change="rerun")
        if table.open:
            table.dataframe(pd.DataFrame(curves.epochs).set_index("epoch"), width="stretch")


def _origin(run: Run) -> str:
    return f"It began with the weights of a trained model. It also trains on {counted(run.examples)} of your own."


def account(epochs: Sequence[Mapping[str, float]]) -> list[str]:
    """The recorder's rows as sentences, the newest first."""
    sentences = []
    for row, before in zip(epochs, [None, *epochs], strict=False):
        change = "" if before is None else f", {_change(row['valid_loss'], before['valid_loss'])}"
        sentences.append(
            f"Epoch {row['epoch']:.0f}: training loss {row['train_loss']:.4f}, validation loss "
            f"{row['valid_loss']:.4f}{change}; {row['accuracy']:.2%} of the validation images are right."
        )
    return sentences[::-1]


def _change(now: float, before: float) -> str:
    if now == before:
        return "as before"
    return "lower than before" if now < before else "higher than before"


def _show_weights(run: Run) -> None:
    """The first layer's weights as they are saved now, in the order of the units."""
    title, names, images = _strongest(run.id, run.saved)
    st.markdown(f"**{title}** after batch {run.saved:,}. Red is positive, blue is negative.")
    weight_grid(images, names, key="forming_weights")


@st.cache_data(max_entries=20, show_spinner=False)
def _strongest(run: str, saved: int | None) -> tuple[str, list[str], np.ndarray]:
    """Title, names and images of the strongest weights, read once for all who look."""
    from mnist_core import interpret

    layer = interpret.weight_images(lab.trained_model(run))
    first = sorted(range(min(WEIGHTS, len(layer.names))), key=lambda n: _number(layer.names[n]))
    return layer.title, [layer.names[n] for n in first], layer.images[first]


def _number(name: str) -> int:
    """The number at the end of "unit 12", so that images keep their order while a run goes on."""
    return int(name.rpartition(" ")[2])


def _show_state(run: Run) -> None:
    st.progress(min(1.0, run.step / run.steps), text=f"**{_words(run)}** · batch {run.step:,} of {run.steps:,}")
    if run.message:
        st.error(run.message, icon=":material/error:")
    left = run.elapsed * (run.steps - run.step) / run.step if run.step and run.active else None
    with st.container(horizontal=True):
        st.metric("Epoch", f"{run.epochs_done} of {run.config.epochs}", width="content")
        st.metric("Accuracy", f"{run.accuracy:.4f}" if run.accuracy is not None else NONE_YET, width="content")
        st.metric("Elapsed", _clock(run.elapsed) if run.elapsed else NONE_YET, width="content")
        st.metric("Remaining", _clock(left) if left is not None else NONE_YET, width="content")
    if run.active and (trouble := lab.service().trouble()):
        st.warning(trouble, icon=":material/warning:")
    if run.owner == lab.learner():
        show_controls(run)
    else:
        st.caption("This run is shared with you. Its owner alone can change it.")


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
