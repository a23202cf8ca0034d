"""What is wrong with a training, read from its numbers: findings in plain words, each with settings that may cure it.

A detector is a small function of the `Evidence` that gives a `Finding` or None. Losses are measured against the loss of
a model that guesses, so that the same limits hold for every loss and every number of digits. The limits were set so
that healthy runs are left alone; `python -m benchmarks.diagnosis` counts what each detector finds, and what it misses.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from mnist_core.config import LR_RANGE, TrainConfig
from mnist_core.runs.records import ACTIVE, Curves, Run

if TYPE_CHECKING:
    from torch import nn

Kind = Literal["nan", "wrong_sign", "sorted", "too_high", "too_low", "not_learning", "overfitting", "unscaled", "dead"]

PARTS = 8  # of a run, compared with each other
FEWEST = 2 * PARTS  # batches, to say anything of their course
LUCK = 0.05  # of accuracy above that of guessing, which proves no learning
MOST_DEAD = 0.5  # share of a layer's units


@dataclass(frozen=True)
class Cure:
    """Other settings to try: what they change, in words, and the whole run."""

    label: str
    config: TrainConfig


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong.

    Attributes
    ----------
    kind : which detector found it
    title : a few words
    words : the evidence and what it means, with numbers from the curves
    cures : the likeliest first; empty where no setting can help
    """

    kind: Kind
    title: str
    words: str
    cures: tuple[Cure, ...] = ()


@dataclass(frozen=True)
class Evidence:
    """What is known of a run.

    Attributes
    ----------
    config : TrainConfig
    curves : Curves
    state : as in `Run`
    every : batches an epoch
    lr : the learning rate last set; of a schedule, its highest
    dead : for each ReLU of the model, the share of its units that are 0 for all of some images; see `dead_shares`
    """

    config: TrainConfig
    curves: Curves
    state: str
    every: int
    lr: float
    dead: Sequence[float] = ()

    @classmethod
    def of(cls, run: Run, curves: Curves, dead: Sequence[float] = ()) -> "Evidence":
        return cls(run.config, curves, run.state, run.batches_an_epoch, run.lr or run.config.lr, dead)

    @property
    def guess_loss(self) -> float:
        """Of a model that says the same for every image."""
        return 0.5 if self.config.loss_name == "mnist_loss" else math.log(len(self.config.digits))

    @property
    def guess_accuracy(self) -> float:
        return 1 / len(self.config.digits)

    @property
    def accuracy(self) -> float:
        """After the last epoch."""
        return self.curves.epochs[-1]["accuracy"]

    @property
    def guesses(self) -> bool:
        """Whether it is hardly better than guessing, by its answers, or by a loss that has stayed about there."""
        if self.accuracy < self.guess_accuracy + LUCK:
            return True
        return self.accuracy < 0.9 and self.in_scale and self.parts[-1] > 0.8 * self.guess_loss

    @property
    def in_scale(self) -> bool:
        """Whether the first loss was about that of guessing, as it should be."""
        return not self.curves.losses[0] > 2 * self.guess_loss

    @property
    def gradient(self) -> float:
        """The middle length of the gradient in the last epoch; NaN where an older lab kept none."""
        return float(np.median(self.curves.norms[-self.every :]))

    @property
    def full(self) -> np.ndarray:
        """The losses of all batches but each epoch's last, which may hold so few images that its loss is mere luck."""
        losses = self.curves.losses
        return losses[np.arange(len(losses)) % self.every != self.every - 1] if self.every > 1 else losses

    @property
    def parts(self) -> np.ndarray:
        """The middle loss of each eighth of the batches."""
        return np.array([np.median(part) for part in np.array_split(self.full, PARTS)])


def diagnose(evidence: Evidence) -> list[Finding]:
    """What is wrong with a run; empty if nothing stands out.

    Of the detectors that judge the course of the loss the first one that finds something explains it.
    """
    courses = (find(evidence) for find in COURSE)
    first = next((finding for finding in courses if finding), None)
    found = (unscaled_start(evidence), first, dead_units(evidence))
    return [finding for finding in found if finding]


def last_fall(e: Evidence) -> float:
    """The share by which the validation loss fell in the last epoch; 0 before there are two, or if it rose."""
    if len(e.curves.epochs) < 2:
        return 0.0
    before, now = (row["valid_loss"] for row in e.curves.epochs[-2:])
    return max(0.0, 1 - now / before) if before > 0 else 0.0


def not_a_number(e: Evidence) -> Finding | None:
    """The loss has become NaN or infinite."""
    bad = np.flatnonzero(~np.isfinite(e.curves.losses))
    if not len(bad):
        return None
    if bad[0]:
        seen = (
            f"It was {_n(e.curves.losses[0])} at the first batch, and NaN, *not a number*, at batch {bad[0] + 1:,}. "
            f"The steps, with a learning rate of {e.lr:g}, made the weights so large that no number held them."
        )
    else:
        seen = "It is NaN, *not a number*, from the first batch on: look at the start, the pixels and the loss."
    return Finding(
        "nan",
        "The loss is no longer a number",
        seen,
        (_rate(e, 0.1), *_scaled_start(e)),
    )


