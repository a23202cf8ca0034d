"""The matrix product `@` number by number, and why the chapter's linear model is one."""

import torch
from torch import Tensor

from mnist_core.chapter.loop import init_params, linear1
from mnist_core.data.types import DigitData
from mnist_core.models import to_input


def terms(a: Tensor, b: Tensor) -> list[str]:
    """For each number of `a @ b`, counted row by row, the products that make it, such as "1*5 + 2*6 = 17".

    Parameters
    ----------
    a : int64 Tensor of shape (n, k)
    b : int64 Tensor of shape (k, m)

    Returns
    -------
    list of n * m sentences
    """
    return [
        " + ".join(f"{x}*{y}" for x, y in zip(row, column, strict=True))
        + f" = {sum(x * y for x, y in zip(row, column, strict=True))}"
        for row in a.tolist()
        for column in b.T.tolist()
    ]


def sources(n: int, k: int, m: int) -> list[list[list[int]]]:
    """For each number of `a @ b`, counted row by row, the places of its row in `a` and of its column in `b`.

    Parameters
    ----------
    n, k, m : `a` has the shape (n, k), `b` has the shape (k, m)
    """
    a, b = torch.arange(n * k).view(n, k), torch.arange(k * m).view(k, m)
    return [[row, column] for row in a.tolist() for column in b.T.tolist()]


def one_prediction(image: Tensor, weights: Tensor, bias: Tensor) -> Tensor:
    """What the linear model says to one image: each pixel times its weight, all added up, plus the bias.

    The chapter writes `(train_x[0]*weights.T).sum() + bias`.

    Parameters
    ----------
    image : float32 Tensor of shape (784,)
    weights : float32 Tensor of shape (784, 1)
    bias : float32 Tensor of shape (1,)
    """
    return (image * weights.T).sum() + bias


def two_ways(data: DigitData, *, count: int, seed: int) -> tuple[Tensor, Tensor, Tensor]:
    """Predictions of an untrained linear model: image by image, and for all images by one `@`.

    Parameters
    ----------
    data : DigitData, of which the first training images are taken, and an empty image in front of them
    count : how many of them
    seed : of the random weights and bias

    Returns
    -------
    one_by_one, at_once : float32 Tensors of shape (count + 1, 1)
    bias : float32 Tensor of shape (1,)
    """
    generator = torch.Generator().manual_seed(seed)
    weights, bias = (init_params(size, generator=generator).detach() for size in ((28 * 28, 1), 1))
    images = torch.from_numpy(data.images[data.train[:count]])
    xb = to_input(images).view(-1, 28 * 28)  # (n, 1, 28, 28) -> (n, 784)
    xb = torch.cat([torch.zeros(1, 28 * 28), xb])
    return torch.stack([one_prediction(x, weights, bias) for x in xb]), linear1(xb, weights, bias), bias
