"""Every mistake has the effect that its row tells of, and on MNIST the figure that stands beside it."""

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from itertools import pairwise

import numpy as np
import pytest

from mnist_core.chapter import mistakes, recipe
from mnist_core.chapter.mistakes import MISTAKES, effect
from mnist_core.chapter.recipe import Recipe, Trained

BAD = {mistakes.WORSE, mistakes.GUESSING}
EXPECTED = {
    "zero_grad": BAD,
    "minus": {mistakes.GUESSING},
    "sigmoid": {mistakes.ALL_WRONG},
    "order": BAD,
    "pixels": {mistakes.GUESSING},
    "scale": {mistakes.WORSE},
    "softmax": {mistakes.NO_NUMBER},
    "logits": {mistakes.EQUAL},
    "high": {mistakes.GUESSING},
    "low": {mistakes.GUESSING},
    "nll": {mistakes.GUESSING, mistakes.NO_NUMBER},
    "again": {mistakes.BETTER},
}


train = cache(recipe.train)  # right runs are shared by several mistakes

GUESSING_LOSS = np.log(10)
SIGNS: dict[str, Callable[[Trained, Trained], bool]] = {
    "zero_grad": lambda right, broken: broken.losses[100:].max() > broken.losses[:100].min() + 0.5,
    "minus": lambda right, broken: abs(broken.losses[-1] - GUESSING_LOSS) < 0.02 and not broken.weights.any(),
    "sigmoid": lambda right, broken: broken.losses[-1] < 0.1,
    "order": lambda right, broken: broken.losses[50:].min() < 0.1 and broken.losses[50:].max() > 1,
    "pixels": lambda right, broken: broken.losses[0] > 5 * GUESSING_LOSS,
    "scale": lambda right, broken: broken.losses[0] > 5 * GUESSING_LOSS,
    "softmax": lambda right, broken: not np.isfinite(broken.losses[:2]).all(),
    "logits": lambda right, broken: broken.printed.min() < 0 or broken.printed.max() > 1,
    "high": lambda right, broken: broken.losses[1] > 1e6,
    "low": lambda right, broken: abs(broken.losses[-10:].mean() - broken.losses[:10].mean()) < 0.05,
    "nll": lambda right, broken: np.nanmin(broken.losses) < 0,
    "again": lambda right, broken: broken.losses[0] < 0.5 * right.losses[0],
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_has_its_effect_on_the_embedded_digits_and_the_sign_by_which_it_is_noticed(name):
    right, broken = train("digits", MISTAKES[name].right), train("digits", MISTAKES[name].broken())
    assert right.accuracy > (0.7 if name == "softmax" else 0.88)
    assert effect(right, broken) in EXPECTED[name]
    assert SIGNS[name](right, broken)


@pytest.mark.slow
@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_has_its_effect_on_mnist_and_the_sign_by_which_it_is_noticed(name, real_mnist):
    right, broken = train("mnist", MISTAKES[name].right), train("mnist", MISTAKES[name].broken())
    assert effect(right, broken) in EXPECTED[name]
    assert SIGNS[name](right, broken)


LINEAR = Recipe(epochs=5)
IN_ORDER = replace(LINEAR, shuffle=False)
SIMPLE_NET = Recipe(hidden=30, lr=0.1, epochs=1)
TEN_LINEAR = Recipe(digits="0123456789", loss="cross_entropy", lr=0.1, epochs=1)


@pytest.mark.parametrize(
    ("what", "figure", "tolerance"),
    [
        (replace(IN_ORDER, zero_grad=False), 0.496, 0.01),
        (replace(LINEAR, epochs=10, zero_grad=False), 0.970, 0.005),
        (replace(LINEAR, epochs=10), 0.980, 0.005),
        (replace(IN_ORDER, subtract=False), 0.493, 0.05),
        (replace(IN_ORDER, divide=False), 0.496, 0.01),
        (replace(LINEAR, epochs=20, loss="wrong sign"), 0.026, 0.01),
        (replace(LINEAR, epochs=20), 0.983, 0.003),
        (replace(SIMPLE_NET, shuffle=False), 0.507, 0.02),
        (SIMPLE_NET, 0.966, 0.01),
        (replace(TEN_LINEAR, shuffle=False), 0.101, 0.01),
        (TEN_LINEAR, 0.889, 0.01),
    ],
    ids=repr,
)
def test_the_figures_beside_the_mistakes_are_reproduced_on_mnist(what, figure, tolerance, real_mnist):
    assert train("mnist", what).accuracy == pytest.approx(figure, abs=tolerance)


def run_with(accuracy: float, *, classes: int = 10, losses: tuple[float, ...] = (1.0,)) -> Trained:
    return Trained(np.array(losses), {0: 0.1, 1: accuracy}, np.zeros((1, 28, 28)), 3, np.zeros(classes), 32)


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        (run_with(0.9), mistakes.EQUAL),
        (run_with(0.95), mistakes.BETTER),
        (run_with(0.5), mistakes.WORSE),
        (run_with(0.15), mistakes.GUESSING),
        (run_with(0.52, classes=2), mistakes.GUESSING),
        (run_with(0.02, classes=2), mistakes.ALL_WRONG),
        (run_with(0.9, losses=(1.0, np.nan)), mistakes.NO_NUMBER),
        (run_with(0.9, losses=(np.inf, 1.0)), mistakes.NO_NUMBER),
    ],
)
def test_effect_names_what_happened(broken, said):
    assert effect(run_with(0.9), broken) == said


def test_several_mistakes_at_once_change_all_their_fields_and_only_those_that_fit_are_offered():
    order, pixels, softmax = MISTAKES["order"], MISTAKES["pixels"], MISTAKES["softmax"]
    both = order.broken(pixels)
    assert (both.shuffle, both.divide) == (False, False)
    assert not MISTAKES["nll"].goes_with(softmax)  # one loss
    assert not MISTAKES["scale"].goes_with(softmax)  # made already
    assert not MISTAKES["sigmoid"].goes_with(order)  # other digits
    assert pixels.goes_with(order)


def test_titles_are_short_and_differ_because_they_stand_in_the_link():
    titles = sorted(mistake.title for mistake in MISTAKES.values())
    assert all(one != other for one, other in pairwise(titles))
    assert max(map(len, titles)) <= 24
