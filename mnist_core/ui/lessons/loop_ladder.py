"""Loop, the later parts: the same model on four rungs, what the Learner can do, and a Learner of one's own."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from mnist_core.chapter import ladder, loop, mnist_learner
from mnist_core.chapter.losses import accuracy
from mnist_core.ui.chart import BLUE, ORANGE, line, show_bars, show_lines
from mnist_core.ui.data import current_data
from mnist_core.ui.experiment import experiment
from mnist_core.ui.lab import BOUND
from mnist_core.ui.lesson import ask
from mnist_core.ui.lessons.loop import rate_slider, two_digits
from mnist_core.ui.prediction import show_digit
from mnist_core.ui.source import show_source

SAME = "All the same"
REPLACES = {
    "By hand": "Nothing is ready-made: `init_params`, `linear1`, and the step written out in `train_epoch`.",
    "BasicOptim": "`nn.Linear` holds weights and bias, in the place of `init_params` and `linear1`; its `parameters()` "
    "go to `BasicOptim`, whose `step` and `zero_grad` replace the two lines that changed each parameter.",
    "torch SGD": "`torch.optim.SGD` replaces `BasicOptim`. SGD is *stochastic gradient descent*: a step after each "
    "mini-batch. fastai's `SGD` does the same.",
    "Learner": "fastai's `Learner` is given the data, the model, the optimiser, the loss and the metric. Its `fit` "
    "replaces the loop itself.",
}
CODE: dict[str, list[Callable[..., Any]]] = {
    "By hand": [ladder.by_hand, loop.train_epoch],
    "BasicOptim": [ladder.with_basic_optim, ladder.train_model, loop.BasicOptim],
    "torch SGD": [ladder.with_torch_sgd, ladder.train_model],
    "Learner": [ladder.with_learner],
}


def four_climbs() -> None:
    """The same model trained on each rung of the ladder."""
    st.markdown(
        "You have written the loop by hand. Nobody does that every time: piece by piece, ready-made parts take over. "
        "Here the same linear model is trained four times, **from the same start, on the same batches**."
    )
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        lr = rate_slider("loop_climb_lr")
        epochs = st.slider("Epochs", 1, 10, 5, key="loop_climb_epochs", width=220, **BOUND)
    climbs: list[ladder.Climb] = []

    def right() -> str:
        source = current_data().source.name
        climbs.extend(
            experiment(ladder.climb, working="Climbing four times", source=source, lr=lr, epochs=epochs, seed=0)
        )
        best = max(climbs, key=lambda climb: climb.accuracies[-1])
        return SAME if best.accuracies[-1] - climbs[0].accuracies[-1] < 1e-4 else best.name

    if not ask(
        "Which one will be right most often on the validation images?",
        ["By hand", "Learner", SAME],
        right=right,
        because="The ready-made parts do the same arithmetic. They save you lines, and mistakes, but they change no "
        "result.",
        key="loop_best",
    ):
        return
    _show_climbs(climbs, epochs)
    rungs = list(ladder.RUNGS)
    rung = st.segmented_control(
        "What does this rung replace?", rungs, default=rungs[1], required=True, key="loop_rung", **BOUND
    )
    at = rungs.index(rung)
    st.markdown(REPLACES[rungs[at]])
    if rungs[at] == "BasicOptim":
        _show_parameters()
    for column, name in zip(st.columns(2), rungs[max(at - 1, 0) : at + 1], strict=False):
        with column:
            show_source(*CODE[name], title=f"The code: {name}", expanded=True)
    show_source(
        loop.make_dls,
        loop.start,
        loop.joined,
        *ladder.RUNGS.values(),
        title="All four",
        calls=f"""
# The same linear model, trained in four ways
pair, ends = load("{current_data().source.name}", digits="{loop.DIGITS}"), []
for rung in ({", ".join(rung.__name__ for rung in ladder.RUNGS.values())}):
    params, accuracies = rung(*make_dls(pair, seed=0), *start(pair, seed=0), lr={lr}, epochs={epochs})
    print(rung.__name__, [f"{{accuracy:.4f}}" for accuracy in accuracies])
    ends.append(joined(params))
