"""Images as tensors, against NumPy and the chapter's printed numbers."""

import numpy as np
import pytest
import torch

from mnist_core.data import load
from mnist_core.errors import DataError
from mnist_core.tensors import crop, crop_code, first_number, image_tensor, images_of


@pytest.fixture(scope="module")
def data():
    return load("digits")


def test_every_image_of_a_digit_is_a_training_image_with_its_label(data):
    found = np.concatenate([images_of(data, digit) for digit in data.classes])
    assert sorted(found) == sorted(data.train)
    assert all((data.labels[images_of(data, digit)] == digit).all() for digit in data.classes)


def test_image_tensor_is_a_copy_of_the_stored_pixels(data):
    index = images_of(data, 7)[3]
    image = image_tensor(data, 7, 3)
    assert (image.dtype, image.shape) == (torch.uint8, (28, 28))
    np.testing.assert_array_equal(image.numpy(), data.images[index])
    image.zero_()
    assert data.images[index].any()


@pytest.mark.parametrize("number", [-1, 10_000_000])
def test_an_image_that_is_not_there_is_named_with_what_is(data, number):
    with pytest.raises(DataError, match=rf"image {number} of the digit 3: choose one from 0 to \d+"):
        image_tensor(data, 3, number)


@pytest.mark.parametrize("rows", [(4, 10), (0, 28), (27, 28), (5, 5), (10, 4)])
@pytest.mark.parametrize("columns", [(4, 10), (0, 1)])
def test_the_code_shown_cuts_what_crop_cuts(data, rows, columns):
    im3_t = image_tensor(data, 3, 0)
    part = crop(im3_t, rows, columns)
    assert torch.equal(part, eval(crop_code("im3_t", rows, columns)))
    np.testing.assert_array_equal(part.numpy(), im3_t.numpy()[rows[0] : rows[1], columns[0] : columns[1]])


def test_the_page_opens_on_mnist_with_the_three_that_the_chapter_prints(real_mnist):
    data = load("mnist")
    part = crop(image_tensor(data, 3, first_number(data)), (4, 10), (4, 10))
    assert part.tolist() == [
        [0, 0, 0, 0, 0, 0],
        [0, 0, 0, 0, 0, 29],
        [0, 0, 0, 48, 166, 224],
        [0, 93, 244, 249, 253, 187],
        [0, 107, 253, 253, 230, 48],
        [0, 3, 20, 20, 15, 0],
    ]
