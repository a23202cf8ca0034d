"""What the Train page says about a run."""

import numpy as np
import torch
from fastai.learner import AvgSmoothLoss

from mnist_core.ui.live_chart import _where_it_turns, smoothed
from mnist_core.ui.monitor import account


def rows(train: list[float], valid: list[float]) -> list[dict[str, float]]:
    losses = enumerate(zip(train, valid, strict=True), start=1)
    return [{"epoch": epoch, "train_loss": t, "valid_loss": v, "accuracy": 0.5} for epoch, (t, v) in losses]


def test_the_account_tells_each_epoch_the_newest_first():
    last, second, first = account(rows([0.9, 0.5, 0.3], [0.8, 0.4, 0.45]))
    assert first == (
        "Epoch 1: training loss 0.9000, validation loss 0.8000; 50.00% of the validation images are right."
    )
    assert "validation loss 0.4000, lower than before;" in second
    assert "validation loss 0.4500, higher than before;" in last


def test_smoothing_is_fastais_and_the_same_however_long_the_run_has_become():
    losses = np.random.default_rng(0).random(300).astype(np.float32)
    recorder = AvgSmoothLoss(beta=0.98)
    recorder.reset()
    theirs = []
    for loss in losses:
        recorder.accumulate(type("Learn", (), {"loss": torch.tensor(loss), "yb": ()}))
        theirs.append(float(recorder.value))
    np.testing.assert_allclose(smoothed(losses, 0.98), theirs, rtol=1e-4)
    np.testing.assert_allclose(smoothed(losses, 0.98)[:100], smoothed(losses[:100], 0.98))
    np.testing.assert_allclose(smoothed(losses, 0.0), losses)


def test_of_a_line_only_the_points_where_it_turns_are_sent():
    assert _where_it_turns(np.array([1, 1, 1, 1])).tolist() == [0, 3]
    assert _where_it_turns(np.array([1, 1, 2, 2, 2, 3])).tolist() == [0, 1, 2, 4, 5]
    assert _where_it_turns(np.array([])).tolist() == []
    assert _where_it_turns(np.array([5])).tolist() == [0]
