"""Which digits a model mixes up, its worst images, and how well it does on each digit."""

from dataclasses import dataclass

import numpy as np
from sklearn.metrics import confusion_matrix, precision_recall_fscore_support

from mnist_core.interpret.predict import Evaluation


def counts(evaluation: Evaluation) -> np.ndarray:
    """How often each digit (row) was taken for which (column): int64 array of shape (k, k)."""
    return confusion_matrix(evaluation.labels, evaluation.preds, labels=evaluation.classes)


def rates(table: np.ndarray) -> np.ndarray:
    """The counts as shares of their row, in [0, 1]; a digit without images has a row of zeros."""
    return table / np.maximum(table.sum(axis=1, keepdims=True), 1)


def most_confused(table: np.ndarray) -> tuple[int, int]:
    """Row and column of the most frequent mistake; of several as frequent the first."""
    mistakes = np.where(np.eye(len(table), dtype=bool), -1, table)
    row, column = np.unravel_index(mistakes.argmax(), mistakes.shape)
    return int(row), int(column)


def taken_for(evaluation: Evaluation, digit: int, said: int) -> np.ndarray:
    """Which images of a digit were taken for which, the highest loss first: int64 places in `evaluation`."""
    return _worst_first(evaluation, (evaluation.labels == digit) & (evaluation.preds == said))


def top_losses(evaluation: Evaluation) -> np.ndarray:
    """All images, the highest loss first: int64 places in `evaluation`, shape (n,)."""
    return _worst_first(evaluation, np.ones(evaluation.images, dtype=bool))


def missed(evaluation: Evaluation, digit: int) -> np.ndarray:
    """The images of a digit that were taken for another: they lower its recall."""
    return _worst_first(evaluation, (evaluation.labels == digit) & ~evaluation.right)


def false_alarms(evaluation: Evaluation, digit: int) -> np.ndarray:
    """The images of other digits that were taken for this one: they lower its precision."""
    return _worst_first(evaluation, (evaluation.preds == digit) & ~evaluation.right)


def _worst_first(evaluation: Evaluation, chosen: np.ndarray) -> np.ndarray:
    places = np.flatnonzero(chosen)
    return places[np.argsort(-evaluation.losses[places], kind="stable")]


@dataclass(frozen=True)
class DigitScores:
    """How well a model does on each of k digits, in the order of its classes.

    Attributes
    ----------
    precision : float64 array of shape (k,), the share of the images called this digit that are one; NaN if none was
    recall : float64 array of shape (k,), the share of the images of this digit that were called so; NaN without any
    images : int64 array of shape (k,), how many there are of each
    """

    precision: np.ndarray
    recall: np.ndarray
    images: np.ndarray


def digit_scores(evaluation: Evaluation) -> DigitScores:
    """Precision and recall of each digit, by scikit-learn."""
    precision, recall, _, images = precision_recall_fscore_support(
        evaluation.labels, evaluation.preds, labels=evaluation.classes, zero_division=np.nan
    )
    return DigitScores(precision, recall, images)
