"""The part of the Losses page about metrics: who reads which, and outputs that were taken for probabilities."""

import pandas as pd
import streamlit as st
from torch import Tensor

from mnist_core.chapter import activations, losses, softmax
from mnist_core.ui import lab
from mnist_core.ui.data import current_data
from mnist_core.ui.lesson import ask
from mnist_core.ui.lessons.losses_softmax import CALLS, LOGITS, validation_logits
from mnist_core.ui.prediction import show_digit
from mnist_core.ui.source import show_source

COMPARED = pd.DataFrame(
    {
        "Who reads it?": ["the optimiser, which changes the weights", "you"],
        "What for?": ["to see which way to go", "to judge the model"],
        "Must it have a gradient?": ["yes, a useful one", "no"],
        "On which images?": ["each training batch; on validation images only to look at", "the validation images"],
        "Better is": ["smaller", "for accuracy, larger"],
        "In this chapter": ["`mnist_loss`, `F.cross_entropy`", "`batch_accuracy`, `accuracy`"],
    },
    index=["Loss", "Metric"],
).T
FACTORS = (0.1, 0.2, 0.5, 1.0, 1.5, 2.0, 3.0, 5.0)


def loss_against_metric() -> None:
    """What each is for; a change that only the loss sees; and outputs that were taken for probabilities."""
    st.table(COMPARED, alt="Loss and metric compared, question by question")
    st.markdown("**Do the two always agree?** Try it on the CNN that comes with the lab.")
    logits, labels = validation_logits("cnn")
    _only_the_loss_sees(logits, labels)
    _logits_as_probabilities(logits)


def _only_the_loss_sees(logits: Tensor, labels: Tensor) -> None:
    before, after = ((losses.accuracy(x, labels), softmax.cross_entropy(x, labels)) for x in (logits, 3 * logits))
    changed = [name for name, old, new in zip(("accuracy", "loss"), before, after, strict=True) if not old.equal(new)]
    answers = {("loss",): "Only the loss", ("accuracy",): "Only the accuracy", ("accuracy", "loss"): "Both"}
    if not ask(
        f"The CNN reads {len(labels):,} validation images. All its outputs are then multiplied by 3. What changes?",
        list(answers.values()),
        right=answers[tuple(changed)],
        because="The largest output is still the largest, so every answer stays. But each answer is now given with "
        "more certainty, the wrong ones too, and the loss sees that.",
        key="losses_times3",
    ):
        return
    factor = st.select_slider("Outputs times", FACTORS, 1.0, "{:g}".format, key="losses_factor", **lab.BOUND)
    scaled = factor * logits
    left, right = st.columns(2, gap="medium")
    left.metric("Accuracy, the metric", f"{losses.accuracy(scaled, labels).item():.4f}", border=True)
    right.metric("Cross-entropy, the loss", f"{softmax.cross_entropy(scaled, labels).item():.4f}", border=True)
    st.caption("This is why the two can disagree: a loss may rise while the accuracy stays, or even grows.")
    show_source(
        losses.accuracy,
        softmax.cross_entropy,
        *LOGITS["cnn"],
        activations.some_validation,
        calls=f"""
# A metric and a loss
rows = some_validation(data)
preds = {CALLS["cnn"]}
yb = torch.from_numpy(data.labels[rows])
print(f"The accuracy is {{accuracy(preds, yb):.4f}}")
louder = {factor} * preds
print(f"Times {factor:g} it is {{accuracy(louder, yb):.4f}}, and the loss {{cross_entropy(louder, yb):.4f}}")
""",
    )


def _logits_as_probabilities(logits: Tensor) -> None:
    st.markdown("**Numbers that were named probabilities**")
    st.markdown(
        "One write-up printed its model's outputs under the name *Probabilities*, and then wondered. Here is the same "
        "with a real image. **How can you tell that these are no probabilities?**"
    )
    image = st.slider("Validation image", 0, len(logits) - 1, key="losses_logit_image", **lab.BOUND)
    data = current_data()
    row = logits[image : image + 1].double()
    index = activations.some_validation(data)[image]
    show_digit(data.images[index] / 255, alt=f"A handwritten {data.labels[index]}", side=84)
    said = ", ".join(f"{value:.4f}" for value in row[0].tolist())
    rest = ", ".join(f"{value:.4f}" for value in softmax.softmax(row)[0].tolist())
    st.code(
        f"Probabilities: tensor([{said}])  # wrong\n\nsoftmax(...):  tensor([{rest}])",
        wrap_lines=True,
    )
    st.markdown(
        f"The smallest is {row.min():.2f} and the largest {row.max():.2f}: a probability is never below 0 or above 1. "
        f"Their sum is {row.sum():.2f}, not 1. They are logits. Softmax makes probabilities of them, and the answer, "
        f"the largest, stays the same: **{row.argmax().item()}**. fastai's `predict` and `get_preds` do it for you."
    )
    show_source(
        softmax.softmax,
        *LOGITS["cnn"],
        activations.some_validation,
        title="The code that made the probabilities",
        calls=f"""
# Outputs that are no probabilities
rows = some_validation(data)
row = {CALLS["cnn"]}[{image}:{image + 1}].double()
print("Outputs:", [f"{{value:.4f}}" for value in row[0].tolist()])
print("Softmax:", [f"{{value:.4f}}" for value in softmax(row)[0].tolist()])
print(f"Smallest {{row.min():.2f}}, largest {{row.max():.2f}}, sum {{row.sum():.2f}}")
""",
    )
