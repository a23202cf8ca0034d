"""The parts of the Losses page about one output: why accuracy cannot train, the sigmoid, `mnist_loss`."""

import pandas as pd
import streamlit as st
import torch

from mnist_core.chapter import losses, nudge
from mnist_core.ui import lab
from mnist_core.ui.chart import BLUE, GREY, ORANGE, line, show_lines
from mnist_core.ui.data import current_data
from mnist_core.ui.experiment import experiment
from mnist_core.ui.lesson import ask
from mnist_core.ui.prediction import show_digit
from mnist_core.ui.source import show_source

REACH, RUN = 5.0, 0.001
LEARNED = ["The same", "Nothing", "It learns the opposite"]
TARGETS, PREDICTIONS = (1, 0, 1), (0.9, 0.4, 0.2)  # the chapter's example


def trained(loss: str, lr: float) -> nudge.Linear37:
    """A linear model of 3 and 7, trained on the data in use for ten epochs."""
    name = current_data().source.name
    return experiment(nudge.train_linear37, working="Training for 10 epochs", name=name, loss=loss, epochs=10, lr=lr)


def why_not_accuracy() -> None:
    """One weight, moved by a slider: the staircase of accuracy above the smooth loss."""
    st.markdown(
        "Here is a linear model that tells a 3 from a 7. It has one *weight* for each pixel: its output is the sum of "
        "weight times ink over all pixels, plus one more number, the *bias*. An output above 0 means 3. The model is "
        "trained a little. Now take **one** of its weights, change it by hand, and look at two numbers: the "
        "**accuracy**, the share of right answers, and the **loss**, how far the predictions are from the truth."
    )
    model = trained("mnist_loss", 0.1)
    data = current_data().select("37")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        picture = st.container(width=112)
        row = st.number_input("Row of the pixel, 0 to 27", 0, 27, 14, key="losses_row", width=200, **lab.BOUND)
        column = st.number_input("Column of the pixel, 0 to 27", 0, 27, 14, key="losses_column", width=200, **lab.BOUND)
        images = st.select_slider("Images", [16, 64, 256], 64, key="losses_images", width=160, **lab.BOUND)
    with picture:
        marked = nudge.marked(data.images[data.train[0]], row=row, column=column)
        show_digit(marked, alt=f"A handwritten 3; two lines cross at row {row}, column {column}", side=112)
    one = nudge.nudge(data, model, row=row, column=column, images=images)
    steps = nudge.staircase(one, reach=REACH)
    now, after = one.accuracy(0), one.accuracy(RUN)
    same, up, down = "Nothing at all", "It rises a little", "It falls a little"
    if not ask(
        f"The weight is {one.weight:.4f}. You make it {RUN} larger. What happens to the accuracy?",
        [same, up, down],
        right=same if after == now else up if after > now else down,
        because=f"Of {images} images {round(now * images)} were right, and {round(after * images)} are right now. "
        "Accuracy changes only when the answer for an image turns from 3 to 7, or back.",
        key="losses_nudge",
    ):
        return
    change = st.slider("Change of the weight", -REACH, REACH, 0.0, 0.1, key="losses_change", **lab.BOUND)
    _staircase_and_loss(one, steps, change)
    _rise_over_run(one, steps, change)
    show_source(
        nudge.train_linear37,
        nudge.nudge,
        nudge.staircase,
        nudge.loss_slope,
        calls=f"""
# Accuracy and loss over one weight
name, change = "{data.source.name}", {change}
model = train_linear37(name, loss="mnist_loss", epochs=10, lr=0.1)
one = nudge(load(name, digits="37"), model, row={row}, column={column}, images={images})
for measure in (one.accuracy, one.loss):
    here, there = measure(change), measure(change + {RUN})
    print(f"{{here:.6f}} {{there:.6f}} {{(there - here) / {RUN}:.4g}}")
print(staircase(one, reach={REACH}).jumps, "jumps")
print(f"{{loss_slope(one, change):.3g}} is the slope of the loss")
""",
    )


