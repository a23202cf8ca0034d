"""The training loop by hand: the chapter's linear model that tells a 3 from a 7, from its start to its last epoch.

The functions carry the chapter's names. What the chapter reads from globals (`train_dl`, `valid_dl`, `weights`, `bias`)
is passed in.
"""

import math
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice

import numpy as np
import torch
from torch import Tensor

from mnist_core.chapter.losses import batch_accuracy, mnist_loss
from mnist_core.data import DigitData, load

Batch = tuple[Tensor, Tensor]
Model = Callable[[Tensor], Tensor]
Loss = Callable[[Tensor, Tensor], Tensor]

DIGITS = "37"


@dataclass(frozen=True)
class Setting:
    """What suits the data.

    Attributes
    ----------
    bs : images in a batch
    std : standard deviation of the random start
    lr : learning rate to begin with
    """

    bs: int
    std: float
    lr: float


CHAPTER = Setting(256, 1.0, 1.0)
FEW = Setting(32, 0.05, 0.1)
"""For the embedded digits: with the chapter's batches an epoch would be two steps, and from its wide start mnist_loss
does not learn them: they have so much ink that all sigmoids begin at 0 or at 1, where the slope is nothing."""


def setting_for(data: DigitData) -> Setting:
    """The chapter's setting, or the one for few images."""
    return CHAPTER if len(data.train) >= 2_000 else FEW


class Batches:
    """Batches `(xb, yb)` in memory, dealt anew each time they are gone through.

    Parameters
    ----------
    images : uint8 Tensor of shape (n, 784)
    targets : Tensor of shape (n, 1) or (n,)
    bs : images in a batch; the last batch holds what is left
    seed : of the dealing, which follows from the seed and the epoch alone; None keeps the order of the images

    Yields
    ------
    xb : float32 Tensor of shape (bs, 784) in [0, 1]
    yb : Tensor of shape (bs, 1) or (bs,)
    """

    n_inp = 1  # fastai: how many parts of a batch are the model's inputs
    device = torch.device("cpu")

    def __init__(self, images: Tensor, targets: Tensor, *, bs: int, seed: int | None = None) -> None:
        self.images, self.targets, self.bs, self.seed = images, targets, bs, seed
        self.epoch = 0

    def __len__(self) -> int:
        return math.ceil(len(self.images) / self.bs)

    def __iter__(self) -> Iterator[Batch]:
        self.epoch += 1
        return self.dealt(self.epoch - 1)

    def dealt(self, epoch: int) -> Iterator[Batch]:
        """The batches of one epoch, counted from 0, whatever has been gone through."""
        order = torch.arange(len(self.images))
        if self.seed is not None:
            order = torch.randperm(len(order), generator=torch.Generator().manual_seed(self.seed * 1009 + epoch))
        return ((self.images[rows].float() / 255, self.targets[rows]) for rows in order.split(self.bs))


def make_dls(data: DigitData, *, seed: int | None = 0, bs: int | None = None) -> tuple[Batches, Batches]:
    """Training and validation batches.

    Parameters
    ----------
    data : of two digits, whose targets are 1 for the first and 0 for the second, shape (n, 1); or of more, whose
        targets are their places among `data.classes`, shape (n,)
    seed : of the dealing of the training images; None keeps their order
    bs : training images in a batch; by default what suits the data

    Returns
    -------
    train_dl, valid_dl : Batches; the validation images are one batch, so that a mean over batches is the true mean
    """

    def batches(rows: np.ndarray, bs: int, seed: int | None) -> Batches:
        images = torch.from_numpy(data.images[rows]).view(-1, 28 * 28)  # (n, 28, 28) -> (n, 784)
        labels = torch.from_numpy(data.labels[rows])
        if len(data.classes) == 2:
            return Batches(images, (labels == data.classes[0]).long().unsqueeze(1), bs=bs, seed=seed)  # (n,) -> (n, 1)
        return Batches(images, torch.searchsorted(torch.tensor(data.classes), labels), bs=bs, seed=seed)

    return batches(data.train, bs or setting_for(data).bs, seed), batches(data.valid, len(data.valid), None)


def init_params(size: int | tuple[int, ...], std: float = 1.0, *, generator: torch.Generator | None = None) -> Tensor:
    """Random numbers to start from, which keep their gradient.

    Parameters
    ----------
    size : shape of the result
    std : their standard deviation; their mean is 0
    generator : where the random numbers come from

    Returns
    -------
    float32 Tensor of shape `size`
    """
    return (torch.randn(size, generator=generator) * std).requires_grad_()


def start(data: DigitData, *, seed: int) -> tuple[Tensor, Tensor]:
    """The weights, shape (784, 1), and the bias, shape (1,), with which the linear model begins."""
    generator, std = torch.Generator().manual_seed(seed), setting_for(data).std
    return init_params((28 * 28, 1), std, generator=generator), init_params(1, std, generator=generator)


