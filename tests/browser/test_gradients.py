"""Gradients in a browser: the point dragged on the page, the graph on a telephone."""

from playwright.sync_api import expect

from tests.browser.helpers import open_page, wait_idle


def point(page):
    return page.get_by_role("slider", name="Point", exact=True)


def test_the_dragged_point_takes_the_tangent_and_the_number_along_and_stays(app, page):
    open_page(page, f"{app}/learn-gradients?gradients_bottom=0")
    expect(point(page)).to_have_attribute("aria-valuetext", "x 1.5, y 2.25")
    plot = page.get_by_role("group", name="Plot").element_handle()
    tangent = page.locator(".lines path").last
    before = tangent.get_attribute("d")
    box = point(page).locator(".dot").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x - 60, y, steps=10)
    page.mouse.up()
    said = point(page).get_attribute("aria-valuetext")
    assert said != "x 1.5, y 2.25"
    dragged = float(said.removeprefix("x ").partition(",")[0].replace("−", "-"))
    number = page.get_by_role("spinbutton")
    expect(number).to_have_value(f"{dragged:.2f}")
    wait_idle(page)
    assert tangent.get_attribute("d") != before
    assert plot.evaluate("plot => plot.isConnected")

    number.fill("-2")
    number.press("Enter")
    expect(point(page)).to_have_attribute("aria-valuetext", "x −2, y 4")
    expect(page.get_by_text("-4.000000").first).to_be_visible()

    page.get_by_test_id("stSidebarNavLink").filter(has_text="Home").click()
    expect(page.get_by_role("heading", level=1)).not_to_contain_text("Gradients")
    page.get_by_test_id("stSidebarNavLink").filter(has_text="Gradients").click()
    expect(point(page)).to_have_attribute("aria-valuetext", "x −2, y 4")
    wait_idle(page)


def test_the_graph_lies_on_a_screen_and_stands_on_a_telephone(app, page, phone):
    for where, shown, hidden in [(page, ".lying", ".standing"), (phone, ".standing", ".lying")]:
        open_page(where, f"{app}/learn-gradients?gradients_part=Backward&gradients_first=loss&gradients_step=9")
        expect(where.locator(f".graph{shown}")).to_be_visible()
        expect(where.locator(f".graph{hidden}")).to_be_hidden()
        expect(where.locator(f".graph{shown}").get_by_text("grad 8")).to_be_visible()
