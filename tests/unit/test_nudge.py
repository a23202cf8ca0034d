"""A nudged weight: the staircase against a brute-force scan, the slope against differences, and a lost minus sign."""

import numpy as np
import pytest
import torch

from mnist_core.chapter import nudge
from mnist_core.chapter.losses import batch_accuracy, mnist_loss
from mnist_core.data import load


@pytest.fixture(scope="module", params=["digits", "mnist"])
def name(request):
    if request.param == "mnist":
        request.getfixturevalue("real_mnist")
    return request.param


@pytest.fixture(scope="module")
def data(name):
    return load(name, digits="37")


@pytest.fixture(scope="module")
def model(name):
    return nudge.train_linear37(name, loss="mnist_loss", epochs=10, lr=0.1)


@pytest.fixture
def one(data, model):
    return nudge.nudge(data, model, row=14, column=14, images=64)


def test_training_is_deterministic_and_learns(name, model):
    again = nudge.train_linear37(name, loss="mnist_loss", epochs=10, lr=0.1)
    assert torch.equal(model.weights, again.weights)
    assert model.accuracies == again.accuracies
    assert len(model.accuracies) == 11
    assert model.accuracies[-1] > 0.9


def test_one_step_is_torchs_sgd(name, data):
    start = nudge.train_linear37(name, loss="mnist_loss", epochs=0, lr=1.0)
    done = nudge.train_linear37(name, loss="mnist_loss", epochs=1, lr=1.0, bs=len(data.train))
    weights, bias = start.weights.clone().requires_grad_(), start.bias.clone().requires_grad_()
    xb, yb = nudge.batch_37(data, data.train)
    mnist_loss(xb @ weights + bias, yb).backward()
    torch.optim.SGD([weights, bias], lr=1.0).step()
    torch.testing.assert_close(done.weights, weights.detach(), atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(done.bias, bias.detach(), atol=1e-5, rtol=1e-4)


def test_a_lost_minus_in_the_loss_learns_the_opposite(name):
    right = nudge.train_linear37(name, loss="mnist_loss", epochs=10, lr=1.0)
    wrong = nudge.train_linear37(name, loss="mnist_loss_wrong_sign", epochs=10, lr=1.0)
    assert right.accuracies[0] == wrong.accuracies[0]
    assert right.accuracies[-1] > 0.95
    assert wrong.accuracies[-1] < 0.05


def test_batch_is_half_threes_and_half_sevens_in_0_to_1(data):
    xb, yb = nudge.batch_37(data, data.train)
    assert xb.shape == (len(data.train), 784)
    assert (xb.min(), xb.max()) == (0, 1)
    assert yb[:, 0].tolist() == (data.labels[data.train] == 3).tolist()


def test_nudged_outputs_are_those_of_a_model_with_the_other_weight(data, model, one):
    even = np.linspace(0, len(data.train) - 1, 64).astype(int)
    xb, yb = nudge.batch_37(data, data.train[even])
    weights = model.weights.clone()
    weights[28 * 14 + 14] += 1.5
    expected = xb @ weights + model.bias
    torch.testing.assert_close(one.preds(1.5).float(), expected, atol=1e-4, rtol=1e-4)
    assert one.accuracy(1.5) == batch_accuracy(expected, yb).item()
    assert one.loss(1.5) == pytest.approx(mnist_loss(expected, yb).item(), abs=1e-5)
    assert one.weight == model.weights[28 * 14 + 14].item()
    assert 24 <= one.targets.sum() <= 40


def test_staircase_is_what_a_fine_scan_sees(one):
    steps = nudge.staircase(one, reach=5)
    assert (steps.edges[0], steps.edges[-1]) == (-5, 5)
    assert (np.diff(steps.edges) > 0).all()
    changes = np.random.default_rng(0).uniform(-5, 5, 400)
    seen = steps.accuracies[np.searchsorted(steps.edges, changes) - 1]
    assert np.array_equal(seen, [one.accuracy(change) for change in changes])
    assert 0 < steps.jumps <= len(steps.accuracies) - 1
    xs, ys = steps.corners()
    assert len(xs) == len(ys) == 2 * len(steps.accuracies)
    assert (xs[0], xs[-1], ys[0], ys[-1]) == (-5, 5, steps.accuracies[0], steps.accuracies[-1])


def test_loss_slope_is_rise_over_run_and_accuracys_is_zero(one):
    for change in (-3.0, 0.0, 2.05):
        run = 1e-6
        rise = (one.loss(change + run) - one.loss(change - run)) / (2 * run)
        assert nudge.loss_slope(one, change) == pytest.approx(rise, abs=1e-7)
    assert nudge.loss_slope(one, 0.0) != 0
    assert one.accuracy(1e-6) == one.accuracy(0)


def test_a_weight_whose_pixel_has_no_ink_changes_nothing(data, model):
    corner = nudge.nudge(data, model, row=0, column=0, images=16)
    assert not corner.ink.any()
    steps = nudge.staircase(corner, reach=5)
    assert (len(steps.accuracies), steps.jumps) == (1, 0)
    assert nudge.loss_slope(corner, 1.0) == 0


def test_torch_has_no_gradient_for_accuracy():
    assert "does not require grad" in nudge.refusal()


def test_marked_image_has_its_pixel_brightest_and_leaves_the_image_alone():
    image = np.full((28, 28), 255, np.uint8)
    picture = nudge.marked(image, row=3, column=20)
    assert np.argwhere(picture == 1).tolist() == [[3, 20]]
    assert (image == 255).all()
    assert picture.max() == 1
