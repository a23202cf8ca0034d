"""Evaluation image by image, the confusion matrix, the worst images, precision and recall."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from sklearn.metrics import confusion_matrix, log_loss, precision_score, recall_score

from mnist_core import checkpoint
from mnist_core.config import TrainConfig
from mnist_core.data import load
from mnist_core.interpret import Evaluation, confusion, evaluate, logits
from mnist_core.models import new_model, to_input


def untrained(**options) -> checkpoint.TrainedModel:
    config = TrainConfig(data="digits", **options)
    return checkpoint.TrainedModel(new_model(config).eval(), config, {})


def said(labels: list[int], preds: list[int], *, classes=(3, 7, 9), losses: list[float] | None = None) -> Evaluation:
    """An evaluation in which these digits were shown and said."""
    n = len(labels)
    losses = np.zeros(n, np.float32) if losses is None else np.array(losses, np.float32)
    chances = np.full((n, len(classes)), 1 / len(classes), np.float32)
    return Evaluation(np.arange(n), np.array(labels), np.array(preds), chances, losses, classes)


def test_losses_of_ten_digits_are_torchs_cross_entropy_and_minus_the_log_of_the_labels_probability():
    trained, data = untrained(model="linear"), load("digits")
    found = evaluate(trained, data)
    out = trained.model(to_input(torch.from_numpy(data.images[data.valid]))).detach()
    expected = F.cross_entropy(out, torch.from_numpy(data.labels[data.valid]), reduction="none")
    np.testing.assert_allclose(found.losses, expected, atol=1e-5)
    assert found.losses.mean() == pytest.approx(log_loss(found.labels, found.probabilities, labels=range(10)), abs=1e-5)


def test_losses_of_one_output_are_torchs_binary_cross_entropy():
    trained, data = untrained(model="mlp30", digits="37"), load("digits", digits="37")
    found = evaluate(trained, data)
    out = logits(trained.model, data.images[data.valid])
    targets = torch.from_numpy((data.labels[data.valid] == 3).astype(np.float32)).unsqueeze(1)
    expected = F.binary_cross_entropy_with_logits(out, targets, reduction="none").squeeze(1)
    np.testing.assert_allclose(found.losses, expected, atol=1e-6)


@pytest.mark.parametrize("digits", ["37", "0123456789"])
def test_the_loss_of_a_sure_mistake_is_large_and_finite_where_its_probability_rounds_to_0(digits):
    trained = untrained(model="linear", digits=digits)
    with torch.no_grad():
        for p in trained.model.parameters():
            p.mul_(10_000)
    found = evaluate(trained, load("digits", digits=digits))
    assert (found.probabilities.min(axis=1) == 0).any()
    assert np.isfinite(found.losses).all()
    assert found.losses.max() > 104  # -log of the smallest float32 above 0


def test_every_image_keeps_its_place_in_the_data():
    data = load("digits")
    found = evaluate(untrained(model="linear", digits="48"), data)
    np.testing.assert_array_equal(data.labels[found.indices], found.labels)
    assert set(found.labels) == {4, 8}
    assert set(found.indices) <= set(data.valid)


def test_counts_are_scikit_learns_with_the_digit_shown_as_row():
    found = said([3, 3, 7, 9, 9, 9], [3, 7, 7, 7, 7, 9])
    table = confusion.counts(found)
    np.testing.assert_array_equal(table, [[1, 1, 0], [0, 1, 0], [0, 2, 1]])
    np.testing.assert_allclose(
        confusion.rates(table), confusion_matrix(found.labels, found.preds, labels=(3, 7, 9), normalize="true")
    )
    assert confusion.most_confused(table) == (2, 1)


def test_rates_of_a_digit_without_images_are_0():
    np.testing.assert_array_equal(confusion.rates(confusion.counts(said([3, 7], [3, 3])))[2], 0)


def test_images_of_a_cell_come_with_the_highest_loss_first():
    found = said([9, 9, 9, 3, 9], [7, 7, 9, 7, 7], losses=[1, 3, 9, 9, 2])
    assert list(confusion.taken_for(found, 9, 7)) == [1, 4, 0]
    assert list(confusion.top_losses(found)) == [2, 3, 1, 4, 0]
    assert list(confusion.missed(found, 9)) == [1, 4, 0]
    assert list(confusion.false_alarms(found, 7)) == [3, 1, 4, 0]


def test_precision_and_recall_match_scikit_learn_and_the_images_that_lower_them():
    rng = np.random.default_rng(0)
    found = said(rng.choice([3, 7, 9], 200).tolist(), rng.choice([3, 7, 9], 200).tolist())
    scores = confusion.digit_scores(found)
    np.testing.assert_allclose(scores.precision, precision_score(found.labels, found.preds, average=None))
    np.testing.assert_allclose(scores.recall, recall_score(found.labels, found.preds, average=None))
    for place, digit in enumerate(found.classes):
        assert scores.recall[place] == pytest.approx(1 - len(confusion.missed(found, digit)) / scores.images[place])
        called = (found.preds == digit).sum()
        assert scores.precision[place] == pytest.approx(1 - len(confusion.false_alarms(found, digit)) / called)


def test_what_was_never_said_has_no_precision_and_what_was_never_shown_no_recall():
    scores = confusion.digit_scores(said([3, 3, 7], [3, 9, 3]))
    assert np.isnan(scores.precision[1])
    assert scores.recall[1] == 0
    assert np.isnan(scores.recall[2])
    assert scores.precision[2] == 0
