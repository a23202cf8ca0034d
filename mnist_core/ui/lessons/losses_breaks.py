"""The part of the Losses page in which plain softmax breaks, and log-sum-exp does not."""

import pandas as pd
import streamlit as st
import torch
import torch.nn.functional as F
from torch import Tensor

from mnist_core.chapter import activations, softmax
from mnist_core.data import DigitData
from mnist_core.ui import lab
from mnist_core.ui.chart import GREY, ORANGE, line, show_lines
from mnist_core.ui.data import current_data
from mnist_core.ui.lesson import ask
from mnist_core.ui.lessons.losses_softmax import WIDE
from mnist_core.ui.source import show_source

SCALES = (0.01, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 1.0, 1.5, 2.0)


@st.cache_data(max_entries=2, show_spinner=False)
def _scratch(source: str, _data: DigitData) -> tuple[activations.Scratch, list[float]]:
    scratch = activations.scratch_logits(_data)
    return scratch, activations.broken_shares(scratch, SCALES)


def when_softmax_breaks() -> None:
    """The outputs of a net whose weights were not scaled, and plain softmax running into infinity."""
    data = current_data()
    scratch, shares = _scratch(data.source.name, data)
    st.markdown(
        "One write-up builds a net by hand, with 784 inputs, 128 numbers in the middle and 10 outputs. All its weights "
        "come from `torch.randn`, and nobody makes them smaller. So its outputs are huge: for "
        f"{len(scratch.labels)} training images, before any training, their standard deviation (how far they "
        f"typically are from their mean) is **{scratch.logits.std():.0f}**. Softmax takes `exp` of them, in float32. "
        "Its author met NaN, *not a number*. Why?"
    )
    infinite, large, error = "Infinite", "About 4.5e38", "An error"
    e88, e89 = (torch.tensor(float(x)).exp().item() for x in (88, 89))
    if not ask(
        f"`torch.exp(tensor(88.))` is {e88:.2g}. What is `torch.exp(tensor(89.))`?",
        [infinite, large, error],
        right=infinite if e89 == float("inf") else large,
        because=f"The largest float32 is {softmax.LARGEST_FLOAT32:.2g}. exp passes it at "
        f"{softmax.EXP_OVERFLOWS_AT:.2f}, and from there on torch says inf, without an error.",
        key="losses_exp",
    ):
        return
    scale = st.select_slider("Outputs times", SCALES, 1.0, "{:g}".format, key="losses_scale", **lab.BOUND)
    hurt = softmax.damage(scale * scratch.logits, scratch.labels)
    _damage(hurt, scale, shares)
    image = st.slider("One image of the batch", 1, len(scratch.labels), key="losses_row_shown", **lab.BOUND)
    _plain_and_stable(scale * scratch.logits[image - 1], int(scratch.labels[image - 1]))
    st.markdown(
        "**The cure is to take the largest output away first.** Softmax stays the same, as you saw with two outputs, "
        "and now the largest `exp` is exp(0) = 1: nothing can overflow, and the sum is at least 1, so its log is "
        "finite. `log(sum(exp(x)))` worked out in this way is called **log-sum-exp**, and `x - logsumexp(x)` is the "
        "log of softmax without ever going through a probability. `F.log_softmax` and `F.cross_entropy` do this, so "
        "hand them the raw outputs."
    )
    show_source(
        softmax.softmax,
        softmax.logsumexp,
        softmax.log_softmax,
        softmax.damage,
        softmax.two_ways,
        activations.scratch_logits,
        calls=f"""
# Plain softmax, and log-sum-exp
scratch = scratch_logits(data)
print(f"The outputs have a standard deviation of {{scratch.logits.std():.0f}}")
preds = {scale} * scratch.logits
hurt = damage(preds, scratch.labels)
print(f"Of {{hurt.images}} images {{hurt.nan}} have NaN, {{hurt.zero}} more a probability of 0")
print(f"The loss: {{hurt.plain:.4g}} by plain softmax, {{hurt.stable:.4g}} by log-sum-exp")
x, label = preds[{image - 1}], scratch.labels[{image - 1}]
ways = two_ways(x)
print(f"log of softmax {{ways['its log'][label]:.4f}}, log_softmax {{ways['log_softmax'][label]:.4f}}")
print(f"F.log_softmax {{F.log_softmax(x, dim=-1)[label]:.4f}}")
""",
    )


def _damage(hurt: softmax.Damage, scale: float, shares: list[float]) -> None:
    """How many images of the batch have no loss at this scale, and at all others."""
    st.markdown(
        f"In **{hurt.nan}** of {hurt.images} images an `exp` overflowed, so that probabilities are NaN (inf / inf). In "
        f"**{hurt.zero}** more the right digit's probability was rounded to 0, and the log of 0 is minus infinity. "
        f"The batch's loss by plain softmax is **{hurt.plain:.4g}**; by the way shown below it is "
        f"**{hurt.stable:.4g}**."
    )
    show_lines(
        "losses_broken",
        [
            line("images without a loss, %", SCALES, [100 * share for share in shares], ORANGE, marks=True),
            line("now", [scale], [100 * hurt.share], GREY, width=0, marks=True),
        ],
        alt=f"The share of images without a finite loss rises with the scale of the outputs. At {scale:g} it is "
        f"{hurt.share:.0%}.",
        x_name="outputs times",
        height=240,
        y_axis={"min": 0, "max": 100},
    )
    if hurt.share:
        st.caption(
            "One such image is enough: the mean over the batch is no finite number either, and its gradient is NaN. "
            "After one step the weights are NaN too."
        )


def _plain_and_stable(row: Tensor, label: int) -> None:
    """The ten outputs of one image by both ways, in float32."""
    ways = softmax.two_ways(row)
    table = pd.DataFrame(
        {name: [f"{value:.4g}" for value in column.tolist()] for name, column in ways.items()},
        index=[f"**{digit}**, the label" if digit == label else str(digit) for digit in range(10)],
    )
    st.table(table, alt="The ten outputs of one image: plain softmax, its log, and log-sum-exp", width=WIDE)
    st.code(
        f"log(softmax(x))[{label}]         = {ways['its log'][label]:.4f}\n"
        f"log_softmax(x)[{label}]          = {ways['log_softmax'][label]:.4f}\n"
        f"F.log_softmax(x, dim=-1)[{label}] = {F.log_softmax(row, dim=-1)[label]:.4f}",
        wrap_lines=True,
    )
