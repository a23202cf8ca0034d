"""Sweep: train with many settings at once, and see which of them matters."""

import streamlit as st

from mnist_core import sweeps
from mnist_core.errors import LabError
from mnist_core.ui import lab
from mnist_core.ui.link import choose, linked_selectbox
from mnist_core.ui.source import show_source
from mnist_core.ui.sweep_form import announcement, sweep_form
from mnist_core.ui.sweep_results import show_sweep

st.title("Sweep the settings")
st.markdown(
    "One run tells you about one setting. A **sweep** trains the same model again and again, with one setting "
    "changed each time. Which learning rate is best? Is a larger model worth it? Is the difference more than luck?"
)

settings, results = st.columns([1, 2], gap="large")

with settings:
    try:
        sweep = sweep_form()
        st.markdown(announcement(sweep))
        if st.button("Start the sweep", icon=":material/play_arrow:", width="stretch"):
            choose("sweep", lab.service().submit_sweep(lab.learner(), sweep))
    except LabError as error:
        st.error(str(error), icon=":material/error:")

with results:
    saved = {each.id: each for each in lab.service().store.sweeps(lab.learner())}
    if not saved:
        st.info("Press **Start the sweep**. The first results appear within seconds.", icon=":material/arrow_back:")
    else:
        titles = {each.id: each.sweep.title for each in saved.values()}
        chosen = linked_selectbox("Your sweeps, newest first", titles, key="sweep", default=next(iter(saved)))
        show_sweep(saved[chosen])

with st.expander("What to look for", icon=":material/lightbulb:"):
    st.markdown(
        "- **Learning rate.** It matters most. Too small: the model has hardly moved when its epochs are over. Too "
        "large: it jumps about, or the loss is no longer a number and the run has *diverged*.\n"
        "- **Seed.** It decides the random start and the order of the images. Two settings that differ by less than "
        "their seeds do are equally good.\n"
        "- **Batch size.** Smaller batches mean more steps in an epoch. So the best learning rate changes with it.\n"
        "- **Every combination or at random?** A grid is easy to read. A random search tries a new learning rate in "
        "each run, so it sees more of them with the same number of runs."
    )
show_source(sweeps.Sweep, sweeps.results)
