"""How sure a model is and how often it is right, and what few images can tell."""

import numpy as np
import pytest
from scipy.stats import binom
from sklearn.calibration import calibration_curve

from mnist_core.interpret import Evaluation
from mnist_core.interpret.calibration import (
    PLACES_003,
    chances_of_right,
    growing_samples,
    one_of_each,
    places_of_003,
    reliability,
    share_interval,
)


def evaluation(confidences: np.ndarray, right: np.ndarray) -> Evaluation:
    """Threes, of which the right ones are called 3 and the others 7, so surely."""
    n = len(right)
    chances = np.stack([confidences, 1 - confidences], axis=1)
    chances[~right] = chances[~right, ::-1]
    preds = np.where(right, 3, 7)
    return Evaluation(np.arange(n), np.full(n, 3), preds, chances, np.zeros(n, np.float32), (3, 7))


@pytest.fixture
def noisy() -> Evaluation:
    rng = np.random.default_rng(0)
    confidences = rng.uniform(0.5, 1, 5000)
    return evaluation(confidences, rng.random(5000) < confidences**2)


def test_bins_are_scikit_learns_and_hold_every_image_once(noisy):
    bins = reliability(noisy, bins=20)
    shares, confidences = calibration_curve(noisy.right, noisy.confidences, n_bins=20)
    there = bins.counts > 0
    np.testing.assert_allclose(bins.accuracy[there], shares)
    np.testing.assert_allclose(bins.confidence[there], confidences)
    assert bins.counts.sum() == 5000
    np.testing.assert_array_equal(np.bincount(bins.places, minlength=20), bins.counts)
    assert (bins.edges[bins.places] < noisy.confidences).all()
    assert (noisy.confidences <= bins.edges[bins.places + 1]).all()
    assert np.isnan(bins.accuracy[~there]).all()


def test_expected_error_and_gap_are_those_of_a_plain_loop(noisy):
    bins = reliability(noisy)
    distances = []
    for low, high in zip(bins.edges[:-1], bins.edges[1:], strict=True):
        mine = [(c, r) for c, r in zip(noisy.confidences, noisy.right, strict=True) if low < c <= high]
        if mine:
            distances.append(abs(sum(c - r for c, r in mine)) / 5000)
    assert bins.expected_error == pytest.approx(sum(distances))
    assert bins.gap == pytest.approx(noisy.confidences.mean() - noisy.accuracy)
    assert bins.gap > 0  # it was made over-confident


def test_a_model_that_is_as_often_right_as_it_says_has_next_to_no_error():
    rng = np.random.default_rng(1)
    confidences = rng.uniform(0.5, 1, 200_000)
    assert reliability(evaluation(confidences, rng.random(200_000) < confidences)).expected_error < 0.005


def test_total_certainty_lies_in_the_last_bin():
    bins = reliability(evaluation(np.array([1.0, 1.0]), np.array([True, False])))
    assert bins.counts[-1] == 2
    assert bins.accuracy[-1] == 0.5
    assert bins.expected_error == 0.5


@pytest.mark.parametrize(("right", "images"), [(10, 10), (0, 10), (8, 10), (9_915, 10_000)])
def test_the_interval_is_wilsons(right, images):
    z, p = 1.959963984540054, right / images
    middle = (p + z**2 / (2 * images)) / (1 + z**2 / images)
    half = z / (1 + z**2 / images) * np.sqrt(p * (1 - p) / images + z**2 / (4 * images**2))
    low, high = share_interval(right, images)
    assert (low, high) == pytest.approx((middle - half, middle + half))
    assert 0 <= low <= p <= high <= 1


def test_one_of_each_digit_is_drawn_and_the_same_for_the_same_seed():
    labels = np.repeat([3, 7, 9], [5, 1, 20])
    some = Evaluation(np.arange(26), labels, labels, np.ones((26, 3)), np.zeros(26), (3, 7, 9))
    places = one_of_each(some, seed=1)
    assert labels[places].tolist() == [3, 7, 9]
    np.testing.assert_array_equal(places, one_of_each(some, seed=1))
    assert any((one_of_each(some, seed=seed) != places).any() for seed in range(2, 5))


def test_chances_of_right_are_the_shares_that_many_draws_give():
    rng = np.random.default_rng(0)
    labels = np.repeat([3, 7], 1000)
    preds = np.where(rng.random(2000) < np.repeat([0.9, 0.5], 1000), labels, 9)
    some = Evaluation(np.arange(2000), labels, preds, np.ones((2000, 2)), np.zeros(2000), (3, 7))
    draws = [some.right[one_of_each(some, seed=seed)].sum() for seed in range(4000)]
    np.testing.assert_allclose(chances_of_right(some), np.bincount(draws, minlength=3) / 4000, atol=0.03)


def test_equal_chances_are_binomial():
    labels = np.repeat(np.arange(10), 10)
    preds = np.where(np.tile(np.arange(10), 10) < 9, labels, -1)
    some = Evaluation(np.arange(100), labels, preds, np.ones((100, 10)), np.zeros(100), tuple(range(10)))
    np.testing.assert_allclose(chances_of_right(some), binom(10, 0.9).pmf(np.arange(11)), atol=1e-12)


def test_places_of_the_write_up_are_one_of_each_digit_on_mnist_only():
    counts = [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]  # of MNIST's test images
    labels = np.repeat(np.arange(10), counts)
    mnist = Evaluation(np.arange(10_000), labels, labels, np.ones((10_000, 10)), np.zeros(10_000), tuple(range(10)))
    assert labels[places_of_003(mnist)].tolist() == list(range(10))
    assert len(PLACES_003) == 10
    shuffled = Evaluation(np.arange(10_000), labels[::-1], labels, np.ones(1), np.zeros(1), tuple(range(10)))
    assert places_of_003(shuffled) is None


def test_growing_samples_end_with_all_images(noisy):
    images, right = growing_samples(noisy, seed=0)
    assert (images[0], images[-1]) == (10, 5000)
    assert right[-1] == noisy.right.sum()
    assert (np.diff(right) <= np.diff(images)).all()
