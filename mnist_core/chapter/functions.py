"""Functions of one number, and the slope of each in three ways: by autograd, by hand and by a finite difference.

All numbers are float32, as in the chapter, so that one sees how far a finite difference can be trusted.
"""

# torch types .grad as optional; backward() fills it.
# mypy: disable-error-code="union-attr"

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, tensor

from mnist_core.chapter.gradients import mse

GRID = 0.05  # between two points of a curve
INPUTS, TARGETS = tensor([1.0, 2.0, 3.0]), tensor([1.5, 3.5, 5.5])  # of `loss_of_weight`


@dataclass(frozen=True)
class Function:
    """A function of one number, and its derivative as worked out by hand.

    Attributes
    ----------
    code : the function in Python, of `variable`
    f : takes and gives a float Tensor of shape ()
    hand_code : its derivative in Python
    derivative : the same as a function; not a number where there is none
    rule : how the derivative is found, a sentence
    x_range, y_range : the part worth looking at
    variable : what the input is called
    note : what must be known to read the code
    """

    code: str
    f: Callable[[Tensor], Tensor]
    hand_code: str
    derivative: Callable[[Tensor], Tensor]
    rule: str
    x_range: tuple[float, float]
    y_range: tuple[float, float]
    variable: str = "x"
    note: str = ""


def square(x: Tensor) -> Tensor:
    """The chapter's first function."""
    return x**2


def cubic(x: Tensor) -> Tensor:
    """A function with a top and a bottom."""
    return x**3 - 3 * x


def loss_of_weight(w: Tensor) -> Tensor:
    """The loss of the smallest model there is, `preds = w * x`, on three points.

    Parameters
    ----------
    w : float Tensor of shape (), the weight

    Returns
    -------
    float Tensor of shape (): `mse` between `w * INPUTS` and `TARGETS`
    """
    return mse(w * INPUTS, TARGETS)


def _slope_of_loss(w: Tensor) -> Tensor:
    return (2 * INPUTS * (w * INPUTS - TARGETS)).mean()


def _slope_of_abs(x: Tensor) -> Tensor:
    return torch.where(x == 0, torch.nan, torch.sign(x))


def _slope_of_relu(x: Tensor) -> Tensor:
    return torch.where(x == 0, torch.nan, (x > 0).float())


def _slope_of_sigmoid(x: Tensor) -> Tensor:
    return x.sigmoid() * (1 - x.sigmoid())


FUNCTIONS = {
    "square": Function(
        "x**2",
        square,
        "2 * x",
        lambda x: 2 * x,
        "The power comes down in front, and the power is one less.",
        (-3, 3),
        (-2, 9),
    ),
    "cubic": Function(
        "x**3 - 3*x",
        cubic,
        "3 * x**2 - 3",
        lambda x: 3 * x**2 - 3,
        "A sum is taken part by part: `x**3` gives `3 * x**2`, and `-3*x` gives `-3`.",
        (-2.5, 2.5),
        (-8, 8),
    ),
    "sine": Function(
        "x.sin()",
        torch.sin,
        "x.cos()",
        torch.cos,
        "The slope of the sine is the cosine.",
        (-4, 4),
        (-1.6, 1.6),
    ),
    "sigmoid": Function(
        "x.sigmoid()",
        torch.sigmoid,
        "x.sigmoid() * (1 - x.sigmoid())",
        _slope_of_sigmoid,
        "The output times what it lacks to 1: it is steepest in the middle and nearly flat at both ends.",
        (-6, 6),
        (-0.2, 1.2),
    ),
    "abs": Function(
        "x.abs()",
        torch.abs,
        "-1 if x < 0 else 1",
        _slope_of_abs,
        "Two straight lines: one falls, one rises. At 0 they meet in a corner.",
        (-3, 3),
        (-1, 3),
    ),
    "relu": Function(
        "x.relu()",
        torch.relu,
        "0 if x < 0 else 1",
        _slope_of_relu,
        "Flat below 0, then straight up. At 0 there is a corner.",
        (-3, 3),
        (-1, 3),
    ),
    "loss": Function(
        "mse(w * xs, ys)",
        loss_of_weight,
        "(2 * xs * (w * xs - ys)).mean()",
        _slope_of_loss,
        "The square gives `2 * (w * xs - ys)`, its inside gives `xs`; the two are multiplied: the chain rule.",
        (-1, 4.5),
        (-5, 40),
        "w",
        "The loss of the smallest model there is: `preds = w * xs`, with one weight, `w`. There are three points, "
        f"`xs = {INPUTS.tolist()}` and `ys = {TARGETS.tolist()}`.",
    ),
}
"""Name -> function: what a learner can take the slope of."""


