"""The part of the page Descent in which the learner fits the curve by hand, and then meets the machine."""

from typing import Any

import streamlit as st
import torch
from torch import Tensor

from mnist_core.chapter import gradients
from mnist_core.chapter.gradients import f, mse, readable
from mnist_core.ui.chart import BLUE, GREEN, GREY, ORANGE, show_bars
from mnist_core.ui.drag_plot import Handle, Line, Points, drag_plot, handle_positions, place_handles
from mnist_core.ui.lesson import ask
from mnist_core.ui.source import show_source

KEY = "descent_hand_plot"
TIMES = {"Left": 1.0, "Middle": 9.5, "Right": 18.0}
HEIGHTS = (-30.0, 110.0)
LR, STEPS = 1e-5, 100


def by_hand() -> None:
    """Part 4: bring the loss down by hand, then compare with gradient descent and with the best curve."""
    time, speed = gradients.roller_coaster()
    handles = [Handle(name, t, speed.mean().round().item(), "vertical", step=0.5) for name, t in TIMES.items()]
    speeds = [y for _, y in handle_positions(KEY, handles)]
    yours = gradients.params_through([*TIMES.values()], speeds)
    machine = machine_run()
    best = gradients.best_params(time, speed).float()
    st.markdown(
        "Now you do the machine's work. **Drag the three handles until the loss is as low as you can get it.** (With "
        "the keyboard: the Tab key goes to a handle, the arrow keys move it.) Three points fix a curve, so the handles "
        "decide about `a`, `b` and `c`."
    )
    curves = [curve("Your curve", yours, ORANGE)]
    picture, numbers = st.columns([3, 2], gap="medium")
    answered = ask(
        f"The machine starts from the same flat line and takes {STEPS} steps at {LR:g}. Does it find the best curve?",
        ["Yes", "No"],
        right="Yes" if machine.losses[-1] < 1.1 * mse(f(time, best), speed) else "No",
        because=f"Its loss goes from {readable(machine.losses[0])} to {readable(machine.losses[-1])}; the best curve "
        f"has {readable(gradients.lowest_loss(time, speed))}. In the steep direction, a, the machine is done soon. For "
        "b and c the gradient is small, and so are its steps.",
        key="descent_hand_bet",
    )
    if answered:
        curves += [curve("The machine's", machine.params[-1], BLUE), curve("The best", best, GREEN, dashed=True)]
    with picture:
        drag_plot(
            KEY,
            lines=curves,
            handles=handles,
            points=[Points("Measured", time, speed, GREY)],
            x_range=(-0.5, 19.5),
            y_range=HEIGHTS,
            x_name="time",
            y_name="speed",
            alt=f"The {len(time)} measured points and your curve, with three handles.",
        )
    with numbers:
        show_numbers(yours)
    if answered:
        show_comparison({"You": yours, "The machine": machine.params[-1], "The best": best})
        show_source(
            gradients.roller_coaster,
            gradients.params_through,
            gradients.loss_and_grad,
            gradients.descend,
            gradients.best_params,
            gradients.lowest_loss,
            gradients.readable,
            calls=f"""
# A curve by hand and by machine
time, speed = roller_coaster()
yours = params_through({[*TIMES.values()]}, {speeds})
loss, grad = loss_and_grad(yours, time, speed)
print("Your loss:", readable(loss))
print("Its gradient:", *map(readable, grad))
flat = torch.tensor([0.0, 0.0, speed.mean().round()])
for start in (flat, yours):
    run = descend(time, speed, lr={LR}, steps={STEPS}, start=start)
    print("The machine goes from", readable(run.losses[0]), "to", readable(run.losses[-1]))
print("The best curve has", readable(lowest_loss(time, speed)))
""",
        )


@st.cache_resource(show_spinner=False)
def machine_run() -> gradients.Descent:
    """What gradient descent does from the flat line on which the handles begin."""
    time, speed = gradients.roller_coaster()
    flat = torch.tensor([0.0, 0.0, speed.mean().round().item()])
    return gradients.descend(time, speed, lr=LR, steps=STEPS, start=flat)


def curve(name: str, params: Tensor, color: str, **more: Any) -> Line:
    t = torch.linspace(0, 19, 77)
    return Line(name, t, f(t, params), color, **more)


def show_numbers(params: Tensor) -> None:
    """The loss of the learner's curve, and what the gradient would have them do."""
    time, speed = gradients.roller_coaster()
    loss, grad = gradients.loss_and_grad(params, time, speed)
    st.metric("Your loss", readable(loss))
    a, b, c = map(readable, params)
    st.markdown(f"Your curve: a = {a}, b = {b}, c = {c}.")
    a, b, c = map(readable, grad)
    st.markdown(
        f"The gradient there: {a} for a, {b} for b, {c} for c. A positive number says *less of this*, a negative one "
        "*more*. At the best curve all three are 0."
    )
    st.button("Back to the flat line", icon=":material/undo:", on_click=place_handles, args=(KEY, None))


def show_comparison(curves: dict[str, Tensor]) -> None:
    """The losses side by side, and what the machine would make of the learner's curve."""
    time, speed = gradients.roller_coaster()
    losses = {name: mse(f(time, params), speed).item() for name, params in curves.items()}
    show_bars(
        "descent_hand_bars",
        list(losses),
        list(losses.values()),
        alt="; ".join(f"{name}: {readable(loss)}" for name, loss in losses.items()),
        x_name="whose curve",
        title="Loss",
        strong=0,
        height=220,
    )
    onward = gradients.descend(time, speed, lr=LR, steps=STEPS, start=curves["You"])
    st.markdown(
        f"If the machine goes on from **your** curve, {STEPS} steps bring the loss from {readable(losses['You'])} to "
        f"{readable(onward.losses[-1])}. A good start is worth many steps."
    )
