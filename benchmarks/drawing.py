"""How well digits are read that are not drawn or scanned as MNIST's were: `python -m benchmarks.drawing`.

Redraws MNIST's test images in many ways, brings them back through `images.to_mnist`, and prints the shipped CNN's
accuracy on them beside that on the same images as they are. Then it draws what is no digit, and prints how often the
distance to the training images says so, how often the CNN's probability would, and how often each is a false alarm.
"""

import io
from collections.abc import Callable, Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont
from scipy import ndimage

from mnist_core import shipped
from mnist_core.checkpoint import TrainedModel
from mnist_core.data import DigitData, load
from mnist_core.errors import ImageError
from mnist_core.images import to_mnist
from mnist_core.interpret import probabilities
from mnist_core.interpret.neighbours import USUAL, Neighbourhood

IMAGES = 200
SEEDS = range(5)


def enlarged(image: np.ndarray, side: int) -> np.ndarray:
    """An image of MNIST without its rim, its longer side so many pixels; float64 in [0, 1]."""
    rows, columns = ndimage.find_objects((image > 0).astype(int))[0]
    digit = Image.fromarray(image[rows, columns])
    size = tuple(max(1, round(length * side / max(digit.size))) for length in digit.size)
    return np.asarray(digit.resize(size, Image.Resampling.BICUBIC)) / 255


def with_stroke(ink: np.ndarray, wider: float) -> np.ndarray:
    """The same digit with its strokes wider by so many pixels on each side, narrower if negative."""
    disc = np.hypot(*np.mgrid[-30:31, -30:31]) <= abs(wider)
    if not disc[30, 31]:
        return ink
    rim = int(abs(wider)) + 1
    if wider > 0:
        return ndimage.grey_dilation(np.pad(ink, rim), footprint=disc)
    # What is thinner than this would break: its middle line stays.
    return np.maximum(ndimage.grey_erosion(ink, footprint=disc), _middle(ink))


def _middle(ink: np.ndarray) -> np.ndarray:
    """The ridge of the strokes, two pixels wide."""
    depth = ndimage.gaussian_filter(ndimage.distance_transform_edt(np.pad(ink > 0.5, 1))[1:-1, 1:-1], 1)
    return ink * ((depth >= ndimage.maximum_filter(depth, 3) - 0.25) & (ink > 0.5))


