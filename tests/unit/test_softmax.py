"""Softmax, cross-entropy and their steps against torch, and what breaks without log-sum-exp."""

import math

import pytest
import torch
import torch.nn.functional as F

from mnist_core.chapter import softmax
from mnist_core.chapter.softmax import EXP_OVERFLOWS_AT


@pytest.fixture
def batch():
    generator = torch.Generator().manual_seed(0)
    return torch.randn(32, 10, generator=generator) * 3, torch.randint(0, 10, (32,), generator=generator)


def test_every_step_matches_torch(batch):
    x, yb = batch
    torch.testing.assert_close(softmax.softmax(x), torch.softmax(x, dim=1))
    torch.testing.assert_close(softmax.logsumexp(x), torch.logsumexp(x, dim=1, keepdim=True))
    torch.testing.assert_close(softmax.log_softmax(x), F.log_softmax(x, dim=1))
    torch.testing.assert_close(softmax.nll_loss(F.log_softmax(x, dim=1), yb), F.nll_loss(F.log_softmax(x, dim=1), yb))
    torch.testing.assert_close(softmax.cross_entropy(x, yb), F.cross_entropy(x, yb))


def test_cross_entropy_has_torchs_gradient(batch):
    x, yb = (batch[0].requires_grad_(), batch[1])
    (ours,) = torch.autograd.grad(softmax.cross_entropy(x, yb), x)
    (theirs,) = torch.autograd.grad(F.cross_entropy(x, yb), x)
    torch.testing.assert_close(ours, theirs)


def test_cross_entropy_of_the_write_ups_example():
    # Six images with two outputs each, and their losses, as a write-up printed them after the book's chapter 5.
    acts = torch.tensor(
        [[0.6734, 0.2576], [0.4689, 0.4607], [-2.2457, -0.3727], [4.4164, -1.2760], [0.9233, 0.5347], [1.0698, 1.6187]]
    )
    printed = torch.tensor([0.5067, 0.6973, 2.0160, 5.6958, 0.9062, 1.0048])
    yb = torch.tensor([0, 1, 0, 1, 1, 0])
    torch.testing.assert_close(-softmax.work_out(acts, yb).logs.float(), printed, atol=1e-4, rtol=0)
    assert softmax.cross_entropy(acts, yb).item() == pytest.approx(printed.mean().item(), abs=1e-4)


def test_two_outputs_are_a_sigmoid_of_their_difference_and_do_not_see_what_is_added_to_both(batch):
    two = batch[0][:, :2].double()
    torch.testing.assert_close(softmax.softmax(two)[:, 0], torch.sigmoid(two[:, 0] - two[:, 1]))
    torch.testing.assert_close(softmax.softmax(two + 5), softmax.softmax(two))


def test_worked_columns_lead_to_torchs_cross_entropy(batch):
    x, yb = batch
    worked = softmax.work_out(x, yb)
    torch.testing.assert_close(worked.probabilities, torch.softmax(x.double(), dim=1))
    torch.testing.assert_close(worked.probabilities, worked.powers / worked.sums.unsqueeze(1))
    torch.testing.assert_close(worked.likelihoods, torch.softmax(x.double(), 1).gather(1, yb[:, None])[:, 0])
    torch.testing.assert_close(-worked.logs, F.cross_entropy(x.double(), yb, reduction="none"))
    assert worked.loss == pytest.approx(F.cross_entropy(x.double(), yb).item(), abs=1e-12)


def test_exp_overflows_where_it_is_said_to():
    assert torch.tensor(EXP_OVERFLOWS_AT - 0.01).exp().isfinite()
    assert torch.tensor(EXP_OVERFLOWS_AT + 0.01).exp().isinf()


def test_log_softmax_is_finite_where_plain_softmax_is_not():
    x = torch.tensor([[1000.0, -1000.0, 0.0], [200.0, 0.0, 0.0]])
    assert softmax.softmax(x).isnan().any()
    torch.testing.assert_close(softmax.log_softmax(x), F.log_softmax(x, dim=1))


def test_damage_counts_the_rows_that_have_no_finite_loss():
    x = torch.tensor([[100.0, 0.0], [100.0, 0.0], [0.0, -110.0], [0.0, -110.0], [1.0, 2.0]])
    yb = torch.tensor([0, 1, 0, 1, 0])
    hurt = softmax.damage(x, yb)
    losses = -softmax.softmax(x)[range(5), yb].log()
    assert (hurt.images, hurt.nan, hurt.zero) == (5, 2, 1)
    assert hurt.share == (~losses.isfinite()).double().mean().item() == pytest.approx(3 / 5)
    assert math.isnan(hurt.plain)
    assert hurt.stable == pytest.approx(F.cross_entropy(x, yb).item())


def test_small_outputs_are_not_damaged(batch):
    hurt = softmax.damage(*batch)
    assert hurt.share == 0
    assert hurt.plain == pytest.approx(hurt.stable, rel=1e-5)


@pytest.mark.parametrize("label", [0, 1])
def test_one_damaged_image_makes_its_gradient_nan(label):
    x = torch.tensor([[60.0, -60.0], [100.0, 0.0]][label : label + 1], requires_grad=True)
    assert softmax.damage(x.detach(), torch.tensor([1])).share == 1
    (-softmax.softmax(x)[0, 1].log()).backward()
    assert x.grad.isnan().all()


def test_two_ways_agree_where_plain_softmax_holds(batch):
    row = batch[0][0]
    ways = softmax.two_ways(row)
    torch.testing.assert_close(ways["softmax"], torch.softmax(row, 0))
    torch.testing.assert_close(ways["its log"], ways["log_softmax"])
    torch.testing.assert_close(ways["exp(x - max)"], (row - row.max()).exp())
    assert ways["exp(x - max)"].max() == 1


def test_a_tenth_of_the_room_for_a_mistake_costs_a_tenth():
    costs = softmax.loss_of_likelihood(torch.tensor([0.99, 0.999, 1.0], dtype=torch.float64))
    assert costs.tolist() == pytest.approx([-math.log(0.99), -math.log(0.999), 0])
    assert costs[0] / costs[1] == pytest.approx(10, rel=0.01)