def slope_by_autograd(f: Callable[[Tensor], Tensor], x: float) -> float:
    """The slope of f at x as PyTorch works it out.

    Examples
    --------
    >>> slope_by_autograd(square, 3.0)
    6.0
    """
    xt = tensor(float(x)).requires_grad_()
    yt = f(xt)
    yt.backward()
    return xt.grad.item()


def slope_by_hand(function: Function, x: float) -> float:
    """The slope at x by the formula; not a number where there is none."""
    return function.derivative(tensor(float(x))).item()


def finite_difference(f: Callable[[Tensor], Tensor], x: float, *, h: float) -> float:
    """The slope of the line through f at x and at x + h: how much f grows, for each unit of h.

    Examples
    --------
    >>> finite_difference(square, 3.0, h=1.0)
    7.0
    """
    xt = tensor(float(x))
    return ((f(xt + h) - f(xt)) / h).item()


def difference_errors(function: Function, x: float, steps: Sequence[float]) -> list[float]:
    """How far `finite_difference` is from the derivative by hand in float64, for each of the steps h.

    Not a number where there is no derivative.
    """
    true = function.derivative(torch.tensor(x, dtype=torch.float64)).item()
    return [abs(finite_difference(function.f, x, h=h) - true) for h in steps]


def sides(f: Callable[[Tensor], Tensor], x: float, *, h: float = 1e-3) -> tuple[float, float]:
    """The slope just left and just right of x: the two differ where f has a corner."""
    return finite_difference(f, x, h=-h) + 0.0, finite_difference(f, x, h=h) + 0.0  # no negative zero


def value_at(f: Callable[[Tensor], Tensor], x: float) -> float:
    """The output of f for one number."""
    return f(tensor(float(x))).item()


def curve(function: Function, *, through: float) -> tuple[list[float], list[float]]:
    """The function over its range, every `GRID`, and at one more point: xs, ascending, and ys."""
    low, high = function.x_range
    grid = {round(low + k * GRID, 6) for k in range(round((high - low) / GRID) + 1)}
    xs = sorted(grid | {through})
    return xs, [value_at(function.f, x) for x in xs]


def straight_line(x: float, y: float, slope: float, *, x_range: tuple[float, float]) -> tuple[list[float], list[float]]:
    """The two ends of the line through (x, y) with that slope: their xs and their ys."""
    ends = list(x_range)
    return ends, [y + slope * (end - x) for end in ends]


BOTTOM = 0.01  # nearer to 0 than this counts as being at the bottom of x**2


def factor(lr: float) -> float:
    """What one step of gradient descent on x**2 multiplies x by: `x - lr * 2 * x = x * (1 - 2 * lr)`."""
    return 1 - 2 * lr


def steps_to_bottom(start: float, lr: float, *, most: int = 10_000) -> int | None:
    """How many steps of gradient descent on x**2 it takes until `abs(x) < BOTTOM`; None if that never happens.

    Parameters
    ----------
    start : x before the first step
    lr : learning rate
    most : steps after which to give up

    Examples
    --------
    >>> steps_to_bottom(3.0, 0.5), steps_to_bottom(3.0, 1.0)
    (1, None)
    """
    x = float(start)
    for step in range(most + 1):
        if abs(x) < BOTTOM:
            return step
        x -= lr * 2 * x
        if abs(x) > 1e6:
            break
    return None


def verdict(lr: float) -> str:
    """What gradient descent on x**2 does at this rate: "creeps", "arrives", "oscillates", "never ends" or "diverges".

    "Creeps" means that a step takes less than a tenth off the distance; at 1 exactly x only changes its sign.
    """
    by = factor(lr)
    if by < -1:
        return "diverges"
    if by == -1:
        return "never ends"
    if by < 0:
        return "oscillates"
    return "creeps" if by > 0.9 else "arrives"
