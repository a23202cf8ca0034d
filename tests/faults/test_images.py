"""Pictures from which no digit can be made: each gets a sentence that says what is wrong and what to do."""

import io
import zlib

import numpy as np
import pytest
from PIL import Image, ImageDraw

from mnist_core.errors import ImageError
from mnist_core.images import MAX_BYTES, open_picture, to_mnist
from mnist_core.ui import pad


def encoded(picture: Image.Image, kind: str) -> bytes:
    file = io.BytesIO()
    picture.save(file, kind)
    return file.getvalue()


def noise(side: int = 200) -> Image.Image:
    return Image.fromarray(np.random.default_rng(0).integers(0, 256, (side, side), np.uint8))


def claims(width: int, height: int) -> bytes:
    """A PNG of a few bytes whose header promises this size."""
    header = width.to_bytes(4) + height.to_bytes(4) + b"\x08\0\0\0\0"
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(bytes(1000))), (b"IEND", b"")]
    parts = (len(data).to_bytes(4) + kind + data + zlib.crc32(kind + data).to_bytes(4) for kind, data in chunks)
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


FILES = {
    "20,000 x 20,000": (lambda: claims(20_000, 20_000), "400,000,000 pixels"),
    "just over the limit": (lambda: claims(10_000, 5_001), "50,010,000 pixels"),
    "too many bytes": (lambda: bytes(MAX_BYTES + 1), "30 MB"),
    "text": (lambda: b"dear diary", "not a picture"),
    "nothing": (lambda: b"", "not a picture"),
    "a script as SVG": (lambda: b"<svg><script>alert(1)</script></svg>", "not a picture"),
    **{
        f"a cut {kind}": (lambda kind=kind: encoded(noise(), kind)[:3000], "damaged or cut off")
        for kind in ("PNG", "JPEG", "GIF", "TIFF", "BMP")
    },
    "a cut WEBP": (lambda: encoded(noise(), "WEBP")[:3000], "digit.png"),
}


@pytest.mark.parametrize("name", FILES)
def test_a_bad_file_is_refused_in_a_sentence_that_names_it(name):
    data, words = FILES[name]
    with pytest.raises(ImageError, match=rf"^digit\.png .*{words}|digit\.png.*: .+\.$") as refused:
        open_picture(data(), "digit.png")
    assert words in str(refused.value)


def ellipse(box: tuple[int, int, int, int]) -> Image.Image:
    canvas = Image.new("L", (140, 140))
    ImageDraw.Draw(canvas).ellipse(box, fill=255)
    return canvas


PICTURES = {
    "blank": (Image.new("L", (140, 140)), "No ink stands out"),
    "filled": (np.full((140, 140), 255, np.uint8), "No ink stands out"),
    "nearly blank": (np.eye(28, dtype=np.uint8) * 10, "No ink stands out"),
    "noise alone": (noise(), "No ink stands out"),
    "a dot": (ellipse((60, 60, 71, 71)), "only a dot of 12 x 12"),
    "a dot of a hand that slipped": (ellipse((60, 60, 72, 70)), "only a dot of 13 x 11"),
    "a great dot": (ellipse((20, 20, 120, 120)), "only a dot of 101 x 101"),
    "a speck": (ellipse((60, 60, 62, 62)), "only a dot of 3 x 3"),
    "1x1": (Image.new("L", (1, 1), 255), "only 1 x 1 pixels"),
    "not numbers": (np.full((28, 28), np.nan), "not numbers"),
    "infinite": (np.diag(np.full(28, np.inf)), "not numbers"),
    "words": (np.array([["a", "b"]]), "cannot be read"),
    "three dimensions too many": (np.zeros((2, 28, 28, 1, 3), np.uint8), "shape"),
    "nothing": (np.zeros((0, 28)), "shape"),
}


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_without_a_digit_is_refused(name):
    picture, words = PICTURES[name]
    with pytest.raises(ImageError, match=words):
        to_mnist(picture)


@pytest.mark.parametrize("shape", [(20_000, 6), (6, 20_000), (5, 5), (7, 900)])
def test_pictures_of_odd_shape_give_a_digit_or_a_sentence(shape):
    picture = np.zeros(shape, np.uint8)
    picture[1:-1, 2:4] = 255
    try:
        assert to_mnist(picture).result.shape == (28, 28)
    except ImageError as error:
        assert str(error).endswith(".")


GOOD = {"seq": 1, "nonce": 0, "final": True, "size": 140, "img": "AAAA" * 6533 + "AA==", "strokes": []}
STROKE = {"width": 80, "erase": False, "points": [10, 20]}
IMAGE = {"image": "AAAA" * 261 + "AA=="}
MOVE = {"move": [-36, 1_000]}
MESSAGES = {
    "nothing": None,
    "words": "drawing",
    "a list": [1, 2],
    "another sheet": GOOD | {"nonce": 3},
    "another size": GOOD | {"size": 1_000_000},
    "no picture": GOOD | {"img": None},
    "too small a picture": GOOD | {"img": "AAAA"},
    "not base64": GOOD | {"img": "?" * 26_136},
    "not ASCII": GOOD | {"img": "\u00e9" * 26_136},
    "strokes that are none": GOOD | {"strokes": "many"},
    "a stroke that is none": GOOD | {"strokes": [7]},
    "a stroke without points": GOOD | {"strokes": [STROKE | {"points": []}]},
    "an odd number of numbers": GOOD | {"strokes": [STROKE | {"points": [1, 2, 3]}]},
    "a point outside": GOOD | {"strokes": [STROKE | {"points": [5, 1_001]}]},
    "a point that is no number": GOOD | {"strokes": [STROKE | {"points": ["<b>", True]}]},
    "something more": GOOD | {"strokes": [STROKE | {"onload": "alert(1)"}]},
    "far too many points": GOOD | {"strokes": [STROKE | {"points": [1] * 50_000}]},
    "an image of another size": GOOD | {"strokes": [{"image": "AAAA"}]},
    "an image that is none": GOOD | {"strokes": [{"image": 784}]},
    "far too many images": GOOD | {"strokes": [IMAGE] * 50},
    "a move along three axes": GOOD | {"strokes": [{"move": [1, 2, 3]}]},
    "a move out of sight": GOOD | {"strokes": [{"move": [1, -1_001]}]},
}


def test_a_good_message_is_a_drawing():
    drawing = pad._drawing(GOOD | {"strokes": [IMAGE, MOVE, STROKE]}, nonce=0)
    assert drawing is not None
    assert drawing.is_blank
    assert drawing.pixels.shape == (140, 140)
    assert drawing.strokes == (IMAGE, MOVE, STROKE)


@pytest.mark.parametrize("name", MESSAGES)
def test_a_message_that_is_no_drawing_is_passed_over(name):
    assert pad._drawing(MESSAGES[name], nonce=0) is None
