"""Neighbours: the nearest training images, against scikit-learn."""

import numpy as np
import pytest
from sklearn.neighbors import NearestNeighbors

from benchmarks.drawing import redrawn, thing
from mnist_core.data import load
from mnist_core.images import to_mnist
from mnist_core.interpret import neighbours
from mnist_core.interpret.neighbours import Neighbourhood, usual_distance


@pytest.fixture(scope="module")
def data():
    return load("digits")


def test_the_nearest_are_those_of_scikit_learn(data, monkeypatch):
    monkeypatch.setattr(neighbours, "_CHUNK", 100)
    monkeypatch.setattr(neighbours, "_CANDIDATES", 5)  # too few for most, so that it has to look for more
    images = data.images[data.valid[:50]] / np.float32(255)
    found = Neighbourhood(data).nearest(images, 5)
    reference = NearestNeighbors(n_neighbors=5).fit(data.images[data.train].reshape(-1, 784) / 255)
    distances, _ = reference.kneighbors(images.reshape(-1, 784))
    np.testing.assert_allclose(found.distances, distances / 28, atol=1e-4)  # 28: the root of 784 pixels
    again = np.sqrt(np.square(data.images[found.indices] / 255 - images[:, None]).mean(axis=(2, 3)))
    np.testing.assert_allclose(again, distances / 28, atol=1e-6)


def test_a_training_image_is_its_own_neighbour_at_no_distance(data):
    index = data.train[17]
    found = Neighbourhood(data).nearest(data.images[index][None] / np.float32(255))
    assert found.indices[0, 0] == index
    assert found.distances[0, 0] == pytest.approx(0, abs=1e-3)


def test_one_validation_image_of_a_hundred_is_farther_than_usual(data):
    results = np.stack([to_mnist(image).result for image in data.images[data.valid]])
    distances = Neighbourhood(data).nearest(results).distances[:, 0]
    assert np.mean(distances > usual_distance("digits")) == pytest.approx(0.01, abs=0.005)


@pytest.mark.slow
def test_what_is_no_digit_is_mostly_farther_than_usual_and_a_redrawn_digit_hardly_ever(real_mnist):
    mnist, rng = load("mnist"), np.random.default_rng(0)
    neighbourhood, usual = Neighbourhood(mnist), usual_distance("mnist")

    def far(pictures) -> float:
        results = np.stack([to_mnist(picture).result for picture in pictures])
        return np.mean(neighbourhood.nearest(results).distances[:, 0] > usual)

    assert far([thing(name, rng) for name in ("house", "face", "star", "window") for _ in range(15)]) > 0.7
    assert far([redrawn(image, rng) for image in mnist.images[mnist.valid[::100]]]) <= 0.02
