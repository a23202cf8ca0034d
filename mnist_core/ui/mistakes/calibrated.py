"""Whether the model is as often right as it says."""

import numpy as np
import streamlit as st

from mnist_core.data import DigitData
from mnist_core.interpret import Evaluation, confusion
from mnist_core.interpret.calibration import Calibration, reliability, share_interval
from mnist_core.ui.chart import BLUE, GREY, ORANGE, line, show_lines
from mnist_core.ui.link import linked_selectbox
from mnist_core.ui.mistakes.opened import show_opened, show_wall, show_ways_on
from mnist_core.ui.source import show_source


def show_calibration(evaluation: Evaluation, data: DigitData) -> None:
    """The reliability diagram, its table, and the expected calibration error."""
    st.markdown(
        "A model also says how sure it is. Its **confidence** is the highest of its probabilities. Take all images of "
        "which it is about 90% sure: if it is right in 90 of 100, you can believe its numbers. Then it is "
        "**calibrated**. If it is right less often, it is **over-confident**."
    )
    bins = reliability(evaluation)
    there = np.flatnonzero(bins.counts).tolist()
    left, right = st.columns(2, gap="large")
    with left:
        _show_diagram(bins, there)
    with right:
        _show_verdict(evaluation, bins)
        st.table(
            [
                {
                    "Confidence": _range(bins, i),
                    "Images": f"{bins.counts[i]:,}",
                    "On average": f"{bins.confidence[i]:.1%}",
                    "Right": f"{bins.accuracy[i]:.1%}",
                }
                for i in there
            ],
            hide_index=True,
            alt="Images by confidence, and how many of them are right",
        )
    _show_wrong(evaluation, data, bins)
    show_source(reliability, Calibration)


def _show_wrong(evaluation: Evaluation, data: DigitData, bins: Calibration) -> None:
    """The wrong images of one row of the table."""
    rows = {_range(bins, i): i for i in range(len(bins.counts)) if (~evaluation.right & (bins.places == i)).any()}
    if not rows:
        return
    st.markdown("**Wrong, and how sure it was.** The surer the model was, the more it has to learn from its mistake.")
    names = dict(zip(reversed(rows), reversed(rows), strict=True))
    row = rows[linked_selectbox("Confidence", names, key="mistakes_sure", default=next(iter(names)), width=240)]
    left, right = st.columns(2, gap="large")
    wrong = confusion.top_losses(evaluation)
    wrong = wrong[~evaluation.right[wrong] & (bins.places[wrong] == row)]
    with left:
        st.caption(f"{len(wrong):,} wrong of {bins.counts[row]:,}. Under each: label → what the model says.")
        place = show_wall(evaluation, data, wrong, label=f"Wrong images, {_range(bins, row)} sure")
    with right:
        show_opened(evaluation, data, place)
    show_ways_on(evaluation, data, place)


def _range(bins: Calibration, i: int) -> str:
    return f"{bins.edges[i]:.0%} to {bins.edges[i + 1]:.0%}"


def _show_diagram(bins: Calibration, there: list[int]) -> None:
    """How often it is right, over how sure it is, with the interval of each dot."""
    sure, right = 100 * bins.confidence[there], 100 * bins.accuracy[there]
    intervals = [share_interval(round(bins.accuracy[i] * bins.counts[i]), int(bins.counts[i])) for i in there]
    bars = np.column_stack([100 * np.array(intervals), np.full(len(there), np.nan)]).ravel()  # a gap after each
    told = "; ".join(f"{_range(bins, i)} sure: {bins.accuracy[i]:.1%} of {bins.counts[i]:,} right" for i in there)
    show_lines(
        "mistakes_calibration",
        [
            line("As often right as sure", [0, 100], [0, 100], GREY, dashed=True),
            line("95% interval", np.repeat(sure, 3), bars, BLUE),
            line("This model", sure, right, ORANGE, width=0, marks=True),
        ],
        alt=f"How often the model is right, by how sure it is. {told}.",
        x_name="how sure, %",
        title="How often right, %",
        x_axis={"min": 0, "max": 100},
        y_axis={"min": 0, "max": 100},
        height=380,
        zoom=False,
    )
    st.caption(
        "Each dot is one row of the table. Below the dashed line: over-confident. Above it: under-confident. The blue "
        "bar says how far chance can move the dot: it is long where there are few images."
    )


def _show_verdict(evaluation: Evaluation, bins: Calibration) -> None:
    sure = float(evaluation.confidences.mean())
    low, high = share_interval(int(evaluation.right.sum()), evaluation.images)
    if low <= sure <= high:
        verdict = "That fits, as far as so many images can tell"
    else:
        verdict = "The model is **over-confident**" if sure > high else "The model is **under-confident**"
    st.markdown(
        f"On average the model is {sure:.2%} sure, and {evaluation.accuracy:.2%} of its answers are right. {verdict}."
    )
    st.markdown(
        f"**Expected calibration error: {100 * bins.expected_error:.2f} percentage points.** In each row, take the "
        "distance between how sure the model is and how often it is right. Then take the mean over all rows, where a "
        "row counts as much as it has images."
    )
