"""The seven steps of gradient descent, in slow motion: what each step of a run did, and the line of code that did it.

The steps are those of fastbook, chapter 4. Each line is one of `gradients.descend` or `gradients.apply_step`.
"""

from dataclasses import dataclass

from torch import Tensor

from mnist_core.chapter.gradients import Descent, f, readable

STEPS = ("Initialise", "Predict", "Loss", "Gradient", "Step", "Repeat", "Stop")
ROUNDS = 3
"""So many rounds are shown from the start; then the last one."""


@dataclass(frozen=True)
class Moment:
    """One of the seven steps, as it happened in a run.

    Attributes
    ----------
    step : index in `STEPS`
    title : what happens, in a few words
    code : the line that does it
    words : what it did, with the numbers of the run
    params : Tensor of shape (3,), the parameters afterwards
    before : the parameters before, where the moment changes them
    """

    step: int
    title: str
    code: str
    words: str
    params: Tensor
    before: Tensor | None = None


def moments(run: Descent) -> list[Moment]:
    """A run as its seven steps: initialise, some rounds of predict, loss, gradient, step and repeat, then stop."""
    first = run.params[0]
    shown = [k for k in range(run.steps) if k < ROUNDS or k == run.steps - 1]
    start = Moment(
        0,
        "Initialise: three random numbers",
        "params = init_params(seed)",
        f"Nobody knows the right numbers yet, so any will do: {_named(first)}.",
        first,
    )
    return [start, *(moment for k in shown for moment in _round(run, k)), _stop(run)]


def _round(run: Descent, k: int) -> list[Moment]:
    """Steps 2 to 6 of the round that begins after k steps."""
    params, new, grad, loss = run.params[k], run.params[k + 1], run.grads[k], run.losses[k].item()
    preds = f(run.time, params)
    gaps = ", ".join(
        f"{readable(p)} where {readable(s)} was measured" for p, s in zip(preds[:2], run.speed[:2], strict=True)
    )
    squares = " + ".join(f"{readable((p - s) ** 2)}" for p, s in zip(preds[:2], run.speed[:2], strict=True))
    ways = ", ".join(f"{'less' if g > 0 else 'more'} {name}" for name, g in zip("abc", grad, strict=True))
    steps = "\n".join(
        f"{name} = {readable(p)} - {run.lr:g} * {readable(g)} = {readable(n)}"
        for name, p, g, n in zip("abc", params, grad, new, strict=True)
    )
    skipped = k == run.steps - 1 and k > ROUNDS
    this_round = f"Round {k + 1} of {run.steps}"
    return [
        Moment(
            1,
            f"{this_round}: predict",
            "preds = f(time, params)",
            (f"Rounds {ROUNDS + 1} to {k} went the same way. " if skipped else "")
            + f"The curve gives a speed for each of the {len(run.time)} times: {gaps}, and so on.",
            params,
        ),
        Moment(
            2,
            f"{this_round}: loss",
            "loss = loss_func(preds, speed)",
            f"How bad is it? The mean of the squared distances: ({squares} + …) / {len(run.time)} = {loss:,.5g}.",
            params,
        ),
        Moment(
            3,
            f"{this_round}: gradient",
            "loss.backward()",
            f"How does the loss change with each number? {_named(grad, 'of {}')}. A lower loss needs {ways}.",
            params,
        ),
        Moment(
            4,
            f"{this_round}: step",
            "params.data -= lr * params.grad.data",
            f"Learning rate times gradient, subtracted:\n{steps}",
            new,
            params,
        ),
        Moment(
            5,
            f"{this_round}: repeat",
            "for _ in range(steps + 1):",
            f"Back to predict, now with {_named(new)}." if k + 1 < run.steps else "That was the last round.",
            new,
        ),
    ]


def _stop(run: Descent) -> Moment:
    """Step 7."""
    last = run.losses[-1].item()
    if run.overflowed:
        code, why = "if not loss.isfinite():", "The loss is no longer a number that fits into 32 bits, so we must stop."
    else:
        code = "return Descent("
        why = f"We asked for {run.steps} steps. The loss went from {run.losses[0]:,.5g} to {last:,.5g}."
    return Moment(6, "Stop", code, f"{why} The answer: {_named(run.params[-1])}.", run.params[-1])


def _named(values: Tensor, name: str = "{}") -> str:
    """Three numbers with their letters: `a = 1.2, b = 3, c = -4`."""
    return ", ".join(
        f"{name.format(letter)} = {readable(value)}" for letter, value in zip("abc", values.tolist(), strict=True)
    )