print("Largest differences:", [f"{{(end - ends[0]).abs().max():.1g}}" for end in ends])
""",
    )


def _show_climbs(climbs: Sequence[ladder.Climb], epochs: int) -> None:
    names = [climb.name for climb in climbs]
    table = pd.DataFrame(
        [[f"{climb.accuracies[epoch]:.4f}" for climb in climbs] for epoch in range(epochs)],
        index=[f"Accuracy after epoch {epoch + 1}" for epoch in range(epochs)],
        columns=names,
    )
    differences = ladder.largest_differences(climbs)
    table.loc["Largest difference of a weight"] = [f"{difference:.1g}" for difference in differences]
    table.loc["Time, seconds"] = [f"{climb.seconds:.3f}" for climb in climbs]
    st.table(table)
    largest = max(differences)
    same = (
        "The 784 weights and the bias are the same, bit for bit."
        if largest == 0
        else f"No weight differs by more than {largest:.1g}: that is rounding in the last digit of a 32-bit number."
    )
    st.markdown(
        f"{same} Each time is the fastest of {ladder.TRIES} tries on this machine. A `Learner` also keeps records, and "
        "asks at every step whether you want something done. On a model as small as this one that may take longer than "
        "the training; on a larger one you do not notice it."
    )


def _show_parameters() -> None:
    """What `parameters()` gives, and a module of one's own."""
    st.markdown(
        "How does the optimiser know what to change? Every layer and model is an `nn.Module`, and a module knows what "
        "it has to learn: `model.parameters()` gives its tensors of weights and biases. `nn.Linear(28*28, 1)` has two:"
    )
    start = loop.start(two_digits(), seed=0)
    st.table(pd.DataFrame(ladder.parameter_rows(ladder.linear_model(*start))).set_index("name"))
    st.markdown(
        "You can write a module yourself. A tensor wrapped in `nn.Parameter` is found by `parameters()`, and `forward` "
        "says what is calculated. This one is `init_params` and `linear1` again:"
    )
    show_source(ladder.LinearModule, title="A module of your own")


def the_learner() -> None:
    """`fit`, `fit_one_cycle`, `lr_find` and the recorder, for real."""
    pair = two_digits()
    st.markdown(
        "A fastai `Learner` must be given five things: the data (`dls`, training and validation), the model, the "
        "optimiser, the loss, and a metric to print. What do you get for it?"
    )
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        lr = rate_slider("loop_learner_lr")
        epochs = st.slider("Epochs", 1, 10, 5, key="loop_learner_epochs", width=220, **BOUND)
    st.code(
        "learn = Learner(dls, nn.Linear(28*28, 1), opt_func=SGD,\n"
        "                loss_func=mnist_loss, metrics=batch_accuracy)\n"
        f"learn.fit({epochs}, lr={lr:g})",
        wrap_lines=True,
    )
    how: dict[str, Any] = {"source": pair.source.name, "lr": lr, "epochs": epochs, "seed": 0}
    runs: dict[str, ladder.Recording] = {}

    def right() -> str:
        for method in ("fit", "fit_one_cycle"):
            runs[method] = experiment(ladder.record, working=f"Training with {method}", method=method, **how)
        return "A small part of it" if runs["fit_one_cycle"].lrs[0] < lr / 2 else "The full rate"

    if not ask(
        f"`fit` uses the rate {lr:g} for every batch. `fit_one_cycle` is given {lr:g} too. What rate does its first "
        "batch get?",
        ["The full rate", "A small part of it", "Twice the rate"],
        right=right,
        because="A new model is far from good, and long steps might throw it off. So the rate rises for a quarter of "
        "the batches, and then it falls almost to 0.",
        key="loop_first_rate",
    ):
        return
    _show_recordings(runs["fit"], runs["fit_one_cycle"])
    _show_search(experiment(ladder.find_rate, working="Looking for a rate", source=pair.source.name, seed=0))
    show_source(
        ladder.record,
        ladder.find_rate,
        calls=f"""
# fit, fit_one_cycle and lr_find
name = "{pair.source.name}"
for method in ("fit", "fit_one_cycle"):
    run = record(name, method=method, lr={lr}, epochs={epochs}, seed=0)
    print(f"{{method}}: the rate begins at {{run.lrs[0]:.3g}}")
    for row in run.epochs:
        print([f"{{value:.4f}}" for value in row])
print(f"fit_one_cycle: it rises to {{max(run.lrs):.3g}} and ends at {{run.lrs[-1]:.2g}}")
print(f"lr_find suggests {{find_rate(name, seed=0).suggested:.2g}}")
""",
    )


