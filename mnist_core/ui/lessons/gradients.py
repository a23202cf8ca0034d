"""The parts of the Gradients page: the slope of a curve, gradients that add up, the learning rate."""

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import streamlit as st

from mnist_core.chapter import autograd, functions
from mnist_core.chapter.functions import FUNCTIONS, Function
from mnist_core.chapter.gradients import mse
from mnist_core.ui import lab
from mnist_core.ui.chart import BLUE, GREEN, GREY, ORANGE, line, show_bars, show_lines
from mnist_core.ui.drag_plot import Handle, Line, Points, drag_plot, handle_positions, place_handles
from mnist_core.ui.lesson import ask
from mnist_core.ui.link import linked_selectbox
from mnist_core.ui.source import show_source

STEPS_H = [float(f"{m}e{e}") for e in range(0, -9, -1) for m in ((1,) if e == 0 else (3, 1))]
RATES = [0.001, 0.003, 0.01, 0.03, 0.1, 0.2, 0.3, 0.4, 0.45, 0.5, 0.55, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99]
RATES += [1.0, 1.01, 1.05, 1.1, 1.2]


def slope() -> None:
    """A point to drag on a curve; its tangent, and the slope in three ways."""
    st.markdown(
        "This is the plot of a function: the input goes to the right, the output upwards. Drag the point. **How steep "
        "is the curve there?** A number for that is the *slope*: how much the output grows for "
        "each unit that the input grows, right at that point."
    )
    left, right = st.columns(2, gap="medium")
    with left:
        choices = {name: each.code for name, each in FUNCTIONS.items()}
        name = linked_selectbox("Function", choices, key="gradients_f", default="square")
    function = FUNCTIONS[name]
    with right:
        x = _chosen_x(function)
    plot = st.container()
    lowest = functions.slope_by_autograd(functions.square, 0.0)
    known = ask(
        "x**2 is lowest at x = 0. What is its slope there?",
        ["-1", "0", "1"],
        right=f"{lowest:.0f}",
        because="At the bottom the curve neither falls nor rises. The line that touches it there, the *tangent*, is "
        "flat. So a slope of 0 is what a model looks for.",
        key="gradients_bottom",
    )
    h = _chosen_h() if known else None
    with plot:
        _curve_and_tangent(function, x, h)
        if function.note:
            st.caption(function.note)
    if h is None:
        return
    _three_ways(function, x, h)
    _how_small(function, x, h)
    with st.expander("Derivative and gradient: must you work them out by hand?", icon=":material/help:"):
        st.markdown(
            "The function that gives the slope for every input is the **derivative**: that of `x**2` is `2 * x`. A "
            "model has many inputs that can be changed, its weights. There is one derivative for each of them, and "
            "together they are the **gradient**. You need no formula by hand: PyTorch writes down each operation and "
            "knows the derivative of each. A finite difference needs one more prediction for every weight. For 784 "
            "weights that is 785 predictions; `backward` finds all 784 slopes in one go."
        )
    parts = [mse] if name == "loss" else []
    show_source(*parts, functions.slope_by_autograd, functions.finite_difference, calls=_slope_as_code(function, x, h))


def _slope_as_code(function: Function, x: float, h: float) -> str:
    """Calls that give the slope in three ways, or in two where the formula has no answer."""
    v = function.variable
    xs, ys = functions.INPUTS.tolist(), functions.TARGETS.tolist()
    points = f"xs, ys = torch.tensor({xs}), torch.tensor({ys})\n" if v == "w" else ""
    by_hand = f"""
by_hand = float({function.hand_code})
print(f"by hand {{by_hand:.6f}}, and the difference is off by {{abs(difference - by_hand):.1g}}")"""
    return f"""
# A slope in three ways
{points}{v} = torch.tensor({x})


def f({v}):
    return {function.code}


print(f"PyTorch {{slope_by_autograd(f, {v}):.6f}}")
difference = finite_difference(f, {v}, h={h})
print(f"finite difference {{difference:.6f}}"){"" if np.isnan(functions.slope_by_hand(function, x)) else by_hand}
"""


def _chosen_x(function: Function) -> float:
    """The x that was typed or dragged, within the function's range."""
    low, high = function.x_range
    kept = st.session_state.get("gradients_x", low)
    if not low <= kept <= high:  # another function has another range
        st.session_state.gradients_x = float(min(max(kept, low), high))
    label = f"{function.variable}, {low:g} to {high:g}"
    return st.number_input(label, float(low), float(high), 1.5, functions.GRID, key="gradients_x", **lab.BOUND)


