"""Draw in a browser: mouse, finger and keyboard; undo, eraser and clear; what survives; the parts of the page."""

import math
import re

import pytest
from playwright.sync_api import expect

from tests.browser.helpers import faults_in_both_themes, open_page, show_in, wait_idle

INK = """(pad, part) => {
    const { data } = pad.getContext("2d").getImageData(0, 0, part * pad.width, pad.height)
    return data.filter((value, i) => i % 4 == 3 && value > 127).length / (pad.width * pad.height)
}"""


@pytest.fixture
def url(app):
    return f"{app}/use-draw"


def three() -> list[tuple[float, float]]:
    """Points along a 3, in parts of the pad's side."""
    upper = [math.radians(-150 + 20 * k) for k in range(13)]
    lower = [math.radians(-90 + 17 * k) for k in range(14)]
    return [(0.5 + 0.17 * math.cos(a), 0.33 + 0.15 * math.sin(a)) for a in upper] + [
        (0.5 + 0.2 * math.cos(a), 0.66 + 0.18 * math.sin(a)) for a in lower
    ]


def pad(page):
    return page.get_by_role("application", name="Drawing pad")


def on_pad(page, points):
    """The same points on the screen."""
    pad(page).scroll_into_view_if_needed()
    box = pad(page).bounding_box()
    return [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in points]


def draw(page, points=None, *, pause: float = 0):
    """Draw with the mouse; `pause` is in ms between two points."""
    first, *rest = on_pad(page, points or three())
    page.mouse.move(*first)
    page.mouse.down()
    for point in rest:
        page.mouse.move(*point)
        if pause:
            page.wait_for_timeout(pause)
    page.mouse.up()


def ink(page, side: str = "") -> float:
    """The part of the pad that is inked; "left": only what lies in its left half."""
    return pad(page).evaluate(INK, 0.5 if side == "left" else 1)


def tool(page, name):
    return page.get_by_role("button", name=name, exact=True)


def expect_digit(page, digit):
    expect(page.get_by_text(re.compile(f"The model says {digit}"))).to_be_visible()


def expect_nothing(page):
    expect(page.get_by_text("Nothing drawn yet")).to_be_visible()


def test_a_three_drawn_with_the_mouse_is_read_in_both_themes(page, url):
    open_page(page, url)
    for theme in ("light", "dark"):
        show_in(page, theme)
        expect_nothing(page)
        draw(page)
        expect_digit(page, 3)
        expect(page.get_by_alt_text("Your digit as 28 x 28 pixels")).to_be_visible()
        paper, stroke = pad(page).evaluate(
            "pad => [getComputedStyle(pad).backgroundColor, getComputedStyle(pad).color]"
        )
        assert paper != stroke, theme
        tool(page, "Clear").click()
    expect_nothing(page)
    draw(page)
    expect_digit(page, 3)
    expect(page.get_by_role("status").get_by_text("The model says 3")).to_be_visible()  # said by a screen reader
    expect(page.get_by_text("All 4 say 3.")).to_be_visible()
    page.get_by_role("tab", name="Nearest images").click()
    expect(page.get_by_text("of the 10 show a 3")).to_be_visible()
    page.get_by_role("tab", name="Raw outputs").click()
    expect(page.get_by_text("A probability is never below 0")).to_be_visible()
    page.get_by_role("tab", name="Steps").click()
    expect(page.get_by_alt_text("The picture after Scale")).to_be_visible()
    tool(page, "Centre").click()
    expect(page.get_by_text(re.compile("Without Centre the model (still )?says"))).to_be_visible()
    wait_idle(page)
    assert not faults_in_both_themes(page, "Draw a three")


def test_undo_eraser_and_clear(page, url):
    open_page(page, url)
    draw(page)
    expect_digit(page, 3)
    before = ink(page)
    draw(page, [(0.1, 0.1), (0.9, 0.1)])
    assert ink(page) > before
    tool(page, "Undo").click()
    assert ink(page) == before
    expect_digit(page, 3)
    tool(page, "Eraser").click()
    expect(tool(page, "Eraser")).to_have_attribute("aria-pressed", "true")
    draw(page, [(0.2, 0.3), (0.8, 0.3)])
    assert 0 < ink(page) < before
    tool(page, "Clear").click()
    assert ink(page) == 0
    expect_nothing(page)
    tool(page, "Undo").click()
    assert 0 < ink(page) < before
    tool(page, "Undo").click()
    expect_digit(page, 3)


