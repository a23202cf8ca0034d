"""Every part of every lesson in a browser: its questions answered, its results seen, on a desktop and a telephone."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.helpers import axe, open_page, overflow, screenshot, wait_idle
from tests.navigation import PAGES

LESSONS = [page for page in PAGES if page.url_path.startswith(("see-", "learn-"))]
UNANSWERED = "Choose an answer, and the result appears."


def answer_all(page: Page) -> None:
    """Choose the first answer to every question, until all results are there."""
    waiting = page.get_by_text(UNANSWERED)
    while left := waiting.count():
        waiting.first.evaluate(
            """caption => [...document.querySelectorAll("[data-testid=stButtonGroup]")]
                .filter((group) => group.compareDocumentPosition(caption) & Node.DOCUMENT_POSITION_FOLLOWING)
                .at(-1).querySelector("button").click()"""
        )
        expect(waiting).not_to_have_count(left, timeout=60_000)
        settle(page)


def settle(page: Page) -> None:
    """Wait until nothing runs, neither on the page nor in an experiment."""
    page.wait_for_timeout(300)
    wait_idle(page)
    expect(page.get_by_text("hourglass_top")).to_have_count(0, timeout=120_000)
    wait_idle(page)


def walk(page: Page, url: str, name: str) -> list[str]:
    """Go through the parts of a lesson as a learner would; what is wrong with them, a line each."""
    faults = []
    open_page(page, url)
    for part in page.get_by_role("tab").all_inner_texts():
        page.get_by_role("tab", name=part, exact=True).click()
        settle(page)
        answer_all(page)
        screenshot(page, f"{name} {part}")
        wide = overflow(page)
        faults += [f"{part}: {wide} pixels wider than the screen"] if wide > 0 else []
        faults += [f"{part}: {violation}" for violation in axe(page)]
        for kind in ("stException", "stAlertContentError"):
            faults += [f"{part}: {text}" for text in page.get_by_test_id(kind).all_inner_texts()]
    return faults


@pytest.mark.slow
@pytest.mark.parametrize("lesson", LESSONS, ids=[lesson.title for lesson in LESSONS])
def test_a_lesson_is_walked_on_a_light_desktop(page, app, lesson):
    page.emulate_media(color_scheme="light")
    assert not walk(page, f"{app}/{lesson.url_path}", f"{lesson.title} light")


@pytest.mark.slow
@pytest.mark.parametrize("lesson", LESSONS, ids=[lesson.title for lesson in LESSONS])
def test_a_lesson_is_walked_on_a_dark_telephone(phone, app, lesson):
    phone.emulate_media(color_scheme="dark")
    assert not walk(phone, f"{app}/{lesson.url_path}", f"{lesson.title} dark phone")
