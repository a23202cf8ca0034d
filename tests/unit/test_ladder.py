"""Four rungs, one result; the Learner's own tools."""

import pytest
import torch
from torch import nn

from mnist_core.chapter import ladder, loop
from mnist_core.data import load


@pytest.fixture(scope="module")
def data():
    return load(digits="37")


@pytest.mark.parametrize("lr", [0.03, 0.1, 1.0, 10.0])
def test_all_rungs_give_the_same_weights_and_accuracies(data, lr):
    climbs = ladder.climb(data.source.name, lr=lr, epochs=3, seed=1)
    assert [climb.name for climb in climbs] == list(ladder.RUNGS)
    for climb in climbs:
        torch.testing.assert_close(climb.params, climbs[0].params, rtol=0, atol=2e-5)
        assert climb.accuracies == pytest.approx(climbs[0].accuracies, abs=1e-4)
        assert climb.seconds > 0
    if lr == 1.0:  # a factor of 1 leaves nothing to round
        assert torch.equal(climbs[1].params, climbs[2].params)
        assert torch.equal(climbs[1].params, climbs[3].params)


def test_largest_differences_are_from_the_first_climb():
    climbs = [ladder.Climb("", torch.tensor(values), [], 0.0) for values in ([0.0, 1.0], [0.5, 1.0], [0.0, -1.0])]
    assert ladder.largest_differences(climbs) == [0.0, 0.5, 2.0]


def test_a_climb_does_not_change_its_start(data):
    weights, bias = loop.start(data, seed=0)
    kept = weights.detach().clone()
    ladder.by_hand(*loop.make_dls(data), weights, bias, lr=1.0, epochs=1)
    assert torch.equal(weights, kept)
    assert weights.grad is None


def test_a_module_of_ones_own_matches_nn_linear(data):
    own = ladder.LinearModule(784, 1, generator=torch.Generator().manual_seed(0))
    theirs = ladder.linear_model(own.weights, own.bias)
    xb, _ = next(iter(loop.make_dls(data)[0]))
    torch.testing.assert_close(own(xb), theirs(xb))
    assert [p.shape for p in own.parameters()] == [(784, 1), (1,)]


def test_parameter_rows_name_every_parameter():
    rows = ladder.parameter_rows(nn.Linear(784, 1))
    assert rows == [
        {"name": "weight", "shape": "(1, 784)", "numbers": 784, "requires_grad": "True"},
        {"name": "bias", "shape": "(1,)", "numbers": 1, "requires_grad": "True"},
    ]


def test_fit_records_a_constant_rate_and_ends_where_the_ladder_ends(data):
    recording = ladder.record(data.source.name, method="fit", lr=0.3, epochs=2, seed=0)
    batches = 2 * len(loop.make_dls(data)[0])
    assert recording.lrs == pytest.approx([0.3] * batches)
    assert len(recording.losses) == batches
    (climb, *_) = ladder.climb(data.source.name, lr=0.3, epochs=2, seed=0)
    assert [row[2] for row in recording.epochs] == pytest.approx(climb.accuracies, abs=1e-4)


def test_one_cycle_starts_at_a_twenty_fifth_peaks_at_the_rate_and_ends_near_0(data):
    recording = ladder.record(data.source.name, method="fit_one_cycle", lr=0.5, epochs=4, seed=0)
    assert recording.lrs[0] == pytest.approx(0.02)
    assert max(recording.lrs) == pytest.approx(0.5, rel=0.02)
    assert recording.lrs.index(max(recording.lrs)) == pytest.approx(len(recording.lrs) / 4, abs=1.5)
    assert recording.lrs[-1] < 0.01


def test_lr_find_tries_growing_rates_and_suggests_one_of_them(data):
    search = ladder.find_rate(data.source.name, seed=0)
    assert search.lrs == sorted(search.lrs)
    assert search.lrs[0] == pytest.approx(1e-7)
    assert len(search.lrs) == len(search.losses)
    assert any(search.suggested == pytest.approx(lr) for lr in search.lrs)
    assert search.suggested == ladder.find_rate(data.source.name, seed=0).suggested
