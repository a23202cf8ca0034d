"""The parts of the page Descent that fit one run: the fit itself, and its seven steps in slow motion."""

from typing import NamedTuple

import streamlit as st

from mnist_core.chapter import gradients, seven_steps
from mnist_core.ui import lab
from mnist_core.ui.chart import ORANGE
from mnist_core.ui.descent import Track, descent_plot
from mnist_core.ui.descent import seven_steps as show_seven_steps
from mnist_core.ui.lesson import ask
from mnist_core.ui.source import show_source

# 1, 2, 3 and 5 times each power of ten; the last is the chapter's 1e-5 as one write-up printed it, its minus sign lost.
RATES = [float(f"{m}e{e}") for e in range(-8, 0) for m in (1, 2, 3, 5)] + [1.0, 1e5]
BETS = {"It converges": "converged", "It oscillates": "oscillated", "It diverges": "diverged"}
NO_BET = "Just show me"


class Settings(NamedTuple):
    """What a run follows from."""

    lr: float
    steps: int
    seed: int
    centred: bool


def start_again() -> None:
    """A changed run gets a new bet."""
    if st.session_state.get("descent_bet") != NO_BET:
        st.session_state["descent_bet"] = None


def choose_run() -> Settings:
    """The four widgets that a run follows from; the same in each part that shows one."""
    more = {"on_change": start_again, **lab.BOUND}
    left, middle, right = st.columns([3, 3, 2], gap="medium")
    lr = left.select_slider(
        "Learning rate: how long the steps are", RATES, 1e-5, "{:g}".format, key="descent_lr", **more
    )
    count = middle.slider("Number of steps", 5, 100, 30, key="descent_steps", **more)
    seed = right.number_input("Seed of the random start", 0, 9999, 0, key="descent_seed", **more)
    centred = st.toggle("Squeeze the time from 0 … 19 into -1 … 1", key="descent_centred", **more)
    return Settings(lr, count, seed, centred)


@st.cache_resource(max_entries=100, show_spinner=False)
def take_steps(chosen: Settings) -> tuple[gradients.Descent, gradients.LossSurface]:
    """The run and the surface under it, shared by all learners."""
    time, speed = gradients.roller_coaster(centred=chosen.centred)
    run = gradients.descend(time, speed, lr=chosen.lr, steps=chosen.steps, seed=chosen.seed)
    return run, gradients.loss_surface(run)


def fit() -> None:
    """Part 1: bet what a learning rate does, then watch it."""
    chosen = choose_run()
    run, surface = take_steps(chosen)
    bet = st.segmented_control(
        "Your bet: what will the loss do in this run?", [*BETS, NO_BET], key="descent_bet", **lab.BOUND
    )
    did = gradients.outcome(run)
    gone = " The curve has left the picture." if did == "diverged" else ""
    slowly = ", but slowly" if gradients.forecast(run.time, lr=run.lr, steps=run.steps) == "too slow" else ""
    score = f" Your bet was {'right' if BETS[bet] == did else 'wrong'}." if bet in BETS else ""
    if bet:
        hint = "Press **Play**, or take one step at a time. Point at a picture to read its numbers."
    else:
        hint = (
            "This is the random start. Place your bet, and the run can be played. *Converges*: the loss falls, fast or "
            "slowly, without turning back. *Oscillates*: it falls, but the steps jump from one side of the best place "
            "to the other. *Diverges*: it grows. `1e-05` is how Python writes 0.00001."
        )
    st.caption(hint)

    shown = run.steps + 1 if bet else 1
    track = Track(
        run.params[:shown],
        run.losses[:shown],
        list(range(shown)),
        ORANGE,
        last_words=f"The run {did}{slowly}.{gone}{score}" if bet else "",
    )
    at = descent_plot(
        "descent_plot",
        [track],
        surface,
        run.time,
        run.speed,
        of=(chosen, bet),
        start=run.steps if bet == NO_BET else 0,
        unit="step",
        link="descent_at",
        alt=f"The {len(run.time)} measured speeds and the curve, after the step shown.",
    )
    st.caption(
        "The third picture is the loss for each a and b: the lighter, the lower; the cross is its lowest point. There "
        f"c stays at {surface.c:.3g}, but in the run c moves too."
    )
    if bet:
        say_where(run, at)
        show_source(
            gradients.roller_coaster,
            gradients.f,
            gradients.mse,
            gradients.apply_step,
            gradients.descend,
            calls=calls_of_fit(chosen, run, at),
        )


