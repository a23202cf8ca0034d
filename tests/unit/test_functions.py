"""Slopes of small functions against float64 autograd and NumPy; the steps to the bottom of x**2 against logarithms."""

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from mnist_core.chapter import functions
from mnist_core.chapter.autograd import descend_square
from mnist_core.chapter.functions import (
    FUNCTIONS,
    factor,
    finite_difference,
    slope_by_autograd,
    slope_by_hand,
    steps_to_bottom,
)

CORNERS = {"abs", "relu"}
every_function = pytest.mark.parametrize("name", FUNCTIONS)
NUMPY = {
    "square": lambda x: x**2,
    "cubic": lambda x: x**3 - 3 * x,
    "sine": np.sin,
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "abs": np.abs,
    "relu": lambda x: np.maximum(x, 0),
    "loss": lambda w: np.mean((w * np.array([1, 2, 3]) - np.array([1.5, 3.5, 5.5])) ** 2),
}


def points(name):
    low, high = FUNCTIONS[name].x_range
    return [x for x in np.linspace(low, high, 13).tolist() if not (name in CORNERS and x == 0)]


@every_function
def test_a_function_and_both_its_slopes_match_numpy(name):
    function, reference, h = FUNCTIONS[name], NUMPY[name], 1e-6
    for x in points(name):
        slope = (reference(x + h) - reference(x - h)) / (2 * h)  # float64
        assert functions.value_at(function.f, x) == pytest.approx(reference(x), rel=1e-5, abs=1e-5)
        assert slope_by_autograd(function.f, x) == pytest.approx(slope, rel=1e-5, abs=1e-5)
        assert slope_by_hand(function, x) == pytest.approx(slope, rel=1e-5, abs=1e-5)


def test_the_loss_of_a_weight_is_torchs_and_lowest_at_the_weight_of_numpys_least_squares():
    xs, ys = functions.INPUTS, functions.TARGETS
    (best,), (squares,), *_ = np.linalg.lstsq(xs.numpy()[:, None], ys.numpy(), rcond=None)
    for w in torch.tensor([best - 0.1, best + 0.1, -2]):
        loss = functions.loss_of_weight(w)
        assert loss == F.mse_loss(w * xs, ys)
        assert loss.item() >= squares / 3
    assert functions.loss_of_weight(torch.tensor(best)).item() == pytest.approx(squares / 3, rel=1e-5)


@every_function
def test_the_formula_on_the_screen_is_the_derivative_that_runs(name):
    function = FUNCTIONS[name]
    names = {"xs": functions.INPUTS, "ys": functions.TARGETS, "torch": torch, "mse": functions.mse}
    for x in points(name):
        names[function.variable] = torch.tensor(x)
        assert float(eval(function.hand_code, names)) == pytest.approx(slope_by_hand(function, x), rel=1e-6)
        assert float(eval(function.code, names)) == pytest.approx(functions.value_at(function.f, x), rel=1e-6, abs=1e-6)


@pytest.mark.parametrize(("name", "left", "right"), [("abs", -1, 1), ("relu", 0, 1)])
def test_a_corner_has_two_slopes_and_no_derivative_and_torch_says_zero(name, left, right):
    function = FUNCTIONS[name]
    assert functions.sides(function.f, 0.0) == pytest.approx((left, right))
    assert math.isnan(slope_by_hand(function, 0.0))
    assert slope_by_autograd(function.f, 0.0) == 0
    assert all(map(math.isnan, functions.difference_errors(function, 0.0, [0.1, 0.01])))


def test_a_smaller_step_is_better_until_rounding_makes_it_worse():
    errors = functions.difference_errors(FUNCTIONS["square"], 1.5, [1, 0.1, 0.01, 1e-3, 1e-5, 1e-7, 1e-8])
    assert errors[:3] == pytest.approx([1, 0.1, 0.01], abs=1e-3)  # x**2 is off by h, and by the rounding
    assert errors[3] == min(errors)
    assert errors[3] < errors[4] < errors[5]
    assert errors[6] == 3  # x + 1e-8 is x
    assert finite_difference(functions.square, 1.5, h=1e-8) == 0


@every_function
def test_a_curve_stays_in_its_range_and_goes_through_the_point(name):
    function = FUNCTIONS[name]
    for through in (function.x_range[0], 0.5, 0.123, function.x_range[1]):
        xs, ys = functions.curve(function, through=through)
        assert xs == sorted(set(xs))
        assert (xs[0], xs[-1]) == function.x_range
        assert ys[xs.index(through)] == functions.value_at(function.f, through)
        assert function.y_range[0] < functions.value_at(function.f, 0.5) < function.y_range[1]


def test_a_straight_line_has_the_slope_and_goes_through_the_point():
    assert functions.straight_line(1.0, 2.0, 3.0, x_range=(-1, 2)) == ([-1, 2], [-4, 5])


@pytest.mark.parametrize("start", [3.0, -2.0, 0.02])
@pytest.mark.parametrize("lr", [0.001, 0.03, 0.1, 0.3, 0.45, 0.55, 0.9, 0.99])
def test_steps_to_the_bottom_follow_from_the_factor(start, lr):
    expected = math.ceil(math.log(functions.BOTTOM / abs(start)) / math.log(abs(factor(lr))))
    assert steps_to_bottom(start, lr) == expected
    path = descend_square(start, lr=lr, steps=expected)
    assert path[-1].abs() < functions.BOTTOM * 1.001
    assert path[-2].abs() > functions.BOTTOM * 0.999


@pytest.mark.parametrize(("lr", "steps"), [(0.5, 1), (1.0, None), (1.01, None), (1.2, None)])
def test_half_arrives_at_once_and_from_one_on_nothing_arrives(lr, steps):
    assert steps_to_bottom(3.0, lr) == steps
    assert steps_to_bottom(0.0, lr) == 0


@pytest.mark.parametrize(
    ("lr", "word"),
    [(0.01, "creeps"), (0.1, "arrives"), (0.5, "arrives"), (0.9, "oscillates"), (1.0, "never ends"), (1.1, "diverges")],
)
def test_the_verdict_says_what_the_path_does(lr, word):
    assert functions.verdict(lr) == word
    path = descend_square(3.0, lr=lr, steps=20)
    grows = bool(path[-1].abs() > 3.001)
    turns = bool((path[1:] * path[:-1] < 0).any())
    assert (grows, turns) == {
        "creeps": (False, False),
        "arrives": (False, False),
        "oscillates": (False, True),
        "never ends": (False, True),
        "diverges": (True, True),
    }[word]
