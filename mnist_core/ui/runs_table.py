"""The table of runs, and what can be done with several: compare their curves, delete them, take them away."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, get_args

import numpy as np
import streamlit as st

from mnist_core.runs import compare, exports
from mnist_core.runs.compare import Against, Band, Twins, Value
from mnist_core.runs.records import Curves, Run
from mnist_core.ui import lab
from mnist_core.ui.chart import BLUE, GREEN, GREY, ORANGE, PURPLE, line, show_lines
from mnist_core.ui.link import choose
from mnist_core.ui.live import live

VALUE_TITLES: dict[Value, str] = {
    "valid_loss": "Validation loss",
    "accuracy": "Accuracy",
    "train_loss": "Training loss",
}
MOST_POINTS = 400  # of a line
FOLLOW = 1.0  # seconds
MOST_PAIRS = 10  # told in words
# A colour is never alone: neighbours differ in their dashes and marks too, and no two of the first twenty are the same.
_COLORS = (BLUE, ORANGE, GREEN, PURPLE, GREY)
_DASHES: tuple[tuple[Any, str], ...] = (
    ("solid", "circle"),
    ("dashed", "rect"),
    ("dotted", "triangle"),
    ([12, 4, 2, 4], "diamond"),
)
STEEP = 20  # times as high as the lowest: on a plain axis, such a loss would press all others flat


def choose_runs(runs: Sequence[Run]) -> list[Run]:
    """Show the table; the runs that are selected in it. They are in the link, and stay while others are looked at."""
    ids = [run.id for run in runs]
    chosen = st.query_params.get_all("run") or st.session_state.get("runs_chosen", [])
    state = st.dataframe(
        compare.table(runs),
        key=f"runs_{hash(tuple(ids))}",  # a selection is of places: other runs make another table
        on_select="rerun",
        selection_default={"selection": {"rows": [ids.index(run) for run in chosen if run in ids]}},
        hide_index=True,
        placeholder="",
        column_config=_columns(),
        alt=f"Table of {len(runs)} runs, the newest first.",
    )
    picked = [runs[row] for row in sorted(state["selection"]["rows"])]
    now = st.session_state.runs_chosen = [run.id for run in picked]
    if now != st.query_params.get_all("run"):  # writing sends the whole link, and may overtake another widget's value
        if len(now) == 1:
            choose("run", now[0])  # other pages show it too
        elif now:
            st.query_params["run"] = now
        else:
            del st.query_params["run"]
    return picked


def follow(runs: Iterable[Run]) -> None:
    """Show the page anew whenever an epoch of one of the runs ends, or the run itself."""

    def progress() -> dict[str, tuple[str, int]]:
        now = lab.service().store.runs(lab.learner())
        return {run.id: (run.state, run.epochs_done) for run in now if run.id in ids}

    active = [run for run in runs if run.active]
    ids = {run.id for run in active}
    before = {run.id: (run.state, run.epochs_done) for run in active}
    many = "1 run is" if len(active) == 1 else f"{len(active)} runs are"

    def say() -> None:
        if active:
            st.caption(f"{many} on the way. The table follows.")

    live(say, while_true=lambda: bool(active) and progress() == before, every=FOLLOW)


def _columns() -> dict[str, Any]:
    column = st.column_config
    return {
        "Run": column.TextColumn(pinned=True, width="medium"),
        "Accuracy": column.NumberColumn(format="%.4f"),
        "Learning rate": column.NumberColumn(format="%g"),
        "Begun": column.DatetimeColumn(format="YYYY-MM-DD HH:mm", timezone=st.context.timezone or "UTC"),
        "Training, seconds": column.NumberColumn(format="%.1f"),
        "Seed": column.NumberColumn(format="%d"),
    }


def compare_runs(runs: Sequence[Run], curves: Mapping[str, Curves]) -> None:
    """Two or more runs over each other, and what one setting has done, in words.

    Parameters
    ----------
    curves : id of a run -> what its recorder saw
    """
    groups = compare.by_seed(runs)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        keep: Any = {"required": True, "persist_state": "session"}
        value: Value = st.segmented_control(
            "Curve", list(VALUE_TITLES), default="valid_loss", format_func=VALUE_TITLES.__getitem__, key="curve", **keep
        )
        against: Against = st.segmented_control(
            "Against", get_args(Against), default="epochs", format_func=str.capitalize, key="against", **keep
        )
        together = len(groups) < len(runs) and st.toggle(
            "One line for all seeds",
            help="Runs that differ in their seed only become one line: their mean, with a band from the lowest to the "
            "highest of them.",
            key="together",
            persist_state="session",
        )
    _show_overlay(groups if together else [[run] for run in runs], curves, value, against)
    told = [compare.seeds_in_words(group, curves) for group in groups if len(group) > 1]
    pairs = compare.twins(runs)
    _show_sentences(told, pairs, curves)
    if not told and not pairs:
        st.caption(
            "No two of these runs are one setting apart, so nobody can say which setting made the difference. Train "
            "one of them again and change one setting only."
        )


def show_twins(run: Run, runs: Sequence[Run]) -> None:
    """What one setting has done, by the other runs that differ from this one in nothing else."""
    if pairs := compare.twins(runs, of=run):
        st.markdown("**One setting apart from it**")
        _show_sentences([], pairs, curves_of([run, *(pair.second for pair in pairs[:MOST_PAIRS])]))


def curves_of(runs: Sequence[Run]) -> dict[str, Curves]:
    """Id -> what the recorder saw of that run."""
    return {run.id: lab.service().store.curves(run.id) for run in runs}


def _show_sentences(told: Sequence[str], pairs: Sequence[Twins], curves: Mapping[str, Curves]) -> None:
    sentences = [*told, *(compare.in_words(pair, curves) for pair in pairs[:MOST_PAIRS])]
    st.markdown("\n".join(f"- {sentence}" for sentence in sentences))
    if len(pairs) > MOST_PAIRS:
        st.caption(f"And {len(pairs) - MOST_PAIRS} more pairs: select fewer runs to read of them.")


def _show_overlay(
    groups: Sequence[Sequence[Run]], curves: Mapping[str, Curves], value: Value, against: Against
) -> None:
    lines, ends = [], []
    bands = [compare.band(group, curves, value, against) for group in groups]
    for number, (group, band, name) in enumerate(zip(groups, bands, compare.labels(groups), strict=True)):
        look = (_COLORS[number % len(_COLORS)], *_DASHES[number % len(_DASHES)])
        lines += _lines(band, name, *look, with_band=len(group) > 1)
        ends.append(f"{name}: {band.mean[-1]:.4f}" if len(band.xs) else f"{name}: no epoch yet")
    title, axis = VALUE_TITLES[value], {}
    seen = np.concatenate([band.low for band in bands])
    if value != "accuracy" and 0 < np.nanmin(seen, initial=np.inf) < np.nanmax(seen, initial=0) / STEEP:
        title, axis = f"{title}. Each main line is ten times the one below.", {"type": "log"}
    alt = f"{title} against {against}. At the end, {'; '.join(ends)}."
    x_axis = {"min": "dataMin", "minInterval": 0 if against == "seconds" else 1}
    show_lines("overlay", lines, alt=alt, x_name=against, title=title, height=420, x_axis=x_axis, y_axis=axis)


def _lines(band: Band, name: str, color: str, dash: Any, mark: str, *, with_band: bool) -> list[dict[str, Any]]:
    """A line of its own look and, below it, the band: a surface that is stacked upon an invisible line.

    All have one name, so that they are one entry of the legend.
    """
    seen = np.unique(np.linspace(0, len(band.xs) - 1, min(len(band.xs), MOST_POINTS)).round().astype(int))
    xs = band.xs[seen]
    look = {"lineStyle": {"width": 2, "type": dash}, "symbol": mark, "symbolSize": 7}
    lines = [{**line(name, xs, band.mean[seen], color, marks=True), **look}]
    if not with_band:
        return lines
    stacked = {"stack": name, "silent": True, "tooltip": {"show": False}, "lineStyle": {"opacity": 0}}
    low = line(name, xs, band.low[seen], color)
    upper = line(name, xs, (band.high - band.low)[seen], color)
    return [*lines, low | stacked, upper | stacked | {"areaStyle": {"color": color, "opacity": 0.2}}]


def delete_runs(runs: Sequence[Run]) -> None:
    """Delete several of the learner's runs, after asking."""
    own = [run for run in runs if run.owner == lab.learner()]
    if not own:
        return
    with st.popover(f"Delete {len(own)} runs", icon=":material/delete:", key="delete_several"):
        st.markdown(f"Delete {len(own)} runs? Their curves and their models cannot be brought back.")
        if st.button("Yes, delete them", key="delete_them"):
            for run in own:
                lab.service().delete(run.owner, run.id)
            st.query_params.pop("run", None)
            st.rerun()


def take_away(found: Sequence[Run], selected: Sequence[Run]) -> None:
    """Downloads: the table as it is shown, and the curves of the selected runs; made when they are asked for."""
    files: dict[str, tuple[str, str, Callable[[], str | bytes]]] = {
        f"Table of {len(found)} as CSV": ("runs.csv", "table", lambda: exports.table_csv(found))
    }
    if selected:
        files["Curves as CSV"] = (
            "curves.csv",
            "show_chart",
            lambda: exports.curves_csv(selected, curves_of(selected)),
        )
        files["TensorBoard logs"] = (
            "tensorboard.zip",
            "folder_zip",
            lambda: exports.tensorboard_zip(selected, curves_of(selected)),
        )
    for label, (file, icon, make) in files.items():
        st.download_button(label, make, file, icon=f":material/{icon}:", on_click="ignore")
