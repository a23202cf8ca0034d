"""Verdicts: several ways to read one image, against what each is made of."""

import numpy as np
import pytest
from sklearn.neighbors import NearestCentroid

from mnist_core import shipped
from mnist_core.interpret import probabilities
from mnist_core.interpret.verdicts import (
    Verdict,
    agreement,
    by_model,
    by_similarity,
    right_by_model,
    right_by_similarity,
)


@pytest.fixture(scope="module")
def digits() -> tuple[np.ndarray, np.ndarray]:
    """The ideal digits with noise: uint8 images and labels."""
    ideals, rng = shipped.similarity(), np.random.default_rng(0)
    labels = np.arange(60) % 10
    return (255 * np.clip(ideals[labels] + rng.normal(0, 0.3, (60, 28, 28)), 0, 1)).astype(np.uint8), labels


def test_similarity_is_the_nearest_centroid_of_scikit_learn(digits):
    images, labels = digits
    ideals = shipped.similarity()
    reference = NearestCentroid().fit(np.repeat(ideals, 2, axis=0).reshape(20, -1), np.arange(20) // 2)
    expected = reference.predict(images.reshape(60, -1) / 255)
    said = [by_similarity("similarity", image / np.float32(255), ideals) for image in images]
    assert [verdict.digit for verdict in said] == expected.tolist()
    assert all(verdict.score <= verdict.second_score and not verdict.is_probability for verdict in said)
    assert right_by_similarity(images, labels, ideals) == (expected == labels).sum()


def test_a_models_verdict_is_its_two_likeliest_digits(digits):
    images, labels = digits
    trained = shipped.load("linear")
    says = probabilities(trained, images)
    verdict = by_model("linear", images[7] / np.float32(255), trained)
    second, first = says[7].argsort()[-2:]
    assert (verdict.digit, verdict.second) == (first, second)
    assert (verdict.score, verdict.second_score) == pytest.approx((says[7, first], says[7, second]), rel=1e-4)
    assert right_by_model(images, labels, trained) == (says.argmax(axis=1) == labels).sum()


@pytest.mark.parametrize(
    ("digits", "words"),
    [
        ([7, 7, 7], "All 3 say 7."),
        ([9, 7, 7], "2 of 3 say 7. A says 9."),
        ([9, 7, 7, 9, 7], "3 of 5 say 7. A and D say 9."),
        ([1, 2, 3], "A says 1. B says 2. C says 3."),
    ],
    ids=str,
)
def test_who_agrees_is_said_with_the_most_first(digits, words):
    assert agreement([Verdict(way, digit, 0, 1, 0, True) for way, digit in zip("ABCDE", digits, strict=False)]) == words
