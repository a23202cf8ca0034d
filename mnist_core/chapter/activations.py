"""Real outputs of real models, before any softmax: something to work a loss out from."""

from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mnist_core.chapter.softmax import damage
from mnist_core.data import DigitData, load
from mnist_core.interpret import logits

MOST_IMAGES = 2_000  # a CNN reads them in under a second
_EPOCHS, _LR, _BS, _SEED = 3, 0.1, 64, 42


def some_validation(data: DigitData) -> np.ndarray:
    """Validation images spread evenly over all of them, at most 2,000: int64 indices into `data.images`."""
    return data.valid[:: -(-len(data.valid) // MOST_IMAGES)]


def validation_logits(name: str, *, model: str) -> Tensor:
    """The outputs of a model for validation images of all ten digits.

    Parameters
    ----------
    name : of the data, see `data.load`
    model : "linear", trained here for three epochs, or "cnn", the one that comes with the lab

    Returns
    -------
    float32 Tensor of shape (n, 10), in the order of `some_validation`
    """
    data = load(name)
    if model == "linear":
        return linear_logits(data)
    return logits(shipped_cnn(), data.images[some_validation(data)]).clone()


def shipped_cnn() -> nn.Module:
    """The CNN that comes with the lab, trained on MNIST."""
    from mnist_core import shipped

    return shipped.load("cnn").model


def _pixels(data: DigitData, indices: np.ndarray) -> Tensor:
    """uint8 (n, 28, 28) -> float32 (n, 784) in [0, 1]."""
    return torch.from_numpy(data.images[indices]).view(-1, 28 * 28).float() / 255


def linear_logits(data: DigitData) -> Tensor:
    """The outputs of a linear model, trained by hand with cross-entropy, for `some_validation`."""
    generator = torch.Generator().manual_seed(_SEED)
    params = [torch.zeros(28 * 28, 10, requires_grad=True), torch.zeros(10, requires_grad=True)]
    for _ in range(_EPOCHS):
        for rows in torch.randperm(len(data.train), generator=generator).split(_BS):
            indices = data.train[rows.numpy()]
            preds = _pixels(data, indices) @ params[0] + params[1]
            F.cross_entropy(preds, torch.from_numpy(data.labels[indices])).backward()
            for p in params:
                p.data -= _LR * p.grad.data  # type: ignore[union-attr]  # backward() has filled it
                p.grad = None
    return (_pixels(data, some_validation(data)) @ params[0] + params[1]).detach()


def choose_batch(logits: Tensor, labels: Tensor, *, number: int, hard: bool, size: int = 6) -> np.ndarray:
    """The places of a batch's images among all: any images, or those with the largest losses.

    Parameters
    ----------
    logits : float Tensor of shape (n, k)
    labels : int64 Tensor of shape (n,)
    number : which batch, from 0; after the last one comes the first again
    hard : True takes the images in the order of their losses, the worst first; False in a random order
    size : of the batch

    Returns
    -------
    int64 array of shape (size,)
    """
    if hard:
        order = F.cross_entropy(logits, labels, reduction="none").argsort(descending=True, stable=True)
    else:
        order = torch.randperm(len(labels), generator=torch.Generator().manual_seed(_SEED))
    first = number % (len(order) // size) * size
    return order[first : first + size].numpy()


@dataclass(frozen=True)
class Scratch:
    """One batch through the net of a write-up before any training.

    Attributes
    ----------
    logits : float32 Tensor of shape (n, 10)
    labels : int64 Tensor of shape (n,)
    indices : int64 array of shape (n,), into `data.images`
    """

    logits: Tensor
    labels: Tensor
    indices: np.ndarray


def scratch_logits(data: DigitData, *, images: int = 256, seed: int = 2) -> Scratch:
    """The outputs of a net 784-128-10 with a ReLU, all weights and biases drawn by `randn` and not scaled.

    Parameters
    ----------
    data : all ten digits
    images : of the batch, drawn from the training images
    seed : of the weights and of the batch
    """
    randn = partial(torch.randn, generator=torch.Generator().manual_seed(seed))
    w1, b1, w2, b2 = randn(28 * 28, 128), randn(128), randn(128, 10), randn(10)
    order = torch.randperm(len(data.train), generator=torch.Generator().manual_seed(seed))
    indices = data.train[order[:images].numpy()]
    hidden = (_pixels(data, indices) @ w1 + b1).relu()  # (n, 784) -> (n, 128)
    return Scratch(hidden @ w2 + b2, torch.from_numpy(data.labels[indices]), indices)


def broken_shares(scratch: Scratch, scales: tuple[float, ...]) -> list[float]:
    """For each scale of the outputs, the share of the images for which plain softmax gives no finite loss."""
    return [damage(scale * scratch.logits, scratch.labels).share for scale in scales]


@dataclass(frozen=True)
class Flat:
    """What `CrossEntropyLossFlat` does with a batch whose targets have an axis too many.

    Attributes
    ----------
    plain_error : what `F.cross_entropy` says to targets of shape (n, 1)
    loss : of `CrossEntropyLossFlat` for the same
    decodes : int64 Tensor of shape (n,), the predicted classes
    activation : float Tensor of shape (n, k), the probabilities
    """

    plain_error: str
    loss: float
    decodes: Tensor
    activation: Tensor


def try_flat(rows: tuple[tuple[float, ...], ...], targets: tuple[int, ...]) -> Flat:
    """Hand fastai's `CrossEntropyLossFlat` a batch with targets of shape (n, 1). Imports fastai.

    Parameters
    ----------
    rows : n times k outputs
    targets : n indices of right classes
    """
    from fastai.losses import CrossEntropyLossFlat

    preds, column = torch.tensor(rows, dtype=torch.float64), torch.tensor(targets).unsqueeze(1)  # (n, k), (n, 1)
    error = ""
    try:
        F.cross_entropy(preds, column)
    except RuntimeError as refused:
        error = str(refused)
    loss_func = CrossEntropyLossFlat()
    return Flat(error, loss_func(preds, column).item(), loss_func.decodes(preds), loss_func.activation(preds))