def linear1(xb: Tensor, weights: Tensor, bias: Tensor) -> Tensor:
    """The predictions of the linear model: a number for each image, large for the first digit.

    Parameters
    ----------
    xb : float32 Tensor of shape (n, 784)
    weights : Tensor of shape (784, 1)
    bias : Tensor of shape (1,)

    Returns
    -------
    Tensor of shape (n, 1)
    """
    return xb @ weights + bias  # (n, 784) @ (784, 1) -> (n, 1)


def calc_grad(xb: Tensor, yb: Tensor, model: Model, loss_func: Loss = mnist_loss) -> Tensor:
    """The loss of a batch; adds its gradient to the `.grad` of every parameter of the model.

    Parameters
    ----------
    xb, yb : a batch
    model : xb -> preds
    loss_func : (preds, yb) -> scalar Tensor

    Returns
    -------
    scalar Tensor, without a gradient of its own
    """
    preds = model(xb)
    loss = loss_func(preds, yb)
    loss.backward()
    return loss.detach()


def train_epoch(model: Model, lr: float, params: Sequence[Tensor], train_dl: Iterable[Batch]) -> list[float]:
    """The loss of each batch of one epoch; changes the parameters after every batch.

    Parameters
    ----------
    model : xb -> preds
    lr : learning rate
    params : the model's parameters
    train_dl : batches
    """
    losses = []
    for xb, yb in train_dl:
        losses.append(calc_grad(xb, yb, model).item())
        for p in params:
            assert p.grad is not None  # calc_grad filled it
            p.data -= p.grad * lr
            p.grad.zero_()
    return losses


def validate_epoch(model: Model, valid_dl: Iterable[Batch]) -> float:
    """The share of the validation images that is right, 0 to 1, to four places: a mean over batches."""
    with torch.no_grad():
        accs = [batch_accuracy(model(xb), yb) for xb, yb in valid_dl]
    return round(torch.stack(accs).mean().item(), 4)


class BasicOptim:
    """The chapter's optimiser: it keeps the parameters and takes the step.

    Parameters
    ----------
    params : what `model.parameters()` gives
    lr : learning rate
    """

    def __init__(self, params: Iterable[Tensor], lr: float) -> None:
        self.params, self.lr = list(params), lr

    def step(self) -> None:
        for p in self.params:
            p.data -= p.grad.data * self.lr  # type: ignore[union-attr]  # a step without a gradient must fail

    def zero_grad(self) -> None:
        for p in self.params:
            p.grad = None


@dataclass(frozen=True)
class Walk:
    """The linear model trained by hand, from its start.

    Attributes
    ----------
    starts : float32 Tensor of shape (epochs + 1, 785): weights and bias after so many epochs
    losses : float32 Tensor of shape (epochs * batches,): the loss of each batch before its step
    accuracies : on the validation images, after 0, 1, ... epochs
    """

    starts: Tensor
    losses: Tensor
    accuracies: list[float]


def walk(source: str, *, lr: float, epochs: int, seed: int) -> Walk:
    """Train the linear model by hand.

    Parameters
    ----------
    source : name of the data, e.g. "mnist"
    lr : learning rate
    epochs : how many
    seed : of the start and of the dealing
    """
    data = load(source, digits=DIGITS)
    train_dl, valid_dl = make_dls(data, seed=seed)
    params = start(data, seed=seed)
    model = partial(linear1, weights=params[0], bias=params[1])
    starts, losses, accuracies = [joined(params)], [], [validate_epoch(model, valid_dl)]
    for _ in range(epochs):
        losses += train_epoch(model, lr, params, train_dl)
        starts.append(joined(params))
        accuracies.append(validate_epoch(model, valid_dl))
    return Walk(torch.stack(starts), torch.tensor(losses), accuracies)


def joined(params: Iterable[Tensor]) -> Tensor:
    """A copy of all parameters in one row: (784, 1) and (1,), or (1, 784) and (1,) -> (785,)."""
    return torch.cat([p.detach().reshape(-1) for p in params])


@dataclass(frozen=True)
class Step:
    """What one batch did to the linear model; the last of the 785 numbers is the bias.

    Attributes
    ----------
    before, grad, after : float32 Tensors of shape (785,); `after = before - lr * grad`
    lr : learning rate
    loss, loss_after : of this batch, before the step and after it
    blank : bool Tensor of shape (784,): the pixels that are 0 in every image of the batch
    images : how many images the batch has
    """

    before: Tensor
    grad: Tensor
    after: Tensor
    lr: float
    loss: float
    loss_after: float
    blank: Tensor
    images: int


