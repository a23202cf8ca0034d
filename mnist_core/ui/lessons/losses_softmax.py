"""The parts of the Losses page about many outputs: softmax and cross-entropy."""

import numpy as np
import pandas as pd
import streamlit as st
import torch
import torch.nn.functional as F
from torch import Tensor

from mnist_core.chapter import activations, losses, softmax
from mnist_core.data import DigitData
from mnist_core.interpret import logits as logits_of
from mnist_core.ui import lab
from mnist_core.ui.chart import BLUE, ORANGE, line, show_bars, show_lines
from mnist_core.ui.data import current_data
from mnist_core.ui.experiment import experiment
from mnist_core.ui.lesson import ask
from mnist_core.ui.prediction import show_digit
from mnist_core.ui.source import show_source

BATCH = 6
WIDE = 800  # pixels; a table with a width of its own can be scrolled by keyboard where the screen is narrower
MODELS = {"Linear model": "linear", "CNN": "cnn"}
LOGITS = {"linear": (activations.linear_logits,), "cnn": (activations.shipped_cnn, logits_of)}
CALLS = {"linear": "linear_logits(data)", "cnn": "logits(shipped_cnn(), data.images[rows])"}
WORKING = {"linear": "Training a linear model for 3 epochs", "cnn": "The CNN is reading validation images"}


def validation_logits(model: str) -> tuple[Tensor, Tensor]:
    """A model's outputs for validation images of the data in use, and their labels."""
    data = current_data()
    logits = experiment(activations.validation_logits, working=WORKING[model], name=data.source.name, model=model)
    return logits, torch.from_numpy(data.labels[activations.some_validation(data)])


def two_outputs() -> None:
    """Two sliders for two activations, and what sigmoid and softmax make of them."""
    st.markdown(
        '`mnist_loss` is made for one output, which can say "a 3" or "not a 3". For ten digits a model gets ten '
        "outputs, one for each class; the largest one is its answer. These raw outputs are called **logits**, or "
        "*activations* of the last layer. How do they become probabilities, which lie between 0 and 1 and have the "
        "sum 1? Begin with two."
    )
    left, right = st.columns(2, gap="medium")
    three = left.slider("Activation for 3", -5.0, 5.0, 0.7, 0.1, key="losses_act3", **lab.BOUND)
    seven = right.slider("Activation for 7", -5.0, 5.0, 0.3, 0.1, key="losses_act7", **lab.BOUND)
    acts = torch.tensor([[three, seven]], dtype=torch.float64)
    _two_columns(acts)
    st.caption(
        "Two sigmoids need not have the sum 1. Softmax takes exp of each, that is 2.718 to the power of it, which is "
        "always above 0, and divides by the sum of all."
    )
    same = "The same"
    if ask(
        "Now 5 is added to both activations. What does softmax say?",
        [same, "Both nearer to 1", "Both nearer to 0.5"],
        right=same if softmax.softmax(acts).allclose(softmax.softmax(acts + 5)) else "Both nearer to 1",
        because="exp(a + 5) is exp(a) times exp(5). Each exp grows by the same factor, and the sum too, so each keeps "
        "its share. Only the difference of the two counts.",
        key="losses_both",
    ):
        more = st.slider("Add to both", -5.0, 10.0, 5.0, 0.5, key="losses_add", **lab.BOUND)
        _two_columns(acts + more)
        st.markdown(
            f"So for two outputs softmax is a sigmoid of the difference: "
            f"`sigmoid({three:g} - {seven:g})` = **{torch.sigmoid(acts[0, 0] - acts[0, 1]).item():.6f}**, and softmax "
            f"for 3 = **{softmax.softmax(acts)[0, 0].item():.6f}**. Softmax does the same for any number of outputs."
        )
        show_source(
            softmax.softmax,
            losses.sigmoid,
            calls=f"""
# Two activations, their sigmoids and their softmax
acts = torch.tensor([[{three}, {seven}]], dtype=torch.float64)
for x in (acts, acts + {more}):
    print("sigmoid", [f"{{value:.4f}}" for value in sigmoid(x)[0].tolist()])
    print("softmax", [f"{{value:.4f}}" for value in softmax(x)[0].tolist()])
print(f"{{sigmoid(acts[0, 0] - acts[0, 1]):.6f}} {{softmax(acts)[0, 0]:.6f}}")
""",
        )


def _two_columns(acts: Tensor) -> None:
    """A table of two activations with sigmoid, exp and softmax, and their sums."""
    columns = {"sigmoid": losses.sigmoid(acts), "exp": acts.exp(), "softmax": softmax.softmax(acts)}
    table = pd.DataFrame({"activation": [*(f"{value:g}" for value in acts[0].tolist()), ""]}, index=["3", "7", "sum"])
    for name, values in columns.items():
        form = ".6g" if name == "exp" else ".4f"
        table[name] = [f"{value:{form}}" for value in [*values[0].tolist(), values.sum().item()]]
    st.table(table, alt="Two activations with their sigmoid, exp and softmax, and each column's sum")


