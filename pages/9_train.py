"""Train: choose a model and its settings, watch it learn, and stop it whenever you like."""

import streamlit as st

from mnist_core.errors import LabError
from mnist_core.ui import form, lab
from mnist_core.ui.bet import ask_bet, show_calibration
from mnist_core.ui.finder import show_finder
from mnist_core.ui.lesson import wrap_up
from mnist_core.ui.lessons.layers import show_anatomy
from mnist_core.ui.link import choose, linked_selectbox
from mnist_core.ui.monitor import show_run
from mnist_core.ui.onward import show_ways_on
from mnist_core.ui.presets import show_presets
from mnist_core.ui.source import show_source

st.title("Train a model")
st.markdown(
    "A model starts with random weights. For each batch of images it predicts, measures its **loss**, and takes one "
    "small step downhill. How fast does it learn, and what happens when the steps are too large?"
)

show_presets()

settings, results = st.columns([1, 2], gap="large")
below = st.container()

with settings:
    try:
        config = form.train_form()
        with below:
            show_finder(config)
            show_anatomy(config.model, config.outputs)
        bet = ask_bet()
        if st.button("Train", icon=":material/play_arrow:", width="stretch"):
            choose("run", lab.service().submit(lab.learner(), config, bet=bet and bet.to_json()))
    except LabError as error:
        st.error(str(error), icon=":material/error:")

with below:
    show_calibration()

with results:
    runs = lab.runs(sweeps=False)
    if not runs:
        st.info("Press **Train**. The first curve appears within a second or two.", icon=":material/arrow_back:")
    else:
        titles = {run.id: lab.title(run) for run in runs.values()}
        chosen = linked_selectbox("Your runs, newest first", titles, key="run", default=next(iter(runs)))
        show_run(chosen)
        run = runs[chosen]
        if not run.active:
            show_ways_on(run.id, besides="pages/9_train.py")
        if not run.parent:
            with st.expander("The same run from a shell", icon=":material/terminal:"):
                st.code(form.as_command(run.config), language="shell", wrap_lines=True)

show_source("mnist_core.training:make_learner", "mnist_core.chapter.losses:mnist_loss", "mnist_core.models:mlp")
wrap_up("9_train")
