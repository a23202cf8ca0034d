"""Why models need a nonlinearity: linear layers alone are one layer, ReLUs bend, and folds multiply the bends.

From fastbook, chapter 4. That one hidden layer comes as close as one likes to any continuous curve is Cybenko's (1989)
and Hornik's (1991) theorem; that folding again and again makes bends faster than adding units is Telgarsky's (2016).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mnist_core.chapter.recipe import Recipe, Trained

Layer = tuple[Tensor, Tensor]
"""Weights of shape (inputs, outputs) and bias of shape (outputs,)."""


def new_layer(inputs: int, outputs: int, *, generator: torch.Generator) -> Layer:
    """A linear layer with a random start, evenly between -1/sqrt(inputs) and 1/sqrt(inputs), as `nn.Linear` has."""
    weights, bias = (2 * torch.rand(shape, generator=generator) - 1 for shape in ((inputs, outputs), (outputs,)))
    return weights / inputs**0.5, bias / inputs**0.5


def merge(first: Layer, second: Layer) -> Layer:
    """The one linear layer that does what two do one after the other.

    `(xb@w1 + b1)@w2 + b2` is `xb@(w1@w2) + (b1@w2 + b2)`.

    Parameters
    ----------
    first, second : Layers of shapes (n, h) and (h, k)

    Returns
    -------
    Layer of shape (n, k)
    """
    (w1, b1), (w2, b2) = first, second
    return w1 @ w2, b1 @ w2 + b2


@dataclass(frozen=True)
class Stacked:
    """What two layers make of some images, and the one layer that they amount to.

    Attributes
    ----------
    two, one, bent : Tensors of shape (n,): two linear layers, the merged one, and the two with a ReLU between them
    parameters : of the two layers, and of the one
    """

    two: Tensor
    one: Tensor
    bent: Tensor
    parameters: tuple[int, int]

    @property
    def difference(self) -> float:
        """The largest difference between the two layers and the one; not 0, since a computer rounds."""
        return (self.two - self.one).abs().max().item()


def stack_two(images: Tensor, *, hidden: int = 30, seed: int = 0) -> Stacked:
    """Two new linear layers, 784 to `hidden` to 1, with and without a ReLU between them, and both merged into one.

    Parameters
    ----------
    images : uint8 Tensor of shape (n, 28, 28)
    hidden : units between the layers
    seed : of the start
    """
    xb = images.float().view(-1, 28 * 28) / 255  # (n, 28, 28) -> (n, 784)
    generator = torch.Generator().manual_seed(seed)
    (w1, b1), (w2, b2) = layers = [new_layer(n, k, generator=generator) for n, k in ((28 * 28, hidden), (hidden, 1))]
    weights, bias = one = merge(*layers)
    counts = sum(p.numel() for layer in layers for p in layer), sum(p.numel() for p in one)
    two, single, bent = (xb @ w1 + b1) @ w2 + b2, xb @ weights + bias, F.relu(xb @ w1 + b1) @ w2 + b2
    return Stacked(two.squeeze(1), single.squeeze(1), bent.squeeze(1), counts)  # (n, 1) -> (n,)


def relu_three_ways(x: Tensor) -> dict[str, list[float]]:
    """ReLU as PyTorch's function, as PyTorch's module and written out: the same numbers."""
    ways = {"F.relu(x)": F.relu(x), "nn.ReLU()(x)": nn.ReLU()(x), "x.clamp_min(0)": x.clamp_min(0)}
    return {name: result.tolist() for name, result in ways.items()}


@dataclass(frozen=True)
class CurveFit:
    """A curve made of n units, each `weight * unit(x - bend)`, and a bias, as close to a target as it can be.

    Attributes
    ----------
    x, target, fitted : float64 arrays of shape (m,)
    bends : float64 array of shape (n,), where each unit's input is 0
    weights : float64 array of shape (n,)
    bias : float
    """

    x: np.ndarray
    target: np.ndarray
    fitted: np.ndarray
    bends: np.ndarray
    weights: np.ndarray
    bias: float

    @property
    def loss(self) -> float:
        """The mean squared distance from the target."""
        return float(((self.fitted - self.target) ** 2).mean())

    @property
    def model(self) -> nn.Sequential:
        """The ReLU units as PyTorch's model: one number in, one out, n hidden units."""
        first, last = nn.Linear(1, len(self.bends)).double(), nn.Linear(len(self.bends), 1).double()
        first.weight.data[:], first.bias.data[:] = 1.0, torch.from_numpy(-self.bends)
        last.weight.data[:], last.bias.data[:] = torch.from_numpy(self.weights), self.bias
        return nn.Sequential(first, nn.ReLU(), last)


