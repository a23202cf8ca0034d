"""Whether a model is as often right as it says, and how far a few images can be trusted."""

from dataclasses import dataclass

import numpy as np
from scipy.stats import binomtest, poisson_binom

from mnist_core.interpret.predict import Evaluation


@dataclass(frozen=True)
class Calibration:
    """Images in bins of how sure the model is of them, bin i being `edges[i] < confidence <= edges[i + 1]`.

    Attributes
    ----------
    edges : float64 array of shape (bins + 1,), from 0 to 1
    places : int64 array of shape (n,), the bin of each image
    counts : int64 array of shape (bins,), images in each bin
    confidence : float64 array of shape (bins,), how sure the model is of them, on average; NaN in an empty bin
    accuracy : float64 array of shape (bins,), the share of them that are right; NaN in an empty bin
    """

    edges: np.ndarray
    places: np.ndarray
    counts: np.ndarray
    confidence: np.ndarray
    accuracy: np.ndarray

    @property
    def gap(self) -> float:
        """Confidence minus accuracy over all images: above 0 the model is over-confident, below 0 under-confident."""
        return float(np.nansum(self.counts * (self.confidence - self.accuracy)) / self.counts.sum())

    @property
    def expected_error(self) -> float:
        """Expected calibration error: the distance of confidence and accuracy, the mean of all bins weighted by their
        images. Naeini et al. 2015; as here by Guo et al. 2017, "On calibration of modern neural networks", equation 3.
        """
        return float(np.nansum(self.counts * np.abs(self.confidence - self.accuracy)) / self.counts.sum())


def reliability(evaluation: Evaluation, *, bins: int = 10) -> Calibration:
    """How often a model is right, by how sure it is.

    Parameters
    ----------
    bins : of equal width, from 0 to 1
    """
    edges = np.linspace(0, 1, bins + 1)
    places = np.searchsorted(edges[1:-1], evaluation.confidences)
    counts = np.bincount(places, minlength=bins)
    with np.errstate(invalid="ignore"):  # 0 / 0 in an empty bin
        confidence = np.bincount(places, evaluation.confidences, minlength=bins) / counts
        accuracy = np.bincount(places, evaluation.right, minlength=bins) / counts
    return Calibration(edges, places, counts, confidence, accuracy)


def share_interval(right: int, images: int) -> tuple[float, float]:
    """Between which shares the truth lies, if so many of so many random images are right: of such intervals 95 % hold
    it. Wilson's score interval (1927), which holds for few images and for shares of 0 and 1 too.

    Examples
    --------
    >>> low, high = share_interval(9, 10)
    >>> round(low, 2), round(high, 2)
    (0.6, 0.98)
    """
    interval = binomtest(right, images).proportion_ci(0.95, method="wilson")
    return float(interval.low), float(interval.high)


PLACES_003 = (0, 1000, 2600, 3600, 4600, 5600, 6600, 7100, 8500, 9999)
"""Where the write-up 003 took its ten images from the list of MNIST's 10,000, which it had sorted by digit."""


def places_of_003(evaluation: Evaluation) -> np.ndarray | None:
    """The same places here, one image of each digit; None if these are not the 10,000 images of MNIST."""
    places = np.array(PLACES_003)
    if evaluation.images <= places.max() or (evaluation.labels[places] != np.arange(10)).any():
        return None
    return places


def one_of_each(evaluation: Evaluation, *, seed: int) -> np.ndarray:
    """One random image of each digit that there is: int64 places in `evaluation`."""
    rng = np.random.default_rng(seed)
    return np.array([rng.choice(np.flatnonzero(evaluation.labels == digit)) for digit in np.unique(evaluation.labels)])


def chances_of_right(evaluation: Evaluation) -> np.ndarray:
    """The probabilities that 0, 1, ... of `one_of_each` are right: float64 array of shape (digits + 1,).

    Each digit is right with its own recall, so the number of right ones is a sum of unequal coins: a Poisson binomial.
    """
    recalls = list(evaluation.per_class.values())
    return poisson_binom(recalls).pmf(np.arange(len(recalls) + 1))


def growing_samples(evaluation: Evaluation, *, seed: int, points: int = 40) -> tuple[np.ndarray, np.ndarray]:
    """The images dealt in random order: after how many of them how many are right, at points evenly spread by ratio.

    Returns
    -------
    images, right : int64 arrays of the same shape, the first from 10 images (or all, if there are fewer) to all
    """
    order = np.random.default_rng(seed).permutation(evaluation.images)
    first = min(10, evaluation.images)
    images = np.unique(np.geomspace(first, evaluation.images, points).round().astype(int))
    return images, evaluation.right[order].cumsum()[images - 1]
