"""Every part of every lesson in a browser: its questions answered, its results seen, on a desktop and a telephone."""

import pytest
from playwright.sync_api import Page

from tests.browser.helpers import answer_all, axe, open_page, overflow, screenshot, settle
from tests.navigation import PAGES

LESSONS = [page for page in PAGES if page.url_path.startswith(("see-", "learn-"))]


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