def fit_curve(x: np.ndarray, target: np.ndarray, *, units: int, relu: bool = True) -> CurveFit:
    """The best curve of n units whose bends stand evenly from the left end on; its weights follow by least squares.

    Parameters
    ----------
    x, target : float64 arrays of shape (m,), x ascending
    units : n, 1 or more
    relu : each unit is `relu(x - bend)`; otherwise it is the straight line `x - bend`
    """
    bends = x[0] + (x[-1] - x[0]) * np.arange(units) / units
    inputs = x[:, None] - bends  # (m, 1) - (n,) -> (m, n)
    columns = np.column_stack([np.maximum(inputs, 0) if relu else inputs, np.ones_like(x)])  # (m, n + 1)
    weights = np.linalg.lstsq(columns, target)[0]
    return CurveFit(x, target, columns @ weights, bends, weights[:-1], float(weights[-1]))


def wave() -> tuple[np.ndarray, np.ndarray]:
    """A smooth curve to fit: x from -2 to 2 and two waves, both of shape (121,)."""
    x = np.linspace(-2, 2, 121)
    return x, np.sin(3 * x) + 0.5 * x


def stairs() -> tuple[np.ndarray, np.ndarray]:
    """A curve with jumps, both arrays of shape (121,)."""
    x = np.linspace(-2, 2, 121)
    return x, np.floor(x + 0.5)


def ink(image: np.ndarray, row: int = 14) -> tuple[np.ndarray, np.ndarray]:
    """One row of pixels of an image, uint8 (28, 28), as a curve: columns 0 to 27, and ink from 0 to 1."""
    return np.arange(28.0), image[row] / 255


def fold(x: np.ndarray) -> np.ndarray:
    """A layer of two ReLU units that folds 0..1 in the middle: up from 0 to 1 and down to 0 again."""
    return 2 * np.maximum(x, 0) - 4 * np.maximum(x - 0.5, 0)


def folded(layers: int) -> tuple[np.ndarray, np.ndarray]:
    """x from 0 to 1 and `fold` applied so many times; the points are exactly those where the curve turns."""
    x = y = np.linspace(0, 1, 2**layers + 1)
    for _ in range(layers):
        y = fold(y)
    return x, y


def straight_pieces(x: np.ndarray, y: np.ndarray) -> int:
    """Of how many straight pieces a curve through these points is made."""
    slopes = np.diff(y) / np.diff(x)
    return 1 + int((~np.isclose(slopes[1:], slopes[:-1])).sum())


ONE, TWO, BENT = "One layer", "Two layers, no ReLU", "Two layers and a ReLU"
ALIKE = "No great difference"


def contest(digits: str, *, few: bool) -> dict[str, Recipe]:
    """Three models under the same training: one layer, two linear layers, two with a ReLU between them.

    Parameters
    ----------
    digits : "37", trained as the chapter trains its `simple_net`, or all ten
    few : whether there are few images, for which ten digits need a smaller rate and more epochs
    """
    if len(digits) == 2:
        one = Recipe(lr=0.1, epochs=40)
    else:
        lr, epochs = (0.05, 20) if few else (0.4, 5)
        one = Recipe(digits=digits, loss="cross_entropy", lr=lr, epochs=epochs)
    return {ONE: one, TWO: replace(one, hidden=30, relu=False), BENT: replace(one, hidden=30)}


def winner(runs: Mapping[str, Trained]) -> str:
    """Which run ends with the highest accuracy; `ALIKE` if the second is within 0.01."""
    second, best = sorted(runs, key=lambda name: runs[name].accuracy)[-2:]
    return best if runs[best].accuracy - runs[second].accuracy > 0.01 else ALIKE
