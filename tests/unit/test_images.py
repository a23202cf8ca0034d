"""Images: any picture of a digit to MNIST's form."""

import io

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter

from benchmarks.drawing import PAPERS, accuracy, photographed, redrawn
from mnist_core import shipped
from mnist_core.data import load
from mnist_core.images import OPTIONAL, fit, open_picture, to_mnist
from mnist_core.interpret import probabilities


@pytest.fixture(scope="module")
def mnist(real_mnist):
    data = load("mnist")
    some = data.valid[::50]  # 200 of the 10,000 test images, all digits
    return data.images[some], data.labels[some]


def drawing(width: int = 12) -> Image.Image:
    """A seven, light on dark, 140x140."""
    canvas = Image.new("L", (140, 140))
    ImageDraw.Draw(canvas).line([(35, 30), (85, 30), (55, 120)], fill=255, width=width, joint="curve")
    return canvas


def result(picture, **options) -> np.ndarray:
    return to_mnist(picture, **options).result


def encoded(picture: Image.Image, kind: str, **options) -> bytes:
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


def test_the_steps_are_named_explained_and_end_in_28_by_28():
    steps = to_mnist(drawing())
    assert [step.name for step in steps] == ["Grey", "Invert", "Clean", "Crop", "Scale", "Centre"]
    assert all(step.did.endswith(".") for step in steps)
    assert all(step.image.dtype == np.float32 and 0 <= step.image.min() < step.image.max() <= 1 for step in steps)
    assert steps.result.shape == (28, 28)


def test_scaling_down_takes_the_mean_of_the_area_under_each_pixel():
    rng = np.random.default_rng(0)
    canvas = np.zeros((140, 140), np.float32)
    canvas[20:120, 20:120] = np.kron(rng.random((50, 50)) < 0.3, np.ones((2, 2)))
    canvas[20:120:99, 20:120] = canvas[20:120, 20:120:99] = 1  # ink on every side: the crop is exactly 100x100
    crop, scaled = (step.image for step in to_mnist(canvas).steps[3:5])
    means = crop.reshape(20, 5, 20, 5).mean(axis=(1, 3))
    np.testing.assert_allclose(scaled, means / means.max(), atol=1e-6)


@pytest.mark.parametrize("size", [(100, 300), (300, 100), (40, 40), (900, 1200)], ids=str)
def test_the_ink_fills_the_box_and_its_mass_lies_in_the_middle(size):
    canvas = Image.new("L", (1500, 1500))
    canvas.paste(drawing().crop((29, 24, 91, 126)).resize(size), (40, 500))
    ink = result(canvas)
    height, width = (np.ptp(np.flatnonzero(ink.any(axis=axis))) + 1 for axis in (1, 0))
    assert max(height, width) == 20
    assert height / width == pytest.approx(size[1] / size[0], rel=0.2)
    y, x = np.indices(ink.shape)
    assert abs((ink * y).sum() / ink.sum() - 14) <= 0.501
    assert abs((ink * x).sum() / ink.sum() - 14) <= 0.501


def test_images_of_mnist_come_out_nearly_as_they_went_in(mnist):
    changes = [np.abs(result(image) - image / 255).mean() for image in mnist[0]]
    assert np.median(changes) < 0.001
    assert np.mean(np.array(changes) < 0.005) >= 0.98  # the rest moved by one pixel


def test_what_came_out_comes_out_again_and_inverted_pictures_give_the_same(mnist):
    for image in mnist[0]:
        once = result(image)
        np.testing.assert_allclose(result(once), once, atol=0.1)
        np.testing.assert_allclose(result(255 - image), once, atol=1e-6)


@pytest.mark.parametrize("skip", [OPTIONAL, *([name] for name in OPTIONAL), ["Scale", "Centre"]], ids=str)
def test_a_step_that_is_left_out_leaves_the_picture_and_the_rest_still_works(skip):
    steps = to_mnist(Image.eval(drawing(), lambda grey: 255 - grey), skip=skip)
    assert steps.result.shape == (28, 28)
    for before, step in zip(steps.steps, steps.steps[1:], strict=False):
        assert ("Switched off" in step.did) == (step.name in skip)
        if step.name in skip and step.name != "Centre":
            np.testing.assert_array_equal(step.image, before.image)
    if "Invert" in skip:
        assert steps.result[0, 0] == 1  # black ink on white stays so to the end


def test_without_any_step_a_picture_is_squeezed_and_without_crop_and_centre_it_stays_where_it_was():
    corner = Image.new("L", (280, 280))
    corner.paste(drawing(), (0, 0))
    plain = result(corner, skip=OPTIONAL)
    np.testing.assert_allclose(plain, np.asarray(corner).reshape(28, 10, 28, 10).mean(axis=(1, 3)) / 255, atol=0.01)
    moved = result(corner, skip=["Crop", "Centre"])
    assert moved[:14, :14].sum() > 0.95 * moved.sum()
    np.testing.assert_array_equal(fit(moved), moved)


