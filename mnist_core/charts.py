"""Arrays to finished figures and tables, for both themes and for colour-blind eyes.

What changes under a slider is in `ui.chart`, since Plotly rebuilds a figure at every change.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import ArrayLike

if TYPE_CHECKING:
    from pandas.io.formats.style import Styler

CONFIG = {"displayModeBar": False}  # for st.plotly_chart: on a phone the bar would cover the figure


def confusion_figure(counts: ArrayLike, classes: Sequence[int]) -> go.Figure:
    """How often each digit was taken for which: the darker, the more often; right answers are left out.

    Parameters
    ----------
    counts : int array of shape (k, k), row: the digit shown, column: the digit said
    classes : the k digits
    """
    names = [str(digit) for digit in classes]
    heatmap = go.Heatmap(
        z=np.where(np.eye(len(names), dtype=bool), np.nan, np.asarray(counts)),
        x=names,
        y=names,
        texttemplate="%{z}",
        colorscale="Oranges",
        zmin=0,
        showscale=False,
        xgap=1,
        ygap=1,
        hovertemplate="%{y} taken for %{x}: %{z} times<extra></extra>",
    )
    axis = {"type": "category", "showgrid": False, "constrain": "domain", "fixedrange": True}
    layout = {
        "xaxis": axis | {"title": {"text": "said"}, "side": "top"},
        "yaxis": axis | {"title": {"text": "shown"}, "autorange": "reversed", "scaleanchor": "x"},
        "margin": {"l": 40, "r": 2, "t": 40, "b": 2},
        "height": 120 + 28 * len(names),
        "dragmode": False,
    }
    return go.Figure(heatmap, layout)


def grey_table(pixels: ArrayLike, *, first_row: int = 0, first_column: int = 0) -> "Styler":
    """A table of pixels, 0 to 255, each cell as grey as its pixel, with the number still readable in it.

    Parameters
    ----------
    pixels : array or Tensor of shape (rows, columns), uint8
    first_row, first_column : where a slice was cut from, so that the labels count as in the whole image
    """
    df = pd.DataFrame(np.asarray(pixels)).rename(index=first_row.__add__, columns=first_column.__add__)
    style = df.style.set_properties(**{"font-size": "6pt" if df.shape[1] > 14 else "9pt"})
    # axis=None gives all columns one scale; pandas would stretch each column to its own.
    return style.background_gradient("Greys", axis=None, vmin=0, vmax=255).map(_ink)


def _ink(value: int) -> str:
    """Black text on light cells, white on dark ones: at least 4.5 to 1 on every grey of matplotlib's `Greys`."""
    return f"color: {'#ffffff' if value > 157 else '#000000'}"
