"""What stands between linear layers, and why: ReLU, curves made of it, and the chapter's `simple_net`."""

import pandas as pd
import streamlit as st
import torch

from mnist_core import models
from mnist_core.chapter import layers, nonlinear, recipe
from mnist_core.ui.chart import BLUE, GREY, ORANGE, PURPLE, line, show_lines
from mnist_core.ui.data import current_data
from mnist_core.ui.experiment import experiment
from mnist_core.ui.lab import BOUND
from mnist_core.ui.lesson import ask
from mnist_core.ui.lessons.layers import layer_table
from mnist_core.ui.source import show_source

IMAGES = 5
CURVES = {"Wave": nonlinear.wave, "Stairs": nonlinear.stairs}
INK = "A row of pixels"
MOST_UNITS, MOST_FOLDS = 40, 8


def nonlinearity() -> None:
    """Two linear layers are one; ReLU, drawn; a curve made of ReLUs; folds upon folds."""
    st.markdown(
        "So far the model was one layer: weights times pixels, plus a bias. Such a layer is called *linear*. Two of "
        "them, one after the other, have many more weights. **Can they do more?**"
    )
    two_are_one()
    draw_relu()
    bend_a_curve()
    fold_it()


def two_are_one() -> None:
    """Two linear layers multiplied out, on real images."""
    st.header("Two linear layers")
    st.markdown("The first layer makes 30 numbers of an image's 784 pixels, the second makes one number of those 30:")
    st.code("res = xb@w1 + b1   # 784 numbers -> 30\nres = res@w2 + b2  # 30 numbers -> 1", wrap_lines=True)
    data = current_data()
    stacked = nonlinear.stack_two(torch.from_numpy(data.images[data.valid[:: len(data.valid) // IMAGES][:IMAGES]]))
    same = stacked.difference < 1e-4
    if not ask(
        "Could one single linear layer always give the same result as these two?",
        ["Yes", "No"],
        right="Yes" if same else "No",
        because="Try it with small numbers: `y = 2*x + 1` and then `3*y - 4` is `6*x - 1`, one line again. With "
        "matrices it is the same: multiply `w1@w2` first, and keep the result.",
        key="loop_nl_two",
    ):
        return
    table = pd.DataFrame(
        {"two layers": stacked.two, "one layer": stacked.one, "two with a ReLU between": stacked.bent},
        index=[f"image {number}" for number in range(1, IMAGES + 1)],
    )
    many, few = stacked.parameters
    st.table(table.map("{:.5f}".format))
    st.markdown(
        f"Two new layers with random weights, and the one layer made of them, on {IMAGES} validation images: they "
        f"differ by at most {stacked.difference:.1g}, because a computer rounds. The {many:,} weights and biases can "
        f"do no more than {few}. In the last column something stands between the layers that is no straight line: now "
        "the two are more than one. It is called a **nonlinearity** or **activation function**."
    )
    show_source(
        nonlinear.merge,
        nonlinear.stack_two,
        calls=f"""
# Two linear layers are one
five = data.images[data.valid[:: len(data.valid) // {IMAGES}][:{IMAGES}]]
stacked = stack_two(torch.from_numpy(five))
for results in (stacked.two, stacked.one, stacked.bent):
    print([f"{{value:.5f}}" for value in results.tolist()])
many, few = stacked.parameters
print(f"{{many:,}} parameters against {{few}}, the largest difference {{stacked.difference:.1g}}")
""",
    )


def draw_relu() -> None:
    """ReLU from -2 to 2, as a function and as a module."""
    st.header("ReLU")
    st.markdown(
        "The most used activation function is also the simplest, the *rectified linear unit*, **ReLU**: a negative "
        "number becomes 0, any other stays as it is."
    )
    x = torch.arange(-2, 2.5, 0.5)
    ways = nonlinear.relu_three_ways(x)
    values = ways["F.relu(x)"]
    if not ask(
        "What does ReLU make of -1.5?",
        ["-1.5", "0", "1.5"],
        right=f"{values[1]:g}",
        because="-1.5 is negative, so it becomes 0.",
        key="loop_nl_relu",
    ):
        return
    left, right = st.columns(2, gap="medium")
    with left:
        show_lines(
            "loop_relu",
            [line("ReLU", x, values, ORANGE, marks=True)],
            alt="ReLU from -2 to 2: flat at 0 up to 0, then straight up to 2.",
            x_name="x",
            height=260,
            y_axis={"min": -0.5, "max": 2.5},
        )
    with right:
        st.table(pd.DataFrame(ways, index=pd.Index(x.tolist(), name="x").map("{:g}".format)).map("{:g}".format))
    st.markdown(
        "`F.relu` and `nn.ReLU` calculate the same. `F.relu` is a **function**: you call it with numbers. `nn.ReLU` is "
        "a **module**, a thing you make once, `nn.ReLU()`, and put into a model beside its layers. It has no "
        "parameters: there is nothing in it to learn."
    )
    show_source(
        nonlinear.relu_three_ways,
        calls="""
# ReLU in three ways
x = torch.arange(-2, 2.5, 0.5)
print("x", x.tolist())
for name, values in relu_three_ways(x).items():
    print(name, [f"{value:g}" for value in values])
""",
    )


def bend_a_curve() -> None:
    """A curve fitted by n ReLU units and by n linear ones."""
    st.header("A curve made of bends")
    st.markdown(
        "One ReLU has one bend. Add up several, each moved to its own place and multiplied by its own weight, and you "
        "get a curve with several bends. That is what a hidden layer does: each of its **units** is one ReLU."
    )
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        kind = st.segmented_control(
            "Curve to copy", [*CURVES, INK], default="Wave", required=True, key="loop_curve", **BOUND
        )
        units = st.slider("Units in the hidden layer", 1, MOST_UNITS, 3, key="loop_units", width=320, **BOUND)
    x, target = CURVES[kind]() if kind in CURVES else row_of_ink()
    bent, straight = (nonlinear.fit_curve(x, target, units=units, relu=relu) for relu in (True, False))
    show_lines(
        "loop_bends",
        [
            line("curve to copy", x, target, GREY, width=4),
            line("units with ReLU", x, bent.fitted, ORANGE),
            line("units without", x, straight.fitted, BLUE, dashed=True),
        ],
        alt=f"{kind}, copied by {units} units with ReLU, loss {bent.loss:.4f}, and without, loss {straight.loss:.4f}.",
        x_name="x" if kind != INK else "column",
    )
    st.markdown(
        f"**{units} {'unit' if units == 1 else 'units'}:** with ReLU the loss is **{bent.loss:.4f}**, without it "
        f"{straight.loss:.4f}. The loss is the mean squared distance from the curve. Move the slider: units without "
        f"a ReLU are straight lines, and their sum is one straight line, however many they are. Here the bends stand "
        "at equal distances, and the weights are the best there are. A training also moves the bends."
    )
    threes = 'threes = data.select("3")\n'
    curve = {"Wave": "wave()", "Stairs": "stairs()", INK: "ink(threes.images[threes.valid[0]])"}[kind]
    show_source(
        *CURVES.values(),
        nonlinear.ink,
        nonlinear.fit_curve,
        calls=f"""
# A curve made of bends
{threes if kind == INK else ""}x, target = {curve}
for relu in (True, False):
    fit = fit_curve(x, target, units={units}, relu=relu)
    print(f"relu={{relu}}: loss {{fit.loss:.4f}}")
""",
    )


def row_of_ink() -> tuple:
    """The ink along the middle row of the first 3 among the validation images."""
    threes = current_data().select("3")
    return nonlinear.ink(threes.images[threes.valid[0]])


def fold_it() -> None:
    """Why more than one nonlinearity: each layer folds what the layer before has folded."""
    st.header("Why more than one?")
    st.markdown(
        "With enough units, one hidden layer comes as close to any curve as you like. Then why do models have many "
        "layers, each with its nonlinearity? Take a layer of 2 ReLU units that folds a line in the middle: up, then "
        "down. Now send its result through the same layer again."
    )
    if not ask(
        "One fold makes 2 straight pieces. How many pieces do 5 folds make, one after the other?",
        ["10", "25", "32"],
        right=str(nonlinear.straight_pieces(*nonlinear.folded(5))),
        because="Each fold folds all the pieces there are: their number doubles. Units side by side only add pieces.",
        key="loop_nl_folds",
    ):
        return
    folds = st.slider("Layers, one after the other", 1, MOST_FOLDS, 3, key="loop_folds", width=320, **BOUND)
    x, y = nonlinear.folded(folds)
    pieces = nonlinear.straight_pieces(x, y)
    show_lines(
        "loop_folded",
        [line("result", x, y, ORANGE)],
        alt=f"A zigzag of {pieces} straight pieces between 0 and 1.",
        x_name="x",
        height=220,
    )
    st.markdown(
        f"**{folds} {'layer' if folds == 1 else 'layers'} of 2 units, {2 * folds} units in all, make {pieces} straight "
        f"pieces.** A single hidden layer needs {pieces} units for the same curve. So with more layers a model does as "
        "much with fewer parameters, and in practice it also learns faster."
    )
    show_source(
        nonlinear.fold,
        nonlinear.folded,
        nonlinear.straight_pieces,
        calls=f"""
# Folds upon folds
x, y = folded({folds})
print(straight_pieces(x, y), "straight pieces, each", x[1], "wide")
""",
    )


def simple_net() -> None:
    """The chapter's first model with a nonlinearity: what it is made of, its numbers, and what it gains."""
    st.markdown(
        "This is the chapter's first *neural network*. `nn.Sequential` makes a model that calls its layers one after "
        "the other:"
    )
    st.code(
        "simple_net = nn.Sequential(\n    nn.Linear(28*28, 30),\n    nn.ReLU(),\n    nn.Linear(30, 1)\n)",
        language="python",
        wrap_lines=True,
    )
    count_parameters()
    compare()


def count_parameters() -> None:
    """Parameters and activations of `simple_net`."""
    st.header("Parameters and activations")
    rows = layers.anatomy_of("mlp30", 1)
    total = sum(row.parameters for row in rows)
    if not ask(
        "How many numbers does it learn? A layer has a weight for each input of each unit, and a bias for each unit.",
        ["30", "814", f"{total:,}"],
        right=f"{total:,}",
        because="784 * 30 weights and 30 biases, then 30 * 1 weights and 1 bias.",
        key="loop_nl_count",
    ):
        return
    layer_table(rows)
    numbers = sum(row.shape[-1] for row in rows[1:])
    st.markdown(
        f"- **Parameters** are learned: the {total:,} weights and biases. They are the model. They stay the same from "
        "image to image, until a step changes them.\n"
        f"- **Activations** are calculated: the numbers that come out of the layers, {numbers} for each image. The "
        "next image has others.\n"
        "- Every layer, and the whole model, is an **`nn.Module`**: it can be called like a function, and "
        "`model.parameters()` gives all its parameters to the optimiser.\n"
        "- `nn.Flatten` lays out the image in a row. The chapter does that beforehand, with `view(-1, 28*28)`."
    )
    show_source(
        models.mlp,
        models.parameter_count,
        layers.anatomy,
        calls="""
# The layers of simple_net
simple_net = mlp(30)(1)
for layer in anatomy(simple_net):
    print(f"{layer.kind} {layer.shape}: {layer.parameters:,} parameters")
print(f"{parameter_count(simple_net):,} in all")
""",
    )


def compare() -> None:
    """One layer, two without and two with a ReLU, trained alike."""
    st.header("What does it gain?")
    tasks = {"3 and 7": "37", "All ten digits": "0123456789"}
    task = st.segmented_control(
        "Digits to tell apart", list(tasks), default="All ten digits", required=True, key="loop_task", **BOUND
    )
    data = current_data()
    recipes = nonlinear.contest(tasks[task], few=data.source.name == "digits")

    def runs() -> dict[str, recipe.Trained]:
        words = f"Training for {recipes[nonlinear.ONE].epochs} epochs"
        return {
            name: experiment(recipe.train, working=f"{name}. {words}", data=data.source.name, recipe=what)
            for name, what in recipes.items()
        }

    if not ask(
        "The same training for three models. Which one will be right most often?",
        [*recipes, nonlinear.ALIKE],
        right=lambda: nonlinear.winner(runs()),
        because="Without a ReLU the second layer adds parameters, but nothing that one layer could not do.",
        key=f"loop_nl_{tasks[task]}",
    ):
        return
    trained = runs()
    with st.container(horizontal=True):
        for name, run in trained.items():
            st.metric(name, f"{run.accuracy:.4f}", width="content")
    ends = ", ".join(f"{name}: {run.accuracy:.4f}" for name, run in trained.items())
    show_lines(
        "loop_contest",
        [
            line(name, list(run.accuracies), list(run.accuracies.values()), color, marks=True)
            for (name, run), color in zip(trained.items(), (BLUE, PURPLE, ORANGE), strict=True)
        ],
        title="Accuracy on the validation images",
        alt=f"Accuracy over the batches. At the end: {ends}.",
        x_name="batch",
        y_axis={"min": 0.8, "max": 1, "interval": 0.05},
    )
    what = recipes[nonlinear.BENT]
    st.markdown(
        f"Learning rate {what.lr:g}, {what.epochs} epochs, {what.hidden} hidden units. To tell two digits apart, a "
        "straight cut is nearly enough, so there is little to gain. With ten digits and many images the bends count."
    )
    if data.source.name == "mnist" and tasks[task] == "37":
        st.markdown("Published for `simple_net` after 40 epochs: 0.9828. Measured for it over several starts: 0.9821.")
    show_source(
        nonlinear.contest,
        recipe.train,
        recipe.fit,
        recipe.forward,
        calls=f"""
# One layer, two layers, and a ReLU between them
for name, recipe in contest("{tasks[task]}", few={data.source.name == "digits"}).items():
    run = train("{data.source.name}", recipe)
    print(f"{{name}}: accuracy {{run.accuracy:.4f}}")
""",
    )
