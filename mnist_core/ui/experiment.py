"""A page's way to an experiment: its result, or the seconds it has taken so far."""

import time
from collections.abc import Callable
from concurrent.futures import wait
from typing import TypeVar

import streamlit as st

from mnist_core.experiments import Experiments

_Result = TypeVar("_Result")
_TICK_SECONDS = 0.2


@st.cache_resource(on_release=lambda lab: lab.close())
def _experiments() -> Experiments:
    return Experiments()


def experiment(function: Callable[..., _Result], *, working: str, **arguments: object) -> _Result:
    """The result of an experiment, which runs in a process of its own; see `mnist_core.experiments`.

    While it runs, its seconds are shown; a learner who moves a widget meanwhile is not kept waiting.

    Parameters
    ----------
    function : a function at the top level of a module of `mnist_core`
    working : what the learner waits for, e.g. "Training for 5 epochs"
    **arguments : of the function; hashable

    Raises
    ------
    LabError
        If the experiment failed; the text says why.
    """
    with _experiments().waiting_for(function, **arguments) as future:
        note, began = st.empty(), time.monotonic()
        while not wait([future], _TICK_SECONDS).done:
            note.caption(f":material/hourglass_top: {working}: {time.monotonic() - began:.0f} s")
        note.empty()
        return future.result()


def result_if_there(function: Callable[..., _Result], **arguments: object) -> _Result | None:
    """The result of an experiment that is done already; None, and it begins, if it is not."""
    future = _experiments().run(function, **arguments)
    return future.result() if future.done() and not future.exception() else None


def start(function: Callable[..., object], **arguments: object) -> None:
    """Let an experiment begin while the learner reads or answers: `experiment` with the same arguments waits for it."""
    _experiments().run(function, **arguments)


def warm_up() -> None:
    """Let the process for experiments start while the learner reads: for the top of a page that will need it."""
    _experiments().warm_up()
