"""Any drawing or picture of a digit -> the form of MNIST's images, the way MNIST was made, one named step at a time.

MNIST's digits were black-and-white scans, scaled with their aspect kept until they fit a box of 20x20 pixels (the
smoothing of that step gave the greys) and then laid into 28x28 pixels with their centre of mass in the middle
(LeCun, Cortes and Burges, The MNIST database). Every image of MNIST, in fact, fills its box exactly and has its
centre of mass within half a pixel of pixel (14, 14), so that it passes through here nearly unchanged.

Limits: one digit a picture; its ink covers less of the picture than its ground; no frame or table edge around it.
"""

import io
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageOps
from scipy import ndimage

from mnist_core.errors import ImageError

FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF")
MAX_BYTES = 30_000_000
MAX_PIXELS = 50_000_000  # a phone's photograph has 12 to 50 million
SIDE, BOX, CENTRE = 28, 20, 14

_OFF = {
    "Invert": "Switched off: black and white stay as they are.",
    "Clean": "Switched off: the ground keeps its grey, and specks stay.",
    "Crop": "Switched off: all the empty room around the ink stays.",
    "Scale": "Switched off: the picture keeps its size.",
    "Centre": f"Switched off: the picture was laid into the middle of {SIDE} x {SIDE}, or squeezed if it was larger.",
}
OPTIONAL = tuple(_OFF)
"""The steps that can be left out: all but the first, since a model needs one number a pixel."""

_WORK_SIDE = 1_000  # larger pictures are shrunk first: a digit of 1/30 of a photograph still has 33 pixels
_FAINTEST = 0.08  # of the way from black to white, between ground and ink
_STRONG = 0.4  # of full ink: what counts as stroke
_SPECK = 0.02  # of the largest piece of ink
_DOT = 0.75  # stroke's thickness over the longer side: a disc has 0.79 or more, the boldest digit of MNIST 0.67
_PHOTOGRAPH = 200  # pixels of the shorter side: less is no photograph of paper
_SEVERAL = 4  # lines across an edge: no digit has as many
_ABOVE_LINES = 1.25  # a line is a little stronger where the light is
_SMALLEST = 5  # pixels of the longer side
_UNREADABLE = "The picture is of a kind that cannot be read: save it as PNG in grey or colour."
_NO_INK = "No ink stands out from the ground: draw one digit, or choose a picture of one, with room around it."

Picture = Image.Image | np.ndarray | bytes


@dataclass(frozen=True)
class Step:
    """One stage of the way: its name, what it did in one sentence, and the picture after it.

    Attributes
    ----------
    name : a word for a label
    did : one sentence for the learner
    image : float32 array of shape (height, width), in [0, 1]
    """

    name: str
    did: str
    image: np.ndarray


@dataclass(frozen=True)
class Steps:
    """The whole way from a picture to an image that a model can read; iterate to get each `Step`."""

    steps: tuple[Step, ...]

    def __iter__(self) -> Iterator[Step]:
        return iter(self.steps)

    @property
    def result(self) -> np.ndarray:
        """What the model gets: float32 array of shape (28, 28), 0 is ground and 1 is ink."""
        return self.steps[-1].image


