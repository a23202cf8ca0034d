"""Break it: the mistakes of the write-ups, each predicted, run beside the right line, seen and explained."""

from collections.abc import Sequence
from dataclasses import asdict
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from mnist_core.chapter import recipe
from mnist_core.chapter.mistakes import EFFECTS, MISTAKES, Mistake, effect
from mnist_core.chapter.recipe import Recipe, Trained
from mnist_core.ui.chart import BLUE, ORANGE, PURPLE, line, show_lines
from mnist_core.ui.data import current_data
from mnist_core.ui.experiment import experiment
from mnist_core.ui.lab import BOUND
from mnist_core.ui.lesson import ask
from mnist_core.ui.link import linked_selectbox
from mnist_core.ui.source import show_source
from mnist_core.ui.weight_grid import weight_grid

MOST_POINTS = 250  # of a line
UNITS = 3  # of the hidden layer, shown as images
RIGHT, BROKEN, SEVERAL = "right", "broken", "several mistakes"
WIDTHS = {RIGHT: 5, BROKEN: 2, SEVERAL: 2}  # the right line is seen where another lies upon it
COLORS = {RIGHT: BLUE, BROKEN: ORANGE, SEVERAL: PURPLE}


def train(what: Recipe) -> Trained:
    """The training of a recipe on the data in use."""
    words = f"Training for {what.epochs} epochs"
    return experiment(recipe.train, working=words, data=current_data().source.name, recipe=what)


def break_it() -> None:
    """One mistake, chosen by the learner: both lines of code, a bet, and what really happens."""
    st.markdown(
        "A broken training rarely stops with an error. It runs, prints numbers, and learns badly or not at all. Nearly "
        "all the mistakes below were made, printed or warned of by people who wrote about this chapter. Choose one, "
        "and say what it will do. Then the lab trains two models: one with the right line, one with the broken one."
    )
    titles = {name: mistake.title for name, mistake in MISTAKES.items()}
    name = linked_selectbox("Mistake", titles, key="loop_mistake", default="zero_grad", width=360)
    mistake = MISTAKES[name]
    left, right = st.columns(2, gap="medium")
    left.markdown("**The right line**")
    left.code(mistake.right_code, language="python", wrap_lines=True)
    right.markdown("**The broken line**")
    right.code(mistake.wrong_code, language="python", wrap_lines=True)
    st.markdown(task(mistake.right))
    if not ask(
        f"Which accuracy will the broken one have after {mistake.right.epochs} epochs, compared with the right one?",
        EFFECTS,
        right=partial(outcome, mistake),
        because=mistake.why,
        key=f"loop_bet_{name}",
    ):
        return
    recipes = {RIGHT: mistake.right, BROKEN: mistake.broken()}
    if more := also(name):
        recipes[SEVERAL] = mistake.broken(*more)
    runs = {kind: train(what) for kind, what in recipes.items()}
    show_runs(runs)
    explain(mistake)
    look_inside(runs)
    changed = {kind: settings(what, usual=mistake.right) for kind, what in recipes.items() if kind != RIGHT}
    named = "\n".join(f"    {kind!r}: right | {change}," for kind, change in changed.items())
    show_source(
        recipe.Recipe,
        recipe.train,
        recipe.fit,
        recipe.step,
        recipe.forward,
        recipe.init_params,
        calls=f"""
# {mistake.title}: right and broken
right = {settings(mistake.right, usual=Recipe())}
ways = {{
    'right': right,
{named}
}}
for name, settings in ways.items():
    run = train("{current_data().source.name}", Recipe(**settings))
    print(f"{{name}}: accuracy {{run.accuracy:.4f}}")
    print(f"the loss is {{run.losses[0]:,.4g}} at first, {{run.losses[-1]:,.4g}} at the end")
""",
    )


def settings(what: Recipe, *, usual: Recipe) -> dict[str, Any]:
    """The fields of a recipe that are not as usual."""
    return {name: value for name, value in asdict(what).items() if value != getattr(usual, name)}


def task(what: Recipe) -> str:
    """What both models do, in words."""
    layers = f"two layers, with {what.hidden} hidden units" if what.hidden else "one layer"
    digits = "tells a 3 from a 7" if what.digits == "37" else "tells all ten digits apart"
    start = "" if what.start == "scaled" else " Its weights start with a standard deviation of 1."
    return (
        f"The model {digits} and has {layers}. It trains for {what.epochs} epochs on {current_data().source.title}, "
        f"with a learning rate of {what.lr:g}.{start}"
    )


def outcome(mistake: Mistake) -> str:
    """What a mistake does on the data in use."""
    return effect(train(mistake.right), train(mistake.broken()))