def take_step(params: Tensor, xb: Tensor, yb: Tensor, *, lr: float) -> Step:
    """One step of the linear model on one batch.

    Parameters
    ----------
    params : float32 Tensor of shape (785,), left as it is
    xb : float32 Tensor of shape (n, 784)
    yb : Tensor of shape (n, 1)
    lr : learning rate
    """
    weights, bias = params[:784].view(784, 1).clone().requires_grad_(), params[784:].clone().requires_grad_()
    loss = calc_grad(xb, yb, partial(linear1, weights=weights, bias=bias))
    grad = torch.cat([weights.grad.view(784), bias.grad])  # type: ignore[union-attr, list-item]  # filled just now
    after = params - grad * lr
    loss_after = mnist_loss(linear1(xb, after[:784].view(784, 1), after[784:]), yb)
    blank = (xb == 0).all(dim=0)
    return Step(params, grad, after, lr, loss.item(), loss_after.item(), blank, len(xb))


def step_of(walk: Walk, train_dl: Batches, *, number: int, lr: float) -> Step:
    """The step that a walk took on its batch of that number, counted from 0; found from the start of its epoch."""
    epoch, last = divmod(number, len(train_dl))
    params = walk.starts[epoch]
    for xb, yb in islice(train_dl.dealt(epoch), last + 1):
        step = take_step(params, xb, yb, lr=lr)
        params = step.after
    return step


def step_in_numbers(step: Step, pixels: Iterable[int]) -> str:
    """The line that takes the step, once for each of these pixels and once for the bias, with its numbers."""
    places = [(f"w[{pixel}]", pixel) for pixel in pixels] + [("bias", 784)]
    rows = [
        f"{name}: {step.before[at]:.5f} - {step.lr:g} * {step.grad[at]:.5f} = {step.after[at]:.5f}"
        for name, at in places
    ]
    return "\n".join(["w -= lr * grad", *rows])


def strongest_pixels(step: Step, count: int = 3) -> list[int]:
    """The pixels whose weights the step moved most, 0 to 783, the strongest first."""
    return step.grad[:784].abs().argsort(descending=True)[:count].tolist()


LINES = {
    "predict": "preds = model(xb)",
    "measure": "loss = mnist_loss(preds, yb)",
    "gradient": "loss.backward()",
    "step": "opt.step()",
    "zero": "opt.zero_grad()",
}
"""What is done with each batch: a word -> its line."""

_BEFORE = [
    ("predict", "measure", "The loss compares `preds` with `yb`, so the predictions come before it."),
    ("measure", "gradient", "`backward()` starts at the loss and goes back from there, so the loss comes before it."),
    ("gradient", "step", "`opt.step()` needs the gradients, so `loss.backward()` comes before it."),
]


def loop_code(order: Sequence[str]) -> str:
    """The training loop with the lines of its batches in this order.

    Examples
    --------
    >>> print(loop_code(["predict", "measure"]))
    for epoch in range(epochs):
        for xb, yb in train_dl:
            preds = model(xb)
            loss = mnist_loss(preds, yb)
        print(validate_epoch(model, valid_dl))
    """
    lines = [f"        {LINES[word]}" for word in order] or ["        ..."]
    head = ["for epoch in range(epochs):", "    for xb, yb in train_dl:"]
    return "\n".join([*head, *lines, "    print(validate_epoch(model, valid_dl))"])


def first_mistake(order: Sequence[str]) -> str | None:
    """Why this order of all five lines cannot train, in a sentence; None if it can."""
    for earlier, later, why in _BEFORE:
        if order.index(earlier) > order.index(later):
            return why
    if order.index("gradient") < order.index("zero") < order.index("step"):
        return "`opt.zero_grad()` throws the gradients away before `opt.step()` could use them."
    return None


@dataclass(frozen=True)
class LoopRun:
    """What a training loop did.

    Attributes
    ----------
    accuracies : on the validation images, before the first epoch and after each
    error : what Python said, with the line that failed; None if all went well
    """

    accuracies: list[float]
    error: str | None


def run_loop(source: str, *, order: tuple[str, ...], lr: float, epochs: int, seed: int) -> LoopRun:
    """Run the code of `loop_code(order)` as it stands.

    Parameters
    ----------
    source : name of the data, e.g. "mnist"
    order : all five words of `LINES`, in any order
    lr, epochs : of the training
    seed : of the start and of the dealing
    """
    data = load(source, digits=DIGITS)
    train_dl, valid_dl = make_dls(data, seed=seed)
    params = start(data, seed=seed)
    model = partial(linear1, weights=params[0], bias=params[1])
    accuracies = [validate_epoch(model, valid_dl)]
    code = loop_code(order)
    names = {"model": model, "opt": BasicOptim(params, lr), "mnist_loss": mnist_loss, "validate_epoch": validate_epoch}
    names |= {"train_dl": train_dl, "valid_dl": valid_dl, "epochs": epochs, "print": accuracies.append}
    try:
        exec(compile(code, "loop", "exec"), names)  # only ever lines of ours: `order` is made of their names
    except (NameError, AttributeError, RuntimeError) as error:
        at = next(frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == "loop")
        return LoopRun(accuracies, f"{code.splitlines()[(at or 1) - 1].strip()}\n{type(error).__name__}: {error}")
    return LoopRun(accuracies, None)
