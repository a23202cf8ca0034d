"""A part of a page that follows something while it happens."""

from collections.abc import Callable

import streamlit as st

from mnist_core.errors import LabError


def live(show: Callable[[], None], *, while_true: Callable[[], bool], every: Callable[[], float]) -> None:
    """Show a part of a page, anew every so often while something goes on; then the whole page once more, for good.

    Parameters
    ----------
    show : draws the part; a `LabError` is said in its place
    while_true : whether there is still something to wait for
    every : gives the seconds; if it comes to give less than half of them, or more than twice as many, these count
    """
    waiting, pace = while_true(), every()

    @st.fragment(run_every=pace if waiting else None)
    def part() -> None:
        try:
            if waiting and not (while_true() and pace / 2 <= every() <= pace * 2):
                st.rerun()  # without the timer, or with another one
            show()
        except LabError as error:
            st.error(str(error), icon=":material/error:")

    part()