def _chosen_h() -> float:
    return st.select_slider(
        "h: how far away the second point is", STEPS_H, 1.0, "{:g}".format, key="gradients_h", **lab.BOUND
    )


def _curve_and_tangent(function: Function, x: float, h: float | None) -> None:
    """The plot; with `h` also the tangent and the line through two points. A drag changes the number `gradients_x`."""
    key, v = "gradients_plot", function.variable
    curve = Line(function.code, *functions.curve(function, through=x), BLUE)
    handles, dragged = _linked(key, Handle("Point", x, along=curve, step=functions.GRID), number="gradients_x")
    lines, points = [curve], []
    y, alt = functions.value_at(function.f, x), f"The curve of {function.code}. At {v} = {x:g} it is {{:.4g}}."
    alt = alt.format(y)
    if h is not None:
        at, second = functions.slope_by_autograd(function.f, x), functions.value_at(function.f, x + h)
        chord = functions.finite_difference(function.f, x, h=h)
        ends = functions.straight_line(x, y, chord, x_range=function.x_range)
        touching = "PyTorch's slope" if np.isnan(functions.slope_by_hand(function, x)) else "tangent"
        tangent = functions.straight_line(x, y, at, x_range=function.x_range)
        lines += [Line(f"through {v} and {v} + h", *ends, GREEN, dashed=True), Line(touching, *tangent, ORANGE)]
        points.append(Points(f"{v} + h", [x + h], [second], GREEN))
        alt += f" Its tangent there has the slope {at:.4g}, the line through {v} and {v} + {h:g} the slope {chord:.4g}."

    drag_plot(
        key,
        lines=lines,
        points=points,
        handles=handles,
        x_range=function.x_range,
        y_range=function.y_range,
        x_name=v,
        alt=alt,
        on_move=dragged,
    )


def _linked(plot: str, handle: Handle, *, number: str) -> tuple[list[Handle], Callable[[], None]]:
    """A handle that goes where a number input says, and a callback that makes the number go where it was dragged."""
    handles = [handle]
    if abs(handle_positions(plot, handles)[0][0] - handle.x) > 1e-6:  # typed, not dragged
        place_handles(plot, [(handle.x, 0)])

    def dragged() -> None:
        st.session_state[number] = round(handle_positions(plot, handles)[0][0], 4)

    return handles, dragged


def _three_ways(function: Function, x: float, h: float) -> None:
    """The slope by autograd, by hand and by a finite difference, and whether they agree."""
    v = function.variable
    at = functions.slope_by_autograd(function.f, x)
    by_hand = functions.slope_by_hand(function, x)
    chord = functions.finite_difference(function.f, x, h=h)
    hand = "none" if np.isnan(by_hand) else f"{by_hand:.6f}"
    st.markdown(
        "There are three ways to the slope. PyTorch works it out itself: that is called **autograd**, and "
        f"`{v}t` is the tensor that holds {v}. By hand you need a formula. The **finite difference** needs neither: "
        "go a little further, by h, and divide what the output has grown by h."
    )
    st.markdown(
        f"| Slope at {v} = {x:g} | in Python | gives |\n|---|---|---|\n"
        f"| PyTorch | `{v}t.grad` | **{at:.6f}** |\n"
        f"| by hand | `{function.hand_code}` | **{hand}** |\n"
        f"| finite difference | `(f({v} + h) - f({v})) / h` | **{chord:.6f}** |"
    )
    if np.isnan(by_hand):
        left, right = functions.sides(function.f, x)
        st.markdown(
            f"At 0 the curve has a corner. The slope is {left:.0f} on the left and {right:.0f} on the right, so there "
            f"is **no derivative** here. PyTorch must return a number and returns {at:g}. In practice this does no "
            "harm: an input of exactly 0 is rare."
        )
    else:
        st.markdown(
            f"By hand: {function.rule} PyTorch and the formula differ by {abs(at - by_hand):.1g}, the finite "
            f"difference is off by {abs(chord - by_hand):.1g}."
        )


