import pytest
import torch
from sklearn.metrics import accuracy_score
from torch.nn.functional import binary_cross_entropy_with_logits, l1_loss

from mnist_core.chapter.losses import (
    accuracy,
    batch_accuracy,
    mean_distance,
    mnist_loss,
    mnist_loss_wrong_sign,
    sigmoid,
    sigmoid_slope,
    sigmoid_wrong_sign,
    where_columns,
)


@pytest.fixture
def batch():
    generator = torch.Generator().manual_seed(0)
    return torch.randn(64, 1, generator=generator) * 3, torch.randint(0, 2, (64, 1), generator=generator)


def test_mnist_loss_is_the_mean_distance_from_the_target(batch):
    preds, targets = batch
    torch.testing.assert_close(mnist_loss(preds, targets), l1_loss(preds.sigmoid(), targets.float()))


def test_mnist_loss_falls_where_binary_cross_entropy_falls(batch):
    preds, targets = (batch[0].requires_grad_(), batch[1])
    (ours,) = torch.autograd.grad(mnist_loss(preds, targets), preds)
    (theirs,) = torch.autograd.grad(binary_cross_entropy_with_logits(preds, targets.float()), preds)
    assert torch.equal(ours.sign(), theirs.sign())


def test_mnist_loss_as_worked_in_the_chapter():
    # The chapter's example has predictions 0.9, 0.4, 0.2 for targets 1, 0, 1, before the sigmoid was added to it.
    preds = torch.tensor([[0.9], [0.4], [0.2]]).logit()
    assert mnist_loss(preds, torch.tensor([[1], [0], [1]])).item() == pytest.approx((0.1 + 0.4 + 0.8) / 3)


def test_batch_accuracy_matches_scikit_learn(batch):
    preds, targets = batch
    expected = accuracy_score(targets.ravel(), (preds > 0).ravel())
    assert batch_accuracy(preds, targets).item() == pytest.approx(expected)


def test_accuracy_matches_scikit_learn():
    generator = torch.Generator().manual_seed(1)
    preds, yb = torch.randn(200, 10, generator=generator), torch.randint(0, 10, (200,), generator=generator)
    assert accuracy(preds, yb).item() == pytest.approx(accuracy_score(yb, preds.argmax(1)))


def test_sigmoid_matches_torch_up_to_where_exp_overflows():
    x = torch.tensor([-1000.0, -89.0, -2.0, 0.0, 2.0, 89.0, 1000.0])
    torch.testing.assert_close(sigmoid(x), torch.sigmoid(x))


def test_sigmoid_slope_is_what_autograd_finds_and_largest_at_zero():
    x = torch.linspace(-10, 10, 101, dtype=torch.float64, requires_grad=True)
    torch.sigmoid(x).sum().backward()
    torch.testing.assert_close(sigmoid_slope(x.detach()), x.grad)
    assert sigmoid_slope(x.detach()).argmax() == 50
    assert sigmoid_slope(torch.zeros(())) == 0.25


def test_sigmoid_with_its_minus_lost_is_the_mirror():
    x = torch.linspace(-10, 10, 101, dtype=torch.float64)
    torch.testing.assert_close(sigmoid_wrong_sign(x), 1 - torch.sigmoid(x))
    torch.testing.assert_close(sigmoid_wrong_sign(x), torch.sigmoid(-x))


def test_loss_with_the_lost_minus_falls_where_the_right_one_rises(batch):
    preds, targets = (batch[0].requires_grad_(), batch[1])
    (right,) = torch.autograd.grad(mnist_loss(preds, targets), preds)
    (wrong,) = torch.autograd.grad(mnist_loss_wrong_sign(preds, targets), preds)
    torch.testing.assert_close(wrong, -right)


def test_mean_distance_is_the_chapters_example_and_matches_torch_between_0_and_1():
    prds, trgts = torch.tensor([0.9, 0.4, 0.2]), torch.tensor([1, 0, 1])
    assert mean_distance(prds, trgts).item() == pytest.approx(1.3 / 3)
    torch.testing.assert_close(mean_distance(prds, trgts), l1_loss(prds, trgts.float()))


def test_mean_distance_goes_below_zero_for_predictions_beyond_0_and_1_and_mnist_loss_does_not():
    prds, trgts = torch.tensor([3.0, -2.0]), torch.tensor([1, 0])
    assert mean_distance(prds, trgts) == -2
    assert 0 <= mnist_loss(prds, trgts) <= 1


def test_where_columns_take_what_a_loop_would_take():
    prds, trgts = [0.9, 0.4, 0.2, -1.5], [1, 0, 1, 0]
    columns = where_columns(torch.tensor(prds), torch.tensor(trgts))
    assert columns["trgts == 1"] == [True, False, True, False]
    assert columns["taken"] == pytest.approx([1 - p if t == 1 else p for t, p in zip(trgts, prds, strict=True)])
    assert columns["1 - prds"] == pytest.approx([1 - p for p in prds])
