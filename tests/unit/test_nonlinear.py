"""Merged layers, ReLU, fitted curves and folds against torch, NumPy and cases worked by hand."""

from itertools import pairwise

import numpy as np
import pytest
import torch
from torch import nn

from mnist_core.chapter import nonlinear, recipe
from mnist_core.data import load
from mnist_core.models import parameter_count

WAVE = nonlinear.wave()


def test_merged_layer_matches_two_torch_layers():
    generator = torch.Generator().manual_seed(0)
    first, second = (nonlinear.new_layer(*sizes, generator=generator) for sizes in ((784, 30), (30, 4)))
    model = nn.Sequential(nn.Linear(784, 30), nn.Linear(30, 4))
    for layer, (weights, bias) in zip(model, (first, second), strict=True):
        layer.weight.data, layer.bias.data = weights.T, bias
    xb = torch.rand(20, 784, generator=generator)
    weights, bias = nonlinear.merge(first, second)
    torch.testing.assert_close(xb @ weights + bias, model(xb), atol=1e-5, rtol=1e-4)


def test_merge_as_worked_on_the_page():
    two, three = torch.tensor([[2.0]]), torch.tensor([[3.0]])
    weights, bias = nonlinear.merge((two, torch.tensor([1.0])), (three, torch.tensor([-4.0])))
    assert (weights.item(), bias.item()) == (6, -1)


def test_two_layers_agree_with_one_and_a_relu_between_them_makes_a_difference():
    data = load("digits")
    stacked = nonlinear.stack_two(torch.from_numpy(data.images[:50]))
    assert 0 < stacked.difference < 1e-5
    assert (stacked.bent - stacked.two).abs().min() > 1e-4
    assert stacked.parameters == (784 * 30 + 30 + 30 + 1, 784 + 1)
    again = nonlinear.stack_two(torch.from_numpy(data.images[:50]))
    assert torch.equal(stacked.two, again.two)


def test_relu_is_the_same_three_ways_and_as_by_hand():
    ways = nonlinear.relu_three_ways(torch.tensor([-2.0, -0.5, 0.0, 0.5, 2.0]))
    assert list(ways.values()) == [[0, 0, 0, 0.5, 2]] * 3


@pytest.mark.parametrize("units", [1, 2, 7, 40])
def test_linear_units_are_numpys_best_straight_line_however_many(units):
    x, y = WAVE
    fit = nonlinear.fit_curve(x, y, units=units, relu=False)
    np.testing.assert_allclose(fit.fitted, np.polyval(np.polyfit(x, y, 1), x), atol=1e-9)


@pytest.mark.parametrize("units", [1, 3, 40])
def test_relu_units_are_torchs_model(units):
    fit = nonlinear.fit_curve(*WAVE, units=units)
    with torch.no_grad():
        outputs = fit.model(torch.from_numpy(fit.x)[:, None]).squeeze(1)
    np.testing.assert_allclose(outputs, fit.fitted, atol=1e-8)
    assert parameter_count(fit.model) == 3 * units + 1


def test_a_curve_that_bends_where_the_units_bend_is_copied_exactly():
    x = np.linspace(0, 1, 41)
    y = np.interp(x, [0, 0.25, 0.5, 0.75, 1], [1, -2, 5, 0, 0])
    assert nonlinear.fit_curve(x, y, units=4).loss < 1e-20
    assert nonlinear.fit_curve(x, y, units=3).loss > 0.1


@pytest.mark.parametrize("curve", [nonlinear.wave, nonlinear.stairs])
def test_twice_the_units_never_copy_worse(curve):
    losses = [nonlinear.fit_curve(*curve(), units=units).loss for units in (1, 2, 4, 8, 16, 32)]
    assert all(more <= fewer + 1e-12 for fewer, more in pairwise(losses))
    assert losses[-1] < 0.25 * losses[0]


def test_ink_is_a_row_of_pixels():
    image = np.arange(784, dtype=np.uint16).reshape(28, 28) % 256
    x, y = nonlinear.ink(image.astype(np.uint8), row=3)
    assert x.tolist() == list(range(28))
    np.testing.assert_allclose(255 * y, image[3])
    assert nonlinear.fit_curve(x, y, units=27).loss < 1e-20  # 27 bends and a bias for 28 points


@pytest.mark.parametrize("layers", [1, 2, 5, 8])
def test_each_fold_doubles_the_straight_pieces(layers):
    x, y = nonlinear.folded(layers)
    assert nonlinear.straight_pieces(x, y) == 2**layers
    assert y.tolist() == [0.0, 1.0] * 2 ** (layers - 1) + [0.0]


def test_fold_as_worked_by_hand():
    assert nonlinear.fold(np.array([0, 0.25, 0.5, 0.75, 1])).tolist() == [0, 0.5, 1, 0.5, 0]


def test_a_straight_line_is_one_piece():
    assert nonlinear.straight_pieces(np.arange(5.0), 3 * np.arange(5.0)) == 1


@pytest.mark.parametrize(("digits", "few"), [("37", True), ("0123456789", True), ("0123456789", False)])
def test_the_three_models_differ_in_nothing_but_their_layers(digits, few):
    one, two, bent = nonlinear.contest(digits, few=few).values()
    assert [one.hidden, two.hidden, bent.hidden] == [0, 30, 30]
    assert (two.relu, bent.relu) == (False, True)
    assert len({(what.lr, what.epochs, what.loss, what.digits) for what in (one, two, bent)}) == 1


def test_no_winner_where_the_best_two_are_close():
    def run(accuracy: float) -> recipe.Trained:
        return recipe.Trained(np.ones(1), {1: accuracy}, np.zeros((1, 28, 28)), 3, np.zeros(2), 32)

    assert nonlinear.winner({"a": run(0.9), "b": run(0.95), "c": run(0.8)}) == "b"
    assert nonlinear.winner({"a": run(0.9), "b": run(0.905), "c": run(0.8)}) == nonlinear.ALIKE


@pytest.mark.slow
def test_on_mnist_only_the_relu_gains_with_ten_digits_and_simple_net_reaches_its_published_accuracy(real_mnist):
    ten = {name: recipe.train("mnist", what) for name, what in nonlinear.contest("0123456789", few=False).items()}
    assert nonlinear.winner(ten) == nonlinear.BENT
    assert abs(ten[nonlinear.ONE].accuracy - ten[nonlinear.TWO].accuracy) < 0.01
    pair = {name: recipe.train("mnist", what) for name, what in nonlinear.contest("37", few=False).items()}
    assert pair[nonlinear.BENT].accuracy == pytest.approx(0.9828, abs=0.003)
    assert nonlinear.winner(pair) == nonlinear.ALIKE
