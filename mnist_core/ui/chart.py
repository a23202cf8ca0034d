"""Charts that change under the hand, as Apache ECharts: a keyed chart keeps its place on the page and its zoom,
where a Plotly chart would be taken down and rebuilt at every change.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import ArrayLike

# From the Okabe-Ito palette, which colour-blind people can tell apart.
BLUE, ORANGE, GREEN, PURPLE, GREY = "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#7a7a7a"
PALE = "#8fb8de"  # for raw values behind smoothed ones


def line(
    name: str,
    xs: ArrayLike,
    ys: ArrayLike,
    color: str,
    *,
    width: int = 2,
    marks: bool = False,
    dashed: bool = False,
) -> dict[str, Any]:
    """A line for `show_lines`; what is not finite becomes a gap.

    Parameters
    ----------
    xs, ys : arrays of shape (n,), at most some 400 points, or the page grows slow
    marks : dots at the points; with `width=0` the dots alone
    """
    points = [[float(x), float(y) if np.isfinite(y) else None] for x, y in zip(_flat(xs), _flat(ys), strict=True)]
    return {
        "name": name,
        "type": "line",
        "data": points,
        "showSymbol": marks,
        "symbolSize": 8 if width == 0 else 6,
        "lineStyle": {"width": width, "type": "dashed" if dashed else "solid"},
        "color": color,
        "emphasis": {"disabled": True},
    }


def show_lines(
    key: str,
    lines: Sequence[dict[str, Any]],
    *,
    alt: str,
    x_name: str,
    title: str = "",
    height: int = 320,
    x_axis: dict[str, Any] | None = None,
    y_axis: dict[str, Any] | None = None,
    zoom: bool = True,
) -> None:
    """Lines with exact values on hover, a legend where there are several, and zoom by wheel or pinch.

    Parameters
    ----------
    key : of the chart; the same key keeps the chart while its lines change
    lines : of `line`
    alt : the same in words
    x_axis, y_axis : more of ECharts' options, such as `{"type": "log"}` or `{"min": -2, "max": 2}`
    zoom : whether by wheel or pinch; every change of the lines ends it
    """
    several = len(lines) > 1
    top = 8 + (28 if title else 0) + (28 if several else 0)
    option = {
        "animation": False,
        "title": {"text": title, "textStyle": {"fontSize": 14}, "show": bool(title)},  # or it pushes the legend down
        "legend": {"top": 24 if title else 0, "type": "scroll", "itemWidth": 18, "itemGap": 8, "show": several},
        "grid": {"left": 8, "right": 16, "top": top, "bottom": 8},  # around the axes' labels, not around the lines
        "tooltip": {"trigger": "axis"},
        "xAxis": {"type": "value", "name": x_name, "nameLocation": "middle", "nameGap": 24, **(x_axis or {})},
        "yAxis": {"type": "value", "scale": True, **(y_axis or {})},
        "dataZoom": [{"type": "inside", "filterMode": "none"}] if zoom else [],
        "series": list(lines),
    }
    st.echarts_chart(option, key=key, height=height, alt=alt)


def show_bars(
    key: str,
    names: Sequence[object],
    values: ArrayLike,
    *,
    alt: str,
    x_name: str,
    strong: int | None = None,
    title: str = "",
    height: int = 300,
    unit: str = "",
    digits: int = 4,
    y_axis: dict[str, Any] | None = None,
) -> None:
    """A bar for each name, with its exact value on hover.

    Parameters
    ----------
    key : of the chart; the same key keeps the chart while its bars change
    names : of shape (n,), shown as text
    values : array of shape (n,)
    alt : the same in words
    strong : index of the bar that stands out
    unit : after each value, e.g. " %"
    digits : after the point, on hover
    y_axis : more of ECharts' options
    """
    bars = [
        {"value": float(value), "itemStyle": {"color": ORANGE if number == strong else BLUE}}
        for number, value in enumerate(_flat(values))
    ]
    option = {
        "animation": False,
        "title": {"text": title, "textStyle": {"fontSize": 14}, "show": bool(title)},
        "grid": {"left": 8, "right": 8, "top": 40 if title else 16, "bottom": 8},
        "tooltip": {
            "trigger": "axis",
            "axisPointer": {"type": "shadow"},
            "valueFormatter": f"%.{digits}f{unit.replace('%', '%%')}",
        },
        "xAxis": {
            "type": "category",
            "data": [str(name) for name in names],
            "name": x_name,
            "nameLocation": "middle",
            "nameGap": 24,
        },
        "yAxis": {"type": "value", "axisLabel": {"formatter": f"{{value}}{unit}"}, **(y_axis or {})},
        "series": [{"name": title or x_name, "type": "bar", "data": bars, "emphasis": {"disabled": True}}],
    }
    st.echarts_chart(option, key=key, height=height, alt=alt)


def _flat(values: ArrayLike) -> np.ndarray:
    return np.asarray(values, dtype=float).reshape(-1)
