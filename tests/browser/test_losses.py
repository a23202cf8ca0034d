"""Losses in a browser: a slider moves both charts' points."""

from playwright.sync_api import expect

from tests.browser.helpers import open_page


def test_arrow_key_moves_the_weight_and_the_charts_stay_in_their_place(page, app):
    open_page(page, f"{app}/learn-losses?losses_nudge=Nothing at all")
    charts = page.get_by_test_id("stEChartsChart")
    expect(charts).to_have_count(2, timeout=60_000)
    charts.first.evaluate("element => { element.dataset.seen = 'yes' }")
    before = page.get_by_role("table").inner_text()
    page.get_by_role("slider", name="Change of the weight").press("ArrowRight")
    page.wait_for_url("**losses_change=0.1*")
    expect(page.get_by_role("table")).not_to_have_text(before)
    expect(charts.first).to_have_attribute("data-seen", "yes")
    expect(page.get_by_text("rise over run", exact=False)).to_be_visible()