def wrong_sign(e: Evidence) -> Finding | None:
    """The loss falls, and nearly all answers are wrong."""
    if not _judged(e) or e.accuracy > e.guess_accuracy / 2 or e.parts[-1] > 0.9 * e.guess_loss:
        return None
    return Finding(
        "wrong_sign",
        "It learns the opposite",
        f"The loss fell from {_n(e.parts[0])} to {_n(e.parts[-1])}, so the model learns. But only {e.accuracy:.1%} of "
        f"the validation images are right, far fewer than by guessing, {e.guess_accuracy:.0%}. Nobody can be so wrong "
        "without knowing the answer: look for a lost minus in the loss, or for swapped labels.",
    )


def sorted_batches(e: Evidence) -> Finding | None:
    """Without shuffling each batch holds one digit, and the model forgets the others."""
    if e.config.shuffle or not e.curves.epochs or e.accuracy > 0.9:
        return None
    last = e.curves.losses[-e.every :]
    if last.max() < 1.15 * last.min():
        return None
    return Finding(
        "sorted",
        "The batches are sorted",
        "The images come in the order of their digits. The model learns the digit that it has just seen and forgets "
        f"the others: within the last epoch the loss of a batch swung between {_n(last.min())} and {_n(last.max())}, "
        f"and only {e.accuracy:.1%} of the validation images are right.",
        (Cure("Shuffle the images", replace(e.config, shuffle=True)),),
    )


