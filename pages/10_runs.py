"""Runs: all that a learner has trained, side by side, and each of them wound back to any of its epochs."""

import streamlit as st

from mnist_core.runs import compare
from mnist_core.ui import lab
from mnist_core.ui.controls import show_keeping
from mnist_core.ui.runs_table import choose_runs, compare_runs, curves_of, delete_runs, follow, show_twins, take_away
from mnist_core.ui.scrubber import show_scrubber
from mnist_core.ui.source import show_source

st.title("Your runs")
st.markdown(
    "Each run is an experiment. Two runs that differ in **one setting only** tell what that setting does. Which of "
    "your settings made the model better?"
)

runs = lab.runs()
if not runs:
    st.info("You have not trained a model yet. Your runs will be listed here.", icon=":material/info:")
    st.page_link("pages/9_train.py", label="Train your first model", icon=":material/model_training:")
    st.stop()

text = st.text_input(
    "Search in names, tags, notes and settings",
    placeholder="for example: cnn lr=0.1",
    key="search",
    icon=":material/search:",
    **lab.BOUND,
)
found = compare.search(runs.values(), text)
if not found:
    st.warning(f"None of your {len(runs)} runs has all of these words. Search for fewer.", icon=":material/search_off:")
    st.stop()
st.caption(
    "Click into the first column to select runs: one to look at it, several to compare them. With the keyboard, go to "
    "a row with the arrow keys and press Shift and Space. Click the head of a column to sort."
)
selected = choose_runs(found)
follow(found)

with st.container(horizontal=True):
    take_away(found, selected)
    if len(selected) > 1:
        delete_runs(selected)
if selected:
    st.caption("TensorBoard: unpack the logs into an empty folder and run `tensorboard --logdir .` there.")

if not selected:
    st.info(
        "Select a run, and wind it back through its epochs. Select several to compare.", icon=":material/touch_app:"
    )
elif len(selected) == 1:
    (run,) = selected
    st.subheader(lab.title(run))
    if run.message:
        st.error(run.message, icon=":material/error:")
    show_scrubber(run, curves_of([run])[run.id])
    show_twins(run, list(runs.values()))
    with st.container(horizontal=True):
        it = {"run": run.id}
        st.page_link("pages/9_train.py", label="Follow it on Train", icon=":material/model_training:", query_params=it)
        st.page_link("pages/12_weights.py", label="See all its weights", icon=":material/blur_on:", query_params=it)
        st.page_link("pages/13_mistakes.py", label="See its mistakes", icon=":material/troubleshoot:", query_params=it)
    if run.owner == lab.learner():
        with st.expander("Name, tags and notes; keep, share, delete", icon=":material/edit:"):
            show_keeping(run)
    else:
        st.caption("This run is shared with you. Its owner alone can change it.")
else:
    st.subheader(f"{len(selected)} runs compared")
    compare_runs(selected, curves_of(selected))

show_source(compare.twins, compare.in_words, compare.by_seed, compare.band)
