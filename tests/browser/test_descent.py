"""Descent in a browser: what plays and is drawn there, and the same without a mouse."""

import pytest
from playwright.sync_api import expect

from tests.browser.helpers import open_page, wait_idle


@pytest.fixture
def url(app):
    return f"{app}/learn-descent"


def state(page):
    """The line above the pictures: where the run is."""
    return page.locator(".lines p").first


def control(page, label):
    return page.get_by_role("button", name=label, exact=True)


def drawn(page) -> list[str]:
    """The curve, the loss and the path, as they are drawn now."""
    return page.locator("path.path").evaluate_all("paths => paths.map(path => path.getAttribute('d'))")


def test_play_moves_curve_loss_and_path_to_the_end_and_python_follows(page, url):
    open_page(page, f"{url}?descent_steps=20&descent_bet=It+converges")
    expect(state(page)).to_contain_text("After 0 steps: ")
    start = drawn(page)
    control(page, "Play").click()
    expect(state(page)).to_contain_text("The run converged. Your bet was right.", timeout=20_000)
    expect(page.get_by_test_id("stAlert")).to_contain_text("Good.")
    page.wait_for_url("**descent_at=20*")
    assert all(now != before for now, before in zip(drawn(page), start, strict=True))
    control(page, "Reset").click()
    expect(state(page)).to_contain_text("After 0 steps: ")
    assert drawn(page) == start


def test_pause_holds_the_run_and_play_goes_on_from_there(page, url):
    open_page(page, f"{url}?descent_steps=100&descent_bet=It+converges")
    control(page, "Play").click()
    expect(state(page)).not_to_contain_text("After 0 steps: ")
    control(page, "Pause").click()
    held = state(page).text_content()
    assert "After 100 steps" not in held
    wait_idle(page)
    page.wait_for_timeout(300)
    assert state(page).text_content() == held
    control(page, "Play").click()
    expect(state(page)).to_contain_text("After 100 steps: ", timeout=30_000)


def test_keyboard_alone_bets_steps_scrubs_and_reads_the_answer(page, url):
    open_page(page, f"{url}?descent_lr=5e-05")
    expect(control(page, "Play")).to_be_disabled()
    page.get_by_role("radio", name="It diverges").focus()
    page.keyboard.press("Space")
    expect(control(page, "Play")).to_be_enabled()
    control(page, "Step").press("Enter")
    expect(state(page)).to_contain_text("After 1 step: ")
    expect(page.get_by_test_id("stCode").first).to_contain_text("- 5e-05 *")
    scrub = page.get_by_role("slider", name="Step", exact=True)
    scrub.press("ArrowRight")
    expect(scrub).to_have_attribute("aria-valuetext", state(page).text_content().strip() + " ")
    page.wait_for_url("**descent_at=2*")
    control(page, "End").press("Enter")
    expect(page.get_by_test_id("stAlert")).to_contain_text("Diverges.")
    expect(state(page)).to_contain_text("Your bet was right.")


def test_pointing_at_the_pictures_reads_exact_numbers(page, url):
    open_page(page, f"{url}?descent_bet=Just+show+me")
    for panel, words in [("curve", "measured speed"), ("loss", "step 1"), ("surface", ": loss ")]:
        page.locator(f"[data-panel={panel}]").hover()
        expect(page.locator(".read")).to_contain_text(words)


def test_arrow_key_on_the_learning_rate_changes_run_picture_and_link(page, url):
    open_page(page, f"{url}?descent_bet=Just+show+me")
    before, node = drawn(page), page.locator("[data-panel=curve]").element_handle()
    page.get_by_role("slider", name="Learning rate").press("ArrowRight")
    page.wait_for_url("**descent_lr=2e-05*")
    expect(page.locator("path.path").first).not_to_have_attribute("d", before[0])
    assert node.evaluate("node => node.isConnected")  # drawn anew, not built anew
    link = page.url
    after = state(page).text_content()
    open_page(page, link)
    assert state(page).text_content() == after


def test_the_place_of_the_player_survives_a_change_of_page(page, url):
    open_page(page, f"{url}?descent_bet=It+converges")
    control(page, "Step").click()
    page.wait_for_url("**descent_at=1*")
    wait_idle(page)
    page.get_by_test_id("stSidebarNavLink").filter(has_text="Pixels").click()
    expect(page.get_by_role("heading", name="Pixels")).to_be_visible()
    page.get_by_test_id("stSidebarNavLink").filter(has_text="Descent").click()
    expect(state(page)).to_contain_text("After 1 step: ", timeout=20_000)


def test_an_exploding_run_is_played_without_a_word_in_the_console(page, url):
    open_page(page, f"{url}?descent_lr=100000&descent_bet=It+oscillates")
    control(page, "Play").click()
    expect(state(page)).to_contain_text("The run diverged. The curve has left the picture. Your bet was wrong.")
    expect(page.get_by_test_id("stAlert")).to_contain_text("no longer fits into a 32-bit number")


def test_seven_steps_light_one_after_the_other(page, url):
    open_page(page, f"{url}?descent_part=Seven+steps&descent_sign=a+grows")
    lit = page.locator(".stages [aria-current]")
    for name in ["Initialise", "Predict", "Loss", "Gradient", "Step", "Repeat", "Predict"]:
        expect(lit).to_have_text(name)
        control(page, "Step").click()
    control(page, "End").click()
    expect(lit).to_have_text("Stop")