def redrawn(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A digit of any size, anywhere on a larger sheet, with a thin or a thick stroke, on one of many grounds.

    Parameters
    ----------
    image : uint8 array of shape (28, 28)

    Returns
    -------
    uint8 array of shape (height, width) or (height, width, 3)
    """
    side = int(np.exp(rng.uniform(np.log(40), np.log(400))))
    pixel = side / 20  # one of MNIST's
    ink = on_sheet(with_stroke(enlarged(image, side), rng.uniform(-0.5, 0.75) * pixel), rng)
    return GROUNDS[rng.integers(len(GROUNDS))](ink, rng)


def on_sheet(ink: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The same anywhere on a square sheet, of which it fills a fifth to nearly all of the side."""
    side = int(max(ink.shape) * rng.uniform(1.05, 5)) + 2
    sheet = np.zeros((side, side))
    y, x = (rng.integers(1, side - length) for length in ink.shape)
    sheet[y : y + ink.shape[0], x : x + ink.shape[1]] = ink
    return sheet


def _between(ink: np.ndarray, ground: np.ndarray, pen: np.ndarray) -> np.ndarray:
    """Ink of one colour on ground of another."""
    return np.rint(ground + ink[..., None] * (pen - ground)).astype(np.uint8)


Ground = Callable[[np.ndarray, np.random.Generator], np.ndarray]
GROUNDS: list[Ground] = [
    lambda ink, rng: np.rint(255 * ink).astype(np.uint8),  # as in MNIST
    lambda ink, rng: np.rint(255 * (1 - ink)).astype(np.uint8),  # black on white
    lambda ink, rng: np.rint(255 * (0.6 - rng.uniform(0.2, 0.5) * ink)).astype(np.uint8),  # on grey
    lambda ink, rng: _between(ink, rng.uniform(180, 255, 3), rng.uniform(0, 80, 3)),  # on tinted paper
    lambda ink, rng: _between(ink, rng.uniform(0, 60, 3), rng.uniform(150, 255, 3)),  # on a tinted board
]
PAPERS = ("blank", "ruled", "grid")


def photographed(image: np.ndarray, rng: np.random.Generator, paper: str = "blank") -> bytes:
    """A phone's photograph of a digit on paper: uneven light, a little out of focus, noise, JPEG.

    Parameters
    ----------
    image : uint8 array of shape (28, 28)
    paper : one of `PAPERS`; lines are thinner and paler than the pen's

    Returns
    -------
    the bytes of a JPEG file of 480 x 640 pixels
    """
    height, width = 480, 640
    digit = enlarged(image, int(rng.integers(90, 260)))
    ink = np.zeros((height, width))
    y, x = (int(rng.integers(20, whole - 20 - part)) for whole, part in zip(ink.shape, digit.shape, strict=True))
    ink[y : y + digit.shape[0], x : x + digit.shape[1]] = digit
    sheet = 1 - _lines(height, width, rng, paper) * rng.uniform(0.12, 0.3)
    sheet *= 1 - rng.uniform(0.55, 0.85) * ink
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    light = 0.7 + rng.uniform(-0.15, 0.15) * x + rng.uniform(-0.15, 0.15) * y - rng.uniform(0, 0.15) * (x * x + y * y)
    sharp = Image.fromarray(np.rint(255 * np.clip(sheet * light, 0, 1)).astype(np.uint8))
    seen = np.asarray(sharp.filter(ImageFilter.GaussianBlur(1))) + rng.normal(0, 3, ink.shape)
    file = io.BytesIO()
    Image.fromarray(np.clip(seen, 0, 255).astype(np.uint8)).save(file, "JPEG", quality=int(rng.integers(60, 95)))
    return file.getvalue()


def _lines(height: int, width: int, rng: np.random.Generator, paper: str) -> np.ndarray:
    """Where the paper has lines: every 20 to 60 pixels, 1 or 2 pixels wide, a little askew; 1 on a line."""
    apart, wide, slope = rng.integers(20, 60), rng.integers(1, 3), rng.uniform(-0.03, 0.03)
    y, x = np.mgrid[:height, :width].astype(float)
    lines = np.zeros((height, width))
    if paper in ("ruled", "grid"):
        lines[(y + slope * x) % apart < wide] = 1
    if paper == "grid":
        lines[(x - slope * y) % apart < wide] = 1
    return lines


def accuracy(trained: TrainedModel, pictures: list, labels: np.ndarray) -> float:
    """The share of pictures that are read as they should be; one from which no digit can be made is wrong."""
    return float(np.mean([_read(trained, picture) == label for picture, label in zip(pictures, labels, strict=True)]))


def _read(trained: TrainedModel, picture: np.ndarray | bytes) -> int | None:
    try:
        return int(probabilities(trained, to_mnist(picture).result[None]).argmax())
    except ImageError:
        return None


def _circle(x: float, y: float, radius: float, first: float = 0, last: float = 6.3) -> list[tuple[float, float]]:
    return [(x + radius * np.cos(a), y + radius * np.sin(a)) for a in np.linspace(first, last, 30)]


THINGS = {
    "house": [[(30, 120), (30, 70), (70, 25), (110, 70), (110, 120), (30, 120)], [(30, 70), (110, 70)]],
    "face": [_circle(70, 70, 50), [(52, 55), (54, 57)], [(88, 55), (90, 57)], _circle(70, 75, 27, 0.3, 2.8)],
    "star": [[(70, 20), (95, 110), (22, 52), (118, 52), (45, 110), (70, 20)]],
    "cross": [[(30, 30), (110, 110)], [(110, 30), (30, 110)]],
    "window": [[(30, 30), (110, 30), (110, 110), (30, 110), (30, 30)], [(70, 30), (70, 110)], [(30, 70), (110, 70)]],
}
"""What is no digit, as lines on a canvas of 140 x 140 pixels."""


def thing(name: str, rng: np.random.Generator) -> np.ndarray:
    """One of `THINGS` or a scribble, drawn by an unsteady hand; uint8 array of shape (140, 140)."""
    if name == "scribble":
        path = np.cumsum(rng.normal(0, 25, (14, 2)), axis=0)
        lines = [20 + 100 * (path - path.min(axis=0)) / np.ptp(path, axis=0).max()]
    else:
        angle, size = rng.uniform(-0.25, 0.25), rng.uniform(0.8, 1.1)
        turn = size * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        lines = [(np.array(line) - 70) @ turn.T + 70 + rng.normal(0, 2, (len(line), 2)) for line in THINGS[name]]
    canvas, width = Image.new("L", (140, 140)), int(rng.integers(7, 15))
    for line in lines:
        ImageDraw.Draw(canvas).line([tuple(point) for point in line], fill=255, width=width, joint="curve")
    return np.asarray(canvas)


def letter(name: str) -> np.ndarray:
    """A printed letter; uint8 array of shape (140, 140)."""
    canvas = Image.new("L", (140, 140))
    ImageDraw.Draw(canvas).text((35, 15), name, fill=255, font=ImageFont.load_default(100))
    return np.asarray(canvas)


def show_accuracies(trained: TrainedModel, images: np.ndarray, labels: np.ndarray) -> None:
    """Print how many redrawn digits are read right."""
    clean = float((probabilities(trained, images).argmax(axis=1) == labels).mean())
    print(f"{len(images)} test images of MNIST as they are: {clean:.1%} right\n")
    print(f"{'the same, means of ' + str(len(SEEDS)) + ' seeds':40} right   fall, points")
    ways = {"redrawn: place, size, stroke, ground": redrawn} | {
        f"photographed on {paper} paper": lambda image, rng, paper=paper: photographed(image, rng, paper)
        for paper in PAPERS
    }
    for name, way in ways.items():
        right = [
            accuracy(trained, [way(image, rng) for image in images], labels)
            for rng in map(np.random.default_rng, SEEDS)
        ]
        print(f"{name:40} {np.mean(right):.1%} {100 * (clean - np.mean(right)):8.1f}   each seed: {right}")


def show_strangers(trained: TrainedModel, data: DigitData, images: np.ndarray) -> None:
    """Print how often what is no digit is told by distance, and by probability."""
    neighbourhood, rng = Neighbourhood(data), np.random.default_rng(0)

    def measured(pictures: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
        results = np.stack([to_mnist(picture).result for picture in pictures])
        return neighbourhood.nearest(results).distances[:, 0], probabilities(trained, results).max(axis=1)

    distances, certainties = measured(data.images[data.valid[::10]])
    far, unsure = np.quantile(distances, USUAL), np.quantile(certainties, 1 - USUAL)
    print(f"\n{USUAL:.0%} of validation images: nearer than {far:.3f}, and at least {unsure:.0%} sure\n")
    print(f"{'said to be no digit':40} by distance   by probability")
    pictures = {name: [thing(name, rng) for _ in range(40)] for name in (*THINGS, "scribble")} | {
        "printed letter": [letter(name) for name in "ABCDEFGHJKLMNPQRTUVWXYZabdefhkmnrtuwx"],
        "false alarms: redrawn digits": [redrawn(image, rng) for image in images],
        "false alarms: digits on squared paper": [photographed(image, rng, "grid") for image in images],
    }
    for name, some in pictures.items():
        distances, certainties = measured(some)
        print(f"{name:40} {np.mean(distances > far):11.0%} {np.mean(certainties < unsure):16.0%}")


def main() -> None:
    data, trained = load("mnist"), shipped.load()
    some = data.valid[:: len(data.valid) // IMAGES]
    show_accuracies(trained, data.images[some], data.labels[some])
    show_strangers(trained, data, data.images[some])


if __name__ == "__main__":
    main()
