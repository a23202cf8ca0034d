"""How long it takes until the screen is repainted after a slider's move or a lifted pen. The figures are printed and
kept, never asserted: `make test ARGS="-n 0 -s -m figures"` on a quiet machine shows them, and with `LATENCIES=file`
takes more moves for them.
"""

import json
import os
import statistics
from pathlib import Path
from urllib.parse import urlencode

import pytest

from tests.browser.helpers import answer_all, open_page
from tests.browser.test_draw import draw, expect_digit

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

# When a bar was last painted and the pen last lifted. The pad itself is in a shadow root, so not counted.
WATCH = """for (const name of ["fill", "fillRect"]) {
    const paint = CanvasRenderingContext2D.prototype[name]
    CanvasRenderingContext2D.prototype[name] = function (...rest) {
        if (document.contains(this.canvas)) window.painted = performance.now()
        return paint.apply(this, rest)
    }
}
addEventListener("pointerup", () => (window.lifted = performance.now()), true)"""

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
    keep({"page": address, "part": part, "slider": slider}, moves)


@pytest.mark.figures
def test_latency_of_the_bars_after_the_pen_is_lifted(page, app):
    page.add_init_script(WATCH)
    open_page(page, f"{app}/use-draw")
    draw(page)
    expect_digit(page, 3)
    times = []
    for k in range(max(5, MOVES)):
        draw(page, [(0.2 + 0.04 * k, 0.15 + 0.03 * k + 0.05 * step) for step in range(8)], pause=20)
        page.wait_for_function("() => painted > lifted && performance.now() - painted > 500")
        times.append(page.evaluate("painted - lifted"))
    keep({"page": "use-draw", "part": "Five verdicts", "slider": "pen lifted to bars painted"}, times)


def keep(what: dict[str, str], times: list[float]) -> None:
    """Print the figures, and write them to the file."""
    figures = what | {"median": statistics.median(times), "most": max(times)}
    print(f"\n{', '.join(what.values())}: median {figures['median']:.0f} ms, longest {figures['most']:.0f} ms")
    if FILE:
        with Path(FILE).open("a") as lines:
            lines.write(json.dumps(figures) + "\n")
