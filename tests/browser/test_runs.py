"""Runs as their learner sees them: interrupted and resumed, shared, deleted, waiting, found again by who signs in."""

import json
import re
import time

import psutil
import pytest
from playwright.sync_api import Page, expect
from streamlit.web.server.starlette.starlette_app_utils import create_signed_value
from streamlit.web.server.starlette.starlette_server_config import USER_COOKIE_NAME

from mnist_core.runs.store import Store
from tests.browser.conftest import serve
from tests.browser.helpers import axe, open_page, overflow, screenshot, wait_idle

LONG = "data=digits&model=mlp128&epochs=300&bs=8"
SECRET = "a secret of the test"
LIST = "Your runs, newest first"


def train(page: Page, address: str, settings: str) -> None:
    open_page(page, f"{address}/train-model?{settings}")
    page.get_by_role("button", name="Train", exact=True).click()


def stop(page: Page) -> None:
    page.get_by_role("button", name="Stop and keep the model").or_(page.get_by_role("button", name="Cancel")).click()
    expect(page.get_by_text("Stopped. What it has learned is kept.")).to_be_visible()


@pytest.mark.slow
def test_a_run_of_an_app_that_was_killed_is_shown_as_interrupted_and_resumed_with_one_click(new_context, tmp_path):
    learner = new_context()
    with serve("digits", tmp_path) as url:
        page = learner.new_page()
        train(page, url, LONG)
        expect(page.get_by_text(re.compile(r"Training · batch"))).to_be_visible(timeout=90_000)
        store = Store(f"sqlite:///{tmp_path / 'runs.sqlite'}")
        until = time.monotonic() + 60
        while not (run := store.any_run("")).saved:  # what the page shows may be ahead of it
            assert time.monotonic() < until
            time.sleep(0.1)
        page.close()
        port = url.rpartition(":")[2]
        for server in psutil.Process().children():
            if f"--server.port={port}" in server.cmdline():
                server.kill()
    with serve("digits", tmp_path, int(port)) as url:
        page = learner.new_page()
        open_page(page, f"{url}/train-model")
        expect(page.get_by_text("Interrupted: the lab was ended")).to_be_visible(timeout=20_000)
        done = int(re.search(r"(\d+) of 300", page.get_by_test_id("stMetric").first.inner_text())[1])
        assert done >= run.saved // run.batches_an_epoch > 0
        screenshot(page, "interrupted")
        page.get_by_role("button", name="Resume").click()
        expect(page.get_by_text(re.compile(r"Training · batch"))).to_be_visible(timeout=90_000)
        assert int(re.search(r"(\d+) of 300", page.get_by_test_id("stMetric").first.inner_text())[1]) >= done
        stop(page)


def test_a_shared_run_can_be_seen_but_not_changed_by_another_and_a_deleted_one_by_nobody(app, page, new_context):
    train(page, app, "data=digits&model=linear&epochs=2&bs=64&digits=18")
    expect(page.get_by_text("Finished", exact=True)).to_be_visible(timeout=90_000)
    wait_idle(page)
    page.get_by_role("button", name="More").click()
    page.get_by_text("Everybody with the link may look").click()
    link = page.get_by_text(re.compile("train-model\\?run=")).inner_text().strip()
    assert axe(page) == []

    stranger = new_context(viewport={"width": 390, "height": 844}).new_page()
    open_page(stranger, link)
    expect(stranger.get_by_role("combobox", name=LIST)).to_have_value(re.compile("1 and 8.*shared with you"))
    expect(stranger.get_by_text("Its owner alone can change it")).to_be_visible()
    for name in ("More", "Resume", "Stop and keep the model"):
        expect(stranger.get_by_role("button", name=name)).to_have_count(0)
    assert overflow(stranger) <= 0
    stranger.get_by_role("link", name="See its weights").click()
    expect(stranger.get_by_role("combobox", name="Model")).to_have_value(re.compile("shared with you"))

    page.get_by_role("button", name="Delete this run").click()
    expect(page.get_by_text("The first curve appears")).to_be_visible()
    open_page(stranger, link)
    expect(stranger.get_by_text("The first curve appears")).to_be_visible()


def test_a_run_that_waits_says_for_how_many_and_is_cancelled_at_once(app, page):
    for seed in (1, 2, 3):
        train(page, app, f"{LONG}&seed={seed}")
        expect(page.get_by_role("combobox", name=LIST)).to_have_value(re.compile("in training"))
    words = page.get_by_text(re.compile(r"Waiting: (next in the queue|\d+ before it)"))
    expect(words).to_be_visible(timeout=90_000)
    screenshot(page, "waiting")
    for _ in range(3):
        stop(page)
        page.get_by_role("button", name="More").click()
        page.get_by_role("button", name="Delete this run").click()
        expect(page.get_by_role("button", name="Delete this run")).to_have_count(0)
        wait_idle(page)
    expect(page.get_by_text("The first curve appears")).to_be_visible()


@pytest.mark.slow
def test_who_has_signed_in_is_the_same_learner_in_every_browser(new_context, tmp_path, monkeypatch):
    secrets = tmp_path / ".streamlit/secrets.toml"
    secrets.parent.mkdir()
    secrets.write_text(f"[auth]\nredirect_uri = 'http://localhost/oauth2callback'\ncookie_secret = '{SECRET}'\n")
    monkeypatch.setenv("HOME", str(tmp_path))

    def browser(url: str, person: str | None) -> Page:
        context = new_context()
        if person:  # what the server puts there after the provider has said who it is
            user = {"origin": url, "is_logged_in": True, "iss": "a school", "sub": person, "name": "<b>Ada</b>"}
            cookie = create_signed_value(SECRET, USER_COOKIE_NAME, json.dumps(user)).decode()
            context.add_cookies([{"name": USER_COOKIE_NAME, "value": cookie, "url": url}])
        page = context.new_page()
        open_page(page, f"{url}/train-model")
        return page

    with serve("digits", tmp_path / "home") as url:
        first = browser(url, "Ada")
        expect(first.get_by_text("Signed in as <b>Ada</b>")).to_be_visible()
        train(first, url, "data=digits&model=linear&epochs=1&bs=64")
        expect(first.get_by_text("Finished", exact=True)).to_be_visible(timeout=90_000)
        expect(browser(url, "Ada").get_by_role("combobox", name=LIST)).to_have_value(re.compile("linear"))
        for other in (browser(url, "Grace"), browser(url, None)):
            expect(other.get_by_text("The first curve appears")).to_be_visible()
        expect(other.get_by_role("button", name="Sign in")).to_be_visible()
