"""How long a sum of products takes in a Python loop and as one tensor operation: for `mnist_core.experiments`."""

from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter

import torch
from torch import Tensor


@dataclass(frozen=True)
class Timing:
    """Seconds for the sum of pixel times weight over all pictures.

    Attributes
    ----------
    numbers : how many pixels there were
    tensor_loop : a loop over the numbers of two tensors
    list_loop : a loop over the numbers of two Python lists
    vectorised : one line on the tensors
    largest_difference : between the three results, as a share of the sum of the products' sizes
    """

    numbers: int
    tensor_loop: float
    list_loop: float
    vectorised: float
    largest_difference: float

    @property
    def ratio(self) -> float:
        """How many times faster one line is than the loop over tensors."""
        return self.tensor_loop / self.vectorised


def loop(pixels: Tensor | list[float], weights: Tensor | list[float]) -> float:
    """The sum of pixel times weight, number by number."""
    total = 0.0
    for i in range(len(pixels)):
        total += float(pixels[i] * weights[i])
    return total


def vectorised(pixels: Tensor, weights: Tensor) -> float:
    """The same in one line."""
    return float((pixels * weights).sum())


def measure(*, pictures: int, trial: int = 0) -> Timing:
    """Time the three ways on random pictures; the fastest of several tries of each.

    Parameters
    ----------
    pictures : how many pictures of 28 x 28 pixels
    trial : seed of the pictures; another one measures anew
    """
    generator = torch.Generator().manual_seed(trial)
    pixels, weights = (torch.rand(pictures * 28 * 28, generator=generator) for _ in range(2))
    lists = pixels.tolist(), weights.tolist()
    slow, tensor_loop = _timed(lambda: loop(pixels, weights), tries=1 if pictures > 10 else 3)
    middle, list_loop = _timed(lambda: loop(*lists), tries=3)
    fast, one_line = _timed(lambda: vectorised(pixels, weights), tries=30)
    results = (slow, middle, fast)
    difference = (max(results) - min(results)) / float((pixels * weights).abs().sum())
    return Timing(len(pixels), tensor_loop, list_loop, one_line, difference)


def _timed(work: Callable[[], float], *, tries: int) -> tuple[float, float]:
    """The result and the seconds of the fastest try."""
    best = float("inf")
    for _ in range(tries):
        start = perf_counter()
        result = work()
        best = min(best, perf_counter() - start)
    return result, best