def calls_of_fit(chosen: Settings, run: gradients.Descent, at: int) -> str:
    """The run, and the numbers that the page shows where it stands."""
    calls = f"""
# A curve through 20 points by gradient descent
time, speed = roller_coaster(centred={chosen.centred})
run = descend(time, speed, lr={chosen.lr}, steps={chosen.steps}, seed={chosen.seed})
k = {at}
print(f"After {{k}} steps the root of the loss is {{run.losses[k].item() ** 0.5:,.4g}}")
"""
    if at == run.steps:
        form = ",.1f" if run.losses[-1] < 1e9 else ".3g"
        return f"""{calls}first, last = run.losses[[0, -1]].tolist()
print(f"The loss went from {{first:,.1f}} to {{last:{form}}}")"""
    return f"""{calls}for name, p, g in zip("abc", run.params[k].tolist(), run.grads[k].tolist()):
    print(f"{{name}}: {{p:.6g}} - {{run.lr:g}} * {{g:.6g}} = {{p - run.lr * g:.6g}}")"""


def say_where(run: gradients.Descent, at: int) -> None:
    """The next step in numbers, or after the last one what the run did and why."""
    st.markdown(gradients.distance_in_words(run, at))
    if at < run.steps:
        st.markdown("The next step subtracts the gradient times the learning rate:")
        st.code(gradients.step_in_numbers(run, at), language="python", wrap_lines=True)
    else:
        st.info(gradients.explain(run))
        with st.expander("How large may the learning rate be?", icon=":material/speed:"):
            st.markdown(gradients.limits_in_words(run))


def steps() -> None:
    """Part 2: the same run in slow motion."""
    st.markdown(
        "Every model in this lab learns in the same seven steps, from this curve to a network with many thousand "
        "numbers. Here they are in slow motion, with the numbers of the run that you chose in *The fit*. Doing this "
        "with a few random points at a time is called **stochastic gradient descent**, or **SGD**; *stochastic* means "
        "by chance."
    )
    with st.expander("Change the run", icon=":material/tune:"):
        chosen = choose_run()
    run, _ = take_steps(chosen)
    slope = run.grads[0, 0].item()
    if not ask(
        f"At the start, the gradient of a is {gradients.readable(slope)}. What does the first step do to a?",
        ["a grows", "a shrinks", "a stays"],
        right="a grows" if slope < 0 else "a shrinks" if slope > 0 else "a stays",
        because=f"The step *subtracts* learning rate times gradient: a = {gradients.readable(run.params[0, 0])} "
        f"- {run.lr:g} * {gradients.readable(slope)} = {gradients.readable(run.params[1, 0])}.",
        key="descent_sign",
    ):
        return
    show_seven_steps(
        "descent_steps_plot",
        seven_steps.moments(run),
        run.time,
        run.speed,
        of=chosen,
        link="descent_moment",
    )
    show_source(
        gradients.roller_coaster,
        gradients.init_params,
        gradients.f,
        gradients.mse,
        gradients.apply_step,
        gradients.descend,
        gradients.readable,
        calls=f"""
# The seven steps of gradient descent
time, speed = roller_coaster(centred={chosen.centred})
params = init_params({chosen.seed}).requires_grad_()
print("Initialise:", *map(readable, params.tolist()))
preds = f(time, params)
print("Predict:", *map(readable, preds[:2].tolist()), "and so on")
loss = mse(preds, speed)
print(f"Loss: {{loss.item():,.5g}}")
loss.backward()
print("Gradient:", *map(readable, params.grad))
params.data -= {chosen.lr} * params.grad
print("Step:", *map(readable, params.tolist()))
run = descend(time, speed, lr={chosen.lr}, steps={chosen.steps}, seed={chosen.seed})
print(f"Repeat, and stop after {{run.steps}} steps: {{run.losses[-1].item():,.5g}}")
print("The answer:", *map(readable, run.params[-1]))
""",
    )
