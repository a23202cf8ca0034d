import pytest
import torch
from sklearn.metrics import accuracy_score
from torch.nn.functional import binary_cross_entropy_with_logits, l1_loss

from mnist_core.losses import accuracy, batch_accuracy, mnist_loss


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
