"""From a model's outputs to cross-entropy, one function a step, and why the steps are better taken together.

Softmax makes outputs into probabilities, the likelihood is the probability of what really was there, and the loss is
minus its logarithm. Taken one after the other these steps break on large outputs: `exp` of 89 is more than float32
can hold, and `exp` of -104 is rounded to 0. `log_softmax` never leaves the logarithm, and does not break. See chapters
4 and 5 of fastbook, and section 4.1 of Goodfellow, Bengio and Courville, *Deep Learning*.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

LARGEST_FLOAT32 = torch.finfo(torch.float32).max
EXP_OVERFLOWS_AT = math.log(LARGEST_FLOAT32)
"""About 88.72: `exp` of anything larger is infinite in float32."""


def softmax(x: Tensor) -> Tensor:
    """Outputs made into probabilities, as written in a book: it breaks where `exp` overflows.

    Parameters
    ----------
    x : float Tensor of shape (n, k), the logits

    Returns
    -------
    float Tensor of shape (n, k), each row between 0 and 1 and with the sum 1

    Examples
    --------
    >>> softmax(torch.tensor([[1.0, 1.0], [2.0, 0.0]]))
    tensor([[0.5000, 0.5000],
            [0.8808, 0.1192]])
    """
    return x.exp() / x.exp().sum(dim=1, keepdim=True)


def logsumexp(x: Tensor) -> Tensor:
    """`log(sum(exp(x)))` of each row, without overflow: the largest value is taken away first and added again.

    Parameters
    ----------
    x : float Tensor of shape (n, k)

    Returns
    -------
    float Tensor of shape (n, 1)
    """
    m = x.max(dim=1, keepdim=True).values  # (n, k) -> (n, 1)
    return m + (x - m).exp().sum(dim=1, keepdim=True).log()


def log_softmax(x: Tensor) -> Tensor:
    """The logarithm of the softmax, worked out without the softmax: finite for all finite outputs.

    Parameters
    ----------
    x : float Tensor of shape (n, k), the logits

    Returns
    -------
    float Tensor of shape (n, k), 0 or below
    """
    return x - logsumexp(x)


def nll_loss(log_probs: Tensor, targets: Tensor) -> Tensor:
    """Minus the mean of what stands in the right class's column. It takes no logarithm itself.

    Parameters
    ----------
    log_probs : float Tensor of shape (n, k), logarithms of probabilities
    targets : int64 Tensor of shape (n,), the index of the right class

    Returns
    -------
    float Tensor of shape ()
    """
    return -log_probs[range(len(targets)), targets].mean()


def cross_entropy(x: Tensor, targets: Tensor) -> Tensor:
    """The loss for two and more classes: softmax, logarithm, and minus the mean for the right class.

    Parameters
    ----------
    x : float Tensor of shape (n, k), the logits
    targets : int64 Tensor of shape (n,), the index of the right class

    Returns
    -------
    float Tensor of shape (), 0 or above
    """
    return nll_loss(log_softmax(x), targets)


@dataclass(frozen=True)
class Worked:
    """Cross-entropy of a batch with every step kept, in float64.

    Attributes
    ----------
    logits, powers, probabilities : Tensors of shape (n, k): the outputs, `exp` of them, and their share in the row
    sums : Tensor of shape (n,), of each row's powers
    likelihoods, logs : Tensors of shape (n,): the right class's probability and its logarithm
    loss : mean of minus the logs
    """

    logits: Tensor
    powers: Tensor
    sums: Tensor
    probabilities: Tensor
    likelihoods: Tensor
    logs: Tensor
    loss: float


def work_out(logits: Tensor, targets: Tensor) -> Worked:
    """Every column on the way from a batch's outputs to its cross-entropy.

    Parameters
    ----------
    logits : float Tensor of shape (n, k)
    targets : int64 Tensor of shape (n,), the index of the right class
    """
    logits = logits.double()
    powers = logits.exp()
    sums = powers.sum(dim=1)
    probabilities = powers / sums[:, None]  # (n, k) / (n, 1)
    likelihoods = probabilities[range(len(targets)), targets]
    logs = likelihoods.log()
    return Worked(logits, powers, sums, probabilities, likelihoods, logs, -logs.mean().item())


def two_ways(x: Tensor) -> dict[str, Tensor]:
    """The log of softmax in float32, step by step: plainly, and with the largest output taken away first.

    Parameters
    ----------
    x : float Tensor of shape (k,), the logits of one image

    Returns
    -------
    name of a step -> float32 Tensor of shape (k,): "output x", "exp(x)", "softmax", "its log", then "x - max",
    "exp(x - max)", "log_softmax"
    """
    x = x.float()
    plain, less = softmax(x[None])[0], x - x.max()  # (k,) -> (1, k) and back
    return {
        "output x": x,
        "exp(x)": x.exp(),
        "softmax": plain,
        "its log": plain.log(),
        "x - max": less,
        "exp(x - max)": less.exp(),
        "log_softmax": log_softmax(x[None])[0],
    }


def loss_of_likelihood(likelihoods: Tensor) -> Tensor:
    """Minus the logarithm: 0 for a likelihood of 1, and without a limit towards 0. Shape as given."""
    return -likelihoods.log()


@dataclass(frozen=True)
class Damage:
    """What plain softmax, then a logarithm, makes of a batch in float32.

    Attributes
    ----------
    images : how many rows there are
    nan : rows in which `exp` overflowed, so that a probability is NaN
    zero : other rows in which the right class's probability was rounded to 0, so that its loss is infinite
    plain, stable : the batch's loss by plain softmax, and by `cross_entropy`
    """

    images: int
    nan: int
    zero: int
    plain: float
    stable: float

    @property
    def share(self) -> float:
        """The share of the rows that have no finite loss, 0 to 1."""
        return (self.nan + self.zero) / self.images


def damage(logits: Tensor, targets: Tensor) -> Damage:
    """Count the rows of a batch that plain softmax breaks.

    Parameters
    ----------
    logits : float32 Tensor of shape (n, k)
    targets : int64 Tensor of shape (n,)
    """
    probabilities = softmax(logits.float())
    nan = probabilities.isnan().any(dim=1)
    zero = ~nan & (probabilities[range(len(targets)), targets] == 0)
    plain = nll_loss(probabilities.log(), targets)
    stable = cross_entropy(logits.float(), targets)
    return Damage(len(logits), int(nan.sum()), int(zero.sum()), plain.item(), stable.item())
