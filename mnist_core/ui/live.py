"""A part of a page that follows something while it happens."""

from collections.abc import Callable

import streamlit as st

from mnist_core.errors import LabError


def live(show: Callable[[], None], *, while_true: Callable[[], bool], every: float) -> None:
    """Show a part of a page, anew every so often while something goes on; then the whole page once more, for good.

    Parameters
    ----------
    show : draws the part; a `LabError` is said in its place
    while_true : whether there is still something to wait for
    every : seconds
    """
    waiting = while_true()

    @st.fragment(run_every=every if waiting else None)
    def part() -> None:
        try:
            show()
            if waiting and not while_true():
                # Only here: on a busy server a page that is rerun by its own timer may lose the timer's next start.
                st.rerun()
        except LabError as error:
            st.error(str(error), icon=":material/error:")

    part()