def test_the_stroke_is_as_wide_as_the_slider_says(page, url):
    open_page(page, url)
    line = [(0.1, 0.5), (0.9, 0.5)]
    draw(page, line)
    thin = ink(page)
    tool(page, "Clear").click()
    slider = page.get_by_role("slider", name="Stroke width")
    slider.focus()
    for _ in range(8):
        page.keyboard.press("ArrowRight")
    draw(page, line)
    assert ink(page) == pytest.approx(2 * thin, rel=0.15)


def test_a_drawing_survives_reruns_other_widths_and_another_page(page, url):
    open_page(page, url)
    draw(page)
    expect_digit(page, 3)
    before = ink(page)
    page.set_viewport_size({"width": 700, "height": 900})
    expect_digit(page, 3)
    assert ink(page) == pytest.approx(before, rel=0.1)
    page.set_viewport_size({"width": 1280, "height": 900})
    page.get_by_test_id("stSidebarNavLink").filter(has_text="Weights").click()
    expect(page.get_by_role("heading", level=1)).not_to_contain_text("Draw")
    page.get_by_test_id("stSidebarNavLink").filter(has_text="Draw").click()
    expect_digit(page, 3)
    assert ink(page) == pytest.approx(before, rel=0.1)
    draw(page, [(0.1, 0.1), (0.9, 0.1)])
    tool(page, "Undo").click()
    tool(page, "Undo").click()
    expect_nothing(page)
    assert ink(page) == 0


def test_a_one_is_drawn_with_the_keyboard_alone(page, url):
    open_page(page, url)
    for _ in range(60):  # past all pages of the navigation
        page.keyboard.press("Tab")
        if pad(page).evaluate("pad => pad.matches(':focus-visible')"):
            break
    assert pad(page).evaluate("pad => getComputedStyle(pad).outlineStyle") == "solid"
    page.keyboard.press("Space")
    for _ in range(18):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Space")
    expect_digit(page, 1)
    drawn = ink(page)
    page.keyboard.press("ArrowRight")
    assert ink(page) == pytest.approx(drawn, rel=0.05)  # the pen is up: only the cursor moved
    page.keyboard.press("Control+z")
    expect_nothing(page)


def test_a_finger_draws_without_moving_the_page(phone, url):
    open_page(phone, url)
    first, *rest = on_pad(phone, three())
    touch = phone.context.new_cdp_session(phone)
    main = phone.get_by_test_id("stMain")
    before = main.evaluate("main => main.scrollTop")

    def send(kind, *points):
        touches = [{"x": x, "y": y} for x, y in points]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": touches})

    send("touchStart", first)
    for point in rest:
        send("touchMove", point)
    send("touchEnd")
    expect_digit(phone, 3)
    assert main.evaluate("main => main.scrollTop") == before
    phone.get_by_role("tab", name="Your test set").tap()
    phone.get_by_role("radio", name="3", exact=True).click(force=True)
    tool(phone, "Keep it").click()
    expect(phone.get_by_text("Digits that you keep: 1")).to_be_visible()
    expect(phone.get_by_role("cell", name="1 of 1, 100%").first).to_be_visible()
    for name in ("Pen", "Eraser", "Move", "Undo", "Clear"):
        assert tool(phone, name).bounding_box()["height"] >= 44
    assert not faults_in_both_themes(phone, "Draw with a finger")


def test_a_sample_is_put_on_the_pad_and_nudged_by_the_keyboard_and_a_text_is_refused(page, url, tmp_path):
    open_page(page, url)
    draw(page)
    expect_digit(page, 3)
    drawn = ink(page)
    page.get_by_role("button", name="Put a sample digit").click()
    expect_digit(page, 0)
    sample, left = ink(page), ink(page, "left")
    pad(page).focus()
    page.keyboard.press("m")
    expect(tool(page, "Move")).to_have_attribute("aria-pressed", "true")
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    assert ink(page) == pytest.approx(sample, rel=0.02)
    assert ink(page, "left") < left
    wait_idle(page)
    expect_digit(page, 0)
    page.keyboard.press("Control+z")
    assert (ink(page), ink(page, "left")) == (sample, left)
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+z")
    assert ink(page) == drawn  # what lay on the pad before is not lost
    expect_digit(page, 3)
    page.get_by_role("radio", name="Upload").click(force=True)
    (tmp_path / "notes.png").write_text("dear diary")
    page.locator("input[type=file]").set_input_files(tmp_path / "notes.png")
    expect(page.get_by_text("notes.png is not a picture")).to_be_visible()
