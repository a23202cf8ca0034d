"""Tensors, the part on speed: a loop against one line, timed on this machine."""

import pandas as pd
import streamlit as st

from mnist_core.chapter import speed
from mnist_core.chapter.speed import Timing
from mnist_core.ui.chart import show_bars
from mnist_core.ui.experiment import experiment
from mnist_core.ui.lab import BOUND
from mnist_core.ui.lesson import ask
from mnist_core.ui.source import show_source

SIZES = [1, 3, 10, 30, 100]
GUESSES = {"About 10 times": 50, "About 100 times": 500, "Over 500 times": float("inf")}


def speeds() -> None:
    """A guess, then the seconds."""
    st.markdown(
        "A model multiplies each pixel by a number, its *weight*, and adds everything up. You can write a loop "
        "that takes one number after the other. Or you can write one line about the whole tensor. Both give the "
        "same sum."
    )
    first = _measured(10, 0)
    if ask(
        f"10 pictures have {first.numbers:,} pixels. How many times faster is the one line?",
        list(GUESSES),
        right=next(guess for guess, limit in GUESSES.items() if first.ratio < limit),
        because=f"On this machine just now: {first.ratio:,.0f} times.",
        key="tensors_faster",
    ):
        pictures, trial = _compare()
        show_source(
            speed.loop,
            speed.vectorised,
            speed.measure,
            calls=f"""
# A sum in three ways, timed
now = measure(pictures={pictures}, trial={trial})
print(f"{{now.numbers:,}} pixels; the sums differ by {{now.largest_difference:.6%}}")
now  # the seconds that each way takes on your machine
""",
        )


def _measured(pictures: int, trial: int) -> Timing:
    return experiment(speed.measure, working="Measuring", pictures=pictures, trial=trial)


def _compare() -> tuple[int, int]:
    """The three ways, for as many pictures as are chosen; how many those are, and how often it was measured before."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        pictures = st.select_slider("Pictures of 28 x 28 pixels", SIZES, 10, key="tensors_pictures", width=320, **BOUND)
        if st.button("Measure again", icon=":material/refresh:"):
            st.session_state["tensors_trial"] = st.session_state.get("tensors_trial", 0) + 1
    trial = st.session_state.get("tensors_trial", 0)
    now = _measured(pictures, trial)
    seconds = {
        "loop over tensors": now.tensor_loop,
        "loop over lists": now.list_loop,
        "one line": now.vectorised,
    }
    micro = [value * 1e6 for value in seconds.values()]
    said = ", ".join(f"{name}: {value:,.0f}" for name, value in zip(seconds, micro, strict=True))
    st.markdown(
        f"For {now.numbers:,} pixels the one line is **{now.ratio:,.0f} times** as fast as the loop over tensors. The "
        f"three sums differ by {now.largest_difference:.6%}, because they are rounded in another order."
    )
    show_bars(
        "tensors_times",
        list(seconds),
        micro,
        alt=f"Microseconds for {now.numbers:,} pixels. {said}.",
        x_name="way",
        title="Microseconds; each line of the grid is ten times the one below",
        strong=2,
        digits=1,
        y_axis={"type": "log", "min": 1},
    )
    table = pd.DataFrame({"microseconds": [f"{value:,.1f}" for value in micro]}, index=list(seconds))
    st.table(table, width="content")
    st.markdown(
        "**Why?** In the loop Python looks at each number again: what is it, what does `*` mean for it, where does the "
        "result go? In the one line Python asks once. Then a compiled program, written in C++, runs through the memory "
        "where the numbers lie side by side, several at a time. On a GPU thousands of them run at once. That is why "
        "you should think in whole tensors, and let *broadcasting*, the next part, save you the loop."
    )
    return pictures, trial
