"""The matrix product number by number, against torch."""

import pytest
import torch

from mnist_core.chapter.products import one_prediction, sources, terms, two_ways
from mnist_core.data import load


@pytest.mark.parametrize(("n", "k", "m"), [(1, 1, 1), (2, 3, 4), (4, 1, 3), (3, 4, 1)])
def test_the_terms_and_the_lit_cells_make_the_numbers_that_torch_gives(n, k, m):
    generator = torch.Generator().manual_seed(0)
    a, b = torch.randint(-9, 9, (n, k), generator=generator), torch.randint(-9, 9, (k, m), generator=generator)
    expected = (a @ b).flatten().tolist()
    for words, (row, column), number in zip(terms(a, b), sources(n, k, m), expected, strict=True):
        left, right = words.split(" = ")
        assert eval(left) == int(right) == number
        assert (a.flatten()[row] * b.flatten()[column]).sum() == number


def test_one_line_for_all_images_says_what_image_by_image_says():
    one_by_one, at_once, bias = two_ways(load("digits"), count=6, seed=3)
    assert one_by_one.shape == at_once.shape == (7, 1)
    torch.testing.assert_close(one_by_one, at_once)
    assert torch.equal(at_once[0], bias)  # the empty image
    again = two_ways(load("digits"), count=6, seed=3)
    assert torch.equal(at_once, again[1])
    assert not torch.equal(at_once, two_ways(load("digits"), count=6, seed=4)[1])


def test_one_prediction_is_the_chapters_sum():
    image, weights, bias = torch.rand(784), torch.rand(784, 1), torch.rand(1)
    torch.testing.assert_close(one_prediction(image, weights, bias), torch.nn.functional.linear(image, weights.T, bias))
