"""Real outputs: models that work, batches as asked for, and the write-up's net before training."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from fastai.losses import CrossEntropyLossFlat
from torch import nn

from mnist_core import shipped
from mnist_core.chapter import activations
from mnist_core.chapter.losses import accuracy
from mnist_core.chapter.softmax import damage
from mnist_core.data import load
from mnist_core.interpret import evaluate


@pytest.fixture(scope="module")
def data():
    return load("digits")


@pytest.fixture(scope="module")
def labels(data):
    return torch.from_numpy(data.labels[activations.some_validation(data)])


@pytest.fixture(scope="module")
def linear():
    return activations.validation_logits("digits", model="linear")


def test_linear_model_learns_and_is_deterministic(linear, labels):
    assert linear.shape == (len(labels), 10)
    assert accuracy(linear, labels) > 0.9
    assert torch.equal(linear, activations.validation_logits("digits", model="linear"))


def test_linear_model_on_mnist_has_the_accuracy_of_a_linear_model(real_mnist):
    data = load("mnist")
    logits = activations.validation_logits("mnist", model="linear")
    assert accuracy(logits, torch.from_numpy(data.labels[activations.some_validation(data)])).item() == pytest.approx(
        0.915, abs=0.01
    )


def test_cnn_is_the_shipped_one(data, labels):
    logits = activations.validation_logits("digits", model="cnn")
    assert accuracy(logits, labels).item() == pytest.approx(evaluate(shipped.load(), data).accuracy)
    assert not logits.is_inference()


def test_validation_images_are_few_of_all_digits_and_all_where_there_are_not_many(data, real_mnist):
    assert np.array_equal(activations.some_validation(data), data.valid)
    many = load("mnist")
    some = activations.some_validation(many)
    assert 1_000 <= len(some) <= activations.MOST_IMAGES
    assert np.isin(some, many.valid).all()
    assert np.bincount(many.labels[some]).min() > 150


def test_hard_batches_come_in_the_order_of_their_losses(linear, labels):
    losses = F.cross_entropy(linear, labels, reduction="none")
    first, second = (activations.choose_batch(linear, labels, number=n, hard=True) for n in (0, 1))
    assert losses[first].min() >= losses[second].max()
    assert losses[first][0] == losses.max()


def test_batches_do_not_share_images_and_start_again_after_the_last(linear, labels):
    count = len(labels) // 6
    batches = [activations.choose_batch(linear, labels, number=n, hard=False) for n in range(count)]
    assert len(np.unique(np.concatenate(batches))) == 6 * count
    again = activations.choose_batch(linear, labels, number=count, hard=False)
    assert np.array_equal(batches[0], again)


def test_scratch_net_is_torchs_own_with_unscaled_weights(data):
    scratch = activations.scratch_logits(data, seed=5)
    generator = torch.Generator().manual_seed(5)
    net = nn.Sequential(nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 10))
    shapes = [(784, 128), (128,), (128, 10), (10,)]
    with torch.no_grad():
        for p, shape in zip(net.parameters(), shapes, strict=True):
            p.copy_(
                torch.randn(shape, generator=generator).T
                if len(shape) == 2
                else torch.randn(shape, generator=generator)
            )
        expected = net(torch.from_numpy(data.images[scratch.indices]).view(-1, 784) / 255)
    torch.testing.assert_close(scratch.logits, expected, atol=1e-2, rtol=1e-4)
    assert scratch.labels.tolist() == data.labels[scratch.indices].tolist()
    assert len(np.unique(scratch.indices)) == 256
    assert np.isin(scratch.indices, data.train).all()


@pytest.mark.parametrize("name", ["digits", "mnist"])
def test_most_images_have_no_loss_in_the_scratch_net_and_all_have_one_when_it_is_scaled(name, request):
    if name == "mnist":
        request.getfixturevalue("real_mnist")
    scratch = activations.scratch_logits(load(name))
    assert 50 < scratch.logits.std() < 120
    shares = activations.broken_shares(scratch, (0.01, 0.4, 1.0, 2.0))
    assert shares[0] == 0
    assert shares == sorted(shares)
    assert 0.5 < shares[2] == damage(scratch.logits, scratch.labels).share


def test_flat_loss_takes_a_column_of_targets_that_torch_refuses():
    rows, targets = ((1.0, 2.0, 0.5), (0.1, -3.0, 2.5)), (1, 0)
    flat = activations.try_flat(rows, targets)
    preds = torch.tensor(rows, dtype=torch.float64)
    assert "multi-target not supported" in flat.plain_error
    assert flat.loss == pytest.approx(F.cross_entropy(preds, torch.tensor(targets)).item())
    assert flat.decodes.tolist() == [1, 2]
    torch.testing.assert_close(flat.activation, torch.softmax(preds, 1))
    assert CrossEntropyLossFlat().func.__class__ is nn.CrossEntropyLoss