def _show_recordings(fit: ladder.Recording, cycle: ladder.Recording) -> None:
    """The recorder's curves for both ways to fit, and its table."""
    st.header("What the recorder wrote down")
    st.markdown(
        "While it trains, the Learner's **recorder** keeps the learning rate and the smoothed loss of every batch, and "
        f"a row for every epoch. Here `fit_one_cycle` began at the rate {cycle.lrs[0]:.3g}, rose to "
        f"{max(cycle.lrs):.3g} and ended at {cycle.lrs[-1]:.2g}."
    )
    both = [("fit", fit, BLUE), ("fit_one_cycle", cycle, ORANGE)]
    axis: dict[str, Any] = {"x_name": "batch", "height": 260}
    batches = np.arange(1, len(fit.lrs) + 1)
    every = slice(None, None, -(-len(batches) // 400))
    left, right = st.columns(2, gap="large")
    with left:
        lines = [line(name, batches[every], run.lrs[every], colour) for name, run, colour in both]
        alt = (
            f"fit keeps the rate at {fit.lrs[0]:g}. fit_one_cycle starts at {cycle.lrs[0]:.3g}, rises to "
            f"{max(cycle.lrs):.3g} and ends at {cycle.lrs[-1]:.2g}."
        )
        show_lines("loop_rates", lines, title="Learning rate of each batch", alt=alt, **axis)
    with right:
        lines = [line(name, batches[every], run.losses[every], colour) for name, run, colour in both]
        alt = (
            f"The smoothed loss ends at {fit.losses[-1]:.4f} with fit and at {cycle.losses[-1]:.4f} with fit_one_cycle."
        )
        show_lines("loop_losses", lines, title="Training loss, smoothed", alt=alt, **axis)
    for column, (name, run, _) in zip((left, right), both, strict=True):
        rows = pd.DataFrame(run.epochs, columns=["train_loss", "valid_loss", "batch_accuracy"])
        rows = rows.map("{:.4f}".format)
        rows.index = pd.Index([str(epoch + 1) for epoch in range(len(rows))], name="epoch")
        column.markdown(f"The rows of `learn.{name}`:")
        column.table(rows)


def _show_search(search: ladder.RateSearch) -> None:
    """The curve of `lr_find`."""
    st.header("Which rate? lr_find")
    turn = "On the right the curve goes up again: there the steps are too long."
    if search.losses[-1] <= min(search.losses[len(search.losses) // 2 :]):
        turn = "If it went on, the curve would go up again some day, where the steps are too long."
    st.markdown(
        f"`learn.lr_find()` trains on {len(search.lrs)} batches with a rate that grows from batch to batch, looks at "
        "the loss, and then puts the old weights back. It suggests a rate from the middle of the longest fall: here "
        f"**{search.suggested:.2g}**. Left of the fall the steps are too short to matter: the bumps there are luck, "
        f"for every batch differs. {turn}"
    )
    at = int(np.argmin(np.abs(np.array(search.lrs) - search.suggested)))
    lines = [
        line("Smoothed loss", search.lrs, search.losses, BLUE),
        line("Suggested", search.lrs[at : at + 1], search.losses[at : at + 1], ORANGE, width=0, marks=True),
    ]
    alt = (
        f"The smoothed loss is {search.losses[0]:.3f} at the rate {search.lrs[0]:.1g}, {search.losses[at]:.3f} at the "
        f"suggested {search.suggested:.2g}, and {search.losses[-1]:.3f} at {search.lrs[-1]:.3g}."
    )
    axis = {"type": "log", "min": 1e-7, "max": 10}
    show_lines("loop_search", lines, title="The loss, as the rate grows", alt=alt, x_name="learning rate", x_axis=axis)


SLICE = 5  # epochs; others get their turn between two slices
FEW, SOME, MANY = "Fewer than 50", "50 to 90", "More than 90"


def own_learner() -> None:
    """The training loop in a class of one's own, run on ten digits."""
    data = current_data()
    st.markdown(
        "The chapter's last task: build your own Learner from the loop, and go from two digits to all ten. One of "
        "the write-ups did it and called it `MNISTLearner`. Ours keeps the name. It needs what every Learner needs: "
        "**data, model, optimiser, loss and metric**."
    )
    st.code(
        "simple_net = nn.Sequential(nn.Linear(28*28, 30), nn.ReLU(), nn.Linear(30, 10))\n"
        "learner = MNISTLearner(dls, simple_net, BasicOptim, F.cross_entropy, accuracy)\nlearner.fit(epochs, lr)",
        wrap_lines=True,
    )
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        lr = st.select_slider(
            "Learning rate", [0.001, 0.01, 0.1, 1.0], 0.001, "{:g}".format, key="loop_own_lr", width=260, **BOUND
        )
        epochs = st.segmented_control(
            "Epochs", [5, 10, 20, 40], default=5, required=True, key="loop_own_epochs", **BOUND
        )
    trained = None

    def right() -> str:
        nonlocal trained
        trained = _train(data.source.name, lr, epochs)
        share = trained.rows[-1].accuracy
        return FEW if share < 0.5 else SOME if share <= 0.9 else MANY

    ask(
        f"After {epochs} epochs, how many of 100 validation digits will it get right?",
        [FEW, SOME, MANY],
        right=right,
        because="Guessing gives about 10.",
        key="loop_own_bet",
    )
    if trained:
        _show_own(trained, lr, epochs)


def _train(source: str, lr: float, epochs: int) -> mnist_learner.Slice:
    """Train slice by slice; the table grows on the way."""
    shown, trained = st.empty(), None
    for done in range(0, epochs, SLICE):
        trained = experiment(
            mnist_learner.train_slice,
            working=f"Epochs {done + 1} to {done + SLICE} of {epochs}",
            source=source,
            lr=lr,
            epochs=SLICE,
            seed=0,
            before=trained,
        )
        shown.code(mnist_learner.table(trained.rows), language=None, height=300 if epochs > 10 else "content")
    assert trained is not None
    return trained


def _show_own(trained: mnist_learner.Slice, lr: float, epochs: int) -> None:
    """What the table says, and one prediction."""
    data = current_data()
    st.markdown(f"In the end {trained.rows[-1].accuracy:.2%} of the validation images were right.")
    if (data.source.name, lr, epochs) == ("mnist", 0.001, 40):
        st.markdown(
            "The write-up published 0.8662 for this training, and 0.856 with its own `MNISTLearner`. Ten starts of "
            "ours gave 0.859 on average, from 0.849 to 0.866."
        )
    if lr < 0.1 and trained.rows[-1].train_loss < trained.rows[-2].train_loss:
        st.caption("The loss still falls at the end: this rate is slow. Try a larger one.")
    st.markdown("`learner.predict(x)` gives the likeliest digit, and how likely each digit is:")
    count = len(data.valid)
    if st.session_state.get("loop_own_image", 0) >= count:
        st.session_state["loop_own_image"] = count - 1
    at = st.number_input(
        f"Validation image, 0 to {count - 1:,}", 0, count - 1, key="loop_own_image", width=220, **BOUND
    )
    index = data.valid[at]
    says, probabilities = mnist_learner.predict_with(trained.state, data.images[index])
    left, right = st.columns([1, 2], gap="large")
    with left:
        show_digit(data.images[index] / 255, alt=f"A handwritten {data.labels[index]}")
        st.markdown(f"It says **{says}**; the label is **{data.labels[index]}**.")
    with right:
        said = ", ".join(f"{digit}: {share:.1%}" for digit, share in enumerate(probabilities))
        show_bars(
            "loop_own_bars", range(10), 100 * np.array(probabilities), alt=f"Probabilities. {said}.", x_name="digit",
            strong=says, unit=" %", y_axis={"min": 0, "max": 100}, height=240,
        )  # fmt: skip
    show_source(
        mnist_learner.MNISTLearner,
        mnist_learner.simple_net,
        loop.make_dls,
        loop.BasicOptim,
        accuracy,
        calls=f"""
# A Learner of one's own
dls = make_dls(data, seed=0)
learner = MNISTLearner(dls, simple_net(seed=0), BasicOptim, F.cross_entropy, accuracy)
learner.fit({epochs}, {lr})
for row in learner.rows:
    print(f"{{row.epoch:5}}  {{row.train_loss:5.3f}}  {{row.valid_loss:5.3f}}  {{row.accuracy:8.4f}}")
x = torch.from_numpy(data.images[data.valid[{at}]]).view(-1).float() / 255
says, probabilities = learner.predict(x)
print(f"It says {{says}}:", [f"{{p:.1%}}" for p in probabilities.tolist()])
""",
    )
