"""Pixel similarity: against PyTorch's losses, scikit-learn's nearest centroid, and the chapter's printed numbers."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from sklearn.metrics import accuracy_score, confusion_matrix, recall_score
from sklearn.neighbors import NearestCentroid

from mnist_core.chapter import baseline
from mnist_core.chapter.tensors import first_number, image_tensor, to_unit
from mnist_core.data import load
from mnist_core.errors import DataError

pytestmark = pytest.mark.both_sources
ALL = tuple(range(10))


@pytest.fixture(scope="module")
def data(source):
    return load(source)


@pytest.fixture(scope="module")
def measured(source):
    return baseline.measure(source)


def test_mean_digit_is_the_mean_that_numpy_gives(data):
    threes = data.images[data.train[data.labels[data.train] == 3]]
    mean3 = baseline.mean_digit(baseline.stacked(data, 3))
    np.testing.assert_allclose(mean3.numpy(), threes.mean(axis=0) / 255, atol=1e-5)
    assert baseline.stacked(data, 3, count=5).shape == (5, 28, 28)
    assert torch.equal(baseline.mean_digit(baseline.stacked(data, 3, count=1)), to_unit(image_tensor(data, 3, 0)))


def test_distances_are_those_of_torch_for_one_image_and_for_many():
    generator = torch.Generator().manual_seed(0)
    images, mean = torch.rand(6, 28, 28, generator=generator), torch.rand(28, 28, generator=generator)
    for image, l1, rmse in zip(images, baseline.mnist_distance(images, mean), baseline.rmse(images, mean), strict=True):
        torch.testing.assert_close(l1, F.l1_loss(image, mean))
        torch.testing.assert_close(rmse, F.mse_loss(image, mean).sqrt())
        assert list(baseline.by_torch(image, mean).values()) == pytest.approx([l1.item(), rmse.item()])
        assert baseline.plain_difference(image, mean).item() == pytest.approx(
            (image.mean() - mean.mean()).item(), abs=1e-6
        )


def test_distances_worked_by_hand():
    a, b = torch.tensor([[1.0, 0.0], [0.0, 0.0]]), torch.tensor([[0.0, 1.0], [0.0, 0.0]])
    assert baseline.mnist_distance(a, b) == 0.5
    assert baseline.rmse(a, b) == pytest.approx(0.5**0.5)
    assert baseline.plain_difference(a, b) == 0  # two wrong pixels cancel
    assert baseline.mnist_distance(a, a) == baseline.rmse(a, a) == 0


def test_the_distances_that_the_chapter_prints(real_mnist):
    data = load("mnist")
    a_3 = to_unit(image_tensor(data, 3, first_number(data)))
    mean3, mean7 = (baseline.mean_digit(baseline.stacked(data, digit)) for digit in (3, 7))
    printed = {"L1": (0.1114, 0.1586), "RMSE": (0.2021, 0.3021)}
    for name, distance in baseline.DISTANCES.items():
        assert (distance(a_3, mean3).item(), distance(a_3, mean7).item()) == pytest.approx(printed[name], abs=5e-5)


@pytest.mark.filterwarnings("ignore::UserWarning", "ignore::RuntimeWarning")  # pixels that no image has ink in
@pytest.mark.parametrize("digits", [(3, 7), ALL])
def test_nearest_by_rmse_is_the_nearest_centroid_of_scikit_learn(data, measured, digits):
    train = data.train[np.isin(data.labels[data.train], digits)]
    score = baseline.score(data, measured["RMSE"], digits)
    model = NearestCentroid().fit(data.images[train].reshape(-1, 784) / 255, data.labels[train])
    expected = model.predict(data.images[score.indices].reshape(-1, 784) / 255)
    assert (score.preds == expected).mean() > 0.9995  # rounding decides where two ideals are equally near


@pytest.mark.parametrize("digits", [(3, 7), ALL])
def test_nearest_by_l1_is_what_numpy_finds(data, measured, digits):
    # scikit-learn's centroid for this distance is the median, not the mean
    score = baseline.score(data, measured["L1"], digits)
    means = np.stack([data.images[data.train[data.labels[data.train] == d]].mean(axis=0) for d in digits])
    some = data.images[score.indices][::7, None].astype(float)  # (n, 1, 28, 28) - (k, 28, 28) -> (n, k, 28, 28)
    expected = np.array(digits)[np.abs(some - means).sum(axis=(2, 3)).argmin(axis=1)]
    assert (score.preds[::7] == expected).mean() > 0.9995


@pytest.mark.parametrize("digits", [(3, 7), ALL])
def test_score_matches_scikit_learn(data, measured, digits):
    score = baseline.score(data, measured["L1"], digits)
    labels = data.labels[data.valid]
    np.testing.assert_array_equal(score.labels, labels[np.isin(labels, digits)])
    np.testing.assert_array_equal(data.labels[score.indices], score.labels)
    assert score.accuracy == pytest.approx(accuracy_score(score.labels, score.preds))
    recalls = recall_score(score.labels, score.preds, labels=digits, average=None)
    assert list(score.per_class.values()) == pytest.approx(list(recalls))
    matrix = confusion_matrix(score.labels, score.preds, labels=digits)
    assert all(matrix[digits.index(digit), digits.index(said)] == n for digit, said, n in score.confused())
    assert sum(n for _, _, n in score.confused()) == len(score.wrong)


def test_wrong_images_are_wrong_and_the_surest_comes_first(data, measured):
    score = baseline.score(data, measured["L1"], ALL)
    assert (score.preds[score.wrong] != score.labels[score.wrong]).all()
    by_how_much = [score.distances[i, score.labels[i]] - score.distances[i, score.preds[i]] for i in score.wrong]
    assert min(by_how_much) >= 0
    assert by_how_much == sorted(by_how_much, reverse=True)


def test_the_published_85_percent_is_wrong(real_mnist):
    data, measured = load("mnist"), baseline.measure("mnist")
    l1, l2 = (baseline.score(data, measured[name], (3, 7)) for name in ("L1", "RMSE"))
    assert (l1.accuracy, l2.accuracy) == pytest.approx((0.9514, 0.9661), abs=5e-5)
    assert l1.per_class == pytest.approx({3: 0.917, 7: 0.985}, abs=5e-4)
    ten = [baseline.score(data, measured[name], ALL).accuracy for name in ("L1", "RMSE")]
    assert ten == pytest.approx([0.6685, 0.8203], abs=1.5e-4)
    assert abs(l1.accuracy - baseline.PUBLISHED) > 0.1


def test_plain_differences_are_hardly_better_than_always_saying_the_same(data, measured):
    plain, l1 = (baseline.score(data, measured[name], ALL).accuracy for name in ("plain", "L1"))
    _, right = baseline.without_a_model(data, ALL)
    assert right == np.bincount(data.labels[data.valid]).max()
    assert plain < right / len(data.valid) + 0.15 < l1


def test_measuring_twice_gives_the_same(source, measured):
    again = baseline.measure(source)
    assert all(np.array_equal(again[name], distances) for name, distances in measured.items())


@pytest.mark.parametrize("digits", [(), (3,), (3, 3), (3, 12)])
def test_fewer_than_two_digits_or_an_unknown_one_is_refused(data, measured, digits):
    with pytest.raises(DataError, match="two or more"):
        baseline.score(data, measured["L1"], digits)


@pytest.mark.parametrize("right", [-28, -8, -1, 0, 1, 8, 28])
def test_moved_is_scipys_shift(data, right):
    from scipy.ndimage import shift

    image = to_unit(image_tensor(data, 3, 0))
    np.testing.assert_array_equal(baseline.moved(image, right=right).numpy(), shift(image.numpy(), (0, right), order=0))
    both = torch.stack([image, to_unit(image_tensor(data, 7, 0))])
    one_by_one = torch.stack([baseline.moved(each, right=right) for each in both])
    assert torch.equal(baseline.moved(both, right=right), one_by_one)


def test_validation_images_are_of_the_digit_and_for_validation(data):
    found = [baseline.validation_images(data, digit) for digit in data.classes]
    assert all((data.labels[part] == digit).all() for digit, part in zip(data.classes, found, strict=True))
    assert sorted(np.concatenate(found)) == sorted(data.valid)
