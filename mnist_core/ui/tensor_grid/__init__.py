"""Small tensors as grids of numbers: a Streamlit component of our own.

Pointing at a number of the last grid lights the numbers it was made from, at once, without a rerun. A grid on which
cells are selected, by mouse, finger or keyboard, tells Python which. The browser side is in `grid.js`.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import streamlit as st
from torch import Tensor

_read = partial(Path.read_text, encoding="utf-8")
_HERE = Path(__file__).parent
_COMPONENT = st.components.v2.component(
    "tensor_grid", html=_read(_HERE / "grid.html"), css=_read(_HERE / "grid.css"), js=_read(_HERE / "grid.js")
)


@dataclass(frozen=True)
class Grid:
    """One tensor on the screen.

    Attributes
    ----------
    name : what stands above it, e.g. "a" or "t.T"
    note : more about it, e.g. its shape
    cells : text of each cell, shape (planes, rows, columns)
    looks : class of each cell in the same order, one list: "", "ghost" (a copy), "lit", "bad", or several
    rows, columns : headings, or None for none
    shades : grey of each cell, 0 for white to 255 for black, one list; None for plain cells
    """

    name: str
    note: str
    cells: list[list[list[str]]]
    looks: list[str]
    rows: list[str] | None = None
    columns: list[str] | None = None
    shades: list[int] | None = None


@dataclass(frozen=True)
class Link:
    """Where one number of the last grid comes from.

    Attributes
    ----------
    says : the sentence shown when a learner points at it
    lit : for each of the grids before it, the places of the cells it was made from, counted row by row from 0
    """

    says: str
    lit: list[list[int]]


def number_grid(
    t: Tensor,
    *,
    name: str,
    ghost: Tensor | None = None,
    lit: Sequence[int] = (),
    heads: bool = False,
    shaded: bool = False,
) -> Grid:
    """A tensor as a grid, with its name and shape above it.

    Parameters
    ----------
    t : Tensor of at most rank 3; rank 3 becomes several planes, one below the other
    name : "" where badges already say name and shape
    ghost : bool Tensor of the shape of `t`, True for a copy that is not in memory
    lit : places to light, counted row by row from 0
    heads : number the columns, and the rows where there are several
    shaded : the numbers are pixels, 0 to 255: colour the cells with their greys
    """
    planes = t.reshape([1] * (3 - t.ndim) + list(t.shape))
    looks = [set() for _ in range(t.numel())] if ghost is None else [{"ghost"} if g else set() for g in ghost.flatten()]
    for place in lit:
        looks[place].add("lit")
    return Grid(
        name=name,
        note=str(tuple(t.shape)) if name else "",
        cells=[[[_text(number) for number in row] for row in plane] for plane in planes.tolist()],
        looks=[" ".join(sorted(look)) for look in looks],
        rows=[str(i) for i in range(planes.shape[1])] if heads and t.ndim > 1 else None,
        columns=[str(i) for i in range(planes.shape[2])] if heads else None,
        shades=t.flatten().tolist() if shaded else None,
    )


def tensor_grid(
    grids: Sequence[Grid], *, key: str, signs: Sequence[str] = (), links: Sequence[Link] = (), hint: str = ""
) -> None:
    """Show grids beside each other.

    Parameters
    ----------
    grids : at least one
    key : of the component; the same key keeps the marked cell when the numbers change
    signs : what stands between them, e.g. ["+", "="]
    links : one for each cell of the last grid, which can then be pointed at; or none
    hint : what the line below says until then
    """
    _COMPONENT(key=key, data=_data(grids, signs=signs, links=links, hint=hint))


def selectable_grid(grid: Grid, *, key: str, on_select: Callable[[int, int], None], hint: str = "") -> None:
    """Show a grid on which a learner selects a rectangle of cells.

    Parameters
    ----------
    on_select : called before the rerun with the places of two opposite corners, counted row by row from 0; on a grid
        of several planes both lie in one plane
    """
    count = len(grid.looks)

    def changed() -> None:
        selection = st.session_state[key].selection
        if not isinstance(selection, dict):  # it comes from a browser
            return
        first, last = selection.get("first"), selection.get("last")
        if type(first) is int and type(last) is int and min(first, last) >= 0 and max(first, last) < count:
            on_select(first, last)

    _COMPONENT(key=key, data=_data([grid], hint=hint, select=True), on_selection_change=changed)


def _data(
    grids: Sequence[Grid], *, signs: Sequence[str] = (), links: Sequence[Link] = (), hint: str, select: bool = False
) -> dict[str, object]:
    return {
        "grids": [asdict(grid) for grid in grids],
        "signs": list(signs),
        "links": [asdict(link) for link in links],
        "hint": hint,
        "select": select,
    }


def _text(number: float) -> str:
    return f"{number:.4g}" if isinstance(number, float) else str(number)