def _staircase_and_loss(one: nudge.Nudge, steps: nudge.Staircase, change: float) -> None:
    """Both curves over the change of the weight, with a point on each."""
    accuracy, loss, slope = one.accuracy(change), one.loss(change), nudge.loss_slope(one, change)
    at = torch.linspace(-REACH, REACH, 101).tolist()
    where = {"min": -REACH, "max": REACH}
    show_lines(
        "losses_staircase",
        [
            line("accuracy", *steps.corners(), ORANGE),
            line("the weight now", [change], [accuracy], GREY, width=0, marks=True),
        ],
        alt=f"Accuracy over the change of one weight: a staircase that jumps at {steps.jumps} places and is flat "
        f"between them. At a change of {change:.1f} it is {accuracy:.4f}.",
        x_name="change of the weight",
        height=220,
        x_axis=where,
    )
    tangent = [change - 1, change + 1]
    show_lines(
        "losses_smooth",
        [
            line("loss", at, [one.loss(x) for x in at], BLUE),
            line("its slope", tangent, [loss - slope, loss + slope], GREY, dashed=True),
            line("the weight now", [change], [loss], GREY, width=0, marks=True),
        ],
        alt=f"The loss over the change of one weight: a smooth curve. At a change of {change:.1f} it is {loss:.4f}, "
        f"and its slope is {slope:.4f}.",
        x_name="change of the weight",
        height=220,
        x_axis=where,
    )


def _rise_over_run(one: nudge.Nudge, steps: nudge.Staircase, change: float) -> None:
    """The slope of both at this weight, worked out by a small step."""
    if not one.ink.any():
        st.info(
            "No image of this batch has ink on this pixel. The weight is multiplied by 0 in each of them, so it "
            "changes neither accuracy nor loss. Try a pixel nearer to the middle."
        )
        return
    measured = {"accuracy": one.accuracy, "loss": one.loss}
    rows = [(name, f(change), f(change + RUN)) for name, f in measured.items()]
    table = pd.DataFrame(
        {
            "here": [f"{here:.6f}" for _, here, _ in rows],
            f"weight + {RUN}": [f"{there:.6f}" for _, _, there in rows],
            "rise / run": [f"{(there - here) / RUN:.4g}" for _, here, there in rows],
        },
        index=[name for name, _, _ in rows],
    )
    st.table(table, alt="Accuracy and loss here and a thousandth further, and the slope")
    slope = nudge.loss_slope(one, change)
    towards = "larger" if slope < 0 else "smaller"
    st.markdown(
        f"**Rise over run** is the slope: how much the value goes up, divided by how far you went. Between {-REACH:g} "
        f"and {REACH:g} the accuracy jumps at {steps.jumps} places. Everywhere else its slope is 0, and a slope of 0 "
        f"says nothing about where to go. The loss has a slope nearly everywhere; here `backward` gives {slope:.3g}. "
        f"So a {towards} weight is better. **The loss is for learning, the accuracy is for you.**"
    )
    st.markdown("Asked for the gradient of accuracy, torch refuses, for a comparison such as `preds > 0.5` has none:")
    st.code(f"RuntimeError: {nudge.refusal()}", language=None, wrap_lines=True)


def sigmoid() -> None:
    """The curve with a point on it, its mirror, and a training with the wrong one."""
    st.markdown(
        "A model's output can be any number: -40, 0.2 or 1,000. A prediction should lie between 0 (surely a 7) and 1 "
        "(surely a 3). The **sigmoid**, `1 / (1 + exp(-x))`, squeezes every number into this range; `exp(-x)` is 2.718 "
        "to the power of -x. It is smooth and it only rises, so a larger output is always a larger prediction."
    )
    x = st.slider("Output of the model, x", -10.0, 10.0, 2.0, 0.1, key="losses_x", **lab.BOUND)
    mirrored = st.toggle("Lose the minus sign, as one write-up did", key="losses_mirror", **lab.BOUND)
    _sigmoid_curve(x, mirrored=mirrored)
    st.markdown("**A training with the lost minus sign**")
    st.markdown(
        "The write-up printed `1/(1+e^x)`. Suppose that only the loss has this slip. The accuracy is still measured "
        "with the right sigmoid."
    )
    if ask(
        "What does the model learn with the wrong sigmoid in its loss?",
        LEARNED,
        right=_learned_with_wrong_sign,
        because="The wrong curve is the right one in a mirror, 1 - sigmoid(x). The loss is now small when every 3 is "
        "called a 7, and training makes the loss small. It cannot know what you meant.",
        key="losses_sign",
    ):
        _two_trainings()
    name = current_data().source.name
    show_source(
        losses.sigmoid,
        losses.sigmoid_wrong_sign,
        losses.mnist_loss_wrong_sign,
        nudge.train_linear37,
        calls=f"""
# The sigmoid, and a training with its minus lost
x = torch.tensor({x}, dtype=torch.float64)
print(f"{{sigmoid(x):.6f}} {{torch.sigmoid(x):.6f}}")
for loss in ("mnist_loss", "mnist_loss_wrong_sign"):
    model = train_linear37("{name}", loss=loss, epochs=10, lr=1.0)
    print(f"{{loss}}: accuracy {{model.accuracies[-1]:.3f}}")
""",
    )


