"""The frame around every page: deep links, widths, themes, the console."""

import pytest

from tests.browser.conftest import serve
from tests.browser.helpers import axe, open_page, overflow, screenshot
from tests.navigation import PAGES

every_page = pytest.mark.parametrize("target", PAGES, ids=lambda target: target.title)


@every_page
def test_a_cold_deep_link_opens_the_page_inside_the_frame(target, page, tmp_path):
    with serve("digits", tmp_path) as url:
        open_page(page, f"{url}/{target.url_path}")
        assert page.get_by_test_id("stSidebarNavLink").count() == len(PAGES)
        assert not page.get_by_role("dialog").count()
        assert page.title() == f"{target.title} - MNIST lab"
        page.goto("about:blank")


@pytest.mark.both_sources
@every_page
def test_desktop_is_clean_in_both_themes(target, app, page, color_scheme):
    check(page, f"{app}/{target.url_path}", color_scheme, f"{target.title} desktop")


@every_page
def test_phone_is_clean_in_both_themes(target, app, phone, color_scheme):
    check(phone, f"{app}/{target.url_path}", color_scheme, f"{target.title} phone")


def check(page, url, color_scheme, name):
    page.emulate_media(color_scheme=color_scheme)
    open_page(page, url)
    screenshot(page, f"{name} {color_scheme}")
    assert overflow(page) <= 0
    assert not axe(page)
