"""Curves that grow while a model trains, as Apache ECharts: a keyed chart keeps its place on the page and its zoom,
where a Plotly chart would be taken down and rebuilt at every point.
"""

from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from mnist_core.runs.store import Curves, Run

MOST_POINTS = 400
_BATCH, _TRAIN, _VALID = (
    "#8fb8de",
    "#0072b2",
    "#d55e00",
)  # from the Okabe-Ito palette, which colour-blind people can tell apart


def show_curves(run: Run, curves: Curves) -> None:
    """The recorder's curves: losses, accuracy and learning rate, with exact values on hover."""
    every = run.batches_an_epoch
    ends = [row["epoch"] * every for row in curves.epochs]
    batches = np.arange(1, len(curves.losses) + 1)
    smooth = pd.Series(curves.losses).ewm(alpha=0.02).mean().to_numpy()  # as fastai's recorder smooths
    seen = _thin(len(batches))
    losses = [
        _line("Each batch", batches[seen], curves.losses[seen], _BATCH, width=1),
        _line("Training loss, smoothed", batches[seen], smooth[seen], _TRAIN),
        _line("Validation loss", ends, [row["valid_loss"] for row in curves.epochs], _VALID, marks=True),
    ]
    accuracy = [_line("Accuracy", ends, [row["accuracy"] for row in curves.epochs], _VALID, marks=True)]
    rates = [_line("Learning rate", batches[seen], curves.lrs[seen], _TRAIN)]
    said = _in_words(run, curves)
    _show("losses", "Loss", losses, alt=said, height=320)
    left, right = st.columns(2)
    with left:
        _show("accuracy", "Accuracy on the validation images", accuracy, alt=said)
    with right:
        _show("rates", "Learning rate", rates, alt=f"Now {_last(curves.lrs):g}.")


def _show(key: str, title: str, lines: list[dict[str, Any]], *, alt: str, height: int = 220) -> None:
    option = {
        "animation": False,
        "title": {"text": title, "textStyle": {"fontSize": 14}},
        "legend": {"top": 24, "type": "scroll", "show": len(lines) > 1},
        "grid": {"left": 56, "right": 16, "top": 60 if len(lines) > 1 else 36, "bottom": 40},
        "tooltip": {"trigger": "axis"},
        "xAxis": {
            "type": "value",
            "min": 0,
            "max": "dataMax",
            "name": "batch",
            "nameLocation": "middle",
            "nameGap": 24,
        },
        "yAxis": {"type": "value", "scale": True},
        "dataZoom": [{"type": "inside", "filterMode": "none"}],
        "series": lines,
    }
    st.echarts_chart(option, key=f"live_{key}", height=height, alt=f"{title}. {alt}")


def _line(name: str, xs: Any, ys: Any, color: str, *, width: int = 2, marks: bool = False) -> dict[str, Any]:
    points = [[int(x), float(y) if np.isfinite(y) else None] for x, y in zip(xs, ys, strict=True)]
    return {
        "name": name,
        "type": "line",
        "data": points,
        "showSymbol": marks,
        "symbolSize": 6,
        "lineStyle": {"width": width},
        "color": color,
        "emphasis": {"disabled": True},
    }


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
