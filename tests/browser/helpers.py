"""Steps that browser tests share: open a page, wait for it, look at it."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

IDLE = "[data-testid=stApp][data-test-connection-state=CONNECTED][data-test-script-state=notRunning]"

STILL = """async () => {
    const frame = () => new Promise(requestAnimationFrame)
    const roots = [document]
    for (const root of roots) {
        roots.push(...[...root.querySelectorAll("*")].map((element) => element.shadowRoot).filter(Boolean))
    }
    const moves = (motion) => motion.playState === "running" && motion.effect.getComputedTiming().endTime < Infinity
    do {
        await frame()
        await frame()
    } while (roots.some((root) => root.getAnimations().some(moves)))
}"""
THEME = "theme => getComputedStyle(document.querySelector('[data-testid=stApp]')).colorScheme === theme"

MOST_QUESTIONS = 10  # in one part
UNANSWERED = "Choose an answer, and the result appears."


def wait_idle(page: Page) -> None:
    """Wait until no script runs, nor the experiment that one waits for, and every widget is there.

    Not for pages with `run_every`: wait for their content. Nor right after a click, whose run may not have begun.
    """
    page.locator(IDLE).wait_for(timeout=120_000)
    expect(page.get_by_test_id("stSkeleton")).to_have_count(0, timeout=60_000)


def open_page(page: Page, url: str) -> None:
    """Open `url`, wait for its title and for its script, and find no traceback on it."""
    page.goto(url)
    page.locator("h1").first.wait_for(timeout=60_000)
    wait_idle(page)
    exceptions = page.get_by_test_id("stException").all_inner_texts()
    assert not exceptions, exceptions


def open_part(page: Page, part: str) -> None:
    """Open a part of a lesson by its tab, and wait until all of it is there: its way on comes last."""
    page.get_by_role("tab", name=part, exact=True).click()
    expect(page.get_by_role("tabpanel").get_by_text(re.compile("^Next( page)?: "))).to_be_visible(timeout=120_000)
    wait_idle(page)


def answer_all(page: Page) -> None:
    """Choose the first answer to every question, until all results are there."""
    waiting = page.get_by_text(UNANSWERED)
    for _ in range(MOST_QUESTIONS):
        if not waiting.count():
            return
        caption = waiting.first.element_handle()
        caption.evaluate(
            """caption => [...document.querySelectorAll("[data-testid=stButtonGroup]")]
                .filter((group) => group.compareDocumentPosition(caption) & Node.DOCUMENT_POSITION_FOLLOWING)
                .at(-1).querySelector("button").click()"""
        )
        gone = "([caption, words]) => !caption.isConnected || !caption.textContent.includes(words)"
        page.wait_for_function(gone, arg=[caption, UNANSWERED], timeout=120_000)
        wait_idle(page)
    expect(waiting).to_have_count(0)


@contextmanager
def unfolded(page: Page) -> Iterator[None]:
    """Make the window as high as the page: what is below the fold is neither in a picture nor seen by axe."""
    size, main = page.viewport_size, page.get_by_test_id("stMain")
    height = (main if main.count() else page.locator("html")).evaluate("element => element.scrollHeight")
    page.set_viewport_size({"width": size["width"], "height": max(size["height"], height)})
    page.evaluate(STILL)
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


def faults(page: Page, name: str) -> list[str]:
    """What is wrong with the page as it stands, a line each; none is right."""
    screenshot(page, name)
    wide = overflow(page)
    return [f"{wide} pixels wider than the screen"] * (wide > 0) + axe(page)


def faults_in_both_themes(page: Page, name: str) -> list[str]:
    """The same in the theme that the page has, then in the other one, which it keeps."""
    dark = page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")
    found = []
    for theme in ("dark", "light") if dark else ("light", "dark"):
        show_in(page, theme)
        found += [f"{theme}: {fault}" for fault in faults(page, f"{name} {theme}")]
    return found


def show_in(page: Page, theme: str) -> None:
    """Turn the page "light" or "dark", as a learner's system does, and wait until it has followed."""
    page.emulate_media(color_scheme=theme)
    page.wait_for_function(THEME, arg=theme)


def overflow(page: Page) -> int:
    """By how many pixels the page is wider than the screen; 0 is right. Of Streamlit's pages the main part scrolls."""
    return page.evaluate(
        """() => Math.max(...[document.documentElement, ...document.querySelectorAll("[data-testid=stMain]")]
            .map((element) => element.scrollWidth - element.clientWidth))"""
    )


def screenshot(page: Page, name: str) -> None:
    """Write a picture of the page to the folder `SCREENSHOTS`, when it is set, for a person to look at."""
    if folder := os.environ.get("SCREENSHOTS"):
        with unfolded(page):
            page.screenshot(path=Path(folder) / f"{re.sub('[^a-z0-9]+', '-', name.lower())}.png")
