"""Raw outputs beside probabilities: how one becomes the other, and what happens to who takes them for the same."""

import streamlit as st
import torch

from mnist_core.chapter.losses import sigmoid
from mnist_core.chapter.softmax import softmax
from mnist_core.interpret import logits
from mnist_core.ui.draw.looked_at import LookedAt
from mnist_core.ui.source import show_source


def show_outputs(at: LookedAt) -> None:
    """A table of the model's outputs and what is made of them, with the arithmetic of one."""
    outputs = logits(at.trained.model, at.image[None])[0].double()  # (outputs,)
    if len(outputs) == 1:
        _one_output(at, outputs.item())
        return
    exps, probs = outputs.exp(), softmax(outputs[None])[0]
    st.markdown(
        "A model ends in one number for each digit, its **raw output** or *logit*. It can be any number, below 0 and "
        "above 1 too. Softmax makes probabilities of them: it takes exp of each, which is always above 0, and divides "
        "by the sum."
    )
    rows = [
        {"Digit": str(digit), "Raw output": f"{out:.3f}", "exp": _written(exp), "Probability": f"{prob:.6f}"}
        for digit, out, exp, prob in zip(
            at.trained.classes, *map(torch.Tensor.tolist, (outputs, exps, probs)), strict=True
        )
    ]
    totals = (outputs.sum().item(), exps.sum().item(), probs.sum().item())
    rows.append(
        {
            "Digit": "Sum",
            "Raw output": f"{totals[0]:.3f}",
            "exp": _written(totals[1]),
            "Probability": f"{totals[2]:.6f}",
        }
    )
    st.table(rows, hide_index=True, alt="Raw output, exp and probability of each digit, and each column's sum")
    best = int(outputs.argmax())
    digit, exp = at.trained.classes[best], _written(exps[best].item())
    st.markdown(
        f"For {digit}: exp({outputs[best]:.3f}) = {exp}, and {exp} / {_written(totals[1])} = **{probs[best]:.6f}**."
    )
    below, above = int((outputs < 0).sum()), int((outputs > 1).sum())
    st.info(
        f'One write-up of this chapter printed the raw outputs under the name "Probabilities". For your digit, '
        f"{below} of them {'is' if below == 1 else 'are'} below 0 and {above} {'is' if above == 1 else 'are'} above 1, "
        f"and their sum is {totals[0]:.3f}. A probability is never below 0 or above 1, and all together sum to 1. The "
        "largest stays the largest, so the answer was right, but not what it was called.",
        icon=":material/fact_check:",
    )
    show_source(softmax)


def _written(exp: float) -> str:
    """A number of any size with its digits, as far as they say something."""
    if exp >= 1e9 or exp < 1e-4:
        return f"{exp:.1e}"
    return f"{exp:,.1f}" if exp >= 1000 else f"{exp:.4f}"


def _one_output(at: LookedAt, output: float) -> None:
    first, second = at.trained.classes
    share = sigmoid(torch.tensor(output, dtype=torch.float64)).item()
    st.markdown(
        f"This model has one **raw output**, or *logit*, for both digits: here it is **{output:.3f}**. It can be any "
        f"number. Sigmoid makes a probability of it: 1 / (1 + exp(-({output:.3f}))) = **{share:.6f}** for {first}, and "
        f"what is missing to 1, **{1 - share:.6f}**, for {second}."
    )
    show_source(sigmoid)