def too_high(e: Evidence) -> Finding | None:
    """The loss has been thrown up and learned nothing since, or jumps above guessing, or has risen."""
    if not _judged(e):
        return None
    start = max(float(e.full[0]), e.guess_loss)
    late = e.full[len(e.full) // 2 :]
    jumps = int((late > 1.2 * start).sum())
    lowest, end = e.parts.min(), e.parts[-1]
    if e.guesses and e.full.max() > 1.5 * start:
        seen = (
            f"The loss began at {_n(e.full[0])} and was thrown up to {_n(e.full.max())}. Only {e.accuracy:.1%} of the "
            "validation images are right, hardly more than by guessing: one step too long can ruin a model for good."
        )
    elif e.guesses and e.gradient < 0.5 * e.curves.norms[0]:
        seen = (
            f"Only {e.accuracy:.1%} of the validation images are right, hardly more than by guessing, and the length "
            f"of the gradient has shrunk from {_n(e.curves.norms[0])} to {_n(e.gradient)}: a step too long has led to "
            "a place from which no way leads down."
        )
    elif jumps >= max(2, 0.01 * len(late)):
        seen = (
            f"In the second half of the training {jumps:,} of {len(late):,} batches had a loss above "
            f"{_n(1.2 * start)}, up to {_n(late.max())}. Guessing has {_n(e.guess_loss)}. The steps jump from one side "
            "of the valley to the other."
        )
    elif lowest < 0.8 * e.guess_loss and end > lowest + 0.1 * e.guess_loss:
        seen = (
            f"The loss of the batches had fallen to {_n(lowest)}, and is {_n(end)} at the end. A training loss that "
            "rises means steps that are too long."
        )
    else:
        return None
    cures = (_rate(e, 0.1), *_scaled_start(e))
    return Finding("too_high", "The learning rate is too high", f"{seen} The rate is {e.lr:g}.", cures)


def too_low(e: Evidence) -> Finding | None:
    """The loss falls all the time, at the end nearly as fast as on the whole, and has far to go."""
    if not _judged(e) or _may_still_learn(e) or e.accuracy > 0.95:
        return None
    first, end = e.parts[0], e.parts[-1]
    fall, last_fall = first - end, e.parts[-3] - end
    if end < 0.5 * e.guess_loss or fall < 0.02 * first or last_fall < 0.6 * fall * 2 / (PARTS - 1):
        return None
    return Finding(
        "too_low",
        "The learning rate is too low",
        f"The loss falls steadily, from {_n(first)} in the first eighth of the batches to {_n(end)} in the last, and "
        f"is not flat yet: in the last quarter it fell by {_n(last_fall)}. With a rate of {e.lr:g} each step is short. "
        "Longer steps get there sooner.",
        (_rate(e, 10), Cure("Train four times as long", replace(e.config, epochs=min(1000, 4 * e.config.epochs)))),
    )


def not_learning(e: Evidence) -> Finding | None:
    """The loss stays about where guessing is."""
    if not _judged(e) or _may_still_learn(e) or not e.guesses:
        return None
    gradient = f" The gradient has a length of {_n(e.gradient)}." if math.isfinite(e.gradient) else ""
    return Finding(
        "not_learning",
        "It hardly learns",
        f"The loss was {_n(e.parts[0])} in the first eighth of the batches and {_n(e.parts[-1])} in the last; guessing "
        f"has {_n(e.guess_loss)}. {e.accuracy:.1%} of the validation images are right.{gradient} Either the steps are "
        f"far too short, with a rate of {e.lr:g}, or no gradient comes through.",
        (*_scaled_start(e), _rate(e, 100)),
    )


def overfitting(e: Evidence) -> Finding | None:
    """The validation loss has risen for good while the training loss fell."""
    rows = e.curves.epochs
    if len(rows) < 5:
        return None
    lowest, last = min(rows, key=lambda row: row["valid_loss"]), rows[-1]
    # All of the last three epochs, since a single one may be high by chance.
    limit = 1.1 * lowest["valid_loss"] + 0.01 * e.guess_loss
    if any(row["valid_loss"] < limit for row in rows[-3:]) or last["train_loss"] >= lowest["train_loss"]:
        return None
    cures = [Cure(f"Stop after epoch {lowest['epoch']:.0f}", replace(e.config, epochs=int(lowest["epoch"])))]
    if not e.config.shift:
        cures.append(Cure("Move the images by up to 1 pixel", replace(e.config, shift=1)))
    return Finding(
        "overfitting",
        "It overfits",
        f"The training loss fell from {_n(lowest['train_loss'])} after epoch {lowest['epoch']:.0f} to "
        f"{_n(last['train_loss'])}, while the validation loss rose from {_n(lowest['valid_loss'])} to "
        f"{_n(last['valid_loss'])}. The model now learns the training images by heart.",
        tuple(cures),
    )


def unscaled_start(e: Evidence) -> Finding | None:
    """The first loss is far above guessing: the pixels or the weights are too large."""
    if not len(e.curves.losses) or e.in_scale:
        return None
    why = (
        "The weights are drawn with a spread of 1, so sums over 784 pixels are large. Draw them scaled to the layer."
        if e.config.init == "randn"
        else "Look at the pixels: they should be from 0 to 1, not to 255."
    )
    return Finding(
        "unscaled",
        "The start is out of scale",
        f"The first loss was {_n(e.curves.losses[0])}, and guessing has {_n(e.guess_loss)}: an untrained "
        f"model should not be so sure of itself. {why}",
        _scaled_start(e),
    )


def dead_units(e: Evidence) -> Finding | None:
    """Units that are 0 for every image get no gradient and never come back."""
    if not e.dead or max(e.dead) < MOST_DEAD:
        return None
    layer = int(np.argmax(e.dead))
    return Finding(
        "dead",
        "Many hidden units are dead",
        f"Behind ReLU number {layer + 1}, {e.dead[layer]:.0%} of the units are 0 for all the validation images "
        "that were tried. A unit that is always 0 gets no gradient, so it cannot come back. Too long steps do this.",
        (_rate(e, 0.1), *_scaled_start(e)),
    )


def unscaled_input(xb: Any) -> Finding | None:
    """A batch as the model gets it, whose pixels are not from 0 to 1.

    Parameters
    ----------
    xb : array or Tensor of any shape
    """
    mean, top = float(xb.mean()), float(xb.max())
    if mean <= 1:
        return None
    return Finding(
        "unscaled",
        "The pixels are not scaled",
        f"The mean of the batch is {_n(mean)} and its largest value {_n(top)}. Pixels should be from 0 to 1: divide "
        "them by 255.",
    )


def dead_shares(model: "nn.Module", images: np.ndarray) -> list[float]:
    """For each ReLU of a model, the share of its units that are 0 for all the images; a channel counts as one unit.

    Parameters
    ----------
    model : nn.Module
    images : array of shape (n, 28, 28), uint8 in 0..255 or float32 in [0, 1]
    """
    from mnist_core.interpret import firing_shares

    return [float((shares == 0).mean()) for shares in firing_shares(model, images).values()]


# A fault that looks like another one stands before it.
COURSE: tuple[Callable[[Evidence], Finding | None], ...] = (
    not_a_number,
    wrong_sign,
    sorted_batches,
    too_high,
    too_low,
    not_learning,
    overfitting,
)


def _judged(e: Evidence) -> bool:
    """Whether there is enough to judge the course of the loss by."""
    return bool(e.curves.epochs) and len(e.full) >= FEWEST


def _may_still_learn(e: Evidence) -> bool:
    """Whether it is too early to say that a run learns too slowly: it trains, or its schedule has not ended."""
    return e.state in ACTIVE or (e.config.schedule != "constant" and e.state != "done")


def _rate(e: Evidence, factor: float) -> Cure:
    """The same run with a rate so many times as large."""
    lr = float(f"{min(max(e.lr * factor, LR_RANGE[0]), LR_RANGE[1]):.3g}")
    return Cure(f"Learning rate {lr:g}", replace(e.config, lr=lr))


def _scaled_start(e: Evidence) -> tuple[Cure, ...]:
    """A random start scaled to the layers, where it is not."""
    if e.config.init == "default":
        return ()
    return (Cure("Scale the random start", replace(e.config, init="default")),)


def _n(value: float) -> str:
    """A number as a person would say it: three digits, or a whole one with commas."""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
