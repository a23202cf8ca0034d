"""What is wrong with a run, in words, and other settings that may cure it, one click from the form."""

import streamlit as st

from mnist_core import data, diagnosis
from mnist_core.diagnosis import Evidence, Finding
from mnist_core.errors import LabError
from mnist_core.runs.records import Curves, Run
from mnist_core.ui import form, lab

STEEP = 0.08  # of the validation loss in one epoch: one more would make a difference that can be seen
IMAGES = 200  # of the validation set, to find dead units with


def show_diagnosis(run: Run, curves: Curves) -> None:
    """What stands out in the numbers of a run; nothing before its first epoch has ended, unless it has diverged."""
    evidence = Evidence.of(run, curves, _dead(run))
    findings = diagnosis.diagnose(evidence)
    for finding in findings:
        _show(run, finding)
    if findings or not curves.epochs:
        return
    fall = diagnosis.last_fall(evidence)
    if run.state == "done" and fall > STEEP:
        st.caption(
            f":material/trending_down: Nothing is wrong, but it had not finished learning: in its last epoch the "
            f"validation loss still fell by {fall:.0%}. Train for more epochs."
        )
    else:
        st.caption(":material/check: Nothing stands out.")


def _show(run: Run, finding: Finding) -> None:
    st.warning(f"**{finding.title}.** {finding.words}", icon=":material/stethoscope:")
    if not finding.cures:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption("Put into the form:", width="content")
        for number, cure in enumerate(finding.cures):
            key = f"cure_{run.id}_{finding.kind}_{number}"
            if st.button(cure.label, key=key, on_click=form.fill, args=(cure.config,)):
                st.rerun()  # the form too, not only this part of the page


def _dead(run: Run) -> list[float]:
    """The share of dead units behind each ReLU of a run that has ended; empty where it cannot be told."""
    if run.active or not run.saved:
        return []
    try:
        return _dead_shares(run.id, run.saved)
    except LabError:  # the images or the model are gone: the curves can still be judged
        return []


@st.cache_data(show_spinner=False, max_entries=200)
def _dead_shares(run_id: str, saved: int) -> list[float]:
    """Kept for each run and batch at which its model was saved."""
    trained = lab.trained_model(run_id)
    config = trained.config
    found = data.load(config.data, digits=config.digits, split=config.split, split_seed=config.split_seed)
    some = found.valid[:: -(-len(found.valid) // IMAGES)]  # spread evenly: they are ordered by digit
    return diagnosis.dead_shares(trained.model, found.images[some])
