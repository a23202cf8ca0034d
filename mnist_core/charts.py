"""Arrays to figures: digits, tables of pixels and animated descents, for both themes and for colour-blind eyes.

Figures leave text, grid and background colours to the theme; marks have at least a contrast of 3 to 1 on both.
"""

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import torch
from numpy.typing import ArrayLike

from mnist_core.gradients import Descent, LossSurface, f

if TYPE_CHECKING:
    from pandas.io.formats.style import Styler

NEUTRAL = "#7a7a7a"
STRONG = "#d55e00"  # vermilion of the Okabe-Ito palette
LOSS, SURFACE = {"xaxis": "x2", "yaxis": "y2"}, {"xaxis": "x3", "yaxis": "y3"}  # the axes of `descent_figure`
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


def descent_figure(run: Descent, surface: LossSurface, *, at: int = 0, last_words: str = "") -> go.Figure:
    """The fitted curve, the loss and the path on the loss surface, moving together.

    Parameters
    ----------
    run : Descent
    surface : LossSurface
        What `loss_surface(run)` returns.
    at : step that the figure shows before it is played
    last_words : written over the figure when the last step is reached
    """
    low, high = run.speed.min().item(), run.speed.max().item()
    room = 0.25 * (high - low)
    shown = _frame_steps(run.steps, at)
    still, moving = _still_traces(run, surface), _moving_looks()
    first = len(still)
    frames = [
        {
            "name": str(k),
            "data": _moving_data(run, k),
            "traces": list(range(first, first + len(moving))),
            "layout": {"title": {"text": _caption(run, k, last_words)}},
        }
        for k in shown
    ]
    start = [look | data for look, data in zip(moving, _moving_data(run, at), strict=True)]
    layout = _descent_layout(run, surface, shown, at)
    layout["yaxis"]["range"] = [low - room, high + room]
    layout["title"] = {
        "text": _caption(run, at, last_words),
        "font": {"size": 14},
        "x": 0,
        "y": 0.98,
        "yref": "container",
        "yanchor": "top",
        "pad": {"t": 8},
    }
    return go.Figure({"data": [*still, *start], "layout": layout, "frames": frames})


def _still_traces(run: Descent, surface: LossSurface) -> list[dict[str, Any]]:
    """What does not move: the surface, its lowest point, and the measurements."""
    return [
        {
            "type": "contour",
            "x": _short(surface.a),
            "y": _short(surface.b),
            "z": surface.losses.log10().float().numpy(),
            "customdata": surface.losses.float().numpy(),
            "colorscale": "Cividis",
            "opacity": 0.55,
            "showscale": False,
            "ncontours": 16,
            "line": {"width": 0.5},
            "hovertemplate": "a %{x}, b %{y}: loss %{customdata:.5g}<extra></extra>",
        }
        | SURFACE,
        {
            "x": _short(surface.lowest[:1]),
            "y": _short(surface.lowest[1:]),
            "mode": "markers",
            "marker": {"symbol": "x-thin", "size": 11, "line": {"width": 2, "color": "#ffffff"}},
            "hovertemplate": "lowest point for this c: a %{x}, b %{y}<extra></extra>",
        }
        | SURFACE,
        {
            "x": _short(run.time),
            "y": _short(run.speed),
            "mode": "markers",
            "marker": {"color": NEUTRAL, "size": 8},
            "hovertemplate": "time %{x:.3g}, speed %{y}<extra></extra>",
        },
    ]


def _moving_looks() -> list[dict[str, Any]]:
    """How the five traces look whose points `_moving_data` gives."""
    line = {"mode": "lines", "line": {"color": STRONG, "width": 2}}
    dot = {"mode": "markers", "marker": {"color": STRONG, "size": 11}}
    trail = {"mode": "lines+markers", "marker": {"color": STRONG, "size": 5}}
    return [
        line | {"hovertemplate": "time %{x:.3g}, curve %{y}<extra></extra>"},
        line | LOSS | {"hoverinfo": "skip"},
        dot | LOSS | {"hovertemplate": "step %{x}, loss %{y}<extra></extra>"},
        line | trail | SURFACE | {"hovertemplate": "step %{pointNumber}: a %{x}, b %{y}<extra></extra>"},
        dot | SURFACE | {"hovertemplate": "a %{x}, b %{y}<extra></extra>"},
    ]


