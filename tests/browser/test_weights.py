"""The Weights page in a browser: the arithmetic under the pointer is torch's, and every part can be used by all."""

import re

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from mnist_core import interpret, shipped
from mnist_core.data import load
from tests.browser.helpers import faults, faults_in_both_themes, open_page, open_part, wait_idle

NUMBER = re.compile(r"−?\d+\.\d+")


def numbers(text: str) -> list[float]:
    return [float(found.replace("−", "-")) for found in NUMBER.findall(text)]


def totals(page: Page) -> dict[str, float]:
    """The lines of the sum."""
    rows = page.locator("table.total tr").all_inner_texts()
    return {name: numbers(value)[0] for name, value in (row.split("\t") for row in rows)}


def point(page: Page, picture: str, row: int, column: int, *, rows: int, columns: int) -> None:
    """Point at the middle of a pixel of one of the pictures."""
    canvas = page.locator(f"figure.{picture} canvas")
    box = canvas.bounding_box()
    canvas.hover(position={"x": box["width"] * (column + 0.5) / columns, "y": box["height"] * (row + 0.5) / rows})


@pytest.fixture
def image(source) -> np.ndarray:
    """The 3 that the page shows at first."""
    data = load(source)
    return data.images[data.valid[data.labels[data.valid] == 3][0]] / np.float32(255)


@pytest.mark.parametrize(("model", "layer"), [("linear", "1"), ("mlp128", "3")])
def test_a_units_products_add_up_row_by_row_to_what_torch_gives(app, page, image, model, layer):
    trained = shipped.load(model)
    weights = interpret.layer_weights(trained, layer)
    output = weights.names.index("digit 3" if "digit 3" in weights.names else "unit 0")
    expected = interpret.weighted_sum(trained, weights, output, image)
    products = expected.products()[0]
    rows, columns = products.shape

    open_page(page, f"{app}/look-weights?weights_part=Add+it+up&run=shipped-{model}&layer={layer}")
    slider = page.get_by_role("slider", name="Rows added up")
    expect(slider).to_have_value(str(rows))
    assert totals(page)["What PyTorch gives"] == pytest.approx(expected.outputs.item(), abs=6e-5)
    assert totals(page)["All together"] == pytest.approx(expected.outputs.item(), abs=1e-4)
    for _ in range(rows // 2):
        slider.press("ArrowLeft")
    half = rows - rows // 2
    lines = list(totals(page).values())
    assert lines[0] == pytest.approx(products[:half].sum(), abs=1e-4)
    assert sum(lines[:3]) == pytest.approx(lines[3], abs=2e-4)

    row, column = np.unravel_index(np.abs(products).argmax(), products.shape)
    point(page, "products", row, column, rows=rows, columns=columns)
    x, w, product = numbers(page.locator(".said").inner_text())
    assert (x, w) == pytest.approx((expected.inputs[0, row, column], expected.weights[0, row, column]), abs=6e-5)
    assert product == pytest.approx(products[row, column], abs=6e-5)


def test_the_kernel_slides_and_its_nine_products_add_up_at_every_place(app, page, image):
    trained = shipped.load()
    expected = interpret.weighted_sum(trained, interpret.layer_weights(trained, "0"), 0, image)
    open_page(page, f"{app}/look-weights?weights_part=Add+it+up")
    slider = page.get_by_role("slider", name="Place of the kernel")
    place = int(slider.input_value())
    assert place == expected.outputs.argmax()

    def check(row: int, column: int) -> None:
        terms = [numbers(cell) for cell in page.locator(".terms td").all_inner_texts()]
        np.testing.assert_allclose([cell[2] for cell in terms], expected.products(row, column).ravel(), atol=6e-5)
        lines = totals(page)
        assert lines["All together"] == pytest.approx(expected.outputs[row, column], abs=1e-4)
        assert lines["What PyTorch gives"] == pytest.approx(expected.outputs[row, column], abs=6e-5)

    slider.press("ArrowRight")
    check(*divmod(place + 1, 28))
    point(page, "outputs", 9, 13, rows=28, columns=28)
    check(9, 13)
    point(page, "inputs", 15 + 1, 8 + 1, rows=30, columns=30)  # inside the rim of zeros
    check(15, 8)
    page.locator("figure.outputs canvas").press("ArrowUp")
    check(14, 8)
    page.get_by_role("button", name="Slide").click()
    expect(page.get_by_role("button", name="Stop")).to_be_visible()
    expect(slider).not_to_have_value(str(14 * 28 + 8))
    page.get_by_role("button", name="Stop").click()
    check(*divmod(int(slider.input_value()), 28))
    assert not faults(page, "Weights add it up")


def test_channels_add_up_and_a_weight_is_picked_with_the_keyboard(app, page, image):
    trained = shipped.load()
    expected = interpret.weighted_sum(trained, interpret.layer_weights(trained, "3"), 5, image)
    open_page(page, f"{app}/look-weights?weights_part=Add+it+up&layer=3&output_32_filter=filter+5")
    row, column = np.unravel_index(expected.outputs.argmax(), expected.outputs.shape)
    by_channel = expected.products(row, column).sum(axis=(1, 2))
    channel = int(np.abs(by_channel).argmax())
    slider = page.get_by_role("slider", name="Channels added up")
    expect(slider).to_have_value(str(channel + 1))  # the strongest one is shown first
    slider.press("Home")
    assert next(iter(totals(page).values())) == pytest.approx(by_channel[0], abs=1e-4)
    slider.press("End")
    assert totals(page)["All together"] == pytest.approx(expected.outputs.max(), abs=1e-4)

    open_part(page, "Change a weight")
    page.get_by_role("slider", name="Channels added up").press("Home")
    picture = page.locator("figure.weights canvas")
    picture.focus()
    for key in ("ArrowDown", "ArrowDown", "ArrowRight", "Enter"):  # the first key enters the picture
        page.keyboard.press(key)
    weight = page.get_by_role("slider", name="Add to the weight of filter 5 for channel 0, row 1, column 1")
    expect(weight).to_be_visible()
    said = page.get_by_text("as the model learned it")
    expect(said).to_be_visible()
    weight.press("ArrowRight")
    expect(said).to_have_count(0)
    page.get_by_role("button", name="Reset").click()
    expect(said).to_be_visible()


def test_a_finger_picks_a_weight_and_every_part_is_clean_on_a_telephone(app, phone):
    open_page(phone, f"{app}/look-weights?weights_part=Change+a+weight&run=shipped-linear")
    picture = phone.locator("figure.weights canvas")
    box = picture.bounding_box()
    picture.tap(position={"x": box["width"] * 3.5 / 28, "y": box["height"] * 5.5 / 28})
    expect(phone.get_by_role("slider", name="Add to the weight of digit 3 for row 5, column 3")).to_be_visible()
    wait_idle(phone)
    assert not faults_in_both_themes(phone, "Weights phone a picked weight")
    for part in phone.get_by_role("tab").all_inner_texts():
        open_part(phone, part)
        assert not faults(phone, f"Weights phone {part}")
