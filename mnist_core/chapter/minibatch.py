"""Gradient descent in mini-batches: the same quadratic, fitted with the gradient of a few measurements at a time.

An epoch uses each measurement once. With n measurements and batches of `bs` it takes `ceil(n / bs)` steps. Whatever
`bs` is, it computes n gradients, one for each measurement: smaller batches give more steps for the same work, and
noisier ones.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from mnist_core.chapter.gradients import LossSurface, apply_step, best_params, f, init_params, mse, surface_under


def steps_per_epoch(n: int, bs: int) -> int:
    """How many batches of at most `bs` measurements there are in n.

    Examples
    --------
    >>> steps_per_epoch(20, 6)
    4
    """
    return math.ceil(n / bs)


def shuffled_batches(n: int, bs: int, generator: torch.Generator) -> tuple[Tensor, ...]:
    """The numbers 0 to n - 1 in a random order, cut into batches of `bs`: int64 Tensors; the last may be shorter."""
    return torch.randperm(n, generator=generator).split(bs)


@dataclass(frozen=True)
class BatchDescent:
    """A finished run in mini-batches; row k is the state after k steps.

    Attributes
    ----------
    bs : measurements in a batch
    n : measurements there are
    params : Tensor of shape (steps + 1, 3), float32: a, b, c
    losses : Tensor of shape (steps + 1,), float32: the loss over all measurements
    seen : Tensor of shape (steps,), float32: the loss of the batch that each step was taken with, before the step
    """

    bs: int
    n: int
    params: Tensor
    losses: Tensor
    seen: Tensor

    @property
    def steps(self) -> int:
        return len(self.seen)

    @property
    def epochs(self) -> list[float]:
        """After how many epochs each row of `params` was: step k after k / steps per epoch."""
        return [k / steps_per_epoch(self.n, self.bs) for k in range(self.steps + 1)]


def descend_in_batches(
    time: Tensor, speed: Tensor, *, lr: float, bs: int, epochs: int, seed: int = 0, shuffle_seed: int = 0
) -> BatchDescent:
    """Fit the quadratic batch by batch; stops early when a loss is no longer a finite number.

    Parameters
    ----------
    time, speed : Tensors of shape (n,), float32
    lr : learning rate
    bs : measurements in a batch; n makes every batch the whole data, which is plain gradient descent
    epochs : how often each measurement is used
    seed : seed of the random start, as in `gradients.descend`
    shuffle_seed : seed of the order in which the measurements come, a new one for each epoch

    Returns
    -------
    BatchDescent
    """
    params = init_params(seed).requires_grad_()
    generator = torch.Generator().manual_seed(shuffle_seed)
    path, losses, seen = [params.detach().clone()], [mse(f(time, params), speed).detach()], []
    for _ in range(epochs):
        for batch in shuffled_batches(len(time), bs, generator):
            loss, _ = apply_step(params, time[batch], speed[batch], lr=lr)
            seen.append(loss)
            path.append(params.detach().clone())
            losses.append(mse(f(time, params), speed).detach())
            if not losses[-1].isfinite():
                return BatchDescent(bs, len(time), torch.stack(path), torch.stack(losses), torch.stack(seen))
    return BatchDescent(bs, len(time), torch.stack(path), torch.stack(losses), torch.stack(seen))


def surface_under_both(one: BatchDescent, two: BatchDescent, time: Tensor, speed: Tensor) -> LossSurface:
    """The loss under two runs with the same start, where c is that of the best curve."""
    path = torch.cat([one.params, two.params])
    return surface_under(path, time, speed, c=best_params(time, speed)[2].item(), far=10)


def title(run: BatchDescent) -> str:
    """What a run is called: "All 20 at once" or "Batches of 5"."""
    return f"Batches of {run.bs}" if run.bs < run.n else f"All {run.n} at once"


def lower(one: BatchDescent, two: BatchDescent) -> str:
    """The title of the run that ends with the lower loss, or "The same" where a thousandth is between them."""
    a, b = (run.losses[-1].item() for run in (one, two))
    if a == b or math.isclose(a, b, rel_tol=1e-3):
        return "The same"
    return title(one if a < b or math.isnan(b) else two)