def _moving_data(run: Descent, k: int) -> list[dict[str, Any]]:
    """The points after k steps: curve, loss so far and now, path so far and now."""
    t = torch.linspace(run.time[0], run.time[-1], 39)
    near = run.params[: k + 1].abs() < 1e5  # what is far outside the figure would only blur the lines within it
    a, b = (_short(run.params[: k + 1, i].where(near[:, i], torch.nan)) for i in (0, 1))
    losses = _short(run.losses[: k + 1])
    return [
        {"x": _short(t), "y": _short(f(t, run.params[k]))},
        {"x": list(range(k + 1)), "y": losses},
        {"x": [k], "y": losses[-1:]},
        {"x": a, "y": b},
        {"x": a[-1:], "y": b[-1:]},
    ]


def descent_alt(run: Descent, *, at: int = 0) -> str:
    """The text for those who do not see `descent_figure`."""
    return (
        f"Left to right, top to bottom: the measured speeds with the curve after {at} of {run.steps} steps, "
        f"the loss up to there, {run.losses[at].item():.5g}, and the path of a and b over the loss surface."
    )


def _descent_layout(run: Descent, surface: LossSurface, shown: list[int], at: int) -> dict[str, Any]:
    """Three pairs of axes that stay put, the buttons, and the slider that says where the run is."""
    logs = [math.log10(max(loss, 1e-3)) for loss in run.losses.tolist() if math.isfinite(loss)]
    room = 0.08 * (max(logs) - min(logs)) + 0.05
    left, right, upper, lower = [0, 0.42], [0.6, 1], [0.6, 1], [0.0, 0.42]

    def axis(text: str, **more: Any) -> dict[str, Any]:
        return {"title": {"text": text, "standoff": 4}, "fixedrange": True, "zeroline": False, **more}

    to = {"mode": "immediate", "transition": {"duration": 0}, "frame": {"duration": 0, "redraw": True}}
    play = {"fromcurrent": True, "transition": {"duration": 0}, "frame": {"duration": 50, "redraw": True}}
    buttons = [("Play", [None, play]), ("Pause", [[None], to]), ("Back to start", [["0"], to])]
    return {
        "height": 680,
        "margin": {"l": 50, "r": 10, "t": 60, "b": 130},
        "showlegend": False,
        "dragmode": False,
        "xaxis": axis("time", anchor="y"),
        "yaxis": axis("speed", anchor="x", domain=upper),
        "xaxis2": axis(
            "step",
            anchor="y2",
            domain=left,
            range=[-0.03 * run.steps, 1.03 * run.steps],
            tick0=0,
            dtick=max(run.steps // 5, 1),
        ),
        "yaxis2": axis(
            "loss, log scale",
            anchor="x2",
            domain=lower,
            type="log",
            range=[min(logs) - room, max(logs) + room],
            minorloglabels="complete",  # 5k, not a bare 5
        ),
        "xaxis3": axis("a", anchor="y3", domain=right, range=_ends(surface.a)),
        "yaxis3": axis("b", anchor="x3", domain=lower, range=_ends(surface.b)),
        "updatemenus": [
            {
                "type": "buttons",
                "direction": "left",
                "buttons": [{"label": label, "method": "animate", "args": args} for label, args in buttons],
                "showactive": False,
                "x": 0,
                "xanchor": "left",
                "y": -0.13,
                "yanchor": "top",
            }
        ],
        "sliders": [
            {
                "active": shown.index(at),
                "steps": [{"label": str(k), "method": "animate", "args": [[str(k)], to]} for k in shown],
                "x": 0,
                "len": 1,
                "y": -0.22,
                "currentvalue": {"visible": False},
                "pad": {"t": 10},
            }
        ],
    }


def _caption(run: Descent, k: int, last_words: str) -> str:
    """Two short lines, so that they fit on a phone."""
    a, b, c = run.params[k].tolist()
    words = f" {last_words}" if k == run.steps else ""
    return f"Step {k}: loss {run.losses[k].item():.5g}.{words}<br>a = {a:.3g}, b = {b:.3g}, c = {c:.3g}"


def _frame_steps(steps: int, at: int) -> list[int]:
    """The steps that get a frame: the first twenty, where most happens, about twenty of the others, and `at`."""
    early = min(steps, 20)
    return sorted({*range(early), *np.linspace(early, steps, 20).astype(int).tolist(), at})


def _ends(values: Any) -> list[float]:
    return [float(values[0]), float(values[-1])]


def _short(values: Iterable[Any]) -> list[float | None]:
    """Five significant digits, to keep the figure small; what is not finite becomes a gap."""
    return [float(f"{v:.5g}") if math.isfinite(v) else None for v in (float(v) for v in values)]
