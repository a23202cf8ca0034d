"""Losses in a browser: a slider moves both charts' points, and every part is clean on a telephone."""

import pytest
from playwright.sync_api import expect

from tests.browser.helpers import axe, open_page, overflow, screenshot, wait_idle

ANSWERS = {
    "Why not accuracy": "losses_nudge=Nothing at all",
    "Sigmoid": "losses_sign=Nothing&losses_mirror=true",
    "mnist_loss": "losses_worst=The third&losses_pred1=3.0",
    "Two outputs and more": "losses_both=The same",
    "Cross-entropy": "losses_costly=1",
    "When softmax breaks": "losses_exp=Infinite",
    "Loss against metric": "losses_times3=Both",
}


@pytest.fixture
def url(app):
    return f"{app}/learn-losses"


def test_arrow_key_moves_the_weight_and_the_charts_stay_in_their_place(page, url):
    open_page(page, f"{url}?losses_nudge=Nothing at all")
    charts = page.get_by_test_id("stEChartsChart")
    expect(charts).to_have_count(2, timeout=60_000)
    charts.first.evaluate("element => { element.dataset.seen = 'yes' }")
    before = page.get_by_role("table").inner_text()
    page.get_by_role("slider", name="Change of the weight").press("ArrowRight")
    page.wait_for_url("**losses_change=0.1*")
    expect(page.get_by_role("table")).not_to_have_text(before)
    expect(charts.first).to_have_attribute("data-seen", "yes")
    expect(page.get_by_text("rise over run", exact=False)).to_be_visible()


@pytest.mark.slow
def test_every_answered_part_is_clean_on_a_telephone(phone, url, color_scheme):
    phone.emulate_media(color_scheme=color_scheme)
    for part, answer in ANSWERS.items():
        open_page(phone, f"{url}?losses_part={part}&{answer}")
        expect(phone.get_by_text("The code that ran")).to_be_visible(timeout=60_000)
        wait_idle(phone)
        screenshot(phone, f"losses {part} phone {color_scheme}")
        assert overflow(phone) <= 0, part
        assert not axe(phone), part
