"""The plot with handles in a browser, without a server: what it shows and sends when it is dragged."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from mnist_core.ui import drag_plot
from tests.browser.helpers import axe, overflow

HERE = Path(drag_plot.__file__).parent
DATA = {
    "nonce": 0,
    "seq": 0,
    "lines": [
        {"name": "square", "color": "#0072b2", "dashed": False, "width": 2, "xs": [-2, 0, 2], "ys": [4, 0, 4]},
        {"name": "level", "color": "#d55e00", "dashed": True, "width": 2, "xs": [-2, 2], "ys": [1, 1]},
    ],
    "points": [{"name": "dots", "color": "#7a7a7a", "xs": [0, 9], "ys": [1, 1]}],
    "handles": [
        {"name": "Point", "along": 0, "step": 0.5, "color": "#d55e00"},
        {"name": "Level", "along": "vertical", "step": 0, "color": "#d55e00"},
    ],
    "positions": [[1, 2], [0, 3]],
    "x": {"range": [-2, 2], "name": "x"},
    "y": {"range": [0, 4], "name": "f(x)"},
    "alt": "A square",
    "height": 300,
}
PAGE = f"""<html lang="en"><title>Plot</title>
<meta name="viewport" content="width=device-width"><main><h1>Plot</h1><div id="host"></div></main>
<style>{(HERE / "plot.css").read_text()} body {{ height: 3000px; --st-background-color: white }}</style>"""
START = (
    (HERE / "plot.js").read_text().replace("export default function", "window.refresh = function")
    + """
const parentElement = document.querySelector("#host")
window.sent = []
window.show = (data) => window.refresh({ parentElement, data, setStateValue: (name, value) => sent.push(value) })
"""
)


@pytest.fixture
def opened():
    def open_in(page):
        page.set_content(PAGE)
        page.locator("#host").evaluate("(host, html) => (host.innerHTML = html)", (HERE / "plot.html").read_text())
        page.add_script_tag(content=START, type="module")
        page.wait_for_function("!!window.show")
        show(page)
        return page

    return open_in


def show(page, **changes):
    page.evaluate("data => show(data)", DATA | changes)


def handle(page, name):
    return page.get_by_role("slider", name=name)


def middle(page, name):
    box = handle(page, name).locator(".dot").bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def sent(page):
    """The positions in every message."""
    return page.evaluate("sent.map(({ positions }) => positions)")


def test_a_handle_follows_the_mouse_at_once_and_stays_on_its_line(opened, page):
    page = opened(page)
    x, y = middle(page, "Point")
    left, _ = middle(page, "Level")
    unit = x - left  # from x = 0 to x = 1
    page.mouse.move(x + 3, y)
    page.mouse.down()
    for part in range(1, 11):
        page.mouse.move(x + 3 - 2 * unit * part / 10, y + 40)
    expect(handle(page, "Point")).to_have_attribute("aria-valuetext", "x −1, y 2")
    assert middle(page, "Point") == pytest.approx((x - 2 * unit, y), abs=1)
    page.mouse.up()
    assert sent(page)[-1] == [[-1, 2], [0, 3]]
    assert len(sent(page)) < 6  # ten moves at once
    page.wait_for_timeout(150)
    assert sent(page)[-1] == [[-1, 2], [0, 3]]


def test_a_rerun_keeps_the_handle_its_focus_and_its_place_and_moves_the_lines(opened, page):
    page = opened(page)
    point = handle(page, "Point")
    point.focus()
    page.keyboard.press("ArrowLeft")
    node = point.element_handle()
    show(page, lines=[{**DATA["lines"][0], "ys": [8, 0, 8]}], points=[])
    assert node.evaluate("node => node.isConnected && node === document.activeElement")
    expect(point).to_have_attribute("aria-valuetext", "x 0.5, y 2")  # on the line as it is now
    assert page.locator(".lines path").count() == 1
    show(page, nonce=1, positions=[[-1.5, 3], [0, 0]])
    expect(point).to_have_attribute("aria-valuetext", "x −1.5, y 3")


def test_the_keyboard_moves_a_handle_and_stops_at_the_ends(opened, page):
    page = opened(page)
    handle(page, "Point").focus()
    for key, said in [("ArrowRight", "x 1.5, y 3"), ("PageUp", "x 2, y 4"), ("Home", "x −2, y 4")]:
        page.keyboard.press(key)
        expect(handle(page, "Point")).to_have_attribute("aria-valuetext", said)
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowUp")
    expect(handle(page, "Level")).to_have_attribute("aria-valuetext", "x 0, y 3.04")
    page.keyboard.press("End")
    page.wait_for_function("sent.at(-1)?.positions[1][1] === 4")
    assert sent(page)[-1] == [[-2, 4], [0, 4]]


def test_moves_wait_for_the_answer_to_the_last_one(opened, page):
    page = opened(page)
    handle(page, "Level").focus()
    page.keyboard.press("ArrowUp")
    page.wait_for_function("sent.length === 1")
    for _ in range(5):
        page.keyboard.press("ArrowUp")
    page.wait_for_timeout(150)
    assert len(sent(page)) == 1
    show(page, seq=page.evaluate("sent[0].seq"))
    page.wait_for_function("sent.length === 2")
    assert sent(page)[-1][1] == pytest.approx([0, 3.24])


def test_a_finger_drags_the_handle_without_the_page_and_the_page_elsewhere(opened, phone):
    phone = opened(phone)
    touch = phone.context.new_cdp_session(phone)

    def swipe(x, y, dx, dy):
        def send(kind, points):
            touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

        send("touchStart", [{"x": x, "y": y}])
        for part in range(1, 9):
            send("touchMove", [{"x": x + dx * part / 8, "y": y + dy * part / 8}])
        send("touchEnd", [])
        phone.wait_for_timeout(100)

    x, y = middle(phone, "Level")
    swipe(x, y, 0, -40)
    assert phone.evaluate("scrollY") == 0
    assert middle(phone, "Level") == pytest.approx((x, y - 40), abs=1)
    swipe(x - 60, y + 80, 0, -60)
    assert phone.evaluate("scrollY") > 0
    assert overflow(phone) <= 0


def test_the_plot_says_what_it_shows_and_is_accessible(opened, page):
    page = opened(page)
    expect(page.get_by_role("img", name="A square")).to_be_visible()
    assert page.locator(".points circle").count() == 1  # the other lies outside
    assert page.locator(".points title").text_content() == "dots (0, 1)"
    assert not axe(page)
