"""The same numbers in another shape, against torch and by hand."""

import numpy as np
import pytest
import torch

from mnist_core.chapter.reshaping import EMPTY, OPERATIONS, PAPER, moved, place_in_line, unroll_pictures, viewed
from mnist_core.chapter.shapes import ShapeError, counting
from mnist_core.chapter.stacking import count_of, image_list, stack_images, sums_in_words
from mnist_core.chapter.tensors import image_tensor, images_of
from mnist_core.data import load


@pytest.mark.parametrize("line", OPERATIONS)
def test_every_operation_is_the_line_that_is_shown(line):
    shape, operation, _ = OPERATIONS[line]
    t = counting(shape)
    values, places = moved(operation, t)
    assert torch.equal(values, eval(line))
    assert torch.equal(t.flatten()[places], values)


def test_view_keeps_the_order_and_says_what_does_not_fit():
    t = counting((3, 4))
    values, places = viewed(t, (-1, 6))
    assert torch.equal(values, t.view(2, 6))
    assert places.flatten().tolist() == list(range(12))
    with pytest.raises(ShapeError, match="remainder of 2"):
        viewed(t, (-1, 5))


def test_the_line_fills_row_by_row_with_the_pixels_of_view():
    image = image_tensor(load("digits"), 3, 0)
    for rows in (0, 1, 17, 28):
        picture, line = unroll_pictures(image, rows=rows)
        assert picture.shape == (28, 28)
        assert line.shape == (28, 784)
        expected = PAPER * (1 - image.view(-1).numpy() / 255)
        np.testing.assert_allclose(line[0, : rows * 28], expected[: rows * 28], atol=1e-6)
        assert (line[:, rows * 28 :] == np.float32(EMPTY)).all()
        np.testing.assert_allclose(picture[rows:], expected.reshape(28, 28)[rows:], atol=1e-6)
        assert (picture[:rows] >= 0.8 * PAPER - 1e-6).all()
    assert image.view(-1)[place_in_line(10, 14)] == image[10, 14]


def test_the_stack_is_the_images_in_their_order():
    data = load("digits")
    images = image_list(data, 3)
    assert len(images) == count_of(data, 3) == len(images_of(data, 3))
    stack = stack_images(images)
    np.testing.assert_array_equal(stack.numpy(), data.images[images_of(data, 3)])
    assert len(image_list(data, 3, count=5)) == 5
    images[0].zero_()
    assert data.images[images_of(data, 3)[0]].any()


def test_sums_in_words_are_the_sums_of_torch():
    a, b = counting((3, 1)), counting((4,), by=10)
    words = sums_in_words(a, b)
    assert words[5] == "2 + 20 = 22"
    assert [int(text.split("= ")[1]) for text in words] == (a + b).flatten().tolist()
