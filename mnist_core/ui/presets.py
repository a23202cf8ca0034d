"""The experiments of the write-ups as a table: what was published, what came out here, and a click to run each."""

import pandas as pd
import streamlit as st

from mnist_core.data import status
from mnist_core.errors import LabError
from mnist_core.presets import PRESETS, RECIPES, Preset
from mnist_core.runs.records import Run
from mnist_core.ui import form, lab
from mnist_core.ui.link import choose

NONE_YET = "-"


def show_presets() -> None:
    """Choose one to load into the form, or run all that are cheap."""
    box = st.expander("Experiments of the five write-ups", icon=":material/science:", key="presets", on_change="rerun")
    if not box.open:
        return
    with box:
        st.markdown(
            "Five people who worked through the chapter wrote down what they got. Load one of their experiments, run "
            "it, and compare. *Agrees* means: as near as runs with other seeds are to each other."
        )
        ours = results()
        st.dataframe(_table(ours), hide_index=True, width="stretch", height=280)
        chosen = st.selectbox(
            "Experiment", list(PRESETS), format_func=lambda name: _title(PRESETS[name]), key="preset", index=0
        )
        preset = PRESETS[chosen]
        _explain(preset, ours.get(preset.id))
        if status().name != "mnist":
            st.info("They were done on MNIST, which is not here yet: with other images other numbers come out.")
        with st.container(horizontal=True):
            if preset.config:
                st.button("Load it into the form", icon=":material/input:", on_click=form.fill, args=(preset.config,))
            else:
                st.page_link(preset.page, label="Do it there", icon=":material/arrow_forward:")
            cheap = [each for each in PRESETS.values() if each.cheap and each.config and each.id not in ours]
            if st.button(
                f"Run all {len(cheap)} that take less than a minute",
                icon=":material/playlist_play:",
                disabled=not cheap,
            ):
                _run_all(cheap)
        st.markdown("**Our own recipes** train the small CNN to the write-ups' best accuracy in far fewer epochs:")
        with st.container(horizontal=True):
            for name, recipe in RECIPES.items():
                st.button(recipe.title, key=f"recipe_{name}", on_click=form.fill, args=(recipe.config,))


def results() -> dict[str, Run]:
    """The learner's newest finished run of each experiment, by the experiment's id."""
    found: dict[str, Run] = {}
    own = [run for run in lab.runs().values() if run.state == "done" and run.owner == lab.learner()]
    for preset in PRESETS.values():
        same = (run for run in own if preset.is_run(run.config) and not run.parent)
        if newest := next(same, None):
            found[preset.id] = newest
    return found


def _table(ours: dict[str, Run]) -> pd.DataFrame:
    rows = []
    for preset in PRESETS.values():
        run = ours.get(preset.id)
        rows.append(
            {
                "Experiment": preset.title,
                "Write-up": preset.write_up,
                "Published": f"{preset.published:.4f}" if preset.published is not None else NONE_YET,
                "Yours": f"{run.accuracy:.4f}" if run and run.accuracy is not None else NONE_YET,
                "Agrees": _verdict(preset, run),
            }
        )
    return pd.DataFrame(rows)


def _verdict(preset: Preset, run: Run | None) -> str:
    if run is None or run.accuracy is None or preset.published is None:
        return NONE_YET
    return "yes" if preset.agrees(run.accuracy) else "no"


def _explain(preset: Preset, run: Run | None) -> None:
    low, high = preset.reproduced
    ours = f"{low:.4f}" if low == high else f"{low:.4f} to {high:.4f}"
    published = f"{preset.published:.4f}" if preset.published is not None else "no figure"
    words = [f"Published: {published}. Our own runs on MNIST, with several seeds: {ours}. {preset.why}"]
    if run and run.accuracy is not None and preset.published is not None:
        apart = abs(run.accuracy - preset.published)
        verdict = "within" if preset.agrees(run.accuracy) else "more than"
        words.append(
            f"Your run: {run.accuracy:.4f}, {apart:.4f} apart, {verdict} the tolerance of {preset.tolerance:.4f}."
        )
    st.markdown("\n\n".join(words))


def _title(preset: Preset) -> str:
    return f"{preset.title} (write-up {preset.write_up})"


def _run_all(presets: list[Preset]) -> None:
    """Queue the experiments, in order, until the server allows no more."""
    try:
        runs = [lab.service().submit(lab.learner(), each.config) for each in presets if each.config]
    except LabError as error:
        st.error(str(error), icon=":material/error:")
        return
    choose("run", runs[0])
    st.rerun()