def _sigmoid_curve(x: float, *, mirrored: bool) -> None:
    xs, at = torch.linspace(-10, 10, 101), torch.tensor(x, dtype=torch.float64)
    ours, torchs = losses.sigmoid(at).item(), torch.sigmoid(at).item()
    slope, wrong = losses.sigmoid_slope(at).item(), losses.sigmoid_wrong_sign(at).item()
    curves = [
        line("1 / (1 + exp(-x))", xs, losses.sigmoid(xs), BLUE),
        line("x", [x], [ours], GREY, width=0, marks=True),
    ]
    if mirrored:
        curves.insert(1, line("1 / (1 + exp(x)), wrong", xs, losses.sigmoid_wrong_sign(xs), ORANGE, dashed=True))
        curves.append(line("x, wrong", [x], [wrong], GREY, width=0, marks=True))
    also = f" The same with its minus lost falls from 1 to 0; at {x:g} it is {wrong:.4f}." if mirrored else ""
    alt = f"The sigmoid rises from 0 to 1 in the shape of an S; at {x:g} it is {ours:.4f}.{also}"
    show_lines("losses_sigmoid", curves, alt=alt, x_name="output of the model", height=280, y_axis={"min": 0, "max": 1})
    lines = [f"1 / (1 + exp({-x:g})) = {ours:.6f}", f"torch.sigmoid({x:g}) = {torchs:.6f}"]
    if mirrored:
        lines.append(f"1 / (1 + exp({x:g})) = {wrong:.6f}  # wrong: it is 1 - {ours:.6f}")
    st.code("\n".join(lines), wrap_lines=True)
    st.markdown(
        f"At {x:g} the curve's slope is {slope:.4f}. It is steepest at 0, with 0.25. Far out it is nearly flat: there "
        "the model is sure, and a small change of the output changes almost nothing."
    )


def _learned_with_wrong_sign() -> str:
    last = trained("mnist_loss_wrong_sign", 1.0).accuracies[-1]
    return LEARNED[0 if last > 0.75 else 1 if last > 0.25 else 2]


def _two_trainings() -> None:
    """Accuracy after each epoch with the right and with the wrong sign in the loss."""
    right, wrong = trained("mnist_loss", 1.0).accuracies, trained("mnist_loss_wrong_sign", 1.0).accuracies
    epochs = range(len(right))
    show_lines(
        "losses_signs",
        [line("right sign", epochs, right, BLUE, marks=True), line("minus lost", epochs, wrong, ORANGE, marks=True)],
        alt=f"Accuracy after each of 10 epochs. With the right sign it ends at {right[-1]:.3f}, with the lost minus at "
        f"{wrong[-1]:.3f}.",
        x_name="epochs",
        height=260,
        y_axis={"min": 0, "max": 1},
    )
    st.markdown(
        f"Two models were trained on {current_data().source.title}, from the same start. After ten epochs the "
        f"accuracy on validation images is **{right[-1]:.3f}** with the right sign and **{wrong[-1]:.3f}** with the "
        "minus lost. Guessing would give about 0.5. An accuracy far *below* guessing is a hint: the model has learned "
        "something, and a sign is wrong."
    )


