"""Tensors, the part on broadcasting: two shapes, stretched axis by axis."""

import math
from dataclasses import replace

import streamlit as st

from mnist_core.chapter import shapes
from mnist_core.chapter.shapes import Broadcast, Shape, ShapeError
from mnist_core.chapter.stacking import count_of, sums_in_words
from mnist_core.ui.data import current_data
from mnist_core.ui.lab import BOUND
from mnist_core.ui.lesson import ask
from mnist_core.ui.source import show_source
from mnist_core.ui.tensor_grid import Grid, Link, number_grid, tensor_grid

PRESETS = {
    "A row": ("3, 4", "4"),
    "A column": ("3, 4", "3, 1"),
    "Both": ("3, 1", "1, 4"),
    "One number": ("3, 4", "()"),
    "No fit": ("3, 4", "3"),
    "Rank 3": ("2, 3, 4", "3, 4"),
}
MOST = 60  # numbers in a grid
WIDEST = 8  # columns


def broadcasting() -> None:
    """The chapter's question, then any two shapes."""
    st.markdown(
        "Two tensors of the same shape are added number by number. But what if the shapes differ? Often PyTorch "
        "**broadcasts**: it acts as if the smaller tensor were copied until it fits."
    )
    count = count_of(current_data(), 3)
    stack, mean = (count, 28, 28), (28, 28)
    fits = shapes.broadcast(stack, mean).shape
    if ask(
        f"From a stack of threes, shape {stack}, you subtract their mean, one image of shape {mean}. What comes out?",
        ["An error", "All images, less the mean", "One image"],
        right="All images, less the mean" if fits == stack else "An error",
        because=f"The result has the shape {fits}. PyTorch subtracts the same image from each of the {count:,} images. "
        "You write no loop, and no copy is made in memory.",
        key="tensors_mean",
    ):
        _animator()


def _animator() -> None:
    st.markdown("**How does PyTorch decide?** Take two shapes, or type your own. Then go step by step.")
    with st.container(horizontal=True, gap="small"):
        for label, (a, b) in PRESETS.items():
            st.button(label, on_click=_choose, args=(a, b), key=f"tensors_preset_{label}")
    left, right = st.columns(2)
    start = {"on_change": _start_again, "max_chars": shapes.MAX_TEXT, **BOUND}
    typed = [
        column.text_input(f"Shape of {name}", value, key=f"tensors_{name}", **start)
        for column, name, value in ((left, "a", "3, 4"), (right, "b", "4"))
    ]
    try:
        plan = shapes.broadcast(*map(shapes.parse_shape, typed))
    except ShapeError as error:
        st.warning(str(error), icon=":material/info:")
        return
    _follow(plan, _step(len(plan.axes) + 2))


def _key(last: int) -> str:
    """Of the slider; one whose end moved would take its value from the link again, and never begin anew."""
    return f"tensors_step{last}"


def _start_again() -> None:
    st.session_state.update({_key(axes + 2): 0 for axes in range(shapes.MAX_RANK + 1)})


def _choose(a: str, b: str) -> None:
    st.session_state.update(tensors_a=a, tensors_b=b)
    _start_again()


def _step(last: int) -> int:
    """The slider and the buttons that move it."""
    key = _key(last)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        step = st.slider("Step", 0, last, key=key, width=260, **BOUND)
        for label, icon, target in [
            ("Back", "chevron_left", max(step - 1, 0)),
            ("Next step", "chevron_right", min(step + 1, last)),
        ]:
            choice = {key: target}
            st.button(label, icon=f":material/{icon}:", on_click=st.session_state.update, args=(choice,))
    return step


def _follow(plan: Broadcast, step: int) -> None:
    """One step: the sentence, the shapes below each other, and the numbers where they are few."""
    done = min(max(step - 1, 0), len(plan.axes))
    finished = step == len(plan.axes) + 2
    if step == 0:
        words = f"You want to add `a`, shape {plan.a}, and `b`, shape {plan.b}."
    elif step == 1:
        words = "Write the shapes so that their **last** sizes stand below each other. Where nothing is, think of a 1."
    elif not finished:
        words = plan.axes[done - 1].words
    elif plan.shape is None:
        words = "So `a + b` is an error."
    else:
        words = f"Now each number has a partner. `a + b` has the shape **{plan.shape}**."
    st.markdown(words)
    if step:
        tensor_grid([_table_of(plan, done, lit=not finished)], key="tensors_shapes")
    if finished and plan.shape is None:
        _explain_error(plan)
    else:
        _numbers(plan, done, finished=finished)
    show_source(
        count_of,
        shapes.broadcast,
        shapes.Axis,
        shapes.stretch,
        shapes.counting,
        shapes.broadcast_message,
        calls=_calls(plan, done, finished=finished),
    )


