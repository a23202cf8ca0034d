"""Gradient descent on the chapter's roller coaster: a quadratic with three parameters, fitted step by step.

The functions carry the chapter's names. What the chapter reads from globals (`time`, `speed`, `lr`) is passed in.
The loss is the mean of the squared differences without a root, so its curvature is the same everywhere and the largest
learning rate that works can be worked out before the first step.
"""

# torch types .grad as optional; backward() fills it.
# mypy: disable-error-code="union-attr"

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor


def roller_coaster(*, seed: int = 42, centred: bool = False) -> tuple[Tensor, Tensor]:
    """Time and speed of a roller coaster that is slowest in the middle of its ride.

    Parameters
    ----------
    seed : seed of the noise in the measurements
    centred : False gives the chapter's times 0 to 19, in seconds; True moves and scales them into [-1, 1]

    Returns
    -------
    time, speed : Tensors of shape (20,), float32
    """
    generator = torch.Generator().manual_seed(seed)
    time = torch.arange(0, 20).float()
    speed = torch.randn(20, generator=generator) * 3 + 0.75 * (time - 9.5) ** 2 + 1
    return ((time - 9.5) / 9.5 if centred else time), speed


def f(t: Tensor, params: Tensor) -> Tensor:
    """The quadratic `a*t**2 + b*t + c` at the times `t`, shape (n,), for `params` of shape (3,)."""
    a, b, c = params
    return a * (t**2) + (b * t) + c


LossFunction = Callable[[Tensor, Tensor], Tensor]


def mse(preds: Tensor, targets: Tensor) -> Tensor:
    """Mean of the squared differences, a scalar in the square of the targets' unit."""
    return ((preds - targets) ** 2).mean()


def rmse(preds: Tensor, targets: Tensor) -> Tensor:
    """The root of `mse`, a scalar in the targets' own unit."""
    return mse(preds, targets).sqrt()


def init_params(seed: int) -> Tensor:
    """Three random numbers to begin with, drawn from the normal distribution: shape (3,), float32."""
    return torch.randn(3, generator=torch.Generator().manual_seed(seed))


def apply_step(
    params: Tensor, time: Tensor, speed: Tensor, *, lr: float, loss_func: LossFunction = mse
) -> tuple[Tensor, Tensor]:
    """One step downhill. Changes `params` in place.

    Parameters
    ----------
    params : Tensor of shape (3,), float32, that requires a gradient
    time, speed : Tensors of shape (n,), float32
    lr : learning rate
    loss_func : (preds, targets) -> scalar

    Returns
    -------
    loss : scalar Tensor, the loss before the step
    grad : Tensor of shape (3,), the gradient before the step
    """
    preds = f(time, params)
    loss = loss_func(preds, speed)
    loss.backward()
    grad = params.grad.clone()
    params.data -= lr * params.grad.data
    params.grad = None
    return loss.detach(), grad


def loss_and_grad(params: Tensor, time: Tensor, speed: Tensor) -> tuple[Tensor, Tensor]:
    """The `mse` of a curve, a scalar, and its gradient, shape (3,), without a step."""
    return apply_step(params.clone().requires_grad_(), time, speed, lr=0)


@dataclass(frozen=True)
class Descent:
    """A finished run; row k is the state after k steps.

    Attributes
    ----------
    time, speed : Tensors of shape (n,), the measurements
    lr : learning rate
    params : Tensor of shape (steps + 1, 3), float32: a, b, c
    losses : Tensor of shape (steps + 1,), float32
    grads : Tensor of shape (steps + 1, 3), float32
    """

    time: Tensor
    speed: Tensor
    lr: float
    params: Tensor
    losses: Tensor
    grads: Tensor

    @property
    def steps(self) -> int:
        return len(self.losses) - 1

    @property
    def overflowed(self) -> bool:
        """Whether the loss became too large for a 32-bit number; the run stops there."""
        return not self.losses[-1].isfinite()


def descend(
    time: Tensor,
    speed: Tensor,
    *,
    lr: float,
    steps: int,
    seed: int = 0,
    start: Tensor | None = None,
    loss_func: LossFunction = mse,
) -> Descent:
    """Fit the quadratic step by step; stops early when the loss is no longer a finite number.

    Parameters
    ----------
    time, speed : Tensors of shape (n,), float32
    lr : learning rate
    steps : steps to take at most
    seed : seed of the random start
    start : Tensor of shape (3,), float32, to begin with instead
    loss_func : (preds, targets) -> scalar

    Returns
    -------
    Descent
    """
    params = init_params(seed) if start is None else start.clone()
    params.requires_grad_()
    path, losses, grads = [], [], []
    for _ in range(steps + 1):  # the last call is made for its loss and gradient; the step it takes is not recorded
        path.append(params.detach().clone())
        loss, grad = apply_step(params, time, speed, lr=lr, loss_func=loss_func)
        losses.append(loss)
        grads.append(grad)
        if not loss.isfinite():
            break
    return Descent(time, speed, lr, torch.stack(path), torch.stack(losses), torch.stack(grads))


