"""The Runs page as a learner uses it: by keyboard, on a telephone, with files to take away."""

import io
import re
import zipfile
from pathlib import Path

import pandas as pd
import pytest
from playwright.sync_api import Page, expect
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from tests.browser.helpers import axe, open_page, overflow, screenshot, wait_idle


def train(page: Page, app: str, *settings: str) -> None:
    for query in settings:
        open_page(page, f"{app}/train-model?data=digits&model=mlp30&bs=64&epochs=3&{query}")
        page.get_by_role("button", name="Train", exact=True).click()
        expect(page.get_by_text("Finished", exact=True)).to_be_visible(timeout=90_000)
        wait_idle(page)


def select_rows(page: Page, *steps_down: int) -> None:
    """Select rows by keyboard, the first so many below the top or the last one read, the next so many below that."""
    page.get_by_role("textbox", name="Search").focus()
    for _ in range(10):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.tagName") == "CANVAS":
            break
    for down in steps_down:
        for _ in range(down):
            page.keyboard.press("ArrowDown")
        page.keyboard.press("Shift+Space")
        page.wait_for_timeout(300)
        wait_idle(page)


def saved(page: Page, button: str) -> bytes:
    with page.expect_download() as download:
        page.get_by_role("button", name=button).click()
    return Path(download.value.path()).read_bytes()


def test_runs_are_wound_back_compared_taken_away_and_deleted_by_keyboard(app, page, tmp_path):
    train(page, app, "lr=0.1", "lr=0.01")
    page.get_by_role("link", name="Runs", exact=True).click()
    expect(page.get_by_role("heading", name="Your runs")).to_be_visible()
    wait_idle(page)
    select_rows(page, 0)
    wind_back_and_forth(page)
    select_rows(page, 1)
    expect(page.get_by_role("heading", name="2 runs compared")).to_be_visible()
    said = page.get_by_text("Two runs differ only in the learning rate: 0.1 reached").inner_text()

    table = pd.read_csv(io.BytesIO(saved(page, "Table of 2 as CSV")), index_col="id")
    curves = pd.read_csv(io.BytesIO(saved(page, "Curves as CSV")))
    zipfile.ZipFile(io.BytesIO(saved(page, "TensorBoard logs"))).extractall(tmp_path)
    for run, accuracy in table["Accuracy"].items():
        assert f"{accuracy:.4f}" in said
        assert curves[curves.run == run].accuracy.dropna().iloc[-1] == accuracy
        log = EventAccumulator(str(next(tmp_path.glob(f"*{run[:6]}")))).Reload()
        assert log.Scalars("epoch/accuracy")[-1].value == pytest.approx(accuracy)

    open_page(page, page.url)  # the link holds the selection
    expect(page.get_by_role("heading", name="2 runs compared")).to_be_visible()
    page.get_by_role("button", name="Delete 2 runs").press("Enter")
    page.get_by_role("button", name="Yes, delete them").press("Enter")
    expect(page.get_by_text("You have not trained a model yet")).to_be_visible()


def wind_back_and_forth(page: Page) -> None:
    """Move a run of three epochs to its random start and back by arrow keys; the weights go along."""
    slider = page.get_by_role("slider", name="After epoch")
    image = page.get_by_role("img", name=re.compile("Weights of unit")).first
    expect(page.get_by_text("Epoch 3: training loss")).to_be_visible()
    wait_idle(page)
    trained = image.evaluate("canvas => canvas.toDataURL()")
    for sentence in ("Epoch 2: training loss", "Epoch 1: training loss", "Before the first batch"):
        slider.press("ArrowLeft")
        expect(page.get_by_text(sentence)).to_be_visible()
    wait_idle(page)
    assert image.evaluate("canvas => canvas.toDataURL()") != trained
    for _ in range(3):
        slider.press("ArrowRight")
    expect(page.get_by_text("Epoch 3: training loss")).to_be_visible()
    wait_idle(page)
    assert image.evaluate("canvas => canvas.toDataURL()") == trained


def test_one_run_and_several_on_a_telephone_in_both_themes(app, phone):
    train(phone, app, "lr=0.1", "lr=0.1&seed=1")
    open_page(phone, f"{app}/train-runs")
    box = phone.get_by_test_id("stDataFrame").bounding_box()
    for row, view in enumerate(("one", "several")):
        phone.touchscreen.tap(box["x"] + 16, box["y"] + 36 + 35 * row + 17)
        expected = phone.get_by_role("slider", name="After epoch") if view == "one" else phone.get_by_text("Curve")
        expect(expected.first).to_be_visible()
        for theme in ("light", "dark"):
            phone.emulate_media(color_scheme=theme)
            wait_idle(phone)
            assert overflow(phone) <= 0
            assert axe(phone) == []
            screenshot(phone, f"phone runs {view} {theme}")
