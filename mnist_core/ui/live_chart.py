"""Curves that grow while a model trains."""

from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from mnist_core.runs.store import Curves, Run
from mnist_core.ui.chart import BLUE, ORANGE, PALE, line, show_lines

MOST_POINTS = 400


def show_curves(run: Run, curves: Curves) -> None:
    """The recorder's curves: losses, accuracy and learning rate, with exact values on hover."""
    every = run.batches_an_epoch
    ends = [row["epoch"] * every for row in curves.epochs]
    batches = np.arange(1, len(curves.losses) + 1)
    smooth = pd.Series(curves.losses).ewm(alpha=0.02).mean().to_numpy()  # as fastai's recorder smooths
    seen = _thin(len(batches))
    losses = [
        line("Each batch", batches[seen], curves.losses[seen], PALE, width=1),
        line("Training loss, smoothed", batches[seen], smooth[seen], BLUE),
        line("Validation loss", ends, [row["valid_loss"] for row in curves.epochs], ORANGE, marks=True),
    ]
    accuracy = [line("Accuracy", ends, [row["accuracy"] for row in curves.epochs], ORANGE, marks=True)]
    rates = [line("Learning rate", batches[seen], curves.lrs[seen], BLUE)]
    said = _in_words(run, curves)
    axis: dict[str, Any] = {"x_name": "batch", "x_axis": {"min": 0, "max": "dataMax"}}
    show_lines("live_losses", losses, title="Loss", alt=f"Loss. {said}", **axis)
    left, right = st.columns(2)
    with left:
        title = "Accuracy on the validation images"
        show_lines("live_accuracy", accuracy, title=title, alt=f"{title}. {said}", height=220, **axis)
    with right:
        title = "Learning rate"
        show_lines("live_rates", rates, title=title, alt=f"{title}. Now {_last(curves.lrs):g}.", height=220, **axis)


def _thin(count: int) -> slice:
    """Every so many-th point, so that at most `MOST_POINTS` are sent; each one shown is a real one."""
    return slice(None, None, max(1, -(-count // MOST_POINTS)))


def _in_words(run: Run, curves: Curves) -> str:
    if not curves.epochs:
        return f"Batch {run.step} of {run.steps}."
    row = curves.epochs[-1]
    return (
        f"After epoch {row['epoch']} of {run.config.epochs}: training loss {row['train_loss']:.4f}, "
        f"validation loss {row['valid_loss']:.4f}, accuracy {row['accuracy']:.4f}."
    )


def _last(values: np.ndarray) -> float:
    return float(values[-1]) if len(values) else 0.0
