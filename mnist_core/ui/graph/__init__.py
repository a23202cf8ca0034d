"""A calculation as boxes and arrows: values fill from the left to the right, gradients back from the right to the left.

A Streamlit component of our own, since `st.html` lets no drawing through, and a picture would not know the theme's
colours. Drawn twice, lying for a screen and standing for a telephone; the style sheet shows one of them.
"""

from dataclasses import dataclass
from html import escape
from pathlib import Path

import streamlit as st

from mnist_core.chapter.autograd import Calculation, Trace, filled, words

_WIDTH, _HEIGHT = 162, 86  # of a box, in the units of the picture
_HERE = Path(__file__).parent
_COMPONENT = st.components.v2.component(
    "calculation_graph",
    html='<div class="graphs"></div>',
    css=(_HERE / "graph.css").read_text(encoding="utf-8"),
    # The drawings are ours, and what is written in them is escaped.
    js="export default ({ parentElement, data }) => { parentElement.querySelector('.graphs').innerHTML = data }",
)


@dataclass(frozen=True)
class _Box:
    title: str
    value: str  # "" before it is worked out
    grad: str
    is_lit: bool


def show_graph(key: str, calculation: Calculation, traced: Trace, step: int, *, alt: str) -> None:
    """Show a calculation after so many steps of its forward and backward pass.

    Parameters
    ----------
    key : of the component
    step : 0 for what is given, one for each operation, then one for each step of the backward pass
    alt : the same in words
    """
    boxes = _boxes(calculation, traced, step)
    pictures = "".join(_picture(calculation, traced, boxes, alt, lying=lying) for lying in (True, False))
    _COMPONENT(key=key, data=pictures)


def _boxes(calculation: Calculation, traced: Trace, step: int) -> dict[str, _Box]:
    """What stands in each box after so many steps; what the step has just filled is lit."""
    values, grads = filled(calculation, traced, step)
    before = filled(calculation, traced, step - 1)
    lit = {*values} - {*before[0]} | {*grads} - {*before[1]}
    titles = {operation.name: f"{operation.name} = {operation.code}" for operation in calculation.operations}
    return {
        name: _Box(
            titles.get(name, name),
            words(value) if name in values else "",
            words(traced.grads[name]) if name in grads else "",
            name in lit,
        )
        for name, value in traced.values.items()
    }


def _picture(calculation: Calculation, traced: Trace, boxes: dict[str, _Box], alt: str, *, lying: bool) -> str:
    """One of the two drawings, as SVG."""
    is_short = len(calculation.operations) < 3  # which leaves room for factors of several numbers
    gap = (110 if is_short else 56, 34) if lying else (34, 44)  # between two boxes, to the right and down
    corners = {
        name: (place[0] * (_WIDTH + gap[0]) + 3, place[1] * (_HEIGHT + gap[1]) + 3)
        for name, along in _places(calculation).items()
        for place in [along if lying else along[::-1]]
    }
    arrows = "".join(
        _arrow(
            corners[name],
            corners[operation.name],
            f"×{words(traced.factors[operation.name, name])}" if boxes[name].grad else "",
            lying,
        )
        for operation in calculation.operations
        for name in operation.inputs
    )
    drawn = "".join(_draw(boxes[name], *corner) for name, corner in corners.items())
    width = max(x for x, _ in corners.values()) + _WIDTH + 3
    height = max(y for _, y in corners.values()) + _HEIGHT + 3
    return (
        f'<svg class="graph {"lying" if lying else "standing"}" viewBox="0 0 {width} {height}" '
        f'style="max-width: {width}px" role="img" aria-label="{escape(alt)}">{arrows}{drawn}</svg>'
    )


def _places(calculation: Calculation) -> dict[str, tuple[int, int]]:
    """Name -> (how far along, lane): what is learned first and every result in lane 0, what comes in beside it in 1."""
    places: dict[str, tuple[int, int]] = {}
    for number, operation in enumerate(calculation.operations):
        for name in operation.inputs:
            places.setdefault(name, (number, int(name != operation.inputs[0])))
        places[operation.name] = (number + 1, 0)
    return places


def _draw(box: _Box, x: int, y: int) -> str:
    """A box with its name, and below it a row for the value and one for the gradient."""
    head, row = 28, (_HEIGHT - 28) // 2
    rows = [("value", y + head, box.value), ("grad", y + head + row, f"grad {box.grad}" if box.grad else "")]
    filled = "".join(
        f'<rect class="{kind}" x="{x}" y="{top}" width="{_WIDTH}" height="{row}"/>'
        f'<text x="{x + 8}" y="{top + 20}">{text}</text>'
        for kind, top, text in rows
        if text
    )
    frame = f'<rect class="{"lit" if box.is_lit else ""}" x="{x}" y="{y}" width="{_WIDTH}" height="{_HEIGHT}" rx="6"/>'
    return f'{filled}{frame}<text class="name" x="{x + 8}" y="{y + 19}">{escape(box.title)}</text>'


def _arrow(start: tuple[int, int], end: tuple[int, int], factor: str, lying: bool) -> str:
    """A line with a head from one box to another, and the factor of the chain rule at its middle."""
    if lying:
        x1, y1, x2, y2 = start[0] + _WIDTH, start[1] + _HEIGHT // 2, end[0], end[1] + _HEIGHT // 2
        y2 += 24 if y1 > y2 else 0
    else:
        x1, y1, x2, y2 = start[0] + _WIDTH // 2, start[1] + _HEIGHT, end[0] + _WIDTH // 2, end[1]
        x2 += 50 if x1 > x2 else 0
    length = ((x2 - x1) ** 2 + (y2 - y1) ** 2) ** 0.5
    ux, uy = (x2 - x1) / length, (y2 - y1) / length
    head = [(x2 - 9 * ux + side * 5 * uy, y2 - 9 * uy - side * 5 * ux) for side in (-1, 1)]
    points = " ".join(f"{x:.1f},{y:.1f}" for x, y in [(x2, y2), *head])
    middle_x, middle_y = (x1 + x2) / 2, (y1 + y2) / 2
    anchor, dx, dy = ("start", 10, 5) if not lying else ("end", -10, 5) if y1 > y2 else ("middle", -2, -8)
    return (
        f'<line x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}"/><polygon points="{points}"/>'
        f'<text x="{middle_x + dx}" y="{middle_y + dy}" text-anchor="{anchor}">{factor}</text>'
    )
