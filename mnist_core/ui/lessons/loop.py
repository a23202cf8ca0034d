"""Loop, the first parts: the linear model by hand, batch by batch, and the lines of its loop in order."""

import streamlit as st

from mnist_core.chapter import loop
from mnist_core.chapter.losses import batch_accuracy, mnist_loss
from mnist_core.data import DigitData
from mnist_core.ui.chart import BLUE, ORANGE, line, show_lines
from mnist_core.ui.data import current_data
from mnist_core.ui.experiment import experiment
from mnist_core.ui.lab import BOUND
from mnist_core.ui.lesson import ask
from mnist_core.ui.source import show_source
from mnist_core.ui.step_grid import step_grid

EPOCHS = 8
RATES = [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0]
BLANK, NONE, ALL = "Those of empty pixels", "None", "All of them"
WORDS = {
    "step": "take the step",
    "measure": "measure the loss",
    "zero": "zero the gradients",
    "predict": "predict",
    "gradient": "find the gradients",
}


@st.cache_resource(show_spinner=False, max_entries=20)
def _batches(source: str, seed: int, _pair: DigitData) -> loop.Batches:
    return loop.make_dls(_pair, seed=seed)[0]


@st.cache_data(show_spinner=False, max_entries=300)
def _step(source: str, seed: int, lr: float, number: int, _walk: loop.Walk, _train_dl: loop.Batches) -> loop.Step:
    return loop.step_of(_walk, _train_dl, number=number, lr=lr)


def two_digits() -> DigitData:
    """The data in use, threes and sevens only."""
    return current_data().select(loop.DIGITS)


def rate_slider(key: str) -> float:
    """The learning rate, which begins where it suits the data."""
    return st.select_slider(
        "Learning rate", RATES, loop.setting_for(two_digits()).lr, "{:g}".format, key=key, width=320, **BOUND
    )


def by_hand() -> None:
    """One batch after another: what `w -= lr * grad` does to each weight."""
    pair = two_digits()
    setting = loop.setting_for(pair)
    st.markdown(
        f"The model gives each of the 784 pixels a **weight**, multiplies, adds everything up and adds a **bias**. A "
        f"sum above 0 means 3, one below 0 means 7. `init_params` draws the weights at random, `linear1` does the sum. "
        f"Then the model looks at {setting.bs} images, a **mini-batch**, and `calc_grad` finds the gradient of the "
        f"loss. Every weight takes one step: `w -= lr * grad`. Once through all {len(pair.train):,} images is an "
        "**epoch**."
    )
    if setting == loop.FEW:
        st.caption(
            f"These digits are few, so a batch has {setting.bs} images and not the chapter's {loop.CHAPTER.bs}. The "
            f"random weights are {loop.CHAPTER.std / setting.std:.0f} times smaller than the chapter's: from its start "
            "this model would often learn nothing from these digits."
        )
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        lr = rate_slider("loop_lr")
        seed = st.number_input("Seed of the random start", 0, 9999, 0, key="loop_seed", width=200, **BOUND)
    train_dl = _batches(pair.source.name, seed, pair)
    first = loop.take_step(loop.joined(loop.start(pair, seed=seed)), *next(train_dl.dealt(0)), lr=lr)
    untouched = bool(first.blank.any()) and not first.grad[:784][first.blank].any()
    if not ask(
        f"The first batch has {first.images} images. Which weights is its step sure to leave as they were?",
        [NONE, BLANK, ALL],
        right=BLANK if untouched else NONE,
        because=f"{int(first.blank.sum())} of the 784 pixels are 0 in all these images. A weight that is multiplied "
        "by 0 changes nothing, so its gradient is 0, and it stays at its random start.",
        key="loop_untouched",
    ):
        return
    walk = experiment(
        loop.walk, working=f"Training for {EPOCHS} epochs", source=pair.source.name, lr=lr, epochs=EPOCHS, seed=seed
    )
    number = _which_batch(len(train_dl), EPOCHS * len(train_dl))
    step = _step(pair.source.name, seed, lr, number, walk, train_dl)
    _show_step(walk, step, number, len(train_dl))
    epoch, batch = divmod(number, len(train_dl))
    show_source(
        loop.make_dls,
        loop.start,
        loop.init_params,
        loop.linear1,
        mnist_loss,
        loop.calc_grad,
        loop.train_epoch,
        batch_accuracy,
        loop.validate_epoch,
        calls=f"""
# The linear model, trained by hand
pair = load("{pair.source.name}", digits="{loop.DIGITS}")
train_dl, valid_dl = make_dls(pair, seed={seed})
params = weights, bias = start(pair, seed={seed})

def model(xb):
    return linear1(xb, weights, bias)

for epoch in range({epoch}):
    train_epoch(model, {lr}, params, train_dl)
print(f"Before epoch {epoch + 1} {{validate_epoch(model, valid_dl):.2%}} of the validation images are right")
losses = train_epoch(model, {lr}, params, train_dl)
print(f"In it, batch {batch + 1} has a loss of {{losses[{batch}]:.4f}} before its step")
""",
    )


def _which_batch(an_epoch: int, batches: int) -> int:
    """The batch to look at, counted from 0."""
    if st.session_state.get("loop_batch", 1) > batches:
        st.session_state["loop_batch"] = batches
    with st.container(horizontal=True, vertical_alignment="bottom"):
        number = st.slider(f"Batch to look at, {an_epoch} in each epoch", 1, batches, key="loop_batch", **BOUND) - 1
        for label, icon, target in [
            ("Start again", "first_page", 1),
            ("One batch", "chevron_right", min(number + 2, batches)),
            ("One epoch", "last_page", min(number + 1 + an_epoch, batches)),
        ]:
            choice = {"loop_batch": target}
            st.button(label, icon=f":material/{icon}:", on_click=st.session_state.update, args=(choice,))
    return number


