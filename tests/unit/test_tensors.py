"""Images as tensors, against NumPy and the chapter's printed numbers."""

import numpy as np
import pytest
import torch
from PIL import Image
from torchvision.transforms.v2.functional import pil_to_tensor, to_dtype

from mnist_core.chapter.tensors import (
    add_bytes,
    channels_first,
    complaint_about_mean,
    crop,
    crop_code,
    first_number,
    image_at,
    image_tensor,
    images_of,
    number_of,
    some_images,
    storage,
    summary,
    to_rgb,
    to_unit,
)
from mnist_core.data import load
from mnist_core.errors import DataError


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


@pytest.mark.parametrize("digit", [None, 4])
def test_some_images_are_drawn_without_repetition_and_the_same_under_a_seed(data, digit):
    drawn = some_images(data, digit=digit, count=60, seed=5)
    assert len(set(drawn)) == 60
    assert set(drawn) <= set(data.train)
    assert set(data.labels[drawn]) == ({digit} if digit else set(range(10)))
    np.testing.assert_array_equal(drawn, some_images(data, digit=digit, count=60, seed=5))
    assert not np.array_equal(drawn, some_images(data, digit=digit, count=60, seed=6))


def test_more_images_than_there_are_gives_all(data):
    assert sorted(some_images(data, digit=3, count=10_000, seed=0)) == sorted(images_of(data, 3))


def test_the_number_of_an_image_leads_back_to_it(data):
    for index in data.train[::97]:
        number = number_of(data, index)
        assert torch.equal(image_tensor(data, int(data.labels[index]), number), image_at(data, index))


def test_white_light_is_what_pillow_makes_of_a_grey_picture(data):
    grey = image_at(data, 5)
    expected = np.asarray(Image.fromarray(grey.numpy()).convert("RGB"))
    np.testing.assert_array_equal(to_rgb(grey).numpy(), expected)


def test_coloured_light_is_in_its_own_channels_only(data):
    grey = image_at(data, 5)
    red, green, blue = channels_first(to_rgb(grey, light=(1, 1, 0)))
    assert torch.equal(red, grey)
    assert torch.equal(green, grey)
    assert not blue.any()


def test_channels_first_is_what_torchvision_makes_of_a_picture(data):
    rgb = to_rgb(image_at(data, 5), light=(1, 0, 1))
    assert torch.equal(channels_first(rgb), pil_to_tensor(Image.fromarray(rgb.numpy())))


def test_to_unit_is_what_torchvision_makes_of_bytes():
    every_byte = torch.arange(256, dtype=torch.uint8)
    floats = to_unit(every_byte)
    torch.testing.assert_close(floats, to_dtype(every_byte, torch.float32, scale=True))
    assert (floats.min(), floats.max()) == (0, 1)
    assert torch.equal((floats * 255).round().byte(), every_byte)


def test_storage_counts_the_bytes_that_numpy_counts(data):
    grey = image_at(data, 5)
    for tensor in (grey, to_rgb(grey), to_unit(to_rgb(grey))):
        told = storage(tensor)
        assert told["Bytes"] == f"{tensor.numpy().nbytes:,}"
        assert told["Shape"] == str(tensor.numpy().shape)
        assert told["dtype"] == str(tensor.numpy().dtype)


def test_summary_of_bytes_is_that_of_numpy(data):
    grey = image_at(data, 5)
    assert summary(grey) == {
        "Smallest": f"{grey.numpy().min()}",
        "Largest": f"{grey.numpy().max()}",
        "Mean": f"{grey.numpy().mean():.4g}",
    }


def test_bytes_go_round_as_in_numpy():
    for a in range(0, 256, 15):
        for b in (0, 1, 100, 255):
            assert int(add_bytes(a, b)) == np.uint8(a + b & 255) == (a + b) % 256
            assert int(add_bytes(a, b, minus=True)) == (a - b) % 256
    assert int(add_bytes(200, 100)) == 44


def test_torch_refuses_the_mean_of_bytes_and_gives_that_of_floats(data):
    grey = image_at(data, 5)
    assert complaint_about_mean(grey).startswith("RuntimeError: mean()")
    assert complaint_about_mean(to_unit(grey)) == ""
