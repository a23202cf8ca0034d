"""What the Train page says about a run."""

import pytest

from mnist_core.ui.monitor import overfitting


def rows(train: list[float], valid: list[float]) -> list[dict[str, float]]:
    losses = enumerate(zip(train, valid, strict=True), start=1)
    return [{"epoch": epoch, "train_loss": t, "valid_loss": v} for epoch, (t, v) in losses]


def test_overfitting_is_named_where_the_validation_loss_has_risen_while_the_training_loss_fell():
    said = overfitting(rows([0.9, 0.5, 0.3, 0.1], [0.8, 0.4, 0.5, 0.6]))
    assert "lowest after epoch 2; now it is 50% higher" in said


@pytest.mark.parametrize(
    ("train", "valid"),
    [
        ([0.9], [0.8]),
        ([0.9, 0.5], [0.8, 0.4]),
        ([0.9, 0.5, 0.4], [0.8, 0.40, 0.41]),  # noise
        ([0.5, 0.9], [0.4, 0.8]),  # both have risen: too large a step, not overfitting
        ([0.0, 0.0], [0.0, 0.1]),
    ],
)
def test_overfitting_is_only_explained_where_it_does_not_show(train, valid):
    said = overfitting(rows(train, valid))
    assert "by heart" in said
    assert "lowest" not in said