def to_mnist(picture: Picture, *, skip: Collection[str] = ()) -> Steps:
    """The steps that bring a picture of one digit to the form of MNIST's images.

    Parameters
    ----------
    picture : an image of Pillow, the bytes of an image file, or an array of shape (height, width) or
        (height, width, 3 or 4): uint8, uint16, bool, or float in [0, 1]. Light ink on a dark ground or the other
        way round
    skip : names in `OPTIONAL`, the steps to leave out; the others are made of what is then there

    Returns
    -------
    Steps
        grey, invert, clean, crop, scale, centre; `result` is the 28x28 image

    Raises
    ------
    ImageError
        If there is nothing to read: no ink, only a dot, a picture that is too small or no picture at all.

    Examples
    --------
    >>> canvas = np.zeros((140, 140), np.uint8)
    >>> canvas[30:110, 65:75] = 255
    >>> [step.name for step in to_mnist(canvas)]
    ['Grey', 'Invert', 'Clean', 'Crop', 'Scale', 'Centre']
    >>> to_mnist(canvas).result.shape
    (28, 28)
    """
    grey = _grey(open_picture(picture) if isinstance(picture, bytes) else picture)
    difference, noise = _against_ground(grey)
    is_light = np.sum(difference * np.abs(difference)) < 0
    ink, strong = _clean(-difference if is_light else difference, noise=noise)
    _check_not_a_dot(strong)

    inverted = 1 - grey if is_light else grey
    cleaned = inverted if "Clean" in skip else ink
    cropped = cleaned if "Crop" in skip else cleaned[_box(strong)]
    scaled = cropped if "Scale" in skip else _scale(cropped)
    laid = _centre(scaled) if "Centre" not in skip and max(scaled.shape) <= SIDE else fit(scaled)

    (height, width), (new_height, new_width) = cropped.shape, scaled.shape
    way = (
        (
            "Invert",
            "The ground was light, so black and white changed places: in MNIST the ink is white."
            if is_light
            else "Nothing to do: the ink is already lighter than the ground.",
            inverted,
        ),
        ("Clean", "The ground became 0 everywhere, the strongest ink 1, and small specks went away.", cleaned),
        ("Crop", f"Only the {width} x {height} pixels around the ink stayed.", cropped),
        ("Scale", f"The longer side became {BOX} pixels: now {new_width} x {new_height}.", scaled),
        (
            "Centre",
            f"The middle of the ink's weight went to the middle of {SIDE} x {SIDE}."
            if max(scaled.shape) <= SIDE
            else f"Without Scale it is too large to move about, so it was squeezed to {SIDE} x {SIDE}.",
            laid,
        ),
    )
    stays_light = is_light and "Invert" in skip  # all that follows is the same, only with black ink on white
    return Steps(
        (
            Step("Grey", f"One number for each of the {grey.shape[1]} x {grey.shape[0]} pixels: 0 is black.", grey),
            *(
                Step(name, _OFF[name] if name in skip else did, 1 - image if stays_light else image)
                for name, did, image in way
            ),
        )
    )


