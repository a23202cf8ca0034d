"""Arrays to figures: digits and tables of pixels, for both themes and for colour-blind eyes.

Figures leave text, grid and background colours to the theme; marks have at least a contrast of 3 to 1 on both.
"""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import ArrayLike

if TYPE_CHECKING:
    from pandas.io.formats.style import Styler

NEUTRAL = "#7a7a7a"
CONFIG = {"displayModeBar": False}  # for st.plotly_chart: on a phone the bar would cover the figure


def digit_image(pixels: ArrayLike, *, first_row: int = 0, first_column: int = 0) -> go.Figure:
    """A digit, or a slice of one, in the chapter's greys: 0 is white paper and 255 is black ink.

    Parameters
    ----------
    pixels : array or Tensor of shape (rows, columns), uint8
    first_row, first_column : where a slice was cut from, so that the axes count as in the whole image
    """
    values = np.asarray(pixels)
    heatmap = go.Heatmap(
        z=values,
        x0=first_column,
        y0=first_row,
        dx=1,
        dy=1,
        zmin=0,
        zmax=255,
        colorscale="Greys",
        showscale=False,
        hovertemplate="row %{y}, column %{x}: %{z}<extra></extra>",
    )
    frame = {"showline": True, "mirror": True, "linecolor": NEUTRAL}
    axis = {"constrain": "domain", "showgrid": False, "zeroline": False, "dtick": max(1, max(values.shape) // 7)}
    layout = {
        "xaxis": axis | frame | {"title": {"text": "column"}},
        "yaxis": axis | frame | {"title": {"text": "row"}, "autorange": "reversed", "scaleanchor": "x"},
        "margin": {"l": 40, "r": 2, "t": 10, "b": 40},
        "height": 320,
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
