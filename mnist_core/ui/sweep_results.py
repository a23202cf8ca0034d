"""A sweep on the screen: how far it is, what it has found so far, and its best run one click away."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from mnist_core import sweeps
from mnist_core.runs.records import Run
from mnist_core.sweeps import NONE_YET, SETTINGS, SavedSweep, Sweep
from mnist_core.ui import lab
from mnist_core.ui.chart import BLUE, GREY, ORANGE, PURPLE
from mnist_core.ui.contents import CONTENTS
from mnist_core.ui.live import live
from mnist_core.ui.onward import show_ways_on

REFRESH = 1.0  # seconds
SLOWEST = 5.0
CROWD = 30  # active runs of all learners; with more, each page is refreshed less often
TRAIN = next(entry.address for entry in CONTENTS["Train"] if entry.file == "pages/9_train.py")
RESTS = ("paused", "interrupted")


def show_sweep(saved: SavedSweep) -> None:
    """Show a sweep; while it trains, refresh it and nothing else on the page."""
    store = lab.service().store

    def goes_on() -> bool:
        return any(run.active for run in store.runs_of_sweep(lab.learner(), saved.id))

    pace = min(SLOWEST, REFRESH * max(1.0, store.count_active() / CROWD))
    live(lambda: _show(saved), while_true=goes_on, every=pace)


def _show(saved: SavedSweep) -> None:
    sweep, runs = saved.sweep, lab.service().store.runs_of_sweep(lab.learner(), saved.id)
    st.caption(f"{sweep.shared} in all runs.")
    batches = sum(run.steps for run in runs)
    trained = sum(run.step if run.active or run.state in RESTS else run.steps for run in runs)
    st.progress(trained / batches if batches else 1.0, text=f"**{sweeps.progress(runs).capitalize()}**")
    if any(run.active for run in runs) and (trouble := lab.service().trouble()):
        st.warning(trouble, icon=":material/warning:")
    _show_buttons(saved, runs)
    if gone := sweep.count - len(runs):
        st.caption(f"{gone} of its {sweep.count} runs have been deleted.")
    if not runs:
        return
    _show_best(sweep, runs)
    st.echarts_chart(parallel(sweep, runs), key="sweep_chart", height=360, alt=in_words(sweep, runs))
    if sweep.kind == "grid":
        _show_table(sweep, runs)
    st.markdown("**Every run**")
    st.dataframe(
        runs_table(sweep, runs),
        hide_index=True,
        width="stretch",
        key="sweep_runs_table",
        placeholder=NONE_YET,
        column_config={
            SETTINGS["lr"]: st.column_config.NumberColumn(format="%g"),
            "Accuracy": st.column_config.NumberColumn(format="%.4f"),
            "Seconds": st.column_config.NumberColumn(format="%.1f"),
            "Run": st.column_config.LinkColumn(display_text="Open"),
        },
    )


def _show_buttons(saved: SavedSweep, runs: Sequence[Run]) -> None:
    """What makes sense now: stop, resume, delete."""
    service, owner = lab.service(), lab.learner()
    going = [run for run in runs if run.active]
    with st.container(horizontal=True, vertical_alignment="center"):
        if going:
            stopping = all(run.pause_at is not None for run in going)
            if st.button("Stop", icon=":material/stop:", disabled=stopping, key="sweep_stop"):
                service.stop_sweep(owner, saved.id)
                st.rerun()
        rests = not going and any(run.state in RESTS for run in runs)
        if rests and st.button("Resume", icon=":material/resume:", key="sweep_resume"):
            service.resume_sweep(owner, saved.id)
            st.rerun()
        with st.popover("Delete", icon=":material/delete:", key=f"sweep_delete_{saved.id}"):
            st.markdown(f"Delete this sweep and its {len(runs)} runs? Their curves and models cannot be brought back.")
            if st.button("Yes, delete all", icon=":material/delete:", key="sweep_delete"):
                service.delete_sweep(owner, saved.id)
                st.query_params.pop("sweep", None)
                st.rerun()


def _show_best(sweep: Sweep, runs: Sequence[Run]) -> None:
    run = sweeps.best(runs)
    if run is None:
        st.info("The first result comes when a run has trained all its epochs.", icon=":material/hourglass_top:")
        return
    so_far = " so far" if any(other.active for other in runs) else ""
    st.markdown(f"**The best run{so_far}: {run.accuracy:.4f}** with {settings(sweep, run)}.")
    if len(runs) > 1:
        st.caption("The best of many runs was also a little lucky. Compare the means of several seeds.")
    show_ways_on(run.id, besides="pages/11_sweep.py")


def _show_table(sweep: Sweep, runs: Sequence[Run]) -> None:
    epochs = sweep.base.epochs
    after = "1 epoch" if epochs == 1 else f"{epochs} epochs"
    several = len(sweep.values["seed"])
    words = f"; the mean of {several} seeds (the lowest to the highest)" if several > 1 else ""
    st.markdown(f"**Accuracy after {after}**{words}")
    table = pd.DataFrame(sweeps.results(sweep, runs)).replace(NONE_YET, f"\\{NONE_YET}")  # for Markdown it is a list
    rows = table.columns[0]
    st.table(table.set_index(rows), alt=f"Accuracy after {after}, a row for each {rows.lower()}")


def settings(sweep: Sweep, run: Run) -> str:
    """What sets a run apart from the others of its sweep, in words."""
    words = [f"{SETTINGS[name].lower()} {_text(getattr(run.config, name))}" for name in sweep.varied]
    return ", ".join(words) or "the same settings as all"


def in_words(sweep: Sweep, runs: Sequence[Run]) -> str:
    """What the chart shows, in a sentence or two."""
    axes = ", ".join(SETTINGS[name].lower() for name in sweep.varied)
    words = f"A line for each run through its {axes or 'settings'} and accuracy. {sweeps.progress(runs).capitalize()}."
    if run := sweeps.best(runs):
        words += f" The best reached {run.accuracy:.4f} with {settings(sweep, run)}."
    return words


def runs_table(sweep: Sweep, runs: Sequence[Run]) -> pd.DataFrame:
    """A row for each run, in the order in which they train; the accuracy is that of the last finished epoch."""
    rows = [
        {"Run": f"{TRAIN}?run={run.id}"}
        | {SETTINGS[name]: getattr(run.config, name) for name in sweep.varied}
        | {
            "State": sweeps.state_word(run),
            "Epochs": f"{run.epochs_done} of {run.config.epochs}",
            "Accuracy": run.accuracy,
            "Seconds": run.seconds,
        }
        for run in runs
    ]
    return pd.DataFrame(rows).astype({"Accuracy": float})


def parallel(sweep: Sweep, runs: Sequence[Run]) -> dict[str, Any]:
    """ECharts' option for parallel coordinates: an axis for each setting that varies and one for the accuracy.

    The lines of good runs are orange, those of bad ones blue, with purple between. A run without a
    result is grey and ends before the last axis: it waits, or it diverged.
    """
    background = "#171614" if st.context.theme.type == "dark" else "#ffffff"
    halo = {"textBorderColor": background, "textBorderWidth": 4, "fontWeight": 500}  # labels lie over the lines
    names = sweep.varied or ["lr"]
    axes = [_axis(dim, name, sweep.values[name]) for dim, name in enumerate(names)]
    axes.append({"dim": len(names), "name": "Accuracy", "type": "value", "scale": True})
    reached = [run.accuracy for run in runs if _has_result(run) and run.accuracy is not None]
    low, high = min(reached, default=0.0), max(reached, default=1.0)
    lines = [_line(sweep, run, names, low, high) for run in runs]
    return {
        "animation": False,
        "tooltip": {},
        "parallel": {"left": 40, "right": 44, "top": 36, "bottom": 16},
        "parallelAxis": [{**axis, "axisLabel": halo} for axis in axes],
        "series": [{"type": "parallel", "data": lines, "emphasis": {"lineStyle": {"width": 5}}}],
    }


def _axis(dim: int, name: str, values: Sequence[Any]) -> dict[str, Any]:
    axis = {"dim": dim, "name": SETTINGS[name]}
    if name == "lr":
        return axis | {"type": "log", "min": values[0], "max": values[-1]}
    return axis | {"type": "category", "data": [str(value) for value in values]}


def _line(sweep: Sweep, run: Run, names: Sequence[str], low: float, high: float) -> dict[str, Any]:
    place = [run.config.lr if name == "lr" else str(getattr(run.config, name)) for name in names]
    if not _has_result(run):
        said = f"{settings(sweep, run)}: {sweeps.state_word(run)}"
        return {"name": said, "value": [*place, "-"], "lineStyle": {"color": GREY, "width": 1, "opacity": 0.3}}
    assert run.accuracy is not None
    color = _blend((run.accuracy - low) / (high - low) if high > low else 1.0)
    name = f"{settings(sweep, run)}: accuracy"  # which the chart itself puts behind it
    return {"name": name, "value": [*place, run.accuracy], "lineStyle": {"color": color, "width": 2, "opacity": 0.9}}


def _has_result(run: Run) -> bool:
    return run.accuracy is not None and run.state not in ("diverged", "failed")


def _blend(share: float) -> str:
    """From blue over purple to orange, told apart by colour-blind people and seen on white and on black."""
    stops = [[int(color[place : place + 2], 16) for place in (1, 3, 5)] for color in (BLUE, PURPLE, ORANGE)]
    return "#" + "".join(f"{round(np.interp(share, (0, 0.5, 1), channel)):02x}" for channel in zip(*stops, strict=True))


def _text(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