def _how_small(function: Function, x: float, h: float) -> None:
    """How far the finite difference is off, for every h of the slider."""
    errors = functions.difference_errors(function, x, STEPS_H)
    if np.isnan(errors).any():
        return
    floor = 1e-8  # a logarithmic axis has no zero
    best = STEPS_H[int(np.argmin(errors))]
    now = errors[STEPS_H.index(h)]
    show_lines(
        "gradients_errors",
        [
            line("finite difference", STEPS_H, np.maximum(errors, floor), BLUE, marks=True),
            line("this h", [h], [max(now, floor)], ORANGE, width=0, marks=True),
        ],
        alt=f"How far the finite difference is off, for every h from 1 down to 1e-8. At h = {h:g} it is off by "
        f"{now:.2g}. It is best at h = {best:g}, off by {min(errors):.2g}.",
        title="How far the finite difference is off",
        x_name="h, smaller to the right",
        height=260,
        x_axis={"type": "log", "inverse": True},
        y_axis={"type": "log", "min": floor},
    )
    st.markdown(
        f"Of these, h = {best:g} is the best one here. With a large h the second point is too far away. With a tiny h "
        "the two outputs agree in nearly all of the seven digits that a float32 number has, and what is left of their "
        "difference is rounding. So a smaller h is not always better. Autograd has no h."
    )


def zero_the_gradient() -> None:
    """`backward` again and again: what `.grad` holds, in-place methods, and a descent that forgets."""
    st.markdown(
        "PyTorch puts the gradient into `.grad`. Call `backward()` a second time, and there is already something in "
        "it. **Is it replaced?** Here is `loss = xt**2` with `xt = 3`."
    )
    once, twice = autograd.grads_of_calls(3.0, calls=2, zero_grad=False)
    if not ask(
        f"After one `backward()` `xt.grad` is {once:g}. And after a second one?",
        ["0", f"{once:g}", f"{2 * once:g}"],
        right=f"{twice:g}",
        because="`backward` does not replace what is in `.grad`. It adds to it.",
        key="gradients_twice",
    ):
        return
    calls, zero = _calls()
    lr = _forgetful_descent()
    _in_place()
    show_source(
        autograd.grads_of_calls,
        autograd.descend_square,
        autograd.times_over_the_bottom,
        autograd.in_place_calls,
        calls=f"""
# A gradient that is not set to zero
print([f"{{grad:g}}" for grad in grads_of_calls(3.0, calls={calls}, zero_grad={zero})])
for zero_grad in (True, False):
    path = descend_square(3.0, lr={lr}, steps=60, zero_grad=zero_grad)
    print(f"x after 60 steps with zero_grad={{zero_grad}}: {{path[-1]:.3g}}")
print(f"over the bottom {{times_over_the_bottom(path)}} times, {{path[-20:].abs().max():.2g}} away at the end")
for call in in_place_calls():
    print(call.code, "leaves t as", call.after)
""",
    )


def _calls() -> tuple[int, bool]:
    """Bars of `.grad` after each call; how many calls, and whether the gradient is set to zero before each."""
    left, right = st.columns(2, gap="medium", vertical_alignment="bottom")
    calls = left.slider("Calls of `backward`", 1, 10, 5, key="gradients_calls", **lab.BOUND)
    zero = right.toggle("Set `.grad` to zero before each call", key="gradients_zero", **lab.BOUND)
    grads = autograd.grads_of_calls(3.0, calls=calls, zero_grad=zero)
    said = ", ".join(f"{grad:g}" for grad in grads)
    show_bars(
        "gradients_bars",
        range(1, calls + 1),
        grads,
        alt=f"xt.grad after each call of backward: {said}.",
        x_name="call of backward",
        title="xt.grad",
        height=240,
        digits=0,
        y_axis={"min": 0, "max": 60},
    )
    st.code(
        "for call in range(calls):\n"
        + ("    if xt.grad is not None: xt.grad.zero_()\n" if zero else "")
        + f"    loss = xt**2\n    loss.backward()\n    print(xt.grad)  # {said}",
        language="python",
        wrap_lines=True,
    )
    if zero:
        st.markdown(f"Each call starts from zero, so each gives the true slope, {grads[-1]:g}.")
    else:
        st.markdown(
            f"The true slope is {grads[0]:g} every time. After {calls} call{'s' * (calls > 1)} `.grad` holds "
            f"{grads[-1]:g}. PyTorch adds on purpose: a weight that is used in two places needs the sum of both. "
            "But a new step needs a new gradient, so set the old one to zero. In a training "
            "`opt.zero_grad()` does it for all weights of a model."
        )
    return calls, zero


