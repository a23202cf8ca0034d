"""One image, several ways to read it: whether they agree, and how each of them says what it says."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from mnist_core.chapter.baseline import rmse
from mnist_core.checkpoint import TrainedModel
from mnist_core.interpret.predict import probabilities


@dataclass(frozen=True)
class Verdict:
    """What one way says of an image.

    Attributes
    ----------
    way : its name
    digit, second : its answer, and what comes next to it
    score, second_score : the probability of each; or, for a way without probabilities, its distance from each
    is_probability : whether more is better, and all digits' scores sum to 1
    """

    way: str
    digit: int
    second: int
    score: float
    second_score: float
    is_probability: bool


def by_similarity(way: str, image: np.ndarray, ideals: np.ndarray) -> Verdict:
    """The digit whose ideal is nearest (RMSE). A distance says how near, never how likely.

    Parameters
    ----------
    way : a name
    image : float32 array of shape (28, 28), in [0, 1]
    ideals : float32 array of shape (10, 28, 28), in [0, 1], the mean image of each digit
    """
    distances = rmse(torch.from_numpy(image), torch.from_numpy(ideals)).numpy()  # (10,)
    return _verdict(way, range(len(ideals)), distances, distances.argsort(), is_probability=False)


def by_model(way: str, image: np.ndarray, trained: TrainedModel) -> Verdict:
    """The likeliest digit; parameters as in `by_similarity`."""
    says = probabilities(trained, image[None])[0]
    return _verdict(way, trained.classes, says, (-says).argsort(), is_probability=True)


def right_by_similarity(images: np.ndarray, labels: np.ndarray, ideals: np.ndarray) -> int:
    """How many images are nearest (RMSE) to the ideal of the digit that they show.

    Parameters
    ----------
    images : uint8 array of shape (n, 28, 28)
    labels : int64 array of shape (n,), in 0..9
    ideals : float32 array of shape (10, 28, 28), in [0, 1]
    """
    xb = torch.from_numpy(images).float() / 255
    distances = rmse(xb[:, None], torch.from_numpy(ideals))  # (n, 1, 28, 28), (10, 28, 28) -> (n, 10)
    return int((distances.argmin(1).numpy() == labels).sum())


def right_by_model(images: np.ndarray, labels: np.ndarray, trained: TrainedModel) -> int:
    """How many images the model reads as the digit that they show; one that it does not know counts as wrong."""
    return int((np.array(trained.classes)[probabilities(trained, images).argmax(axis=1)] == labels).sum())


def agreement(verdicts: Sequence[Verdict]) -> str:
    """Who says what in a sentence, the answer of most first, e.g. "4 of 5 say 7. Pixel similarity says 9"."""
    ways = defaultdict(list)
    for verdict in verdicts:
        ways[verdict.digit].append(verdict.way)
    (digit, most), *others = sorted(ways.items(), key=lambda item: -len(item[1]))
    if not others:
        return f"All {len(verdicts)} say {digit}."
    rest = (f"{_listed(names)} {'say' if len(names) > 1 else 'says'} {other}." for other, names in others)
    first = f"{len(most)} of {len(verdicts)} say {digit}." if len(most) > 1 else f"{most[0]} says {digit}."
    return " ".join([first, *rest])


def _listed(names: Sequence[str]) -> str:
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))


def _verdict(
    way: str, digits: Sequence[int], scores: np.ndarray, best_first: np.ndarray, *, is_probability: bool
) -> Verdict:
    first, second = best_first[:2]
    return Verdict(
        way, int(digits[first]), int(digits[second]), float(scores[first]), float(scores[second]), is_probability
    )