def _calls(plan: Broadcast, done: int, *, finished: bool) -> str:
    """Code for what is on the screen when so many axes are compared."""
    calls = f"""
# Two shapes, broadcast
print("Threes less their mean:", broadcast((count_of(data, 3), 28, 28), (28, 28)).shape)
plan = broadcast({plan.a}, {plan.b})
print("a", plan.a, "b", plan.b)
for axis in plan.axes[:{done}]:
    print(axis.words)
"""
    if finished and plan.shape is None:
        return calls + "print(broadcast_message(plan.a, plan.b))"
    if _can_be_drawn(plan):
        calls += f"""a, b = counting(plan.a), counting(plan.b, by=10)
print(stretch(a, plan.b, axes={done})[0])
print(stretch(b, plan.a, axes={done})[0])
"""
    if finished:
        calls += "print(a + b)" if _can_be_drawn(plan) else "print(plan.shape)"
    return calls


def _table_of(plan: Broadcast, done: int, *, lit: bool) -> Grid:
    """The two shapes and the result's, a column for each axis; lit is the one compared last."""
    rank = max(len(plan.a), len(plan.b), 1)
    lines, looks = [], []
    for shape in (plan.a, plan.b):
        pad = rank - len(shape)
        lines.append(["1"] * pad + [str(size) for size in shape])
        looks.append(["ghost"] * pad + [""] * len(shape))
    found = {axis.number: axis.size for axis in plan.axes[:done]}
    lines.append([("✕" if found[n] is None else str(found[n])) if n in found else "?" for n in range(-rank, 0)])
    looks.append(["bad" if n in found and found[n] is None else "" for n in range(-rank, 0)])
    if done and lit:
        for line in looks:
            line[-done] = f"{line[-done]} lit".strip()
    heads = [f"axis {n}" for n in range(-rank, 0)]
    return Grid("", "", [lines], [look for line in looks for look in line], rows=["a", "b", "a + b"], columns=heads)


def _numbers(plan: Broadcast, done: int, *, finished: bool) -> None:
    """The tensors with numbers in them; copies are pale."""
    if not _can_be_drawn(plan):
        st.caption("These tensors are too large to show their numbers here. The rule is the same.")
        return
    if plan.shape is None:
        done = min(done, len(plan.axes) - 1)
    a, b = shapes.counting(plan.a), shapes.counting(plan.b, by=10)
    parts = [shapes.stretch(a, plan.b, axes=done), shapes.stretch(b, plan.a, axes=done)]
    grids = [number_grid(t, name=name, ghost=ghost) for name, (t, ghost) in zip("ab", parts, strict=True)]
    for number, shape in enumerate((plan.a, plan.b)):
        if grids[number].note != str(shape):
            grids[number] = replace(grids[number], note=f"{shape} stretched to {grids[number].note}")
    signs, links, hint = ["+"], [], ""
    if finished:
        grids.append(number_grid(a + b, name="a + b"))
        links = [Link(words, [[place], [place]]) for place, words in enumerate(sums_in_words(a, b))]
        signs, hint = ["+", "="], "Point at a number of the result, tap it, or use the Tab and arrow keys."
    tensor_grid(grids, key="tensors_sum", signs=signs, links=links, hint=hint)
    if any(ghost.any() for _, ghost in parts):
        st.caption("Pale numbers with a dashed frame are copies. PyTorch only acts as if they were there.")


def _can_be_drawn(plan: Broadcast) -> bool:
    return all(map(_is_small, (plan.a, plan.b, plan.shape or ())))


def _is_small(shape: Shape) -> bool:
    """Whether a tensor can be drawn; one of a million by a million numbers could not even be made."""
    return len(shape) <= 3 and math.prod(shape) <= MOST and shape[-1:] <= (WIDEST,)


def _explain_error(plan: Broadcast) -> None:
    st.warning(f"{plan.axes[-1].words} PyTorch says:", icon=":material/error:")
    st.code(shapes.broadcast_message(plan.a, plan.b), language=None, wrap_lines=True)
    if hint := shapes.broadcast_hint(plan.a, plan.b):
        st.markdown(f"A way out: {hint}")
