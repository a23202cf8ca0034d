"""Curves that grow while a model trains."""

from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from mnist_core.runs.store import Curves, Run
from mnist_core.ui.chart import BLUE, GREEN, ORANGE, PALE, PURPLE, line, show_lines

MOST_POINTS = 400
MOST_IN_SMALL = 200


def show_curves(run: Run, curves: Curves, smoothing: float = 0.98) -> None:
    """The recorder's curves: losses, accuracy, learning rate, momentum and gradient, with exact values on hover.

    Parameters
    ----------
    smoothing : share of the smoothed loss that each batch leaves as it was, in [0, 1); 0.98 is fastai's recorder's
    """
    every = run.batches_an_epoch
    ends = [row["epoch"] * every for row in curves.epochs]
    batches = np.arange(1, len(curves.losses) + 1)
    smooth = smoothed(curves.losses, smoothing)
    seen = _thin(len(batches))
    losses = [
        line("Each batch", batches[seen], curves.losses[seen], PALE, width=1),
        line("Training loss, smoothed", batches[seen], smooth[seen], BLUE),
        line("Validation loss", ends, [row["valid_loss"] for row in curves.epochs], ORANGE, marks=True),
    ]
    accuracy = [line("Accuracy", ends, [row["accuracy"] for row in curves.epochs], ORANGE, marks=True)]
    said = in_words(run, curves)
    axis: dict[str, Any] = {"x_name": "batch", "x_axis": {"min": 0, "max": "dataMax"}}
    show_lines("live_losses", losses, title="Loss", alt=f"Loss. {said}", **axis)
    left, right = st.columns(2)
    with left:
        title = "Accuracy on the validation images"
        show_lines("live_accuracy", accuracy, title=title, alt=f"{title}. {said}", height=220, **axis)
        title = "Length of the gradient"
        # A length of 0 has no place on a logarithmic axis: it becomes a gap.
        few = _thin(len(batches), MOST_IN_SMALL)
        norms = [line(title, batches[few], np.where(curves.norms[few] > 0, curves.norms[few], np.nan), GREEN, width=1)]
        alt = f"{title}. Now {_last(curves.norms):g}."
        show_lines("live_norms", norms, title=title, alt=alt, height=220, y_axis={"type": "log"}, **axis)
    with right:
        for key, title, values, color in (
            ("rates", "Learning rate", curves.lrs, BLUE),
            ("momenta", "Momentum", curves.momenta, PURPLE),
        ):
            turns = _where_it_turns(values[few])
            lines = [line(title, batches[few][turns], values[few][turns], color)]
            show_lines(f"live_{key}", lines, title=title, alt=f"{title}. Now {_last(values):g}.", height=220, **axis)


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


def _thin(count: int, most: int = MOST_POINTS) -> slice:
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