def _show_step(walk: loop.Walk, step: loop.Step, number: int, an_epoch: int) -> None:
    epoch, batch = divmod(number, an_epoch)
    strongest = loop.strongest_pixels(step)
    st.markdown(
        f"**Epoch {epoch + 1}, batch {batch + 1} of {an_epoch}.** The step changes the loss of its {step.images} "
        f"images from {step.loss:.4f} to **{step.loss_after:.4f}**. Before this epoch, `validate_epoch` found "
        f"{walk.accuracies[epoch]:.2%} of the validation images right."
    )
    before, after = step.before[:784], step.after[:784]
    first = walk.starts[0][:784]
    step_grid(before, step.grad[:784], after, first, lr=step.lr, pixel=strongest[0], key="loop_step_grid")
    left, right = st.columns(2, gap="large")
    with left:
        st.markdown("The three weights that this step moves most, and the bias:")
        st.code(loop.step_in_numbers(step, strongest), wrap_lines=True)
        row, column = divmod(strongest[0], 28)
        st.caption(
            f"`w[{strongest[0]}]` belongs to row {row}, column {column}: {row} * 28 + {column} = {strongest[0]}. The "
            "image is one long row of 784 numbers here."
        )
    with right:
        _show_course(walk, number, an_epoch)
        st.caption(
            "`train_epoch` does all the batches of an epoch. Then `validate_epoch` takes the mean of `batch_accuracy`, "
            "the share of right answers, over the validation images: those that the model never learns from."
        )


def _show_course(walk: loop.Walk, number: int, an_epoch: int) -> None:
    """Losses up to this batch, accuracies up to its epoch."""
    epochs = (number + 1) // an_epoch
    accuracies = walk.accuracies[: epochs + 1]
    lines = [
        line("Loss of each batch", range(1, number + 2), walk.losses[: number + 1], BLUE, marks=number < 20),
        line("Accuracy, validation", [e * an_epoch for e in range(epochs + 1)], accuracies, ORANGE, marks=True),
    ]
    said = (
        f"The loss went from {walk.losses[0]:.3f} to {walk.losses[number]:.3f} in {number + 1} batches; the accuracy "
        f"was {accuracies[0]:.4f} at the start and is {accuracies[-1]:.4f} after {epochs} epochs."
    )
    show_lines(
        "loop_course",
        lines,
        alt=said,
        x_name="batch",
        title="How it went so far",
        height=280,
        x_axis={"min": 0, "max": len(walk.losses)},
        y_axis={"min": 0, "max": 1},
    )


def in_order() -> None:
    """The lines of an epoch, put in order by the learner, and run as they stand."""
    pair = two_digits()
    setting = loop.setting_for(pair)
    st.markdown(
        "Five things happen with each batch, in the right order. `train_epoch` writes them out; here an optimiser "
        "called `opt` takes the step and zeroes the gradients. **Which order?** Choose what comes first, then what "
        "comes next. Your loop is then run, exactly as it stands."
    )
    titles = {title: word for word, title in WORDS.items()}
    chosen = st.multiselect(
        "What is done with each batch, in order",
        list(titles),
        key="loop_order",
        placeholder="Choose what comes next",
        **BOUND,
    )
    order = tuple(titles[title] for title in chosen)
    st.code(loop.loop_code(order), wrap_lines=True)
    if len(order) < len(WORDS):
        left = len(WORDS) - len(order)
        st.caption(f"{left} {'line is' if left == 1 else 'lines are'} missing.")
        return
    run = experiment(
        loop.run_loop,
        working="Running your loop for 3 epochs",
        source=pair.source.name,
        order=order,
        lr=setting.lr,
        epochs=3,
        seed=0,
    )
    wrong = loop.first_mistake(order)
    if run.error:
        st.markdown(f":material/close: **Your loop stops in its first batch.** {wrong} Python says:")
        st.code(run.error, language=None, wrap_lines=True)
        st.caption("Take lines out with their cross, and choose them again.")
        return
    accuracies = ", ".join(map(str, run.accuracies[1:]))
    st.markdown(
        f":material/check: **Your loop trains.** It began with {run.accuracies[0]:.2%} of the validation images right, "
        f"and printed {accuracies}."
    )
    if order[-1] != "zero":
        st.markdown(
            "You zero the gradients before they are calculated. That is as good as zeroing them after the step: they "
            "must only be gone before the next `backward`, and still be there for the step."
        )
    st.markdown(
        "This is the whole of training. **Predict, measure, find the gradients, step, zero**, for each batch. All "
        "batches once make an epoch. Then look at the validation images, and begin the next epoch."
    )
    show_source(
        loop.make_dls,
        loop.start,
        loop.linear1,
        mnist_loss,
        loop.validate_epoch,
        loop.BasicOptim,
        calls=f"""
# A training loop, put in order
pair = load("{pair.source.name}", digits="{loop.DIGITS}")
train_dl, valid_dl = make_dls(pair, seed=0)
weights, bias = start(pair, seed=0)
opt, epochs = BasicOptim((weights, bias), {setting.lr}), 3

def model(xb):
    return linear1(xb, weights, bias)

{loop.loop_code(order)}
""",
    )
