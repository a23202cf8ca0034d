"""What the owner of a run can do with it: pause it, go on by a batch or an epoch, change its rate, stop or keep it."""

from collections.abc import Callable

import streamlit as st

from mnist_core.config import LR_RANGE
from mnist_core.errors import LabError
from mnist_core.runs.records import Mark, Run
from mnist_core.ui import lab

ON_THE_WAY = ("queued", "running", "paused", "interrupted")


def show_controls(run: Run) -> None:
    """The buttons that make sense now."""
    service, owner = lab.service(), run.owner
    with st.container(horizontal=True, vertical_alignment="center"):
        if run.active:
            _show_pause(run)
            _show_stop(run)
        if run.state == "interrupted" and st.button("Resume", icon=":material/resume:", type="primary"):
            service.resume(owner, run.id)
            st.rerun()
        if run.state == "paused":
            _show_steps(run)
        if run.state in ON_THE_WAY:
            _show_rate(run)
        more = st.popover("More", icon=":material/more_horiz:", key=f"more_{run.id}", on_change="rerun")
        if more.open:  # a run in training shows this several times a second
            with more:
                show_keeping(run)


def show_keeping(run: Run) -> None:
    """What its owner can do with a run whatever its state: name it, mark it, delete it."""
    _show_words(run)
    _show_marks(run)
    if st.button("Delete this run", icon=":material/delete:"):
        lab.service().delete(run.owner, run.id)
        st.query_params.pop("run", None)
        st.rerun()
    st.caption("Its curves and its model cannot be brought back.")


def _show_pause(run: Run) -> None:
    resting = run.want_stop or run.pause_at is not None
    act = _try(lab.service().pause)
    st.button("Pause", icon=":material/pause:", disabled=resting, key="pause", on_click=act, args=(run.owner, run.id))


def _show_stop(run: Run) -> None:
    label = "Stop and keep the model" if run.step else "Cancel"
    act = _try(lab.service().stop)
    st.button(label, icon=":material/stop:", disabled=run.want_stop, key="stop", on_click=act, args=(run.owner, run.id))


def _try(act: Callable[[str, str], None]) -> Callable[[str, str], None]:
    """The same as a button's callback: what is drawn next shows what it did, and an error is said."""

    def tried(owner: str, run: str) -> None:
        try:
            act(owner, run)
        except LabError as error:
            st.toast(str(error), icon=":material/error:", duration="long")

    return tried


def _show_steps(run: Run) -> None:
    """Go on for a while, or for good."""
    every = run.batches_an_epoch
    to_the_end_of_the_epoch = every - (run.saved or 0) % every
    for label, icon, batches in (
        ("Go on", "play_arrow", None),
        ("One batch", "skip_next", 1),
        ("To the end of the epoch", "fast_forward", to_the_end_of_the_epoch),
    ):
        if st.button(label, icon=f":material/{icon}:", key=f"steps_{icon}"):
            lab.service().resume(run.owner, run.id, batches, wait=2.0 if batches == 1 else 0.0)
            st.rerun()
    _show_stop(run)


def _show_rate(run: Run) -> None:
    """The learning rate from here on."""
    rate = run.lr or run.config.lr
    key = f"rate_{run.id}"
    rates = st.popover(f"Learning rate {rate:g}", icon=":material/speed:", key=f"rates_{run.id}", on_change="rerun")
    if not rates.open:
        return
    with rates:
        st.number_input(
            "Learning rate from the next batch on",
            *LR_RANGE,
            value=rate,
            step=None,
            format="%g",
            key=key,
            on_change=lambda: lab.service().set_lr(run.owner, run.id, st.session_state[key]),
        )
        words = "the top of the cycle" if run.config.schedule == "one-cycle" else "the size of each step"
        st.caption(
            f"It is {words}. A run whose rate was changed by hand cannot be repeated from its settings alone; "
            "when and to what it was changed is kept with the run."
        )


def _show_words(run: Run) -> None:
    """The learner's own words on a run; kept as soon as they are written."""

    def keep(name: str) -> None:
        lab.service().describe(run.owner, run.id, **{name: st.session_state[f"{name}_{run.id}"]})

    for name, label in (("name", "Name"), ("tags", "Tags, separated by commas"), ("notes", "Notes")):
        field = st.text_area if name == "notes" else st.text_input
        most = 2000 if name == "notes" else 80
        field(label, getattr(run, name), max_chars=most, key=f"{name}_{run.id}", on_change=keep, args=(name,))


def _show_marks(run: Run) -> None:
    """The owner's marks on a run; each is in the store as soon as it is set."""

    def mark(name: Mark) -> None:
        lab.service().store.mark(run.owner, run.id, name, st.session_state[f"{name}_{run.id}"])

    marks: dict[Mark, str] = {"pinned": "Keep it whatever its age", "shared": "Everybody with the link may look"}
    for name, label in marks.items():
        st.toggle(label, getattr(run, name), key=f"{name}_{run.id}", on_change=mark, args=(name,))
    if run.shared:
        st.code(f"{st.context.url or ''}?run={run.id}", language=None, wrap_lines=True)
