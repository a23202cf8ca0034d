"""A sweep as a learner sees it: it fills in, answers meanwhile, stops, goes on, and leads to its best run."""

import re
import time

from playwright.sync_api import Page, expect

from tests.browser.helpers import axe, open_page, overflow, screenshot, wait_idle

WATCH_CHART = """() => {
  const chart = document.querySelector('canvas').closest('[data-testid=stElementContainer], .stElementContainer')
  window.charts = {node: chart, gone: 0}
  new MutationObserver(changes => changes.forEach(change => change.removedNodes.forEach(node => {
    if (node.contains?.(chart)) window.charts.gone++
  }))).observe(document.body, {childList: true, subtree: true})
}"""


def start(page: Page, app: str, query: str) -> None:
    open_page(page, f"{app}/train-sweep?data=digits&{query}")
    page.get_by_role("button", name="Start the sweep").press("Enter")
    expect(bar(page)).to_contain_text(re.compile("waiting|training|done"), timeout=60_000)


def bar(page: Page):
    return page.get_by_test_id("stProgress")


def count(page: Page, word: str) -> int:
    found = re.search(rf"(\d+) {word}", bar(page).inner_text(), re.IGNORECASE)
    return int(found[1]) if found else 0


def wait_done(page: Page, at_least: int) -> None:
    until = time.monotonic() + 120
    while count(page, "done") < at_least:
        assert time.monotonic() < until, bar(page).inner_text()
        page.wait_for_timeout(200)


def test_a_sweep_of_24_runs_answers_while_it_trains_stops_goes_on_and_leads_to_its_best(app, page):
    start(page, app, "sweep_epochs=4&sweep_batches=32")
    wait_done(page, 2)
    page.evaluate(WATCH_CHART)
    seeds, times = page.get_by_role("spinbutton", name=re.compile("Seeds")), []
    for runs in (32, 40, 48):  # the settings of the next sweep are changed while this one trains
        began = time.monotonic()
        seeds.press("ArrowUp")
        seeds.press("Enter")
        expect(page.get_by_text(re.compile(f"^{runs} runs"))).to_be_visible(timeout=5_000)
        times.append(time.monotonic() - began)
    print(f"\na setting changed while 24 runs train: {max(times):.2f} s at most")
    assert page.evaluate("[window.charts.node.isConnected, window.charts.gone]") == [True, 0]

    stop, resume = (page.get_by_role("button", name=name) for name in ("Stop", "Resume"))
    stop.press("Enter")
    expect(resume).to_be_visible()
    wait_idle(page)
    done = count(page, "done")
    assert done + count(page, "paused") == 24
    page.wait_for_timeout(1500)
    assert count(page, "done") == done
    screenshot(page, "sweep stopped")

    resume.press("Enter")
    wait_done(page, done + 2)
    stop.press("Enter")
    expect(resume).to_be_visible()
    wait_idle(page)
    assert page.evaluate("[window.charts.node.isConnected, window.charts.gone]") == [True, 0]
    assert axe(page) == []
    reached = re.search(r"The best run: (0\.\d{4})", page.get_by_test_id("stMain").inner_text())[1]
    assert page.get_by_role("table").first.get_by_role("row").count() == 5
    page.get_by_role("link", name="See it on Train").click()
    expect(page.get_by_text("Finished")).to_be_visible()
    assert reached in page.get_by_test_id("stMetric").nth(1).inner_text()


def test_on_a_telephone_in_both_themes_and_deleted_after_a_question(app, phone):
    start(phone, app, "sweep_epochs=1&sweep_lrs=0.1&sweep_lrs=10&sweep_seeds=2")
    wait_done(phone, 8)
    for theme in ("light", "dark"):
        phone.emulate_media(color_scheme=theme)
        phone.wait_for_timeout(1000)
        wait_idle(phone)
        screenshot(phone, f"sweep phone {theme}")
        assert axe(phone) == []
        assert overflow(phone) <= 0
    phone.get_by_role("button", name="Delete").press("Enter")
    expect(phone.get_by_text("Delete this sweep and its 8 runs?")).to_be_visible()
    phone.get_by_role("button", name="Yes, delete all").press("Enter")
    expect(phone.get_by_text("The first results appear")).to_be_visible()
