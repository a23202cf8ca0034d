"""The part of the Gradients page about `backward`: a calculation as a graph that fills with values and gradients."""

import streamlit as st

from mnist_core.chapter import autograd
from mnist_core.chapter.autograd import CALCULATIONS, Calculation, Trace
from mnist_core.ui import lab
from mnist_core.ui.graph import show_graph
from mnist_core.ui.lesson import ask
from mnist_core.ui.link import linked_selectbox
from mnist_core.ui.source import show_source


def backward() -> None:
    """Forward and backward, step by step."""
    st.markdown(
        "A model's loss is a long calculation. To change a weight in the right direction, one must know how fast the "
        "loss grows with it. **How does PyTorch find that out, for all weights at once?** It goes through the "
        "calculation twice: *forward*, from the inputs to the loss, and then *backward*, from the loss to the weights."
    )
    name = linked_selectbox(
        "Calculation", {name: each.title for name, each in CALCULATIONS.items()}, key="gradients_c", default="line"
    )
    calculation = CALCULATIONS[name]
    values = _chosen_values(calculation)
    traced = autograd.trace(calculation, **values)
    first, last = autograd.order(calculation, traced)[0][0], calculation.learned[0]
    steps = 2 * len(calculation.operations) + 1
    answered = ask(
        "Which box gets its gradient first?",
        [last, calculation.operations[0].name, first],
        right=first,
        because="The backward pass begins where the forward pass ended. Each box hands its gradient on to the boxes "
        "before it.",
        key="gradients_first",
    )
    step = _chosen_step(steps) if answered else 0
    show_graph("gradients_graph", calculation, traced, step, alt=_alt(calculation, traced, step))
    st.caption("Blue: values, forward. Orange: gradients, backward. On an arrow: the factor of that operation.")
    st.markdown(autograd.step_in_words(calculation, traced, step))
    if not answered:
        return
    if step == steps:
        _in_the_end(calculation, traced, values)
    st.markdown("The same in Python:")
    st.code(autograd.as_code(calculation, traced, values), language="python", wrap_lines=True)
    show_source(
        autograd.trace,
        autograd.filled,
        autograd.words,
        autograd.chain,
        autograd.nudged,
        "mnist_core.chapter.autograd:CALCULATIONS",
        calls=_calls(name, values, step, is_last=step == steps),
    )


def _calls(name: str, values: dict[str, float], step: int, *, is_last: bool) -> str:
    """Code for what the graph shows after so many steps, and what stands below it after the last."""
    changed = "".join(f", {each}={value}" for each, value in values.items())
    calls = f"""
# Forward and backward
calculation = CALCULATIONS["{name}"]
traced = trace(calculation{changed})
for name in calculation.learned:
    print(name, "=", traced.values[name].tolist(), "and its gradient is", traced.grads[name])
values, grads = filled(calculation, traced, {step})
print("values", {{name: words(traced.values[name]) for name in values}})
print("gradients", {{name: words(traced.grads[name]) for name in grads}})
"""
    if is_last:
        calls += """
name = calculation.learned[0]
print("factors on the way to", name, *map(words, chain(calculation, traced, name)))
"""
    if is_last and values:
        calls += f"""
before, after = nudged(calculation, name, by=0.01{changed})
print(f"from {{before:.6g}} to {{after:.6g}}, {{(after - before) / 0.01:.4g}} for each unit")
"""
    return calls


def _chosen_values(calculation: Calculation) -> dict[str, float]:
    """The parameters that sliders change: w and b, where the calculation has them."""
    if "w" not in calculation.given:
        return {}
    left, right = st.columns(2, gap="medium")
    return {
        "w": left.slider("Weight w", -5.0, 5.0, 3.0, 0.5, key="gradients_w", **lab.BOUND),
        "b": right.slider("Bias b", -5.0, 5.0, 1.0, 0.5, key="gradients_b", **lab.BOUND),
    }


def _chosen_step(steps: int) -> int:
    """Which step to look at, by slider or button; a calculation with fewer steps stops at its last."""
    key = "gradients_step"
    if st.session_state.get(key, 0) > steps:
        st.session_state[key] = steps
    with st.container(horizontal=True, vertical_alignment="bottom"):
        step = st.slider("Step to look at", 0, steps, key=key, width=260, **lab.BOUND)
        for label, icon, target in [
            ("Reset", "first_page", 0),
            ("Step", "chevron_right", min(step + 1, steps)),
            ("To the end", "last_page", steps),
        ]:
            choice = {key: target}
            st.button(label, icon=f":material/{icon}:", on_click=st.session_state.update, args=(choice,))
    return step


def _alt(calculation: Calculation, traced: Trace, step: int) -> str:
    """The graph in words: what each box shows after so many steps."""
    values, grads = autograd.filled(calculation, traced, step)
    said = ", ".join(f"{name} = {autograd.words(traced.values[name])}" for name in values)
    grads_said = ", ".join(f"{name} {autograd.words(traced.grads[name])}" for name in grads)
    gradients = f" Gradients: {grads_said}." if grads else ""
    return f"{calculation.title}, as boxes and arrows. Values: {said}.{gradients}"


def _in_the_end(calculation: Calculation, traced: Trace, values: dict[str, float]) -> None:
    """What the gradients say, the chain of factors behind the first of them, and a check without autograd."""
    name = calculation.learned[0]
    grad = autograd.words(traced.grads[name])
    factors = " × ".join(map(autograd.words, autograd.chain(calculation, traced, name)))
    st.markdown(
        f"**The chain rule**: from the loss back to `{name}`, the factors of all operations on the way are multiplied: "
        f"{factors} = **{grad}**. No operation on the way may be left out. PyTorch keeps `.grad` only for "
        f"{' and '.join(f'`{each}`' for each in calculation.learned)}, which got `requires_grad_()`; for this picture "
        f"we asked it to keep the others too. {calculation.note}"
    )
    if values:
        before, after = autograd.nudged(calculation, name, by=0.01, **values)
        st.markdown(
            f"Check it: make `{name}` 0.01 larger, and the loss goes from {before:.6g} to {after:.6g}. That is "
            f"{(after - before) / 0.01:.4g} for each unit, close to the gradient {grad}."
        )