def cross_entropy() -> None:
    """A real batch, worked out column by column."""
    st.markdown(
        "Six validation images and the ten outputs of a real model for each. The **likelihood** is the probability "
        "that the model gives to the digit that is really there. Learning means making it large. Cross-entropy turns "
        "it into a loss, a number to make small."
    )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        model = st.segmented_control(
            "Model", list(MODELS), default="Linear model", required=True, key="losses_model", **lab.BOUND
        )
        kind = st.segmented_control(
            "Images", ["Any", "The worst"], default="Any", required=True, key="losses_kind", **lab.BOUND
        )
        number = st.number_input("Batch", 0, 999, key="losses_batch", width=130, **lab.BOUND)
    st.caption(
        f"The linear model is trained for three epochs on {current_data().source.title}. The CNN, a stronger "
        "kind of model, comes with the lab and was trained on MNIST."
    )
    logits, labels = validation_logits(MODELS[model])
    chosen = activations.choose_batch(logits, labels, number=number, hard=kind == "The worst", size=BATCH)
    xb, yb = logits[chosen], labels[chosen]
    _show_batch(current_data(), chosen)
    worked = softmax.work_out(xb, yb)
    worst = int(worked.likelihoods.argmin())
    if ask(
        "Which image costs this model most, that is, for which one is its loss largest?",
        [str(i) for i in range(1, BATCH + 1)],
        right=str(worst + 1),
        because=_why_costly(worst, int(yb[worst]), worked.likelihoods[worst].item()),
        key="losses_costly",
    ):
        _batch_columns(worked, xb, yb)
        _likelihood_curve(worked)
        _one_image(worked, yb)
        _nll_slip(worked, xb, yb)
        _flat(xb, yb)
        show_source(
            *LOGITS[MODELS[model]],
            activations.some_validation,
            activations.choose_batch,
            softmax.work_out,
            softmax.cross_entropy,
            softmax.log_softmax,
            softmax.nll_loss,
            calls=f"""
# The cross-entropy of six images
rows = some_validation(data)
preds = {CALLS[MODELS[model]]}
labels = torch.from_numpy(data.labels[rows])
chosen = choose_batch(preds, labels, number={number}, hard={kind == "The worst"}, size={BATCH})
xb, yb = preds[chosen], labels[chosen]
worked = work_out(xb, yb)
for label, likelihood, log in zip(yb, worked.likelihoods, worked.logs):
    print(f"label {{label}}: likelihood {{likelihood:.6f}}, loss {{-log:.6f}}")
print(f"The mean: {{worked.loss:.6f}}, by torch: {{F.cross_entropy(xb.double(), yb):.6f}}")
""",
        )


def _why_costly(worst: int, label: int, likelihood: float) -> str:
    if likelihood < 0.5:
        return f"Image {worst + 1} is a {label}, and the model gave the {label} a probability of only {likelihood:.4g}."
    easy = "All six are easy for the model. " if likelihood > 0.9 else ""
    return f"{easy}Image {worst + 1} got the lowest probability for its digit, {likelihood:.4f}."


def _show_batch(data: DigitData, chosen: np.ndarray) -> None:
    with st.container(horizontal=True):
        for i, index in enumerate(activations.some_validation(data)[chosen], start=1):
            with st.container(width=96):
                show_digit(data.images[index] / 255, alt=f"Image {i}, a {data.labels[index]}", side=84)
                st.caption(f"{i}: label {data.labels[index]}")


def _batch_columns(worked: softmax.Worked, xb: Tensor, yb: Tensor) -> None:
    """For each image the way from its activation to its loss, and the mean."""
    rows = range(len(yb))
    table = pd.DataFrame(
        {
            "label": [str(y) for y in yb.tolist()],
            "activation": [f"{worked.logits[i, y]:.4f}" for i, y in zip(rows, yb, strict=True)],
            "exp": [f"{worked.powers[i, y]:,.4f}" for i, y in zip(rows, yb, strict=True)],
            "sum of 10 exp": [f"{value:,.4f}" for value in worked.sums.tolist()],
            "likelihood": [f"{value:.6f}" for value in worked.likelihoods.tolist()],
            "log": [f"{value:.6f}" for value in worked.logs.tolist()],
            "loss": [f"{-value:.6f}" for value in worked.logs.tolist()],
        },
        index=[str(i + 1) for i in rows],
    )
    st.table(table, alt="For each image: activation of the label, exp, sum, likelihood, log and loss", width=WIDE)
    st.markdown(
        "From left to right: take the *activation* of the right digit, take `exp` of it, divide by the *sum* of all "
        "ten `exp` (that is softmax), take the *log*arithm, and turn its sign. The log undoes `exp`: log(exp(2)) is 2. "
        "Log of 1 is 0, log of a number near 0 is very negative. So minus the log is a loss: "
        "**negative log-likelihood**, 0 for a sure and right answer. The batch's loss is the mean:"
    )
    total = " + ".join(f"{-value:.6f}" for value in worked.logs.tolist())
    st.code(
        f"({total}) / {len(yb)} = {worked.loss:.6f}\n"
        f"F.cross_entropy(preds, yb) = {F.cross_entropy(xb.double(), yb).item():.6f}\n"
        f"nn.CrossEntropyLoss()(preds, yb) = {torch.nn.CrossEntropyLoss()(xb.double(), yb).item():.6f}",
        wrap_lines=True,
    )


