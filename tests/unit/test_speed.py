"""The loop and the one line: the same sum, and the one line is faster."""

import pytest
import torch

from mnist_core.chapter.speed import loop, measure, vectorised


def test_loop_and_one_line_give_the_dot_product():
    pixels, weights = torch.rand(500), torch.randn(500)
    expected = torch.dot(pixels.double(), weights.double()).item()
    assert loop(pixels, weights) == pytest.approx(expected, abs=1e-3)
    assert loop(pixels.tolist(), weights.tolist()) == pytest.approx(expected, abs=1e-6)
    assert vectorised(pixels, weights) == pytest.approx(expected, abs=1e-3)


def test_a_measurement_counts_the_pixels_and_finds_equal_sums():
    timing = measure(pictures=2)
    assert timing.numbers == 2 * 784
    assert timing.largest_difference < 1e-5
    assert timing.ratio == timing.tensor_loop / timing.vectorised > 1
