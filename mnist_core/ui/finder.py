"""Find a learning rate: fastai's search below the form, its curves and its suggestions, one click from the slider."""

from dataclasses import replace

import streamlit as st

from mnist_core import finder
from mnist_core.config import SEED_RANGE, TrainConfig
from mnist_core.errors import LabError
from mnist_core.finder import Found
from mnist_core.ui import lab
from mnist_core.ui.chart import BLUE, GREEN, ORANGE, PALE, PURPLE, line, show_lines
from mnist_core.ui.experiment import experiment

NEW = "new"
COLORS = {"valley": BLUE, "slide": GREEN, "minimum": ORANGE, "steep": PURPLE}


def show_finder(config: TrainConfig) -> None:
    """Below the form: let fastai look for a learning rate for this run; a suggestion can be put into the form."""
    config = finder.subject(config)
    with st.expander("Find a learning rate", icon=":material/query_stats:"):
        st.markdown(
            "`lr_find` trains for 100 batches. The first has a tiny learning rate, each further one a larger, up to "
            "10 or until the loss shoots up. In between lies a good rate. It works on a copy: no model is changed."
        )
        tries = st.slider("How often, each time with another seed", 1, 5, 3, key="finder_tries")
        start = _choose_start(config)
        asked = [config.to_json(), tries, start]
        if st.button("Look for a rate", icon=":material/search:", key="finder_look"):
            st.session_state["finder_asked"] = asked
        if st.session_state.get("finder_asked") != asked:
            return  # nothing was asked yet, or for other settings
        try:
            _show_found(_look(config, tries, start))
        except LabError as error:
            st.error(str(error), icon=":material/error:")


def _choose_start(config: TrainConfig) -> str:
    """The id of a run whose model is to be trained on, or `NEW`."""
    fitting = {
        run.id: lab.title(run)
        for run in lab.runs(sweeps=False).values()
        if run.saved and not run.active and finder.fits(run.config, config)
    }
    if not fitting:
        return NEW
    options = {NEW: "New random weights", **fitting}
    return st.selectbox("Start from", list(options), format_func=options.__getitem__, key="finder_start")


def _look(config: TrainConfig, tries: int, start: str) -> Found:
    """One search after the other, so that other learners' experiments get their turn in between."""
    saved = None if start == NEW else lab.service().store.checkpoint(start)
    seeds = [(config.seed + n) % (SEED_RANGE[1] + 1) for n in range(tries)]
    return Found(
        tuple(
            experiment(finder.search, working=f"Search {n} of {tries}", config=replace(config, seed=seed), start=saved)
            for n, seed in enumerate(seeds, 1)
        )
    )


def _show_found(found: Found) -> None:
    """The curves of all seeds together, and below them the suggestions."""
    curves = [line(f"Seed {one.seed}", one.lrs, one.losses, PALE) for one in found.searches]
    marks = [
        line(name, *found.points(name), COLORS[name], width=0, marks=True)
        for name in finder.MEANINGS
        if found.suggested(name)
    ]
    said = "; ".join(f"{name} {_rate(found, name)}" for name in finder.MEANINGS)
    show_lines(
        "finder_curves",
        [*marks, *curves],
        title="The smoothed loss, as the rate grows",
        alt=f"The smoothed loss of {len(found.searches)} searches. Suggested, in the middle: {said}.",
        x_name="learning rate",
        x_axis={"type": "log", "min": 1e-7, "max": 10},
    )
    st.caption("A dot is a suggestion of one seed. The rate below is the one in the middle of them.")
    for name, meaning in finder.MEANINGS.items():
        _show_suggestion(found, name, meaning)
    st.caption("They are guesses from 100 batches. Train with one of them, and with a rate three times as large.")


def _show_suggestion(found: Found, name: str, meaning: str) -> None:
    """What one of fastai's functions suggests, what it means, and the button that takes it."""
    rate, rates = found.median(name), found.suggested(name)
    if rate is None:
        st.markdown(f"**{name}**: no suggestion. {meaning}")
        return
    spread = f", from {min(rates):.2g} to {max(rates):.2g}" if min(rates) < max(rates) else ""
    missing = len(found.searches) - len(rates)
    none = f" No suggestion from {missing} of the seeds." if missing else ""
    st.markdown(f"**{name}: {rate:g}**{spread}.{none} {meaning}")
    st.button(f"Use {rate:g}", key=f"finder_use_{name}", on_click=_use, args=(rate,))


def _use(rate: float) -> None:
    st.session_state["lr"] = rate


def _rate(found: Found, name: str) -> str:
    rate = found.median(name)
    return "none" if rate is None else f"{rate:g}"