def _placed(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The digit at any size from a third to nearly all of a black square, anywhere in it; float in [0, 1]."""
    side = int(rng.integers(60, 240))
    digit = Image.fromarray(image).resize((side, side), Image.Resampling.BICUBIC)
    whole = int(side * rng.uniform(1.1, 3))
    square = Image.new("L", (whole, whole))
    square.paste(digit, tuple(rng.integers(0, whole - side + 1, 2).tolist()))
    return np.asarray(square) / 255


def _paper(ink: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Dark ink on paper in uneven light, a little out of focus, with the noise of a camera."""
    y, x = np.mgrid[-1 : 1 : len(ink) * 1j, -1 : 1 : len(ink) * 1j]
    light = 0.65 + rng.uniform(-0.2, 0.2) * x + rng.uniform(-0.2, 0.2) * y - rng.uniform(0, 0.15) * (x * x + y * y)
    sharp = Image.fromarray(np.rint(255 * light * (1 - 0.7 * ink)).astype(np.uint8))
    return np.asarray(sharp.filter(ImageFilter.GaussianBlur(1))) / 255 + rng.normal(0, 0.02, ink.shape)


def _specks(ink: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    for y, x in rng.integers(0, len(ink) - 2, (15, 2)):
        ink[y : y + 2, x : x + 2] = 1
    return ink


GROUNDS = {
    "moved and scaled": lambda ink, rng: ink,
    "dark on light": lambda ink, rng: 1 - ink,
    "grey on grey": lambda ink, rng: 0.6 - 0.2 * ink,
    "noise": lambda ink, rng: 0.85 - 0.6 * ink + rng.normal(0, 0.05, ink.shape),
    "specks": _specks,
    "photographed paper": _paper,
}


@pytest.mark.parametrize("ground", GROUNDS)
def test_a_model_loses_at_most_two_points_on_pictures_that_are_not_mnists(ground, mnist):
    images, labels = mnist
    rng = np.random.default_rng(0)
    pictures = [GROUNDS[ground](_placed(image, rng).copy(), rng) for image in images]
    trained = shipped.load()

    def accuracy(batch):
        return (probabilities(trained, np.stack(batch)).argmax(axis=1) == labels).mean()

    assert accuracy([result(np.clip(picture, 0, 1)) for picture in pictures]) >= accuracy(list(images)) - 0.02


WAYS = {"redrawn": redrawn} | {
    f"on {paper} paper": lambda image, rng, paper=paper: photographed(image, rng, paper) for paper in PAPERS
}


@pytest.mark.slow
@pytest.mark.parametrize("way", WAYS)
def test_at_most_two_points_are_lost_on_redrawn_and_photographed_digits(way, mnist):
    images, labels = mnist
    rng, trained = np.random.default_rng(0), shipped.load()
    clean = (probabilities(trained, images).argmax(axis=1) == labels).mean()
    assert accuracy(trained, [WAYS[way](image, rng) for image in images], labels) >= clean - 0.02


@pytest.mark.parametrize("width", [1, 3, 6, 20])
def test_thin_and_thick_strokes_are_read_as_the_same_digit(width):
    trained = shipped.load()
    assert probabilities(trained, result(drawing(width))[None]).argmax() == 7


def _glass(color: int) -> Image.Image:
    ink = Image.new("LA", (140, 140), (color, 0))
    ink.putalpha(drawing())
    return ink


FILES = {
    "colour": lambda: encoded(drawing().convert("RGB"), "PNG"),
    "palette": lambda: encoded(drawing().convert("RGB").quantize(8), "PNG"),
    "one bit": lambda: encoded(drawing().convert("1"), "PNG"),
    "16 bit": lambda: encoded(Image.fromarray(np.asarray(drawing()).astype(np.uint16) * 257), "PNG"),
    "float": lambda: encoded(Image.fromarray(np.asarray(drawing()) / np.float32(255)), "TIFF"),
    "CMYK": lambda: encoded(drawing().convert("RGB").convert("CMYK"), "JPEG", quality=95),
    "dark on glass": lambda: encoded(_glass(0), "PNG"),
    "light on glass": lambda: encoded(_glass(255), "WEBP", lossless=True),
    "animated": lambda: encoded(drawing(), "GIF", save_all=True, append_images=[Image.new("L", (140, 140), 99)]),
    "turned by EXIF": lambda: encoded(drawing().rotate(90), "JPEG", exif=_turned(), quality=95),
    "bitmap": lambda: encoded(drawing(), "BMP"),
}


def _turned() -> Image.Exif:
    exif = Image.Exif()
    exif[0x112] = 6  # orientation: turn a quarter to the right
    return exif


@pytest.mark.parametrize("kind", FILES)
def test_every_kind_of_file_gives_the_same_digit(kind):
    np.testing.assert_allclose(result(open_picture(FILES[kind](), kind)), result(drawing()), atol=0.05)


@pytest.mark.parametrize("dtype", [bool, np.uint16, np.int64, np.float16, np.float64])
def test_arrays_of_any_depth_give_the_same_digit(dtype):
    ink = np.asarray(drawing()) / 255
    array = (ink * (65_535 if dtype == np.uint16 else 255 if dtype == np.int64 else 1)).astype(dtype)
    np.testing.assert_allclose(result(array), result(drawing()), atol=0.01)
