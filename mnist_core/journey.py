"""The chapter in six pictures, each from real numbers: one digit, and a small model before and after some steps.

Plain NumPy, so that Home opens without torch: a linear model of ten outputs, softmax and cross-entropy, whose
gradient can be written down: `x.T @ (probabilities - one_hot) / n`.
"""

from dataclasses import dataclass

import numpy as np

from mnist_core.data.types import DigitData

_IMAGES, _STEPS, _LR = 1_000, 20, 0.2
_SIDE = 168  # pixels: 28 * 6


@dataclass(frozen=True)
class Journey:
    """One digit's way through a model, before and after training.

    Attributes
    ----------
    image : uint8 array of shape (28, 28)
    digit : what it shows
    before, after : float64 arrays of shape (10,), the probabilities of the ten digits
    loss_before, loss_after : cross-entropy of this image
    gradient : float64 array of shape (28, 28), of the loss over all images by this digit's weights, at the start
    steps, images : how many steps of gradient descent, on how many images
    """

    image: np.ndarray
    digit: int
    before: np.ndarray
    after: np.ndarray
    loss_before: float
    loss_after: float
    gradient: np.ndarray
    steps: int
    images: int


def travel(data: DigitData, *, digit: int = 3, seed: int = 4) -> Journey:
    """Train a linear model for some steps on images of all digits, and follow one image.

    Parameters
    ----------
    data : all ten digits
    digit : the first training image of this digit is followed
    seed : of the random start
    """
    chosen = data.train[:: max(1, len(data.train) // _IMAGES)]
    followed = data.train[data.labels[data.train] == digit][0]
    x = data.images[[followed, *chosen]].reshape(-1, 784) / 255  # (n, 28, 28) -> (n, 784)
    targets = np.eye(10)[data.labels[[followed, *chosen]]]
    weights = np.random.default_rng(seed).normal(0, 0.05, (784, 10))
    first = _softmax(x @ weights)
    gradient = first_gradient = x.T @ (first - targets) / len(x)
    for _ in range(_STEPS):
        weights -= _LR * gradient
        last = _softmax(x @ weights)
        gradient = x.T @ (last - targets) / len(x)
    return Journey(
        data.images[followed],
        digit,
        first[0],
        last[0],
        float(-np.log(first[0, digit])),
        float(-np.log(last[0, digit])),
        first_gradient[:, digit].reshape(28, 28),
        _STEPS,
        len(x),
    )


def _softmax(scores: np.ndarray) -> np.ndarray:
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def enlarged(image: np.ndarray) -> np.ndarray:
    """A grey image, each pixel a square of 6x6: uint8 array of shape (168, 168)."""
    return np.kron(image, np.ones((6, 6), image.dtype))


def signed_colours(values: np.ndarray) -> np.ndarray:
    """Values of shape (28, 28) on a scale from blue (below 0) over black to orange: uint8 of shape (168, 168, 3)."""
    share = values / (np.abs(values).max() or 1)
    blue, orange = np.array([80, 170, 255]), np.array([255, 150, 40])
    colours = np.where(share[..., None] < 0, blue, orange) * np.abs(share)[..., None]
    return np.kron(colours.astype(np.uint8), np.ones((6, 6, 1), np.uint8))


def numbers_svg(image: np.ndarray, *, size: int = 6) -> str:
    """The middle of an image as a table of its numbers, each on its own grey."""
    start = 14 - size // 2
    cell = _SIDE / size
    parts = []
    for row, values in enumerate(image[start : start + size, start : start + size].tolist()):
        for column, value in enumerate(values):
            ink = "#fff" if value < 117 else "#000"
            x, y = column * cell, row * cell
            parts.append(f'<rect x="{x}" y="{y}" width="{cell}" height="{cell}" fill="rgb({value},{value},{value})"/>')
            parts.append(f'<text x="{x + cell / 2}" y="{y + cell / 2 + 4}" fill="{ink}">{value}</text>')
    return _svg(parts, 'font-size="12" text-anchor="middle"')


def bars_svg(probabilities: np.ndarray, digit: int) -> str:
    """Ten bars, the right digit's in orange."""
    parts = []
    for number, share in enumerate(probabilities.tolist()):
        y = 9 + number * 15.5
        colour = "#ff9628" if number == digit else "#7aa7d9"
        parts.append(f'<text x="8" y="{y + 10}" fill="#eee">{number}</text>')
        parts.append(f'<rect x="22" y="{y}" width="{max(1, share * 100):.1f}" height="11" fill="{colour}"/>')
        parts.append(f'<text x="{26 + share * 100:.1f}" y="{y + 10}" fill="#eee">{share:.0%}</text>')
    return _svg(parts, 'font-size="12"')


def gauge_svg(value: float, *, most: float = 4.0) -> str:
    """A number, and where it lies between 0 (perfect) and `most`."""
    at = 14 + 140 * min(value / most, 1)
    return _svg(
        [
            f'<text x="84" y="72" font-size="40" fill="#fff" text-anchor="middle">{value:.2f}</text>',
            '<rect x="14" y="104" width="140" height="6" rx="3" fill="#7aa7d9"/>',
            f'<circle cx="{at:.1f}" cy="107" r="9" fill="#ff9628"/>',
            '<text x="14" y="138" fill="#eee">0 is perfect</text>',
        ],
        'font-size="13"',
    )


def _svg(parts: list[str], attributes: str) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_SIDE} {_SIDE}" width="{_SIDE}" height="{_SIDE}">'
        f'<rect width="100%" height="100%" fill="#000"/><g font-family="sans-serif" {attributes}>'
        f"{''.join(parts)}</g></svg>"
    )