def also(name: str) -> Sequence[Mistake]:
    """More mistakes, switched on by the learner on top of the chosen one."""
    options = [other.title for other in MISTAKES.values() if other.goes_with(MISTAKES[name])]
    if not options:
        return []
    chosen = st.pills("Make more mistakes at once", options, selection_mode="multi", key=f"loop_more_{name}", **BOUND)
    return [other for other in MISTAKES.values() if other.title in chosen]


def show_runs(runs: dict[str, Trained]) -> None:
    """Accuracies as numbers, then accuracy and loss over the batches, one line a run."""
    with st.container(horizontal=True):
        for name, run in runs.items():
            st.metric(f"Accuracy, {name}", f"{run.accuracy:.4f}", width="content")
    left, right = st.columns(2, gap="medium")
    with left:
        ends = ", ".join(f"{name} {run.accuracy:.4f}" for name, run in runs.items())
        show_lines(
            "loop_break_accuracy",
            [
                line(
                    name,
                    list(run.accuracies),
                    list(run.accuracies.values()),
                    COLORS[name],
                    width=WIDTHS[name],
                    marks=True,
                )
                for name, run in runs.items()
            ],
            title="Accuracy on the validation images",
            alt=f"Accuracy over the batches. At the end: {ends}.",
            x_name="batch",
            height=280,
            y_axis={"min": 0, "max": 1},
        )
    with right:
        drawn = {name: slice(None, None, max(1, len(run.losses) // MOST_POINTS)) for name, run in runs.items()}
        low, high = loss_window(runs)
        show_lines(
            "loop_break_loss",
            [
                line(name, np.arange(len(run.losses))[drawn[name]], run.losses[drawn[name]], COLORS[name], width=1)
                for name, run in runs.items()
            ],
            title="Loss of each batch",
            alt=f"Loss over the batches. {first_and_last(runs)}",
            x_name="batch",
            height=280,
            y_axis={"min": low, "max": high},
        )
    st.caption(f"{first_and_last(runs)} What is above {high:g} or below {low:g} is outside the picture.")


def loss_window(runs: dict[str, Trained]) -> tuple[float, float]:
    """The ends of the loss axis: the right run, and of the others what is near it."""
    ten = 10 ** np.floor(np.log10(runs[RIGHT].losses[0]))
    first = float(ten * np.ceil(runs[RIGHT].losses[0] / ten))  # a round number
    below = min(np.nanmin(run.losses) for run in runs.values()) < 0
    return (-first if below else 0.0), 2 * first


def first_and_last(runs: dict[str, Trained]) -> str:
    """The loss of the first and of the last batch of each run, in a sentence."""
    ends = [f"{name}: {run.losses[0]:,.4g} at first, {run.losses[-1]:,.4g} at the end" for name, run in runs.items()]
    return f"Loss, {'; '.join(ends)}."


def explain(mistake: Mistake) -> None:
    """Where the mistake was made, how to notice it, and the figures that were published or measured on MNIST."""
    figures = {"In figures, on MNIST": mistake.figures} if mistake.figures else {}
    said = {"Where it happened": mistake.seen, "How to notice it": mistake.notice, **figures}
    st.markdown("\n".join(f"- **{title}.** {text}" for title, text in said.items()))


def written(value: float) -> str:
    """Three digits after the point, or a power of ten where a number is too long for that."""
    return f"{value:.3f}" if abs(value) < 1e5 else f"{value:.2e}"


def look_inside(runs: dict[str, Trained]) -> None:
    """What each model prints for one image, and its first weights as images."""
    st.header("What each model has become")
    label = runs[RIGHT].label
    classes = [str(number) for number in range(10)] if len(runs[RIGHT].printed) == 10 else ["3", "7"]
    table = pd.DataFrame({name: run.printed for name, run in runs.items()}, index=pd.Index(classes, name="digit"))
    table.loc["sum"] = table.sum(skipna=False)
    left, right = st.columns([2, 3], gap="medium")
    with left:
        st.markdown(f"**Printed as probabilities**, for a validation image that shows a **{label}**:")
        st.table(table.map(written))
    with right:
        for name, run in runs.items():
            of = "its weights" if len(run.weights) == 1 else f"those of {UNITS} of its {len(run.weights)} hidden units"
            st.markdown(f"**First layer, {name}**: {of}, red is positive, blue is negative.")
            if np.isfinite(run.weights).all():
                names = ["3 against 7"] if len(run.weights) == 1 else [f"unit {number}" for number in range(UNITS)]
                weight_grid(run.weights[:UNITS], names, key=f"loop_weights_{name}")
            else:
                st.markdown("All of them are NaN, *not a number*: there is nothing to see, and no way back.")
