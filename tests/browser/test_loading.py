"""Loading in a browser: the cards of the dealer, which only a browser moves."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.helpers import faults_in_both_themes, open_page

ROWS = """table => {
    const rows = {}
    const place = (element) => new DOMMatrix(element.style.transform)
    const names = [...table.querySelectorAll(".name:not([hidden])")].map((name) => [name.textContent, place(name).f])
    for (const card of table.querySelectorAll(".card")) {
        const [name] = names.filter(([, top]) => top <= place(card).f).at(-1)
        rows[name] = [...(rows[name] ?? []), [place(card).f, place(card).e, card.textContent]]
    }
    const text = (cards) => cards.sort(([y, x], [v, u]) => y - v || x - u).map(([, , label]) => label).join("")
    return Object.fromEntries(Object.entries(rows).map(([name, cards]) => [name, text(cards)]))
}"""


@pytest.fixture
def url(app):
    return f"{app}/learn-loading?loading_part=The+batch+dealer&loading_first=2"


def deck(page):
    return page.get_by_role("img", name=re.compile("^Epoch"))


def test_cards_move_from_the_deck_into_their_batches_by_keyboard(page, url):
    open_page(page, url)
    expect(deck(page)).to_have_attribute("aria-label", "Epoch 1: 0 of 6 batches are dealt.")
    assert deck(page).evaluate(ROWS) == {"Deck": "".join(str(digit) * 6 for digit in range(10))}
    deck(page).locator(".card").first.evaluate("card => card.dataset.kept = 'yes'")
    page.get_by_role("button", name="Deal a batch").press("Enter")
    expect(deck(page)).to_have_attribute(
        "aria-label", "Epoch 1: 1 of 6 batches are dealt. Batch 1 holds 0, 0, 0, 0, 0, 0, 1, 1, 1, 1: 2 different."
    )
    rows = deck(page).evaluate(ROWS)
    assert rows["Batch 1"] == "0000001111"
    assert len(rows["Deck"]) == 50
    page.get_by_role("slider", name="Batches dealt").press("End")
    expect(deck(page)).to_have_attribute("aria-label", re.compile("Epoch 2: 6 of 6 batches are dealt.*one epoch"))
    assert deck(page).locator(".card[data-kept]").count() == 1  # the same cards, moved


def test_the_deck_fits_a_phone_and_is_clean(phone, url):
    open_page(phone, f"{url}&loading_mix=true&loading_dealt=3&loading_cards=20")
    expect(deck(phone)).to_be_visible()
    rows = deck(phone).evaluate(ROWS)
    assert sorted("".join(rows.values())) == sorted("0123456789" * 6)
    table = deck(phone).bounding_box()
    for card in deck(phone).locator(".card").all():
        box = card.bounding_box()
        assert table["x"] <= box["x"] and box["x"] + box["width"] <= table["x"] + table["width"]
    assert not faults_in_both_themes(phone, "loading dealer phone")