def powers(time: Tensor) -> Tensor:
    """The columns t**2, t and 1 that `f` multiplies by a, b and c: shape (n, 3), float64."""
    t = time.double()
    return torch.stack([t**2, t, torch.ones_like(t)], dim=1)


def curvatures(time: Tensor) -> Tensor:
    """How sharply `mse` bends in its three principal directions: eigenvalues of its Hessian, ascending, float64.

    With `X = powers(time)` the Hessian of `mse` is `2/n * X.T @ X`. It does not depend on the parameters.
    """
    x = powers(time)
    return torch.linalg.eigvalsh(2 / len(x) * x.T @ x)


def largest_stable_lr(time: Tensor) -> float:
    """The learning rate above which gradient descent on `mse` runs away: 2 / the largest curvature.

    Along a direction of curvature h each step multiplies the distance from the valley's floor by `1 - lr*h`, which
    shrinks only while `lr < 2/h` (Goodfellow, Bengio and Courville, *Deep Learning*, section 4.3).
    """
    return 2 / curvatures(time)[-1].item()


def params_through(times: Sequence[float], speeds: Sequence[float]) -> Tensor:
    """The parameters of the curve through three points at different times: shape (3,), float32.

    Examples
    --------
    >>> params_through([0, 1, 2], [1, 0, 1])
    tensor([ 1., -2.,  1.])
    """
    x = powers(torch.tensor(times))
    return torch.linalg.solve(x, torch.tensor(speeds, dtype=torch.float64)).float()


def best_params(time: Tensor, speed: Tensor) -> Tensor:
    """The parameters with the lowest `mse`, found by linear algebra: shape (3,), float64."""
    return torch.linalg.lstsq(powers(time), speed.double()).solution


def lowest_loss(time: Tensor, speed: Tensor) -> float:
    """The `mse` of the best parameters: no run can end below it."""
    return mse(f(time.double(), best_params(time, speed)), speed.double()).item()


@dataclass(frozen=True)
class LossSurface:
    """The loss over a and b while c stands still, in the window that holds the path.

    Attributes
    ----------
    a : Tensor of shape (m,), float64, ascending
    b : Tensor of shape (n,), float64, ascending
    c : the value at which c is held
    losses : Tensor of shape (n, m), float64: row i belongs to b[i], column j to a[j]
    lowest : Tensor of shape (2,), float64: the a and b with the lowest loss at this c
    """

    a: Tensor
    b: Tensor
    c: float
    losses: Tensor
    lowest: Tensor


def loss_surface(run: Descent) -> LossSurface:
    """The surface under a run. c is held where the run ended or, if it ran away, where it began."""
    c = run.params[0 if outcome(run) == "diverged" else -1, 2].item()
    return surface_under(run.params, run.time, run.speed, c=c)


def surface_under(
    path: Tensor, time: Tensor, speed: Tensor, *, c: float, far: float = 2, size: int = 41
) -> LossSurface:
    """The loss for a grid of a and b, in a window that holds the path and the lowest point.

    Parameters
    ----------
    path : Tensor of shape (k, 3): a, b, c; the first row is the start
    time, speed : Tensors of shape (n,), the measurements
    c : where c is held
    far : points that are so many times as far from the lowest point as the start are left outside the window
    size : points along each side

    Returns
    -------
    LossSurface
    """
    lowest = torch.linalg.lstsq(powers(time)[:, :2], speed.double() - c).solution
    away = path[:, :2].double().nan_to_num() - lowest
    reach = far * away[0].abs().clamp_min(0.1)
    low, high = lowest + away.clamp(-reach, reach).amin(0), lowest + away.clamp(-reach, reach).amax(0)
    low, high = torch.minimum(low, lowest), torch.maximum(high, lowest)
    margin = 0.15 * (high - low)
    a, b = (torch.linspace(low[i] - margin[i], high[i] + margin[i], size, dtype=torch.float64) for i in (0, 1))
    grid = torch.cartesian_prod(b, a)  # (size * size, 2)
    params = torch.stack([grid[:, 1], grid[:, 0], torch.full_like(grid[:, 0], c)], dim=1)
    losses = ((params @ powers(time).T - speed.double()) ** 2).mean(dim=1)
    return LossSurface(a, b, c, losses.view(size, size), lowest)


