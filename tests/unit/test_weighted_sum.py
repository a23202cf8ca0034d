"""What a browser says was picked is checked before it becomes a place in the weights."""

import pytest

from mnist_core.ui.weighted_sum import _place

SHAPE = (16, 3, 3)


def test_a_place_within_the_weights_is_taken():
    assert _place([15, 0, 2], SHAPE) == (15, 0, 2)


@pytest.mark.parametrize(
    "message", [None, "0-0-0", [0, 0], [16, 0, 0], [0, -1, 0], [0, 0, 1.0], [0, True, 0], [0, 0, None], {"0": 0}]
)
def test_anything_else_is_passed_over(message):
    assert _place(message, SHAPE) is None
