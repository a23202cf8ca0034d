"""The frame around every page, and what every page must be: deep links, widths, themes, the console."""

import pytest

from tests.browser.conftest import serve
from tests.browser.helpers import faults_in_both_themes, open_page
from tests.navigation import LESSONS, PAGES

OTHERS = [page for page in PAGES if page not in LESSONS]  # lessons are walked in `test_lessons.py`


def each_of(pages):
    return pytest.mark.parametrize("target", pages, ids=lambda page: page.title)


@pytest.fixture(scope="module")
def on_digits(tmp_path_factory):
    """The address of a server that has no MNIST."""
    with serve("digits", tmp_path_factory.mktemp("digits")) as url:
        yield url


def opens_in_the_frame(page, url, target):
    open_page(page, f"{url}/{target.url_path}")
    assert page.get_by_test_id("stSidebarNavLink").count() == len(PAGES)
    assert not page.get_by_role("dialog").count()
    assert page.title() == f"{target.title} - MNIST lab"


def test_a_deep_link_to_a_cold_server_opens_its_page_in_the_frame(page, tmp_path):
    target = next(each for each in PAGES if each.title == "Draw")
    with serve("digits", tmp_path) as url:
        opens_in_the_frame(page, url, target)
        page.goto("about:blank")


@each_of(PAGES)
def test_a_deep_link_opens_a_clean_page_in_the_frame_on_the_embedded_digits(target, page, on_digits):
    opens_in_the_frame(page, on_digits, target)
    assert not faults_in_both_themes(page, f"{target.title} on digits")
    page.goto("about:blank")


@each_of(OTHERS)
def test_a_page_is_clean_on_a_desktop(target, app, page):
    open_page(page, f"{app}/{target.url_path}")
    assert not faults_in_both_themes(page, f"{target.title} desktop")


@each_of(OTHERS)
def test_a_page_is_clean_on_a_telephone(target, app, phone):
    open_page(phone, f"{app}/{target.url_path}")
    assert not faults_in_both_themes(phone, f"{target.title} phone")