ADVICE = {
    "too slow": "**Too slow.** The steps are small, and the curve is still on its way down. Try a larger rate.",
    "good": "**Good.** The steps are long enough to get down, and short enough to stay on one side of the valley.",
    "oscillates": "**Oscillates.** Each step jumps over the floor of the valley, but lands lower. Try half the rate.",
    "diverges": "**Diverges.** Each step jumps over the floor of the valley and lands higher. Try a smaller rate.",
}


def forecast(time: Tensor, *, lr: float, steps: int) -> str:
    """What the curvature says a run will do: "too slow", "good", "oscillates" or "diverges".

    "Too slow" means that more than a tenth of the way in the steepest direction is left after all steps.
    """
    factor = 1 - lr * curvatures(time)[-1].item()
    if factor < -1:
        return "diverges"
    if factor < 0:
        return "oscillates"
    return "too slow" if factor**steps > 0.1 else "good"


def turns(run: Descent) -> int:
    """How often a step pointed back against the step before it, while the gradient still mattered.

    Gradients below a thousandth of the first are left out: there rounding decides the sign.
    """
    grads = run.grads.double()
    back = (grads[1:] * grads[:-1]).sum(dim=1) < 0
    return int((back & (grads[1:].norm(dim=1) > 1e-3 * grads[0].norm())).sum())


def outcome(run: Descent) -> str:
    """What a run really did: "diverged", "oscillated" or "converged" (it neither grew nor turned back)."""
    if not run.losses[-1] <= run.losses[0]:
        return "diverged"
    return "oscillated" if turns(run) else "converged"


def explain(run: Descent) -> str:
    """Plain sentences: what the curvature foretells, what the run really did, and how far it is from the best curve."""
    foretold, done = forecast(run.time, lr=run.lr, steps=run.steps), outcome(run)
    sentence = f"{ADVICE[foretold]} {_account(run)}"
    if (foretold == "diverges") != (done == "diverged"):
        sentence += " So few steps do not show yet what this rate leads to: take more."
    best = lowest_loss(run.time, run.speed)
    if done != "diverged" and run.losses[-1] > 2 * best:
        sentence += f" The best curve has a loss of {best:.3g}. Below you can read why this run is not there yet."
    return sentence


def _account(run: Descent) -> str:
    """What happened to the loss, in one or two sentences."""
    first, last = run.losses[0].item(), run.losses[-1].item()
    if run.overflowed:
        return f"The loss was {first:,.1f}. After {run.steps} steps it no longer fits into a 32-bit number."
    back = turns(run)
    turned = f" The run turned back {back} time{'s' if back > 1 else ''}." if back else ""
    verb = "grew" if outcome(run) == "diverged" else "fell"
    return (
        f"The loss {verb} from {first:,.1f} to {last:{',.1f' if last < 1e9 else '.3g'}} in {run.steps} steps.{turned}"
    )


def readable(value: float | Tensor) -> str:
    """A number with four significant digits, without an exponent below a million.

    Examples
    --------
    >>> readable(-77377.6), readable(0.00012346), readable(1.5e12)
    ('-77,380', '0.0001235', '1.5e+12')
    """
    return f"{float(f'{float(value):.4g}'):,g}"


def distance_in_words(run: Descent, k: int) -> str:
    """How far the curve is from the measurements after k steps, in the unit of the speed: the root of the loss."""
    if not run.losses[k].isfinite():
        return f"After {k} steps the loss no longer fits into a 32-bit number. There is no next step."
    return (
        f"The square root of the loss, {run.losses[k].item() ** 0.5:,.4g}, says how far the curve is from a typical "
        "point."
    )


def step_in_numbers(run: Descent, k: int) -> str:
    """The line of the chapter that takes step k + 1, and the same line once for each parameter, with its numbers."""
    rows = zip("abc", run.params[k].tolist(), run.grads[k].tolist(), strict=True)
    lines = [f"{name}: {p:.6g} - {run.lr:g} * {g:.6g} = {p - run.lr * g:.6g}" for name, p, g in rows]
    return "\n".join(["params.data -= lr * params.grad.data", *lines])


def limits_in_words(run: Descent) -> str:
    """Why the learning rate has a limit, and why the curve may still be far from the best one."""
    flat, _, steep = curvatures(run.time).tolist()
    return (
        f"The loss surface is a valley. In its steepest direction it bends with {steep:,.5g}, in its flattest with "
        f"{flat:.3g}: {steep / flat:,.0f} times less. Above a learning rate of 2 / {steep:,.5g} = "
        f"**{2 / steep:.3g}** every step in the steep direction ends higher than it began. Below it the steep "
        f"direction is done in a few steps, but the flat one needs about 1 / ({run.lr:g} * {flat:.3g}) = "
        f"{1 / (run.lr * flat):,.0f} steps. The best curve of all has a loss of {lowest_loss(run.time, run.speed):.3g}."
    )