def mnist_loss() -> None:
    """Three predictions, three targets, and every column on the way to the loss."""
    st.markdown(
        "Three images, a model's prediction for each (`prds`, how sure it is that the image is a 3) and the truth "
        "(`trgts`, 1 for a 3 and 0 for a 7). This is the chapter's own example:"
    )
    st.code(f"trgts = tensor({list(TARGETS)})\nprds  = tensor({list(PREDICTIONS)})", wrap_lines=True)
    names = ["The first", "The second", "The third"]
    taken = losses.where_columns(torch.tensor(PREDICTIONS), torch.tensor(TARGETS))["taken"]
    worst = taken.index(max(taken))
    if ask(
        "Which prediction is the worst, and adds most to the loss?",
        names,
        right=names[worst],
        because=f"Its target is {TARGETS[worst]}, and its prediction {PREDICTIONS[worst]} is {taken[worst]:.1f} away.",
        key="losses_worst",
    ):
        _worked_loss()


def _worked_loss() -> None:
    columns = st.columns(3, gap="medium")
    chosen = [
        place.slider(f"Prediction {i}, target {target}", -2.0, 3.0, start, 0.1, key=f"losses_pred{i}", **lab.BOUND)
        for i, (place, target, start) in enumerate(zip(columns, TARGETS, PREDICTIONS, strict=True), start=1)
    ]
    squeeze = st.toggle("Apply the sigmoid first", key="losses_squeeze", **lab.BOUND)
    raw, trgts = torch.tensor(chosen, dtype=torch.float64), torch.tensor(TARGETS)
    prds = losses.sigmoid(raw) if squeeze else raw
    loss = (losses.mnist_loss(raw, trgts) if squeeze else losses.mean_distance(raw, trgts)).item()
    worked = losses.where_columns(prds, trgts)
    table = pd.DataFrame({"trgts": list(map(str, TARGETS))}, index=["1", "2", "3"])
    if squeeze:
        table["output"] = [f"{value:.1f}" for value in chosen]
    for name, values in worked.items():
        table[name] = [str(value) if isinstance(value, bool) else f"{value:.4g}" for value in values]
    st.table(table, alt="Each prediction, its target, and what torch.where takes", width=480)  # scrolls by keyboard
    st.markdown(
        "Read a row from left to right. Where `trgts == 1` is True, `torch.where` takes the number under `1 - prds`, "
        "elsewhere the one under `prds`. Either way it is the distance to the target. It does so for all rows at once, "
        "like this slow loop: `[1 - p if t == 1 else p for t, p in zip(trgts, prds)]`."
    )
    first = "prds = outputs.sigmoid()\n" if squeeze else ""
    total = " + ".join(f"{value:.4g}" for value in worked["taken"])
    st.code(
        f"{first}torch.where(trgts == 1, 1 - prds, prds).mean()\n({total}) / 3 = {loss:.4f}".replace("+ -", "- "),
        wrap_lines=True,
    )
    beyond = [i for i, value in enumerate(prds.tolist(), start=1) if not 0 <= value <= 1]
    if beyond:
        st.warning(
            f"Prediction {beyond[0]} is not between 0 and 1, and what is taken for it, "
            f"{worked['taken'][beyond[0] - 1]:.4g}, is no distance between 0 and 1. Below 0 it counts as better than "
            "right, and a model would go further and further that way. **The sigmoid cures this**; the chapter's final "
            "`mnist_loss` begins with it.",
            icon=":material/warning:",
        )
    elif squeeze:
        st.markdown(
            "With the sigmoid the sliders are the model's raw outputs, any number at all. An output of 0 becomes a "
            "prediction of 0.5. The loss always lies between 0 and 1."
        )
    else:
        st.markdown("Now pull a slider beyond 0 or 1. What does the loss say?")
    show_source(
        losses.mean_distance,
        losses.mnist_loss,
        losses.where_columns,
        calls=f"""
# The loss of three predictions
outputs, trgts = torch.tensor({chosen}, dtype=torch.float64), torch.tensor({list(TARGETS)})
prds = {"outputs.sigmoid()" if squeeze else "outputs"}
for name, values in where_columns(prds, trgts).items():
    print(name, [f"{{value:.4g}}" for value in values])
print(f"{{{"mnist_loss(outputs, trgts)" if squeeze else "mean_distance(prds, trgts)"}:.4f}}")
""",
    )
