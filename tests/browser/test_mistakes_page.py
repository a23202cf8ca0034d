"""The Mistakes page as a learner uses it: cells by keys, mouse and finger, images opened, every part on a telephone."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.helpers import answer_all, faults, open_page, open_part, wait_idle

FOCUSED = """() => {
    let active = document.activeElement
    while (active.shadowRoot) active = active.shadowRoot.activeElement
    return active.getAttribute("aria-label")
}"""
CELL = re.compile(r"^\d (right|taken for an? \d): ")


def cells(page: Page):
    return page.get_by_role("button", name=CELL)


def test_cells_and_their_images_are_opened_by_keys_and_by_mouse_and_stay_in_the_link(app, page):
    open_page(page, f"{app}/look-mistakes?mistakes_cell=11")
    expect(cells(page)).to_have_count(100)
    ones = page.get_by_role("button", name=re.compile("^1 right"))
    expect(ones).to_have_attribute("aria-pressed", "true")
    ones.evaluate("button => { button.dataset.seen = 'yes' }")
    ones.focus()
    for key in ("ArrowDown", "ArrowRight", "Enter"):
        page.keyboard.press(key)
    expect(page.get_by_text(re.compile(r"The model got .+ of .+ twos right"))).to_be_visible()
    assert page.evaluate(FOCUSED).startswith("2 right: ")
    assert ones.get_attribute("data-seen") == "yes"  # filled anew, not built anew
    wait_idle(page)
    assert "mistakes_cell=22" in page.url

    images = page.get_by_role("list", name="Images of a 2 that the model calls a 2").get_by_role("button")
    images.nth(1).click()
    expect(images.nth(1)).to_have_attribute("aria-pressed", "true")
    wait_idle(page)
    index = re.search(r"mistakes_image=(\d+)", page.url)[1]
    opened = page.get_by_text(re.compile(r"Image [\d,]+ of"))
    expect(opened).to_contain_text(f"{int(index):,}")
    verdict = page.get_by_text(re.compile(r"^The model says 2, \d")).inner_text()

    page.get_by_role("button", name="Open on the canvas").press("Enter")
    expect(page.get_by_role("heading", name="Draw a digit")).to_be_visible(timeout=20_000)
    expect(page.get_by_text(re.compile("^The model says 2, "))).to_be_visible(timeout=20_000)
    page.go_back()
    expect(page.get_by_text(verdict)).to_be_visible(timeout=20_000)
    assert f"mistakes_image={index}" in page.url


@pytest.mark.slow
def test_every_part_is_clean_on_a_telephone_and_a_touch_opens_a_cell(app, phone):
    open_page(phone, f"{app}/look-mistakes")
    for label in (re.compile("^1 right"), re.compile("^0 taken for a 0|^0 right")):
        cell = phone.get_by_role("button", name=label)
        box = cell.bounding_box()
        assert min(box["width"], box["height"]) >= 24
        cell.tap()
        expect(cell).to_have_attribute("aria-pressed", "true")
    assert not walk(phone, "mistakes phone")


def walk(page: Page, name: str) -> list[str]:
    """What is wrong with the parts of the page, a line each."""
    found = []
    for part in page.get_by_role("tab").all_inner_texts():
        open_part(page, part)
        answer_all(page)
        found += [f"{part}: {fault}" for fault in faults(page, f"{name} {part}")]
        for kind in ("stException", "stAlertContentError"):
            found += [f"{part}: {text}" for text in page.get_by_test_id(kind).all_inner_texts()]
    return found
