"""Tensors in a browser: cells selected by mouse, keyboard and finger, and the cells a number was made from."""

from playwright.sync_api import expect

from tests.browser.helpers import open_page, wait_idle

PARTS = {
    "Rank and shape": "tensors_comprehension=[2,+6]&tensors_stack=(n,+28,+28)&tensors_level=Row&tensors_column=20",
    "Slices": "tensors_first_slice=(2,+8)",
    "Matrix product": "tensors_dot=32",
}


def address(app, part, more=""):
    return f"{app}/see-tensors?tensors_part={part.replace(' ', '+')}&{PARTS[part]}{more}"


def cell(page, row, column, grid=0):
    return page.get_by_role("grid").nth(grid).locator("tbody tr").nth(row).locator("td").nth(column)


def line(page):
    return page.get_by_label("Your line")


def test_dragging_over_cells_writes_the_line_and_typing_it_lights_them(page, app):
    open_page(page, address(app, "Slices"))
    cell(page, 5, 7).scroll_into_view_if_needed()
    start, end = cell(page, 2, 3).bounding_box(), cell(page, 4, 6).bounding_box()
    page.mouse.move(start["x"] + 9, start["y"] + 9)
    page.mouse.down()
    page.mouse.move(end["x"] + 9, end["y"] + 9, steps=4)
    expect(page.locator("td.picked")).to_have_count(12)  # before Python has heard of it
    page.mouse.up()
    expect(line(page)).to_have_value("t[2:5, 3:7]")
    line(page).fill("t[::5, 0]")
    line(page).press("Enter")
    expect(page.locator("td.lit")).to_have_text(["0", "40"])
    expect(page.get_by_text("The rows 0 and 5.")).to_be_visible()


def test_the_keyboard_selects_and_shift_takes_more(page, app):
    open_page(page, address(app, "Slices"))
    cell(page, 0, 0).focus()
    for key in ("ArrowDown", "ArrowRight"):
        page.keyboard.press(key)
    expect(line(page)).to_have_value("t[1, 1]")
    for key in ("Shift+ArrowDown", "Shift+ArrowRight", "Shift+ArrowRight"):
        page.keyboard.press(key)
    expect(line(page)).to_have_value("t[1:3, 1:4]")
    expect(cell(page, 2, 3)).to_be_focused()


def test_a_finger_selects_a_cell(phone, app):
    open_page(phone, address(app, "Slices", "&tensors_which=Two+tables"))
    cell(phone, 1, 2, grid=1).tap()
    expect(line(phone)).to_have_value("t[1, 1, 2]")


def test_pointing_at_a_product_lights_its_row_and_column_and_the_mark_stays_when_the_numbers_change(page, app):
    open_page(page, address(app, "Matrix product"))
    cell(page, 1, 0).hover()
    said = page.locator(".said").first
    expect(said).to_have_text("4*1 + 5*3 + 6*5 = 49")
    expect(page.locator("td.from")).to_have_text(["4", "5", "6", "1", "3", "5"])
    cell(page, 1, 0).focus()
    page.keyboard.press("ArrowRight")
    expect(said).to_have_text("4*2 + 5*4 + 6*6 = 64")
    page.get_by_role("slider", name="Columns of a").press("ArrowRight")
    wait_idle(page)
    expect(page.get_by_role("grid").locator("td")).to_have_count(4)


def test_a_row_on_a_phone_is_scrolled_to_the_number_in_the_frame(phone, app):
    open_page(phone, address(app, "Rank and shape"))
    frame, grid = phone.locator("td.lit").bounding_box(), phone.locator(".planes").bounding_box()
    assert grid["x"] <= frame["x"] <= grid["x"] + grid["width"] - frame["width"]
