"""Take it away as a newcomer uses it: download, open elsewhere, compare with the screen, and bring the file back."""

import json
import subprocess
import sys

import pytest
from playwright.sync_api import expect

from tests.browser.helpers import faults_in_both_themes, open_page, wait_idle


def download(page, folder, name: str) -> None:
    with page.expect_download() as file:
        page.get_by_role("button", name=name).click()
    file.value.save_as(folder / file.value.suggested_filename)


def test_what_was_downloaded_says_what_the_screen_says_and_comes_back(app, page, tmp_path):
    open_page(page, f"{app}/use-take-away?run=shipped-linear")
    for name in ("Download model.safetensors", "Download safetensors_client.py", "Download the image"):
        download(page, tmp_path, name)
    command = [sys.executable, "-I", "safetensors_client.py", "model.safetensors", "digit.png"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    elsewhere = json.loads(done.stdout)

    page.get_by_role("button", name="Open model.safetensors").click()
    expect(page.get_by_text("The same answer")).to_be_visible(timeout=90_000)
    for digit, said in elsewhere.items():
        here = page.get_by_role("row").nth(1 + int(digit)).get_by_role("cell").nth(1).inner_text()
        assert float(here.split()[0]) == pytest.approx(100 * said, abs=0.0501)
    assert not faults_in_both_themes(page, "take-away-compared")

    page.get_by_role("tab", name="Bring one in").click()
    page.locator("input[type=file]").set_input_files(tmp_path / "safetensors_client.py")
    expect(page.get_by_text("safetensors_client.py is no safetensors file")).to_be_visible()
    page.locator("input[type=file]").set_input_files(tmp_path / "model.safetensors")
    page.get_by_role("button", name="Add it to my runs").click()
    page.get_by_role("link", name="See its weights").click()
    expect(page.get_by_role("heading", name="Look at the weights")).to_be_visible()
    wait_idle(page)
    expect(page.get_by_role("combobox", name="Model")).to_have_value("model, 92.3%")
