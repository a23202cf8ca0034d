"""Training as a learner sees it: the curve grows in its place, Stop stops, weights and canvas are a click away."""

import re
import time

import pytest
from playwright.sync_api import Page, expect

from tests.browser.helpers import faults_in_both_themes, open_page, screenshot, wait_idle

WATCH_CHART = """() => {
  const chart = document.querySelector('canvas')?.closest('[data-testid=stElementContainer], .stElementContainer')
  if (!chart) return false  // the first one may be taken away again while the page is being built
  window.charts = {node: chart, gone: 0}
  new MutationObserver(changes => changes.forEach(change => change.removedNodes.forEach(node => {
    if (node.contains?.(chart)) window.charts.gone++
  }))).observe(document.body, {childList: true, subtree: true})
  return true
}"""


def start(page: Page, app: str, query: str) -> None:
    open_page(page, f"{app}/train-model?data=digits&{query}")
    page.get_by_role("button", name="Train", exact=True).click()


def seen_batch(page: Page) -> int:
    return page.evaluate("Number(/batch ([0-9,]+) of/.exec(document.body.innerText)[1].replace(/,/g, ''))")


def wait_batch(page: Page, beyond: int = 0) -> None:
    page.wait_for_function(
        "beyond => Number(/batch ([0-9,]+) of/.exec(document.body.innerText)?.[1].replace(/,/g, '')) > beyond",
        arg=beyond,
        timeout=90_000,
    )


def test_the_curve_grows_without_being_rebuilt_and_stop_keeps_the_model(app, page):
    start(page, app, "model=mlp128&epochs=1000&bs=8")
    began = time.monotonic()
    wait_batch(page)
    print(f"\nfirst batches on the screen after {time.monotonic() - began:.2f} s")
    expect(page.locator("canvas").first).to_be_visible()
    page.wait_for_function(WATCH_CHART)
    wait_batch(page, beyond=seen_batch(page) + 200)
    wait_batch(page, beyond=seen_batch(page) + 200)
    assert page.evaluate("[window.charts.node.isConnected, window.charts.gone]") == [True, 0]

    stop = page.get_by_role("button", name="Stop and keep the model")
    began = time.monotonic()
    stop.click()
    expect(page.get_by_text("Stopped. What it has learned is kept.")).to_be_visible()
    print(f"stopped on the screen after {time.monotonic() - began:.2f} s")
    expect(stop).to_have_count(0)
    wait_idle(page)
    batches = seen_batch(page)
    page.wait_for_timeout(700)
    assert seen_batch(page) == batches

    page.get_by_role("link", name="See its weights").click()
    expect(page.get_by_role("heading", name="First hidden layer")).to_be_visible()
    expect(page).to_have_url(re.compile("run="))
    page.get_by_role("link", name="Draw a digit for this model").click()
    expect(page.get_by_role("heading", name="Draw a digit", exact=True)).to_be_visible()
    expect(page.get_by_role("combobox", name="Model")).to_have_value(re.compile("mlp128"))
    wait_idle(page)


AXIS = """() => {
  let node = document.querySelector('canvas')
  const fiberOf = node => node[Object.keys(node).find(key => key.startsWith('__reactFiber'))]
  while (!fiberOf(node)) node = node.parentElement
  for (let fiber = fiberOf(node); fiber; fiber = fiber.return)
    for (let hook = fiber.memoizedState; hook && typeof hook === 'object'; hook = hook.next)
      if (hook.memoizedState?.current?.getOption) return hook.memoizedState.current.getOption().xAxis[0].min
}"""


def test_the_part_of_a_curve_that_is_looked_at_stays_while_the_curve_grows(app, page):
    start(page, app, "model=mlp128&epochs=1000&bs=8&seed=5")
    wait_batch(page, beyond=300)
    page.get_by_role("button", name="View").click()
    for _ in range(3):
        page.get_by_role("slider", name="Batches on the curves").first.press("ArrowRight")
    page.keyboard.press("Escape")
    page.wait_for_function(f"({AXIS})() == 3")
    page.wait_for_function(WATCH_CHART)
    wait_batch(page, beyond=seen_batch(page) + 200)
    wait_batch(page, beyond=seen_batch(page) + 200)
    assert page.evaluate(AXIS) == 3
    assert page.evaluate("[window.charts.node.isConnected, window.charts.gone]") == [True, 0]
    page.get_by_role("button", name="Stop and keep the model").click()
    expect(page.get_by_text("Stopped. What it has learned is kept.")).to_be_visible()