def _forgetful_descent() -> float:
    """Gradient descent on x**2, with and without setting the gradient to zero; the learning rate."""
    st.markdown(
        "**What if a training forgets it?** Both start at x = 3 and go down `x**2`. Each step is `x -= lr * x.grad`, "
        "where `lr`, the *learning rate*, says how long the steps are."
    )
    lr = st.select_slider(
        "Learning rate", [0.01, 0.03, 0.1, 0.2, 0.3, 0.5], 0.1, "{:g}".format, key="gradients_forget_lr", **lab.BOUND
    )
    careful, forgetful = (autograd.descend_square(3.0, lr=lr, steps=60, zero_grad=zero) for zero in (True, False))
    swings = autograd.times_over_the_bottom(forgetful)
    show_lines(
        "gradients_forget",
        [line("with zero_grad", range(61), careful, BLUE), line("forgotten", range(61), forgetful, ORANGE)],
        alt=f"x over 60 steps. With zero_grad it ends at {careful[-1]:.3g}; without, it goes over the bottom {swings} "
        f"times and is up to {forgetful[-20:].abs().max():.2g} away in the last 20 steps.",
        x_name="step",
        title="x",
        height=280,
    )
    st.markdown(
        f"With `zero_grad` x is {careful[-1]:.3g} after 60 steps. Without it the old gradients push on, like a ball "
        f"that nothing slows down: x swings over the bottom **{swings} times**, and in the last 20 steps it is still "
        f"up to {forgetful[-20:].abs().max():.2g} away."
    )
    return lr


def _in_place() -> None:
    """What the underscore at the end of a method's name means, with what really came back."""
    st.markdown(
        "**The underscore.** `zero_`, `requires_grad_` and `sub_` end in `_`. That means *in place*: the method "
        "changes the tensor itself and makes no new one. Each line starts anew with `t = tensor([5., 7.])`."
    )
    calls = autograd.in_place_calls()
    rows = [f"| `{call.code}` | `{call.after}` |" for call in calls]
    st.markdown("\n".join(["| call | t afterwards |", "|---|---|", *rows]))
    new = " and ".join(f"`{call.code}`" for call in calls if not call.is_same)
    st.markdown(f"Only {new} gave back a new tensor, and left t as it was. The others gave back t itself.")
    st.markdown(
        "A parameter that requires a gradient refuses to be changed in place while PyTorch writes down. It says: "
        f"*{autograd.refusal()}* That is why the chapter's step goes through `.data`: `w.data -= lr * w.grad`."
    )


def learning_rate() -> None:
    """Gradient descent on x**2 as a hopping point; count the hops to the bottom."""
    st.markdown(
        "The gradient says where down is. It does not say how far to go. The **learning rate**, `lr`, decides that: "
        "each step is `x -= lr * x.grad`. Start on the curve of `x**2`, and get down to the bottom: nearer to 0 than "
        f"{functions.BOTTOM}. **Which rate needs the fewest steps?**"
    )
    choices = [0.1, 0.5, 0.9, 1.1]
    counts = {lr: functions.steps_to_bottom(3.0, lr) for lr in choices}
    best = min(choices, key=lambda lr: counts[lr] or np.inf)
    said = ", ".join(f"{lr:g} needs {counts[lr]}" if counts[lr] else f"{lr:g} never arrives" for lr in choices)
    if not ask(
        "You start at x = 3. Which learning rate needs the fewest steps?",
        [f"{lr:g}" for lr in choices],
        right=f"{best:g}",
        because=f"Steps from 3: {said}.",
        key="gradients_bet",
    ):
        return
    left, middle, right = st.columns([2, 2, 1], gap="medium")
    lr = left.select_slider("Learning rate", RATES, 0.1, "{:g}".format, key="gradients_lr", **lab.BOUND)
    hops = middle.slider("Steps to show", 0, 40, 10, key="gradients_hops", **lab.BOUND)
    start = right.number_input("Start, -3 to 3", -3.0, 3.0, 3.0, 0.5, key="gradients_start", **lab.BOUND)
    _hops(start, lr, hops)
    _account(start, lr)
    _all_rates(start, lr)
    show_source(
        autograd.descend_square,
        functions.steps_to_bottom,
        functions.factor,
        calls=f"""
# Steps to the bottom of x**2
for lr in {choices}:
    print(f"{{lr:g}} needs {{steps_to_bottom(3.0, lr)}} steps from 3")
print(f"{{steps_to_bottom({start}, {lr})}} steps from {start:g} with {lr:g}")
print(f"Each step multiplies x by {{factor({lr}):.4g}}")
for x in descend_square({start}, lr={lr}, steps=3).tolist():
    print(f"{{x:.4g}}")
print(f"After {hops} steps: {{descend_square({start}, lr={lr}, steps={hops})[-1]:.4g}}")
""",
    )


