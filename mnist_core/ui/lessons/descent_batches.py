"""The part of the page Descent about mini-batches: the whole data against a few points at a time."""

import pandas as pd
import streamlit as st

from mnist_core.chapter import gradients, minibatch
from mnist_core.chapter.minibatch import BatchDescent, steps_per_epoch
from mnist_core.ui import lab
from mnist_core.ui.chart import BLUE, ORANGE
from mnist_core.ui.descent import Track, descent_plot
from mnist_core.ui.lesson import ask
from mnist_core.ui.source import show_source

RATES = [0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5]
LR, BS, EPOCHS = 0.1, 5, 10  # at first

WHY = (
    "**Why mini-batches?** The gradient of all the data shows the way down exactly, but every item must be looked "
    "at before one single step. The gradient of one item is quick, but it points a bit elsewhere each time: the "
    "path trembles, and near the floor of the valley it never comes to rest. A batch of some dozens is between "
    "the two. And a processor, above all a GPU, works on a whole batch in nearly the time of one item.\n\n"
    "**Try:** batches of 1 with a learning rate of 0.5, then with 0.05. Small batches need smaller steps."
)


@st.cache_resource(max_entries=100, show_spinner=False)
def take_steps(*, lr: float, bs: int, epochs: int, shuffle_seed: int) -> BatchDescent:
    """A run in batches, shared by all learners."""
    time, speed = gradients.roller_coaster(centred=True)
    return minibatch.descend_in_batches(time, speed, lr=lr, bs=bs, epochs=epochs, shuffle_seed=shuffle_seed)


def mini_batches() -> None:
    """Part 3: the same start and the same learning rate, with all points at a time and with a few."""
    time, speed = gradients.roller_coaster(centred=True)
    n = len(time)
    st.markdown(
        f"Until now each step used all {n} points. A step may also use a few of them: a **mini-batch**, or batch. "
        "The points are *shuffled*, which means brought into a random order, and dealt out batch by batch. When each "
        "point has been used once, one **epoch** is over. Here the time is squeezed into -1 … 1."
    )
    whole, few = (take_steps(lr=LR, bs=bs, epochs=EPOCHS, shuffle_seed=0) for bs in (n, BS))
    if not ask(
        f"Both use each point {EPOCHS} times, with a learning rate of {LR:g}. Whose loss is lower at the end?",
        [f"All {n} at once", f"Batches of {BS}", "The same"],
        right=minibatch.lower(whole, few),
        because=f"An epoch is the same work for both: {n} gradients, one for each point. For that work all {n} at once "
        f"take 1 step, and batches of {BS} take {steps_per_epoch(n, BS)}.",
        key="descent_batch_bet",
    ):
        return
    columns = st.columns(4, gap="medium")
    lr = columns[0].select_slider("Learning rate", RATES, LR, "{:g}".format, key="descent_batch_lr", **lab.BOUND)
    bs = columns[1].slider("Batch size, points", 1, n, BS, key="descent_batch_bs", **lab.BOUND)
    epochs = columns[2].slider("Epochs", 1, 20, EPOCHS, key="descent_batch_epochs", **lab.BOUND)
    seed = columns[3].number_input("Seed of the shuffle", 0, 9999, 0, key="descent_batch_seed", **lab.BOUND)
    whole = take_steps(lr=lr, bs=n, epochs=epochs, shuffle_seed=0)
    few = take_steps(lr=lr, bs=bs, epochs=epochs, shuffle_seed=seed)
    tracks = [
        Track(run.params, run.losses, run.epochs, color, minibatch.title(run), seen=run.seen if run.bs < n else ())
        for run, color in [(whole, ORANGE), (few, BLUE)]
    ]
    descent_plot(
        "descent_batch_plot",
        tracks,
        surface(lr, bs, epochs, seed),
        time,
        speed,
        of=(lr, bs, epochs, seed),
        start=max(whole.steps, few.steps),
        unit="epoch",
        link="descent_batch_at",
        alt=f"The {n} measured points with the curve of each run.",
    )
    st.caption(
        "Small dots in the second picture: the loss of the batch, which is all that a step sees. Lines: the loss over "
        f"all {n} points."
    )
    st.table(costs(whole, few), alt="What an epoch costs, and what it brings")
    st.markdown(WHY)
    show_source(
        gradients.roller_coaster,
        minibatch.shuffled_batches,
        minibatch.descend_in_batches,
        gradients.apply_step,
        minibatch.title,
        gradients.readable,
        calls=f"""
# All points at once, and mini-batches
time, speed = roller_coaster(centred=True)
for bs, shuffle_seed in [({n}, 0), ({bs}, {seed})]:
    run = descend_in_batches(time, speed, lr={lr}, bs=bs, epochs={epochs}, shuffle_seed=shuffle_seed)
    print(f"{{title(run)}}: {{run.steps}} steps, then a loss of {{readable(run.losses[-1])}}")
""",
    )


@st.cache_resource(max_entries=100, show_spinner=False)
def surface(lr: float, bs: int, epochs: int, shuffle_seed: int) -> gradients.LossSurface:
    """The surface under both runs, at the c of the best curve."""
    time, speed = gradients.roller_coaster(centred=True)
    whole = take_steps(lr=lr, bs=len(time), epochs=epochs, shuffle_seed=0)
    few = take_steps(lr=lr, bs=bs, epochs=epochs, shuffle_seed=shuffle_seed)
    return minibatch.surface_under_both(whole, few, time, speed)


def costs(*runs: BatchDescent) -> pd.DataFrame:
    """What each run does in an epoch, and where it ends."""
    rows = {
        minibatch.title(run): {
            "Gradients in an epoch": str(run.n),
            "Steps in an epoch": str(steps_per_epoch(run.n, run.bs)),
            "Steps in all": str(run.steps),
            "Loss at the end": gradients.readable(run.losses[-1]),
        }
        for run in runs
    }
    return pd.DataFrame(rows).T
