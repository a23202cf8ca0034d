"""Steps that browser tests share: open a page, wait for it, look at it."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

IDLE = "[data-testid=stApp][data-test-connection-state=CONNECTED][data-test-script-state=notRunning]"

MOST_QUESTIONS = 10  # in one part
UNANSWERED = "Choose an answer, and the result appears."


def wait_idle(page: Page) -> None:
    """Wait until no script runs and every widget is there. Not for pages with `run_every`: wait for their content."""
    page.locator(IDLE).wait_for(timeout=60_000)
    expect(page.get_by_test_id("stSkeleton")).to_have_count(0, timeout=60_000)


def open_page(page: Page, url: str) -> None:
    """Open `url`, wait for its title and for its script, and find no traceback on it."""
    page.goto(url)
    page.locator("h1").first.wait_for(timeout=60_000)
    wait_idle(page)
    exceptions = page.get_by_test_id("stException").all_inner_texts()
    assert not exceptions, exceptions


def answer_all(page: Page) -> None:
    """Choose the first answer to every question, until all results are there."""
    waiting = page.get_by_text(UNANSWERED)
    for _ in range(MOST_QUESTIONS):
        if not waiting.count():
            return
        waiting.first.evaluate(
            """caption => [...document.querySelectorAll("[data-testid=stButtonGroup]")]
                .filter((group) => group.compareDocumentPosition(caption) & Node.DOCUMENT_POSITION_FOLLOWING)
                .at(-1).querySelector("button").click()"""
        )
        settle(page)
    expect(waiting).to_have_count(0)


def settle(page: Page) -> None:
    """Wait until nothing runs, neither on the page nor in an experiment."""
    page.wait_for_timeout(300)
    wait_idle(page)
    expect(page.get_by_text("hourglass_top")).to_have_count(0, timeout=120_000)
    wait_idle(page)


@contextmanager
def unfolded(page: Page) -> Iterator[None]:
    """Make the window as high as the page: what is below the fold is neither in a picture nor seen by axe."""
    size, main = page.viewport_size, page.get_by_test_id("stMain")
    height = (main if main.count() else page.locator("html")).evaluate("element => element.scrollHeight")
    page.set_viewport_size({"width": size["width"], "height": max(size["height"], height)})
    page.wait_for_timeout(200)
    yield
    page.set_viewport_size(size)


def axe(page: Page) -> list[str]:
    """The serious and critical accessibility violations of the page, a line each; none is right."""
    with unfolded(page):
        response = Axe().run(page).response
    return [
        f"{violation['id']} ({violation['impact']}): {violation['help']}: {node['target']} {node['html'][:200]}"
        for violation in response["violations"]
        if violation["impact"] in ("serious", "critical")
        for node in violation["nodes"]
        if not (violation["id"] in ("list", "listitem") and _in_navigation(page, node["target"][0]))
    ]


def _in_navigation(page: Page, selector: str) -> bool:
    """Whether this is in Streamlit's own navigation, which puts its sections, not list items, into a list."""
    return page.locator(selector).first.evaluate("element => !!element.closest('[data-testid=stSidebarNav]')")


def overflow(page: Page) -> int:
    """By how many pixels the page is wider than the screen; 0 is right."""
    return page.evaluate("document.documentElement.scrollWidth - window.innerWidth")


def screenshot(page: Page, name: str) -> None:
    """Write a picture of the page to the folder `SCREENSHOTS`, when it is set, for a person to look at."""
    if folder := os.environ.get("SCREENSHOTS"):
        with unfolded(page):
            page.screenshot(path=Path(folder) / f"{re.sub('[^a-z0-9]+', '-', name.lower())}.png")
