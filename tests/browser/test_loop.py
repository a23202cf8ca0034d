"""Loop in a browser: the images of a step read a pixel under the pointer, by keyboard and by finger."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.helpers import axe, faults_in_both_themes, open_page, overflow, wait_idle

SUM = re.compile(r"^Row (\d+), column (\d+): (−?[\d.]+) − ([\d.]+) × \(?(−?[\d.]+)\)? = (−?[\d.]+)$")


@pytest.fixture
def url(app):
    return f"{app}/learn-loop?loop_untouched=None&loop_batch=7"


def numbers(page) -> list[float]:
    """Row, column, weight before, rate, gradient and weight after, as the line under the images has them."""
    expect(page.locator(".sum")).to_have_text(SUM)
    return [float(part.replace("−", "-")) for part in SUM.match(page.locator(".sum").inner_text()).groups()]


def test_a_pixel_is_worked_out_under_the_pointer_and_by_keyboard(page, url):
    open_page(page, url)
    picture = page.locator("canvas").nth(1)
    picture.scroll_into_view_if_needed()
    side = picture.bounding_box()["width"]
    picture.hover(position={"x": side * 12.5 / 28, "y": side * 14.5 / 28})
    row, column, before, lr, grad, after = numbers(page)
    assert (row, column) == (14, 12)
    assert after == pytest.approx(before - lr * grad, abs=2e-6 * max(1, lr))
    picture.focus()
    for key in ("ArrowDown", "ArrowRight", "ArrowRight"):
        page.keyboard.press(key)
    assert numbers(page)[:2] == [15, 14]
    outputs = page.locator("figure output").all_inner_texts()
    assert [float(text.replace("−", "-")) for text in outputs[:3]] == [numbers(page)[i] for i in (2, 4, 5)]
    before = page.locator(".sum").inner_text()
    page.get_by_role("button", name="One batch").click()  # the pixel stays, its numbers are the next batch's
    expect(page.locator(".sum")).not_to_have_text(before)
    wait_idle(page)
    assert numbers(page)[:3] == [15, 14, pytest.approx(float(outputs[2].replace("−", "-")), abs=1e-6)]


def test_on_a_phone_a_tap_reads_a_pixel(phone, url):
    open_page(phone, url)
    picture = phone.locator("canvas").nth(3)
    picture.scroll_into_view_if_needed()
    side = picture.bounding_box()["width"]
    picture.tap(position={"x": side * 5.5 / 28, "y": side * 20.5 / 28})
    assert numbers(phone)[:2] == [20, 5]
    assert not faults_in_both_themes(phone, "loop by hand tapped phone")


def test_chosen_lines_are_clean(page, app):
    open_page(page, f"{app}/learn-loop?loop_part=In+order&loop_order=predict")
    assert overflow(page) <= 0
    assert not axe(page)
