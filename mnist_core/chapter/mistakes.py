"""The mistakes of the write-ups, each a changed line of one training: run it right, run it broken, see what it does.

The figures beside them were published in the write-ups, five blog posts about the chapter, or measured, all on MNIST.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from mnist_core.chapter.recipe import Recipe, Trained

BETTER, EQUAL, WORSE, GUESSING, ALL_WRONG, NO_NUMBER = EFFECTS = (
    "Better",
    "As good",
    "Worse",
    "Like guessing",
    "Nearly all wrong",
    "Not a number",
)


def effect(right: Trained, broken: Trained) -> str:
    """What a mistake did, one of `EFFECTS`.

    Not a number: a loss is infinite or NaN. Nearly all wrong: far below guessing. Like guessing: not 0.1 above it. As
    good: less than 0.015 apart, which is one of the 72 images of the smallest validation set.
    """
    guess, gain = 1 / len(broken.printed), broken.accuracy - right.accuracy
    if not np.isfinite(broken.losses).all():
        return NO_NUMBER
    if broken.accuracy < guess - 0.2:
        return ALL_WRONG
    if broken.accuracy < guess + 0.1:
        return GUESSING
    return EQUAL if abs(gain) < 0.015 else BETTER if gain > 0 else WORSE


@dataclass(frozen=True)
class Mistake:
    """A row of the table of mistakes.

    Attributes
    ----------
    title : two or three words
    right : the recipe without the mistake
    change : the fields of the recipe that it changes, and to what
    right_code, wrong_code : the line as it should be, and as it was
    why : what happens, and why
    seen : where it happened
    notice : how to see that one has made it
    figures : what was published, or measured by us, on MNIST; empty if nothing was
    """

    title: str
    right: Recipe
    change: Mapping[str, Any]
    right_code: str
    wrong_code: str
    why: str
    seen: str
    notice: str
    figures: str = ""

    def broken(self, *others: "Mistake") -> Recipe:
        """The recipe with this mistake, and with others besides."""
        changes = {field: value for mistake in (*others, self) for field, value in mistake.change.items()}
        return replace(self.right, **changes)

    def goes_with(self, other: "Mistake") -> bool:
        """Whether this one can be made besides the other: the same digits, no field in common, not made already."""
        if self.right.digits != other.right.digits or self.change.keys() & other.change.keys():
            return False
        return replace(other.right, **self.change) != other.right


THREE_SEVEN = Recipe()
TEN = Recipe(digits="0123456789", hidden=30, loss="cross_entropy", lr=0.05, epochs=6)

MISTAKES: dict[str, Mistake] = {
    "zero_grad": Mistake(
        "No zero_grad",
        TEN,
        {"zero_grad": False},
        "opt.step()\nopt.zero_grad()",
        "opt.step()",
        "`backward` adds to the gradients that are already there. Without `zero_grad` each step goes along the sum of "
        "all gradients since the start, so it cannot stop at the bottom and swings from side to side.",
        "Three of the write-ups warn of it.",
        "Learning starts well, then the loss rises and jumps. Print `p.grad.abs().mean()`: it grows and grows.",
        "3 against 7, one layer, lr 1, measured by us: with ordered images 0.496, it never learns; with shuffled "
        "images 0.970 instead of 0.980, so that nobody would notice.",
    ),
    "minus": Mistake(
        "Minus sign lost",
        TEN,
        {"subtract": False},
        "params.data -= lr * params.grad",
        "params.data = lr * params.grad",
        "The weights are not moved but thrown away: what stands in their place is a small gradient. The next step "
        "puts an even smaller one there, until all weights are 0.",
        "One write-up prints such a line four times: the minus sign was lost on the way to the web page.",
        "The loss stays at log(10) = 2.3, the loss of guessing, and the weights are tiny after one step.",
        "3 against 7, one layer, ordered images, measured by us: 0.493, which is chance.",
    ),
    "sigmoid": Mistake(
        "Sigmoid's sign",
        THREE_SEVEN,
        {"loss": "wrong sign"},
        "def sigmoid(x): return 1 / (1 + torch.exp(-x))",
        "def sigmoid(x): return 1 / (1 + torch.exp(x))",
        "With this sigmoid a large output means 7. The loss falls as it should, so the model learns well. But whoever "
        "reads its output as the chapter does, above 0 for a 3, reads the opposite.",
        "One write-up prints the formula and the code without the minus.",
        "An accuracy far below that of guessing. Nobody can be so wrong without knowing the answer: look for a sign.",
        "Measured by us: 0.026.",
    ),
    "order": Mistake(
        "Not shuffled",
        TEN,
        {"shuffle": False},
        "DataLoader(dset, batch_size=bs, shuffle=True)",
        "DataLoader(dset, batch_size=bs)",
        "The images come ordered by digit: first all 0s, then all 1s, at the end all 9s. The model learns to say the "
        "digit that it has just seen, and forgets the others.",
        "Two write-ups trained like this; one noticed it and shuffled.",
        "A loss like a saw: close to 0 within a digit, a jump at each new one.",
        "Ten digits, one layer, lr 0.1, after one epoch, measured by us: 0.101, shuffled 0.889. 3 against 7 with a "
        "hidden layer, after one epoch: published 0.507, measured 0.507, shuffled 0.966.",
    ),
    "pixels": Mistake(
        "Pixels 0 to 255",
        TEN,
        {"divide": False},
        "x = images.float() / 255",
        "x = images.float()",
        "The inputs are 255 times larger, and so are the outputs and the gradients. The first steps are far too long "
        "and leave the hidden units at 0 for every image, where no gradient comes through.",
        "The chapter's `/255` is easily forgotten: the code runs without it.",
        "The first loss is far above log(10) = 2.3, the loss of guessing. Print `xb.min(), xb.max()`.",
        "3 against 7, one layer, lr 1, ordered images, measured by us: 0.496.",
    ),
    "scale": Mistake(
        "Weights not scaled",
        TEN,
        {"start": "std 1"},
        "weights = (2 * torch.rand(784, 30) - 1) / 784**0.5  # as nn.Linear does",
        "weights = torch.randn(784, 30)",
        "Each output adds up 784 products. With weights around 1 the sums are large, so the untrained model is very "
        "sure and very wrong. Much of the training only repairs the start.",
        "Two write-ups start with plain `randn`, as the chapter does for its model of one layer.",
        "The first loss is far above log(10) = 2.3, although all the rest is right.",
        "3 against 7 with 30 hidden units, 40 epochs, measured by us: 0.80 on average, 0.50 to 0.95 by the luck of the "
        "start; scaled 0.982. Ten digits, 784-128-10, lr 0.1: 0.912; scaled by `(2 / 784)**0.5` 0.969.",
    ),
    "softmax": Mistake(
        "Plain softmax, then log",
        replace(TEN, start="std 1"),
        {"loss": "plain softmax"},
        "loss = F.cross_entropy(preds, yb)",
        "probs = preds.exp() / preds.exp().sum(dim=1, keepdim=True)\nloss = F.nll_loss(probs.log(), yb)",
        "`exp(89)` is too large for a 32-bit number and becomes infinite, and the log of a probability of 0 is minus "
        "infinity. One such image is enough: loss, gradients and all weights turn into NaN, *not a number*. "
        "`F.cross_entropy` first takes the largest output away.",
        "One write-up met it and took the largest output away. Its weights are not scaled, as here on both sides.",
        "The loss is printed as `nan` or `inf`.",
        "In its model, 784-128-10, the outputs have a standard deviation of 77: 70 to 77 % of the images have no "
        "finite loss, measured by us.",
    ),
    "logits": Mistake(
        "Logits as probabilities",
        TEN,
        {"softmax": False},
        'print("Probabilities:", preds.softmax(dim=1))',
        'print("Probabilities:", preds)',
        "Training and accuracy do not change: softmax keeps the order. But what is printed are raw outputs, called "
        "*logits*. They may be negative or above 1, and their sum is not 1.",
        "One write-up printed such numbers as probabilities, wondered, and put it right.",
        "Probabilities are never below 0, never above 1, and their sum is 1. Check it.",
        "Published as the probability of an 8: 9.6131; of a 4: -10.4303.",
    ),
    "high": Mistake(
        "Learning rate 1e5",
        TEN,
        {"lr": 1e5},
        f"lr = {TEN.lr:g}",
        "lr = 1e5",
        "The first steps are so long that the weights become huge. Soon the hidden units are 0 for every image, and a "
        "unit that is always 0 gets no gradient: it is dead.",
        "One write-up prints `lr = 1e5` four times where `1e-5` was meant.",
        "The loss becomes enormous at the second batch.",
        "Curve through 20 points: with 1e-5 the loss falls from 152.6 to 125.4 as published; with 1e5 it explodes.",
    ),
    "low": Mistake(
        "Learning rate 1e-5",
        TEN,
        {"lr": 1e-5},
        f"lr = {TEN.lr:g}",
        "lr = 1e-5",
        "The steps go in the right direction, but they are thousands of times too short.",
        "One write-up has no minus in its 1e5. With the minus its linear model would not learn either: the 1e-5 "
        "belongs to its first example, whose gradients are thousands of times larger.",
        "The loss hardly moves. Make the rate ten times larger, again and again, until something happens.",
        "3 against 7, one layer, 20 epochs: it learns nothing; with a rate of 1, 0.983, measured by us.",
    ),
    "nll": Mistake(
        "No log before nll_loss",
        TEN,
        {"loss": "nll without log"},
        "loss = F.nll_loss(preds.log_softmax(dim=1), yb)",
        "loss = F.nll_loss(preds, yb)",
        "`F.nll_loss` takes no logarithm itself: its name says what it expects. Given raw outputs, the loss is minus "
        "the right output, which can fall for ever: outputs and weights grow until no number holds them.",
        "One write-up explains `nll_loss` without the log in front of it.",
        "A loss below 0. Cross-entropy never is.",
    ),
    "again": Mistake(
        "The same model again",
        replace(TEN, lr=0.01),
        {"earlier_lr": TEN.lr},
        "model = simple_net()  # a new one for each experiment\nfit(model, epochs, lr=0.01)",
        f"fit(model, epochs, lr={TEN.lr:g})\nfit(model, epochs, lr=0.01)  # the same model",
        "The second training starts where the first one ended. Its result is that of both together, but it is "
        "written down as that of the second rate alone.",
        "Very likely in one write-up, which compares learning rates: its numbers fit no other story.",
        "The first loss is far below log(10) = 2.3, the loss of guessing.",
        "CNN at a rate of 0.0229, 40 epochs: published 0.9884, from a new model 0.985, measured by us.",
    ),
}
"""Name in the link -> mistake."""