def test_a_run_is_paused_trained_by_a_batch_given_another_rate_and_goes_on(app, page):
    start(page, app, "model=mlp128&epochs=1000&bs=8&seed=6")
    wait_batch(page)
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_text("Paused. It goes on when you say so.")).to_be_visible()
    wait_idle(page)
    before = seen_batch(page)
    page.get_by_role("button", name="One batch").click()
    wait_batch(page, beyond=before)
    wait_idle(page)
    assert seen_batch(page) == before + 1
    page.get_by_role("button", name="Learning rate 0.1").click()
    page.get_by_role("spinbutton", name="Learning rate from the next batch on").fill("0.02")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Learning rate 0.02")).to_be_visible()
    page.keyboard.press("Escape")
    screenshot(page, "paused")
    page.get_by_role("button", name="Go on").click()
    wait_batch(page, beyond=before + 100)
    page.get_by_role("button", name="Stop and keep the model").click()
    expect(page.get_by_text("Stopped. What it has learned is kept.")).to_be_visible()


def test_exact_values_are_read_by_pointing_at_a_curve(app, page):
    start(page, app, "model=linear&epochs=3&bs=64")
    expect(page.get_by_text("Finished", exact=True)).to_be_visible(timeout=90_000)
    expect(page.get_by_role("combobox", name="Your runs, newest first")).to_have_value(re.compile("%$"))
    wait_idle(page)
    page.wait_for_timeout(500)
    page.locator("canvas").first.hover(position={"x": 250, "y": 180})
    expect(page.get_by_text("Smoothed", exact=True)).to_be_visible()


def test_a_learners_runs_are_there_after_a_reload_and_nobody_elses(app, page, new_context):
    start(page, app, "model=linear&digits=48&epochs=2&bs=64")
    expect(page.get_by_text("Finished", exact=True)).to_be_visible(timeout=90_000)
    open_page(page, f"{app}/train-model")
    expect(page.get_by_role("combobox", name="Your runs")).to_have_value(re.compile("linear, 4 and 8"))
    stranger = new_context().new_page()
    open_page(stranger, f"{app}/train-model")
    expect(stranger.get_by_text("The first curve appears")).to_be_visible()
    expect(stranger.get_by_role("combobox", name="Your runs")).to_have_count(0)


def test_a_batch_larger_than_the_data_is_said_kindly(app, page):
    start(page, app, "digits=37&bs=4096")
    expect(page.get_by_role("alert")).to_contain_text("more than the")
    wait_idle(page)


@pytest.mark.parametrize(
    "query", ["", "lr=nan&epochs=-3&model=gpt&digits=xx&bs=abc&seed=1e99&device=%00&run=../../etc"]
)
def test_any_link_opens(app, page, query):
    open_page(page, f"{app}/train-model?{query}")
    open_page(page, f"{app}/look-weights?{query}")
    open_page(page, f"{app}/use-draw?{query}")


def test_weights_are_read_by_pointing_and_with_arrow_keys(app, page):
    open_page(page, f"{app}/look-weights")
    image = page.get_by_role("img", name="Weights of filter 0")
    image.hover()
    expect(page.get_by_text("Row 1, column 1")).to_be_visible()
    assert all(page.locator("figcaption output").all_inner_texts())
    image.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    expect(page.get_by_text("Row 2, column 2, filter 0:")).to_be_visible()


def test_a_run_is_clean_on_a_telephone(app, phone):
    open_page(phone, f"{app}/train-model")
    phone.get_by_role("button", name="Train", exact=True).click()
    wait_batch(phone)
    stop = phone.get_by_role("button", name="Stop and keep the model")
    if stop.count():
        stop.click()
    wait_idle(phone)
    assert not faults_in_both_themes(phone, "Train phone a run")
