"""How long a slider's move takes until the screen is repainted. The figures are printed and kept, never asserted:
`make test ARGS="-s -m figures"` on a quiet machine shows them, and with `LATENCIES=file` takes more moves for them.
"""

import json
import os
import statistics
from pathlib import Path
from urllib.parse import urlencode

import pytest

from tests.browser.helpers import answer_all, open_page

FILE = os.environ.get("LATENCIES")
MOVES = 12 if FILE else 3
ANSWERS = {"descent_bet": "Just show me"}  # in place of a bet
# After a key press: the frame that follows the last change on the page, outside of the slider itself.
CLOCK = """slider => {
    window.pressed = window.painted = 0
    const changed = () => requestAnimationFrame(() => { window.painted = performance.now() })
    const widget = slider.closest("[data-testid=stElementContainer]")
    new MutationObserver((changes) => {
        if (changes.some((change) => !widget.contains(change.target))) changed()
    }).observe(document.querySelector("[data-testid=stMain]"),
               {attributes: true, childList: true, characterData: true, subtree: true})
    const clearRect = CanvasRenderingContext2D.prototype.clearRect
    CanvasRenderingContext2D.prototype.clearRect = function (...box) { changed(); clearRect.apply(this, box) }
    addEventListener("keydown", () => { window.pressed = performance.now() }, true)
}"""
QUIET = "() => window.painted > window.pressed && performance.now() - window.painted > 400"

SLIDERS = [  # page, part, slider
    ("see-pixels", "One digit", "Rows of the slice"),
    ("see-tensors", "View", "Rows in the line"),
    ("see-baseline", "Nearest", "Move to the right"),
    ("learn-gradients", "Learning rate", "Learning rate"),
    ("learn-descent", "The fit", "Learning rate"),
    ("learn-descent", "Mini-batches", "Batch size"),
    ("learn-losses", "Why not accuracy", "Change of the weight"),
    ("learn-losses", "Sigmoid", "Output of the model"),
    ("learn-loading", "The last batch", "Batch size"),
    ("learn-loop", "By hand", "Batch to look at"),
]


@pytest.mark.figures
@pytest.mark.parametrize(("address", "part", "slider"), SLIDERS, ids=[" ".join(names) for names in SLIDERS])
def test_latency_of_a_slider(page, app, address, part, slider):
    link = urlencode({f"{address.partition('-')[2]}_part": part} | ANSWERS)
    open_page(page, f"{app}/{address}?{link}")
    answer_all(page)
    handle = page.get_by_role("slider", name=slider).first
    handle.evaluate(CLOCK)
    moves = []
    for number in range(1 + MOVES):
        handle.press("ArrowLeft" if number % 2 else "ArrowRight")
        page.wait_for_function(QUIET)
        moves.append(page.evaluate("window.painted - window.pressed"))
    del moves[0]  # loads what the page has not shown yet
    figures = {"page": address, "part": part, "slider": slider, "median": statistics.median(moves), "most": max(moves)}
    print(f"\n{address}, {part}, {slider}: median {figures['median']:.0f} ms, longest {figures['most']:.0f} ms")
    if FILE:
        with Path(FILE).open("a") as lines:
            lines.write(json.dumps(figures) + "\n")
