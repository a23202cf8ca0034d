"""Descent in a browser: the animation, and the same without a mouse."""

import pytest
from playwright.sync_api import expect

from tests.browser.helpers import axe, open_page, overflow, screenshot, wait_idle

STATE = """() => {
    const plot = document.querySelector(".js-plotly-plot")
    const [, , , curve, losses, , path] = plot.data
    return {curve: curve.y, losses: losses.y, a: path.x}
}"""


@pytest.fixture
def url(app):
    return f"{app}/learn-descent"


def title(page):
    return page.locator(".js-plotly-plot .gtitle").filter(visible=True)  # a replaced figure hides before it goes


def control(page, label):
    """A button within the figure."""
    return page.locator(".updatemenu-button", has_text=label)


def test_play_moves_curve_loss_and_path_together_to_the_end_and_keeps_the_surface(page, url):
    open_page(page, f"{url}?descent_steps=20")
    expect(title(page)).to_contain_text("Step 0: ")
    start, surface = page.evaluate(STATE), page.locator(".contourlayer path").count()
    control(page, "Play").click()
    expect(title(page)).to_contain_text("Step 20: ", timeout=20_000)
    expect(title(page)).to_contain_text("The run converged.")
    end = page.evaluate(STATE)
    assert len(end["losses"]) == len(end["a"]) == 21
    assert end["losses"][-1] < start["losses"][0]
    assert end["curve"] != start["curve"]
    assert page.locator(".contourlayer path").count() == surface > 0
    control(page, "Back to start").click()
    expect(title(page)).to_contain_text("Step 0: ")
    assert page.evaluate(STATE) == start


def test_reset_undoes_what_play_did(page, url):
    open_page(page, f"{url}?descent_steps=5")
    control(page, "Play").click()
    expect(title(page)).to_contain_text("Step 5: ", timeout=20_000)
    page.get_by_role("button", name="Reset").click()
    expect(title(page)).to_contain_text("Step 0: ")


def test_pause_holds_the_run_and_play_goes_on_from_there(page, url):
    open_page(page, f"{url}?descent_steps=100")
    control(page, "Play").click()
    expect(title(page)).to_contain_text("Step 3: ", timeout=20_000)
    control(page, "Pause").click()
    page.wait_for_timeout(300)
    held = title(page).text_content()
    page.wait_for_timeout(500)
    assert title(page).text_content() == held
    control(page, "Play").click()
    expect(title(page)).to_contain_text("Step 100: ", timeout=30_000)


def test_keyboard_alone_bets_steps_and_reads_the_answer(page, url):
    open_page(page, f"{url}?descent_lr=5e-05")
    page.get_by_role("radio", name="It diverges").focus()
    page.keyboard.press("Space")
    wait_idle(page)
    page.get_by_role("button", name="Step", exact=True).press("Enter")
    expect(title(page)).to_contain_text("Step 1: ")
    expect(page.get_by_text("After 1 step:")).to_be_visible()
    page.get_by_role("slider", name="Step to look at").press("ArrowRight")
    expect(title(page)).to_contain_text("Step 2: ")
    page.wait_for_url("**descent_at=2*")
    page.get_by_role("button", name="To the end").press("Enter")
    alert = page.get_by_test_id("stAlert")
    expect(alert).to_contain_text("Diverges.")
    expect(alert).to_contain_text("Your bet was right.")


def test_arrow_key_on_the_learning_rate_changes_run_figure_and_link(page, url):
    open_page(page, url)
    page.get_by_role("slider", name="Learning rate").press("ArrowRight")
    expect(page.get_by_test_id("stCode").first).to_contain_text("- 2e-05 *")
    page.wait_for_url("**descent_lr=2e-05*")
    open_page(page, page.url)
    expect(page.get_by_test_id("stCode").first).to_contain_text("- 2e-05 *")


def test_an_exploding_run_is_played_without_a_word_in_the_console(page, url):
    open_page(page, f"{url}?descent_lr=100000")
    control(page, "Play").click()
    expect(title(page)).to_contain_text("The run diverged.", timeout=20_000)
    page.get_by_role("button", name="To the end").click()
    expect(page.get_by_test_id("stAlert")).to_contain_text("no longer fits into a 32-bit number")


def test_phone_shows_the_figure_and_the_answer_without_sideways_scrolling(phone, url, color_scheme):
    phone.emulate_media(color_scheme=color_scheme)
    open_page(phone, f"{url}?descent_lr=3e-05&descent_steps=100")
    phone.get_by_role("button", name="To the end").tap()
    expect(phone.get_by_test_id("stAlert")).to_contain_text("Oscillates.")
    screenshot(phone, f"descent answer phone {color_scheme}")
    figure, words = phone.locator(".js-plotly-plot").bounding_box(), title(phone).bounding_box()
    assert words["x"] + words["width"] <= figure["x"] + figure["width"]
    assert overflow(phone) <= 0
    assert not axe(phone)
