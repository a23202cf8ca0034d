"""The wall of digits: what goes to the browser, and what may come back."""

import base64
import io

import numpy as np
import pytest
from PIL import Image

from mnist_core.ui import digit_wall as module


@pytest.fixture
def sent(monkeypatch) -> dict:
    """What the component was called with."""
    calls: dict = {}
    monkeypatch.setattr(module, "_COMPONENT", lambda **arguments: calls.update(arguments))
    return calls


@pytest.fixture
def images() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (5, 28, 28), dtype=np.uint8)


def test_the_sprite_holds_every_pixel_of_every_image(sent, images):
    module.digit_wall(images, ["a"] * 5, key="wall", label="Five")
    _, _, encoded = sent["data"]["sprite"].partition("base64,")
    sprite = np.asarray(Image.open(io.BytesIO(base64.b64decode(encoded))))
    np.testing.assert_array_equal(sprite.reshape(5, 28, 28), images)
    assert not sent["data"]["buttons"]


@pytest.mark.parametrize("pick", [-1, 5, "3", None, True, 2.0, {"a": 1}])
def test_what_is_no_place_on_the_wall_is_passed_over(sent, images, monkeypatch, pick):
    picks: list[int] = []
    monkeypatch.setattr(module.st, "session_state", {"wall": {"pick": pick}})
    module.digit_wall(images, ["a"] * 5, key="wall", label="Five", on_pick=picks.append)
    sent["on_pick_change"]()
    assert picks == []


def test_a_place_on_the_wall_is_told(sent, images, monkeypatch):
    picks: list[int] = []
    monkeypatch.setattr(module.st, "session_state", {"wall": {"pick": 4}})
    module.digit_wall(images, ["a"] * 5, key="wall", label="Five", on_pick=picks.append)
    sent["on_pick_change"]()
    assert picks == [4]
    assert sent["data"]["buttons"]