def _hops(start: float, lr: float, hops: int) -> None:
    """The curve with a start to drag, and the point's way from there."""
    key, function = "gradients_hop_plot", FUNCTIONS["square"]
    curve = Line("x**2", *functions.curve(function, through=start), BLUE)
    handles, dragged = _linked(key, Handle("Start", start, along=curve, step=functions.GRID), number="gradients_start")
    path = autograd.descend_square(start, lr=lr, steps=hops)
    ys = functions.square(path)
    drag_plot(
        key,
        lines=[curve, Line("steps", path, ys, ORANGE, dashed=True, width=1.5)],
        points=[Points("x", path[1:], ys[1:], ORANGE)],
        handles=handles,
        x_range=function.x_range,
        y_range=(-1, 9),
        x_name="x",
        alt=f"The curve of x**2. From {start:g}, {hops} steps with a learning rate of {lr:g} lead to {path[-1]:.4g}.",
        on_move=dragged,
    )
    if path.abs().max() > 3:
        st.caption("The point has left the picture.")


ADVICE = {
    "creeps": "**Too small.** Each step takes only a little off the distance.",
    "arrives": "**Good.** Each step takes a large part off the distance, and stays on its side.",
    "oscillates": "**It oscillates.** Each step jumps over the bottom to the other side, but lands nearer to it.",
    "never ends": "**It never ends.** Each step jumps to the same height on the other side.",
    "diverges": "**It diverges.** Each step jumps over the bottom and lands farther away. The loss grows.",
}


def _account(start: float, lr: float) -> None:
    """The steps counted, the first three in numbers, and the factor that explains them."""
    if abs(start) < functions.BOTTOM:
        st.markdown("You start at the bottom already. Drag the start to one side.")
        return
    count, by = functions.steps_to_bottom(start, lr), functions.factor(lr)
    ends = "the bottom is never reached" if count is None else f"{count:,} step{'s' * (count != 1)} to the bottom"
    st.markdown(f"{ADVICE[functions.verdict(lr)]} From x = {start:g}: **{ends}**.")
    path = autograd.descend_square(start, lr=lr, steps=3).tolist()
    steps = [f"{x:.4g} - {lr:g} * {2 * x:.4g} = {after:.4g}" for x, after in pairwise(path)]
    st.code("\n".join(["x -= lr * x.grad  # grad is 2*x", *steps]), language="python", wrap_lines=True)
    st.markdown(
        f"`x - lr * 2*x` is `x * (1 - 2*lr)`. So each step multiplies x by 1 - 2 × {lr:g} = **{by:.4g}**. Between -1 "
        "and 1, x becomes smaller with every step; below 0 it also changes sides; below -1 it grows. **Why not always "
        "take a high rate?** Because a step that is too long jumps over the bottom. Too low a rate is no good "
        "either: it gets there, but late."
    )


def _all_rates(start: float, lr: float) -> None:
    """Steps to the bottom for every rate of the slider."""
    if abs(start) < functions.BOTTOM:
        return  # at the bottom before the first step
    counts = [functions.steps_to_bottom(start, rate) for rate in RATES]
    ys = [count or np.nan for count in counts]  # a logarithmic axis has no zero
    now = ys[RATES.index(lr)]
    never = ", ".join(f"{rate:g}" for rate, count in zip(RATES, counts, strict=True) if count is None)
    show_lines(
        "gradients_rates",
        [
            line("steps", RATES, ys, BLUE, marks=True),
            line("this rate", [lr], [now], ORANGE, width=0, marks=True),
            line("never, from here on", [1, 1], [1, 5000], GREY, dashed=True),
        ],
        alt=f"Steps to the bottom for each learning rate: {counts[0]} at {RATES[0]:g}, {counts[RATES.index(0.1)]} at "
        f"0.1, {counts[RATES.index(0.5)]} at 0.5, {counts[RATES.index(0.9)]} at 0.9. Never at {never}.",
        title="Steps to the bottom, for every rate",
        x_name="learning rate",
        height=260,
        y_axis={"type": "log", "min": 1},
    )
    st.caption(f"At {never} the bottom is never reached: there is no point.")
