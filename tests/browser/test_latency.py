"""How long a slider's move takes until the screen is repainted. The figures are printed and kept, never asserted:
`make test ARGS="-s -k latency"` on a quiet machine shows them.
"""

import json
import os
import statistics
from pathlib import Path

import pytest

from tests.browser.helpers import open_page, wait_idle

MOVES = 12
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

SLIDERS = [
    ("see-pixels?pixels_guess=0", "Rows of the slice"),
]


@pytest.mark.parametrize(("link", "slider"), SLIDERS, ids=[link.partition("?")[0] for link, _ in SLIDERS])
def test_latency_of_a_slider(page, app, link, slider):
    open_page(page, f"{app}/{link}")
    handle = page.get_by_role("slider", name=slider).first
    handle.press("ArrowRight")
    page.wait_for_timeout(1000)
    wait_idle(page)
    handle.evaluate(CLOCK)
    moves = []
    for number in range(MOVES):
        handle.press("ArrowRight" if number % 2 else "ArrowLeft")
        page.wait_for_function(QUIET)
        moves.append(page.evaluate("window.painted - window.pressed"))
    figures = {"page": link, "slider": slider, "median": statistics.median(moves), "most": max(moves)}
    print(f"\n{link}, {slider}: median {figures['median']:.0f} ms, longest {figures['most']:.0f} ms of {len(moves)}")
    if file := os.environ.get("LATENCIES"):
        with Path(file).open("a") as lines:
            lines.write(json.dumps(figures) + "\n")
