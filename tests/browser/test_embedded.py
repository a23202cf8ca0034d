"""The lab in a frame on another site, as on the page of a Hugging Face Space."""

from playwright.sync_api import FrameLocator, Page, expect


def embedded(page: Page, address: str) -> FrameLocator:
    """The lab in a page of localhost, which is another site than 127.0.0.1."""
    page.goto(f"{address.replace('127.0.0.1', 'localhost').rpartition('/')[0]}/_stcore/health")
    page.evaluate("src => document.body.innerHTML = `<iframe src='${src}' width=1200 height=800></iframe>`", address)
    return page.frame_locator("iframe")


def test_a_learner_finds_a_run_again_where_a_browser_denies_frames_its_storage(app, page: Page):
    lab = embedded(page, f"{app}/train-model?data=digits&model=linear&epochs=1")
    lab.get_by_role("button", name="Train", exact=True).click(timeout=90_000)
    expect(lab.get_by_text("Finished", exact=True)).to_be_visible(timeout=90_000)
    lab = embedded(page, f"{app}/train-runs")
    expect(lab.get_by_text("Table of 1 as CSV")).to_be_visible(timeout=60_000)
