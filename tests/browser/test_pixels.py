"""Pixels in a browser: picture and numbers point at each other with mouse, keyboard and finger."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.helpers import faults_in_both_themes, open_page, show_in, wait_idle

CELL_CONTRASTS = """table => {
    const part = c => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4
    const light = colour => {
        const [r, g, b] = colour.match(/\\d+/g).map(Number).map(part)
        return 0.2126 * r + 0.7152 * g + 0.0722 * b + 0.05
    }
    return [...table.tBodies[0].querySelectorAll("td")].map(cell => {
        const style = getComputedStyle(cell)
        const [ink, paper] = [light(style.color), light(style.backgroundColor)]
        return Math.max(ink, paper) / Math.min(ink, paper)
    })
}"""


@pytest.fixture
def url(app):
    return f"{app}/see-pixels?pixels_guess=0"


def cell(page, row, column):
    return page.get_by_role("grid").locator("tbody tr").nth(row).locator("td").nth(column)


def point_at(page, row, column, *, tap=False):
    """Put the pointer, or a finger, on a pixel of the picture."""
    picture = page.locator("canvas")
    picture.scroll_into_view_if_needed()
    side = picture.bounding_box()["width"]
    position = {"x": side * (column + 0.5) / 28, "y": side * (row + 0.5) / 28}
    (picture.tap if tap else picture.hover)(position=position)


def said(page):
    return page.locator(".said")


def test_pointing_at_the_picture_marks_the_number_and_says_it(page, url):
    open_page(page, url)
    point_at(page, 6, 12)
    expect(cell(page, 6, 12)).to_have_class(re.compile(r"\bon\b"))
    expect(said(page)).to_have_text(f"Row 6, column 12: {cell(page, 6, 12).inner_text()}")
    assert page.get_by_role("grid").locator("tbody td.on").count() == 1


def test_pointing_at_a_number_marks_its_pixel_in_the_picture(page, url):
    open_page(page, url)
    cell(page, 20, 9).hover()
    expect(said(page)).to_have_text(f"Row 20, column 9: {cell(page, 20, 9).inner_text()}")
    picture, mark = page.locator("canvas").bounding_box(), page.locator(".picture .mark").bounding_box()
    unit = picture["width"] / 28
    assert mark["x"] - picture["x"] == pytest.approx(9 * unit, abs=1)
    assert mark["y"] - picture["y"] == pytest.approx(20 * unit, abs=1)
    assert mark["width"] == pytest.approx(unit, abs=1)


def test_keyboard_walks_over_the_grid_and_stops_at_its_edges(page, url):
    open_page(page, url)
    page.locator("td[tabindex='0']").focus()
    expect(said(page)).to_contain_text("Row 0, column 0:")
    for key in ("ArrowDown", "ArrowDown", "ArrowRight", "ArrowUp"):
        page.keyboard.press(key)
    expect(said(page)).to_contain_text("Row 1, column 1:")
    for key in ("End", "ArrowRight"):
        page.keyboard.press(key)
    expect(said(page)).to_contain_text("Row 1, column 27:")
    assert page.locator("td[tabindex='0']").count() == 1


def test_mark_stays_and_its_number_changes_with_the_image(page, url):
    open_page(page, url)
    point_at(page, 14, 14)
    number = page.get_by_role("spinbutton")
    at = int(number.input_value())
    for step in range(1, 6):
        page.get_by_role("button", name="Next", exact=True).click()
        expect(number).to_have_value(str(at + step))
        wait_idle(page)
        expect(said(page)).to_have_text(re.compile(f"^Row 14, column 14: {cell(page, 14, 14).inner_text()}$"))
    assert not page.get_by_test_id("stAlert").count()


def test_slice_is_framed_in_the_picture_and_in_the_grid(page, url):
    open_page(page, f"{url}&pixels_rows=2&pixels_rows=9&pixels_columns=5&pixels_columns=8")
    first, last = cell(page, 2, 5).bounding_box(), cell(page, 8, 7).bounding_box()
    frame = page.locator(".scroller .slice").bounding_box()
    assert (frame["x"], frame["y"]) == pytest.approx((first["x"], first["y"]), abs=1.5)
    assert frame["x"] + frame["width"] == pytest.approx(last["x"] + last["width"], abs=1.5)
    assert frame["y"] + frame["height"] == pytest.approx(last["y"] + last["height"], abs=1.5)
    expect(page.get_by_test_id("stCode").first).to_contain_text("im3_t[2:9, 5:8]")


def test_a_link_brings_back_digit_image_answer_and_slice(page, app):
    open_page(page, f"{app}/see-pixels")
    assert not page.get_by_role("grid").is_visible()
    page.get_by_role("radio", name="5", exact=True).click()
    page.get_by_role("spinbutton").fill("12")
    page.keyboard.press("Enter")
    page.get_by_role("radio", name="255", exact=True).click()
    wait_idle(page)
    page.get_by_role("slider").first.press("ArrowRight")
    code = page.get_by_test_id("stCode").first
    expect(code).to_contain_text("im5_t[5:10, 4:10]")
    numbers = page.get_by_role("grid").inner_text()
    open_page(page, page.url)
    expect(code).to_contain_text("im5_t[5:10, 4:10]")
    assert page.get_by_role("grid").inner_text() == numbers


def test_all_numbers_can_be_read_in_both_themes(page, url):
    open_page(page, url)
    for theme in ("light", "dark"):
        show_in(page, theme)
        contrasts = page.get_by_role("grid").evaluate(CELL_CONTRASTS)
        assert len(contrasts) == 28 * 28
        assert min(contrasts) >= 4.5, theme


def test_on_a_phone_the_numbers_follow_the_finger(phone, url):
    open_page(phone, url)
    scroller = phone.locator(".scroller").bounding_box()
    for row, column in [(3, 3), (24, 24), (14, 5)]:
        point_at(phone, row, column, tap=True)
        expect(said(phone)).to_contain_text(f"Row {row}, column {column}:")
        box, scroller = cell(phone, row, column).bounding_box(), phone.locator(".scroller").bounding_box()
        assert scroller["x"] <= box["x"] <= scroller["x"] + scroller["width"] - box["width"]
        assert scroller["y"] <= box["y"] <= scroller["y"] + scroller["height"] - box["height"]
    assert cell(phone, 14, 5).evaluate("cell => parseFloat(getComputedStyle(cell).fontSize)") >= 14
    assert not faults_in_both_themes(phone, "pixels numbers phone")


def test_a_digit_of_the_wall_is_picked_by_mouse_and_by_keyboard_and_taken_apart(page, app):
    open_page(page, f"{app}/see-pixels?pixels_part=A+wall+of+digits")
    tiles = page.locator("button.tile")
    expect(tiles).to_have_count(60)
    tiles.nth(2).click()
    expect(tiles.nth(2)).to_have_attribute("aria-pressed", "true")
    for key in ("ArrowRight", "ArrowDown", "ArrowUp", "Enter"):
        page.keyboard.press(key)
    expect(tiles.nth(3)).to_have_attribute("aria-pressed", "true")
    expect(page.locator("button.tile[tabindex='0']")).to_have_count(1)
    digit = tiles.nth(3).get_by_role("img").get_attribute("aria-label")[-1]
    page.get_by_role("button", name="See its numbers").click()
    wait_idle(page)
    expect(page.locator("canvas")).to_have_attribute("aria-label", f"a handwritten {digit}")
    assert digit == "3" or f"pixels_digit={digit}" in page.url
    number = page.get_by_role("spinbutton").input_value()
    open_page(page, page.url)
    expect(page.locator("canvas")).to_have_attribute("aria-label", f"a handwritten {digit}")
    expect(page.get_by_role("spinbutton")).to_have_value(number)
