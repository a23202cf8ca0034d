"""Curves that grow while a model trains."""

from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from mnist_core.runs.store import Curves, Run
from mnist_core.ui.chart import BLUE, GREEN, ORANGE, PALE, PURPLE, line, show_lines

MOST_POINTS = 400
MOST_IN_SMALL = 200


def show_curves(run: Run, curves: Curves, *, smoothing: float, window: tuple[int, int]) -> None:
    """The recorder's curves: losses, accuracy, learning rate, momentum and gradient, with exact values on hover.

    Parameters
    ----------
    smoothing : share of the smoothed loss that each batch leaves as it was, in [0, 1); 0.98 is fastai's recorder's
    window : first and last batch to look at; it stays while the curves grow, where a zoom by the wheel would not
    """
    every = run.batches_an_epoch
    first, last = max(window[0], 1), min(window[1], len(curves.losses))
    batches = np.arange(first, last + 1)
    inside = slice(first - 1, last)
    raw, smooth = curves.losses[inside], smoothed(curves.losses, smoothing)[inside]
    rows = [row for row in curves.epochs if first <= row["epoch"] * every <= window[1]]
    ends = [row["epoch"] * every for row in rows]
    some = _thin(len(batches), MOST_POINTS)
    losses = [
        line("Each batch", batches[some], raw[some], PALE, width=1),
        line("Smoothed", batches[some], smooth[some], BLUE),
        line("Validation", ends, [row["valid_loss"] for row in rows], ORANGE, marks=True),
    ]
    accuracy = [line("Accuracy", ends, [row["accuracy"] for row in rows], ORANGE, marks=True)]
    said = in_words(run, curves)
    x_axis = {"min": window[0], "max": "dataMax" if window[1] >= run.steps else window[1]}
    axis: dict[str, Any] = {"x_name": "batch", "x_axis": x_axis, "zoom": not run.active}
    show_lines("live_losses", losses, title="Loss", alt=f"Loss. {said}", **axis)

    few = _thin(len(batches), MOST_IN_SMALL)
    norms = np.where(curves.norms > 0, curves.norms, np.nan)  # on a logarithmic axis 0 has no place: it becomes a gap
    left, right = st.columns(2)
    with left:
        title = "Accuracy on the validation images"
        show_lines("live_accuracy", accuracy, title=title, alt=f"{title}. {said}", height=220, **axis)
        title = "Length of the gradient"
        lines = [line(title, batches[few], norms[inside][few], GREEN, width=1)]
        alt = f"{title}. Now {_last(curves.norms):g}."
        show_lines("live_norms", lines, title=title, alt=alt, height=220, y_axis={"type": "log"}, **axis)
    with right:
        for title, values, color in (("Learning rate", curves.lrs, BLUE), ("Momentum", curves.momenta, PURPLE)):
            turns = _where_it_turns(values[inside][few])
            lines = [line(title, batches[few][turns], values[inside][few][turns], color)]
            alt = f"{title}. Now {_last(values):g}."
            show_lines(f"live_{title}", lines, title=title, alt=alt, height=220, **axis)


def smoothed(losses: np.ndarray, smoothing: float) -> np.ndarray:
    """A weighted mean of each loss and all before it: the weights fall by the factor `smoothing` from one to another.

    It is taken over every batch, whatever part of them is drawn, so that it is the same for a short and a long run.

    Parameters
    ----------
    losses : array of shape (n,)
    smoothing : in [0, 1); 0 leaves the losses as they are

    Returns
    -------
    float64 array of shape (n,)
    """
    return pd.Series(losses).ewm(alpha=1 - smoothing).mean().to_numpy()


def _thin(count: int, most: int) -> slice:
    """Every so many-th point, so that at most so many are sent; each one shown is a real one."""
    return slice(None, None, max(1, -(-count // most)))


def _where_it_turns(values: np.ndarray) -> np.ndarray:
    """The points without which a line would look different: a constant one is its two ends."""
    keep = np.ones(len(values), dtype=bool)
    keep[1:-1] = (values[1:-1] != values[:-2]) | (values[1:-1] != values[2:])
    return np.flatnonzero(keep)


def in_words(run: Run, curves: Curves) -> str:
    """What the curves show at their end, in a sentence."""
    if not curves.epochs:
        return f"Batch {run.step} of {run.steps}."
    row = curves.epochs[-1]
    return (
        f"After epoch {row['epoch']} of {run.config.epochs}: training loss {row['train_loss']:.4f}, "
        f"validation loss {row['valid_loss']:.4f}, accuracy {row['accuracy']:.4f}."
    )


def _last(values: np.ndarray) -> float:
    return float(values[-1]) if len(values) else 0.0
