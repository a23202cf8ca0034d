"""The part of the page Descent about a printed learning rate that cannot be right."""

from typing import NamedTuple

import pandas as pd
import streamlit as st

from mnist_core.chapter import write_up
from mnist_core.chapter.gradients import mse, readable, rmse
from mnist_core.ui.lesson import ask
from mnist_core.ui.source import show_source

STARTS = 1000


class Evidence(NamedTuple):
    """What we can run: how soon 1e5 overflows, the `mse` of random starts, and the losses with both loss functions."""

    overflow: int
    lowest: float
    median: float
    root: dict[int, float]
    mean: dict[int, float]


@st.cache_resource(show_spinner=False)
def evidence() -> Evidence:
    losses = write_up.random_start_losses(STARTS)
    return Evidence(
        write_up.steps_to_overflow(),
        losses.min().item(),
        losses.median().item(),
        write_up.reproduce(rmse),
        write_up.reproduce(mse),
    )


def misprint() -> None:
    """Part 5: a small detective story about printed numbers."""
    st.markdown(
        "Somebody who worked through this example wrote about it. These lines are in the write-up: "
        f"`lr = 1e5`, and a loss of **{write_up.PRINTED[0]:g}** before the first step, **{write_up.PRINTED[1]:g}** "
        f"after it, and **{write_up.PRINTED[100]:g}** after 100 steps. `1e5` is a short way to write 100,000."
    )
    found = evidence()
    if not ask(
        "Can a learning rate of 1e5 give these losses?",
        ["Yes", "No"],
        right="No",
        because=f"With 1e5 the loss explodes: after {found.overflow} steps it is too large for a 32-bit number. The "
        "rate was **1e-5**, which is 0.00001. Somewhere on the way to the page the minus sign was lost.",
        key="descent_misprint",
    ):
        return
    st.markdown(
        f"**And the loss?** We made {STARTS:,} random starts. Their `mse` is about {readable(found.median)}; the "
        f"lowest is {readable(found.lowest)}. So {write_up.PRINTED[0]:g} is no `mse`. But the square root of "
        f"{readable(found.median)} is {readable(found.median**0.5)}: the write-up's loss must be the *root* of `mse`. "
        "Let us test it. We take a start whose root is near the printed one "
        f"(seed {write_up.LUCKY_SEED}), and go 100 steps with 1e-5:"
    )
    rows = {"Printed": write_up.PRINTED, "Here, root of mse": found.root, "Here, mse": found.mean}
    names = dict(zip(write_up.PRINTED, ("Before", "After 1 step", "After 100 steps"), strict=True))
    table = {row: {names[k]: f"{loss:,.2f}" for k, loss in losses.items()} for row, losses in rows.items()}
    st.table(pd.DataFrame(table).T, alt="Losses: printed, and run here with two loss functions")
    apart = max(abs(found.root[k] - loss) for k, loss in write_up.PRINTED.items())
    st.markdown(
        f"With the root, all three numbers come out within {apart:.2f}. They cannot be the same to the last digit: "
        "the author's random points and random start are not ours. With `mse` itself the same rate goes much further, "
        "because far from the valley its gradient is much longer.\n\n"
        "**What to take home:** run what you read. And when you write a learning rate, look at its sign twice."
    )
    show_source(
        rmse,
        mse,
        write_up.reproduce,
        write_up.random_start_losses,
        write_up.steps_to_overflow,
        readable,
        calls=f"""
# A learning rate that lost its minus sign
print("With 1e5 the loss overflows after", steps_to_overflow(), "steps")
losses = random_start_losses({STARTS})
print("Random starts: the lowest", readable(losses.min()), "the median", readable(losses.median()))
for loss_func in (rmse, mse):
    print(loss_func.__name__, [f"{{loss:,.2f}}" for loss in reproduce(loss_func).values()])
""",
    )
