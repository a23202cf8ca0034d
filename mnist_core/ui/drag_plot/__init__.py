"""A plot with handles that a learner drags by mouse, finger or keyboard: a Streamlit component of our own.

Why our own: a handle moves under the finger at once, and slides along its line, while the page follows some fifteen
times a second; the lines change in place, and only the handle, not the plot, keeps a finger from scrolling the page.
The browser side is in `plot.js`.

A page asks first where the handles are, works out the lines that follow from it, and then shows both::

    curve = Line("x**2", xs, ys, BLUE)
    handles = [Handle("Point", x=1.0, along=curve, step=0.01)]
    [(x, y)] = handle_positions("slope", handles)
    drag_plot("slope", lines=[curve, tangent_at(x)], handles=handles, x_range=(-3, 3), y_range=(-1, 9), ...)
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal

import numpy as np
import streamlit as st
from numpy.typing import ArrayLike

from mnist_core.ui.chart import BLUE, GREY, ORANGE

_read = partial(Path.read_text, encoding="utf-8")
_HERE = Path(__file__).parent
_COMPONENT = st.components.v2.component(
    "drag_plot", html=_read(_HERE / "plot.html"), css=_read(_HERE / "plot.css"), js=_read(_HERE / "plot.js")
)

Position = tuple[float, float]  # x, y in the units of the axes


@dataclass(frozen=True, eq=False)
class Line:
    """A line of the plot; what is not finite becomes a gap.

    Attributes
    ----------
    name : in the legend; "" leaves it out
    xs, ys : arrays of shape (n,), at most some 300 points; for a handle that goes along it xs must ascend
    """

    name: str
    xs: ArrayLike
    ys: ArrayLike
    color: str = BLUE
    dashed: bool = False
    width: float = 2.5


@dataclass(frozen=True, eq=False)
class Points:
    """Dots that stay where they are, with their values on hover.

    Attributes
    ----------
    name : in the legend; "" leaves it out
    xs, ys : arrays of shape (n,)
    """

    name: str
    xs: ArrayLike
    ys: ArrayLike
    color: str = GREY


@dataclass(frozen=True, eq=False)
class Handle:
    """Something to drag.

    Attributes
    ----------
    name : stands beside the handle and is read aloud
    x, y : where it begins; along a line only x counts
    along : the line that it slides on, "vertical" if only y moves, or "free"
    step : grid on which its x (vertical: its y; free: both) lies, 0 for none
    """

    name: str
    x: float
    y: float = 0.0
    along: Line | Literal["free", "vertical"] = "free"
    step: float = 0.0
    color: str = ORANGE


def handle_positions(key: str, handles: Sequence[Handle]) -> list[Position]:
    """Where the handles of a plot are: where they were dragged or placed last, at first where they begin.

    What comes from the browser is checked, and a message that is not one of positions is passed over. The same in a
    callback, before the plot, and after it.
    """
    kept = _kept(key)
    message = st.session_state.get(key, {}).get("moved")
    if _is_message(message, nonce=kept["nonce"]):
        kept.update(seq=message["seq"], positions=message["positions"])
    dragged = kept["positions"]
    if dragged is None or len(dragged) != len(handles):
        dragged = [(handle.x, handle.y) for handle in handles]
    return [_allowed(handle, x, y, kept) for handle, (x, y) in zip(handles, dragged, strict=True)]


def place_handles(key: str, positions: Sequence[Position] | None) -> None:
    """Put the handles somewhere, or with None back to where they begin: for a callback, or before `drag_plot`."""
    placed = None if positions is None else [(float(x), float(y)) for x, y in positions]
    st.session_state[_name(key)] = {**_kept(key), "nonce": _kept(key)["nonce"] + 1, "positions": placed}


def drag_plot(
    key: str,
    *,
    lines: Sequence[Line],
    handles: Sequence[Handle],
    x_range: tuple[float, float],
    y_range: tuple[float, float],
    alt: str,
    points: Sequence[Points] = (),
    x_name: str = "",
    y_name: str = "",
    height: int = 320,
    on_move: Callable[[], None] | None = None,
) -> list[Position]:
    """Show a plot with handles.

    Parameters
    ----------
    key : of the component, and of where its handles are, which outlives a change of page
    lines, points, handles : later ones lie above earlier ones
    x_range, y_range : lowest and highest value shown; a handle stays within
    alt : the same in words
    height : in pixels; the width is that of the place it is in
    on_move : called before the rerun that a move causes; `handle_positions` already knows the move then

    Returns
    -------
    list of (x, y), one for each handle
    """
    _kept(key).update(x_range=x_range, y_range=y_range)
    positions = handle_positions(key, handles)
    _COMPONENT(
        key=key,
        data={
            "nonce": _kept(key)["nonce"],
            "seq": _kept(key)["seq"],
            "lines": [
                {"name": line.name, "color": line.color, "dashed": line.dashed, "width": line.width, **_values(line)}
                for line in lines
            ],
            "points": [{"name": dots.name, "color": dots.color, **_values(dots)} for dots in points],
            "handles": [_described(handle, lines) for handle in handles],
            "positions": positions,
            "x": {"range": x_range, "name": x_name},
            "y": {"range": y_range, "name": y_name},
            "alt": alt,
            "height": height,
        },
        on_moved_change=on_move or (lambda: None),
    )
    return positions


def _name(key: str) -> str:
    return f"{key}_kept"


def _kept(key: str) -> dict[str, Any]:
    """Where the handles are, how often Python placed them (nonce), and the last message from the browser (seq)."""
    nowhere = {"nonce": 0, "seq": 0, "positions": None, "x_range": (-np.inf, np.inf), "y_range": (-np.inf, np.inf)}
    return st.session_state.setdefault(_name(key), nowhere)


def _is_message(message: object, *, nonce: int) -> bool:
    """Whether it is one of plot.js, about handles that Python has not placed elsewhere since."""
    if not isinstance(message, dict) or message.get("nonce") != nonce or type(message.get("seq")) is not int:
        return False
    positions = message.get("positions")
    return isinstance(positions, list) and all(
        isinstance(position, list)
        and len(position) == 2
        and all(type(value) in (int, float) and np.isfinite(value) for value in position)
        for position in positions
    )


def _allowed(handle: Handle, x: float, y: float, kept: dict[str, Any]) -> Position:
    """The position nearest to (x, y) that the handle may take."""
    x, y = float(np.clip(x, *kept["x_range"])), float(np.clip(y, *kept["y_range"]))
    if isinstance(handle.along, Line):
        xs, ys = np.asarray(handle.along.xs, float), np.asarray(handle.along.ys, float)
        x = float(np.clip(x, xs[0], xs[-1]))
        return x, float(np.interp(x, xs, ys))
    return (handle.x, y) if handle.along == "vertical" else (x, y)


def _values(shape: Line | Points) -> dict[str, list[float | None]]:
    """The numbers as JSON takes them: six digits draw the same line, and send half as much."""
    return {
        name: [float(f"{value:.6g}") if np.isfinite(value) else None for value in np.asarray(values, float).ravel()]
        for name, values in (("xs", shape.xs), ("ys", shape.ys))
    }


def _described(handle: Handle, lines: Sequence[Line]) -> dict[str, Any]:
    """A handle for the browser, its line by number."""
    along = lines.index(handle.along) if isinstance(handle.along, Line) else handle.along
    return {"name": handle.name, "along": along, "step": handle.step, "color": handle.color}