def fit(image: np.ndarray) -> np.ndarray:
    """A picture made 28x28 without a thought: laid into the middle of nothing, or, if it is larger, squeezed.

    Parameters
    ----------
    image : float32 array of shape (height, width), in [0, 1]

    Returns
    -------
    float32 array of shape (28, 28), in [0, 1]
    """
    if max(image.shape) > SIDE:
        return np.clip(np.asarray(Image.fromarray(image).resize((SIDE, SIDE), Image.Resampling.BOX)), 0, 1)
    before = [(SIDE - side) // 2 for side in image.shape]
    return np.pad(image, [(rim, SIDE - side - rim) for rim, side in zip(before, image.shape, strict=True)])


def open_picture(data: bytes, name: str = "the picture") -> Image.Image:
    """The first frame of an image file, upright, decoded only after its format and size were checked.

    Parameters
    ----------
    data : the bytes of a PNG, JPEG, WebP, GIF, BMP or TIFF file
    name : what to call it in an error, usually its file name

    Raises
    ------
    ImageError
        If the file is too large, of another kind or cut off; the sentence names the file and the way out.
    """
    if len(data) > MAX_BYTES:
        raise ImageError(
            f"{name} has {len(data) / 1e6:.0f} MB, and at most {MAX_BYTES / 1e6:.0f} are read: save it smaller."
        )
    try:
        picture = Image.open(io.BytesIO(data), formats=FORMATS)
    except Image.DecompressionBombError as error:
        pixels = re.search(r"\d+", str(error))
        raise ImageError(_too_large(name, int(pixels[0]) if pixels else MAX_PIXELS)) from error
    except Exception as error:  # Pillow's readers raise many kinds on a broken header
        raise ImageError(
            f"{name} is not a picture that can be read: use a PNG, JPEG, WebP, GIF, BMP or TIFF."
        ) from error
    if picture.width * picture.height > MAX_PIXELS:
        raise ImageError(_too_large(name, picture.width * picture.height))
    try:
        if max(picture.size) > _WORK_SIDE:
            picture.draft("L", (_WORK_SIDE, _WORK_SIDE))  # a JPEG decodes straight to a smaller size
        return ImageOps.exif_transpose(picture)
    except Exception as error:  # and many more in the middle of the data
        raise ImageError(f"{name} is damaged or cut off: save or send it once more.") from error


def _too_large(name: str, pixels: int) -> str:
    return f"{name} has {pixels:,} pixels, and at most {MAX_PIXELS:,} are read: make it smaller and try again."


def _grey(picture: Image.Image | np.ndarray) -> np.ndarray:
    """Float32 grey in [0, 1] of shape (height, width), its longer side at most 1,000 pixels."""
    try:
        image = _one_channel(picture if isinstance(picture, Image.Image) else _image_of(picture))
    except (OSError, ValueError, TypeError) as error:
        raise error if isinstance(error, ImageError) else ImageError(_UNREADABLE) from error
    if max(image.size) < _SMALLEST:
        raise ImageError(f"The picture has only {image.width} x {image.height} pixels: a digit needs at least 5 x 5.")
    factor = -(-max(image.size) // _WORK_SIDE)
    if factor > 1:
        image = image.reduce((min(factor, image.width), min(factor, image.height)))
    return np.asarray(image, dtype=np.float32) / 255


def _image_of(array: np.ndarray) -> Image.Image:
    """The same picture as an image of Pillow."""
    array = np.asarray(array)
    if array.dtype == bool:
        array = array.astype(np.uint8) * 255
    channels_allowed = (3, 4) if array.dtype == np.uint8 else ()
    if array.size == 0 or not (array.ndim == 2 or (array.ndim == 3 and array.shape[2] in channels_allowed)):
        raise ImageError(
            f"An array of shape {array.shape} and type {array.dtype} is no picture: give (height, width) in grey, "
            "or (height, width, 3 or 4) in colour as uint8."
        )
    return Image.fromarray(array if array.dtype == np.uint8 else array.astype(np.float32))


def _one_channel(image: Image.Image) -> Image.Image:
    """The picture in mode L or F with 0 for black and 255 for white."""
    if image.has_transparency_data:
        image = _on_paper(image.convert("RGBA"))
    if not image.mode.startswith(("I", "F")):
        return image.convert("L")
    grey = np.asarray(image, dtype=np.float32)
    if not np.isfinite(grey).all():
        raise ImageError("The picture holds values that are not numbers (NaN or infinity): save it once more.")
    # A picture of more than 8 bits does not say which number is white: take the next usual one.
    white = next((top for top in (1, 255, 65_535) if grey.max() <= top), grey.max())
    return Image.fromarray(np.clip(grey, 0, None) * np.float32(255 / white))


def _on_paper(image: Image.Image) -> Image.Image:
    """What is drawn on glass, laid on white if it is dark and on black if it is light."""
    grey, alpha = (np.asarray(band, dtype=np.float64) for band in (image.convert("L"), image.getchannel("A")))
    is_dark = (grey * alpha).sum() < 127.5 * alpha.sum()
    paper = Image.new("RGBA", image.size, "white" if is_dark else "black")
    return Image.alpha_composite(paper, image)


def _against_ground(grey: np.ndarray) -> tuple[np.ndarray, float]:
    """How far each pixel is from the ground, and the ground's own noise (a standard deviation).

    The ground is what the picture's outer frame shows: one grey, or, under uneven light, a quadratic surface that is
    fitted again and again to the pixels that do not stand out from it, first of the frame and then of the whole.
    """
    every = max(1, min(grey.shape) // 60)  # so smooth a surface needs no more pixels
    y, x = (np.linspace(-1, 1, side, dtype=np.float32)[::every] for side in grey.shape)
    sample = grey[::every, ::every].ravel()
    in_frame = (np.maximum(np.abs(y)[:, None], np.abs(x)) >= 0.9).ravel()
    low, middle, high = np.percentile(sample[in_frame], [10, 50, 90])
    if high - low < 2 / 255:
        return grey - float(middle), 0.0
    terms = _quadratic(y, x).reshape(6, -1)
    chosen = in_frame
    for _ in range(6):
        coefficients = np.linalg.lstsq(terms[:, chosen].T, sample[chosen], rcond=None)[0]
        away = np.abs(sample - coefficients @ terms)
        noise = 1.4826 * float(np.median(away[chosen]))  # the median passes over the ink
        chosen = away < 3 * noise + 1 / 255
    y, x = (np.linspace(-1, 1, side, dtype=np.float32) for side in grey.shape)
    return grey - np.tensordot(coefficients, _quadratic(y, x), 1), noise


def _quadratic(y: np.ndarray, x: np.ndarray) -> np.ndarray:
    """1, x, y, x^2, xy and y^2 on the grid of `y` and `x`: shape (6, len(y), len(x))."""
    y, x = np.meshgrid(y, x, indexing="ij")
    return np.stack([np.ones_like(x), x, y, x * x, x * y, y * y])


def _clean(ink: np.ndarray, *, noise: float) -> tuple[np.ndarray, np.ndarray]:
    """Ink in [0, 1] without noise and specks, and a mask of its strong part."""
    ink = np.where(ink > max(4 * noise, 4.5 / 255), ink, 0)
    ink = np.where(ink > _strength_of_lines(ink), ink, 0)
    if ink.max() < _FAINTEST:
        raise ImageError(_NO_INK)
    full = float(np.percentile(ink[ink > ink.max() / 2], 90))
    strong = ink > _STRONG * full
    pieces, n = ndimage.label(ink > 0, structure=np.ones((3, 3)))
    weights = ndimage.sum_labels(strong, pieces, np.arange(n + 1))
    kept = (weights >= max(1, _SPECK * weights[1:].max()))[pieces] & (pieces > 0)
    return np.clip(np.where(kept, ink, 0) / full, 0, 1), strong & kept


def _strength_of_lines(ink: np.ndarray) -> float:
    """What the lines of ruled or squared paper do not exceed; 0 without them, or if nothing is stronger.

    They are the only ink that crosses both of two opposite edges several times.
    """
    if min(ink.shape) < _PHOTOGRAPH:
        return 0
    strengths = []
    for sheet in (ink, ink.T):
        width = max(1, sheet.shape[1] // 200)
        # A line of squared paper may run along an edge, and hide those that cross it there: three places are tried.
        places = [(k * 7 * width, (k * 7 + 1) * width) for k in range(3)]
        left, right = (
            max((side[:, first:last] for first, last in places), key=_crossings) for side in (sheet, sheet[:, ::-1])
        )
        if min(_crossings(left), _crossings(right)) >= _SEVERAL:
            crossing = np.concatenate([left, right])
            strengths.append(float(np.percentile(crossing[crossing > 0], 98)))
    limit = _ABOVE_LINES * max(strengths, default=0)
    return limit if limit < ink.max() else 0


def _crossings(strip: np.ndarray) -> int:
    """How many separate pieces of ink lie along a strip of an edge."""
    is_ink = strip.mean(axis=1) > strip.max() / 3
    return int(is_ink[0]) + int((is_ink[1:] & ~is_ink[:-1]).sum()) if is_ink.any() else 0


def _box(strong: np.ndarray) -> tuple[slice, slice]:
    """Where the strokes are; the narrow side keeps its soft edge, of up to a pixel of the result, as in MNIST."""
    (rows, columns) = ndimage.find_objects(strong.astype(np.uint8))[0]
    height, width = rows.stop - rows.start, columns.stop - columns.start
    edge = min(-(-max(height, width) // BOX), abs(height - width) // 2)
    if height > width:
        return rows, slice(max(0, columns.start - edge), columns.stop + edge)
    return slice(max(0, rows.start - edge), rows.stop + edge), columns


def _check_not_a_dot(strong: np.ndarray) -> None:
    """Refuse ink from which no digit can be made: a blob that is about as thick as it is long."""
    stroke = strong[ndimage.find_objects(strong.astype(np.uint8))[0]]
    height, width = stroke.shape
    thickness = 2 * ndimage.distance_transform_edt(np.pad(stroke, 1)).max()
    if max(stroke.shape) < _SMALLEST or thickness > _DOT * max(stroke.shape):
        raise ImageError(f"There is no digit yet, only a dot of {width} x {height} pixels: draw the whole digit.")


def _scale(crop: np.ndarray) -> np.ndarray:
    """The ink with its longer side brought to 20 pixels, each new pixel the mean of the area it covers.

    The strongest pixel becomes 1 again: the mean of a line thinner than a pixel would be too pale to read.
    """
    height, width = crop.shape
    factor = BOX / max(height, width)
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    if size == (width, height):
        return crop
    image = Image.fromarray(crop).resize(size, Image.Resampling.BOX if factor < 1 else Image.Resampling.BICUBIC)
    scaled = np.clip(np.asarray(image), 0, 1)
    return scaled / scaled.max()


def _centre(scaled: np.ndarray) -> np.ndarray:
    """28x28 with the centre of mass at most half a pixel from pixel (14, 14), as far as the ink stays inside."""
    corner = [
        int(np.clip(np.floor(CENTRE + 0.5 - round(middle, 3)), 0, SIDE - side))
        for middle, side in zip(ndimage.center_of_mass(scaled), scaled.shape, strict=True)
    ]
    result = np.zeros((SIDE, SIDE), dtype=np.float32)
    result[corner[0] : corner[0] + scaled.shape[0], corner[1] : corner[1] + scaled.shape[1]] = scaled
    return result