def _likelihood_curve(worked: softmax.Worked) -> None:
    """Minus the log over the likelihood, with the images on it."""
    xs = np.geomspace(min(1e-3, worked.likelihoods.min().item()), 1, 200)
    said = ", ".join(f"image {i} {p:.3g}" for i, p in enumerate(worked.likelihoods.tolist(), start=1))
    show_lines(
        "losses_log",
        [
            line("loss = -log(likelihood)", xs, softmax.loss_of_likelihood(torch.from_numpy(xs)), BLUE),
            line("the six images", worked.likelihoods, -worked.logs, ORANGE, width=0, marks=True),
        ],
        alt=f"The loss falls steeply at likelihoods near 0, and is 0 at a likelihood of 1. Likelihoods: {said}.",
        x_name="likelihood: probability of the right digit",
        height=260,
        x_axis={"min": 0, "max": 1},
        y_axis={"min": 0},
    )
    st.caption(
        "A wrong answer that was sure costs most. And the log sees what a distance does not: 0.99 and 0.999 are nearly "
        "the same probability, but the second leaves ten times less room for a mistake, and costs ten times less."
    )


def _one_image(worked: softmax.Worked, yb: Tensor) -> None:
    """All ten outputs of one image of the batch."""
    i = st.segmented_control(
        "All ten outputs of image",
        list(range(1, len(yb) + 1)),
        default=1,
        required=True,
        key="losses_apart",
        **lab.BOUND,
    )
    label = int(yb[i - 1])
    columns = zip(worked.logits[i - 1], worked.powers[i - 1], worked.probabilities[i - 1], strict=True)
    table = pd.DataFrame(
        [(f"{a:.4f}", f"{e:.6g}", f"{p:.6f}", f"{p.log():.4f}") for a, e, p in columns],
        columns=["logit", "exp", "softmax", "log"],
        index=[f"**{digit}**, the label" if digit == label else str(digit) for digit in range(10)],
    )
    left, right = st.columns(2, gap="medium")
    with left:
        st.table(table, alt=f"The ten outputs of image {i}, their exp, softmax and log")
    with right:
        percents = 100 * worked.probabilities[i - 1].numpy()
        said = ", ".join(f"{digit}: {value:.2f} %" for digit, value in enumerate(percents))
        show_bars(
            "losses_softmax",
            range(10),
            percents,
            alt=f"Softmax of the ten outputs. {said}.",
            x_name="digit",
            strong=label,
            unit=" %",
            y_axis={"min": 0, "max": 100},
        )
        st.caption(f"Orange is the label, {label}. The ten probabilities have the sum 1.")


def _nll_slip(worked: softmax.Worked, xb: Tensor, yb: Tensor) -> None:
    with st.expander("A slip: `F.nll_loss` takes no logarithm", icon=":material/report:"):
        without = F.nll_loss(worked.probabilities, yb).item()
        st.markdown(
            "Its name says *negative log-likelihood*, but it only picks a column, turns the sign and takes the mean. "
            "The log must have been taken before. One write-up hands it probabilities, and gets a number below 0:"
        )
        st.code(
            f"F.nll_loss(softmax(preds), yb)       = {without:.6f}   # no log: not this\n"
            f"F.nll_loss(log_softmax(preds), yb)   = {F.nll_loss(softmax.log_softmax(xb.double()), yb).item():.6f}\n"
            f"F.cross_entropy(preds, yb)           = {F.cross_entropy(xb.double(), yb).item():.6f}",
            wrap_lines=True,
        )


def _flat(xb: Tensor, yb: Tensor) -> None:
    with st.expander(
        "fastai's `CrossEntropyLossFlat`", icon=":material/layers:", on_change="rerun", key="losses_flat"
    ) as expander:
        if not expander.open:
            return
        flat = experiment(
            activations.try_flat,
            working="Asking fastai",
            rows=tuple(map(tuple, xb.tolist())),
            targets=tuple(yb.tolist()),
        )
        st.markdown(
            "A data set often gives its labels as a column, of shape `(6, 1)`. `F.cross_entropy` wants `(6,)` and "
            "refuses. fastai's loss first lays the column flat (`view(-1)`), and gets the same number as above:"
        )
        st.code(
            f"F.cross_entropy(preds, column)         RuntimeError: {flat.plain_error}\n"
            f"CrossEntropyLossFlat()(preds, column)  {flat.loss:.6f}",
            language=None,
            wrap_lines=True,
        )
        st.markdown(
            "It also knows what the outputs mean, and a `Learner` asks it when it predicts: `activation` is softmax, "
            f"`decodes` takes the largest output. Here it decodes **{', '.join(map(str, flat.decodes.tolist()))}**; "
            f"the labels are {', '.join(map(str, yb.tolist()))}."
        )
