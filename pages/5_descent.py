"""Descent: gradient descent as something one can watch, and what the learning rate does to it."""

import streamlit as st

from mnist_core import charts, gradients
from mnist_core.ui.source import show_source

# 1, 2, 3 and 5 times each power of ten; the last is the chapter's 1e-5 as one write-up printed it, its minus sign lost.
RATES = [float(f"{m}e{e}") for e in range(-8, 0) for m in (1, 2, 3, 5)] + [1.0, 1e5]
BETS = {"It converges": "converged", "It oscillates": "oscillated", "It diverges": "diverged"}


def start_again() -> None:
    """A changed run is looked at from its first step, with a new bet."""
    st.session_state.update(descent_at=0, descent_bet=None)


st.title("Descent")
st.markdown(
    "A roller coaster is fast, then slow at the top of the hill, then fast again. We measured its speed 20 times. "
    "**How can a machine find the curve through these points?** It starts with three random numbers, `a`, `b` and `c`. "
    "They make the curve `a*t**2 + b*t + c`. The *loss* says how bad the curve is. The *gradient* says in which "
    "direction the loss grows. So the machine takes a small step in the other direction, again and again."
)

left, right = st.columns(2, gap="large")
with left:
    lr = st.select_slider(
        "Learning rate: how long the steps are",
        RATES,
        1e-5,
        "{:g}".format,
        key="descent_lr",
        on_change=start_again,
        bind="query-params",
    )
    steps = st.slider("Number of steps", 5, 100, 30, key="descent_steps", on_change=start_again, bind="query-params")
with right:
    seed = st.number_input(
        "Seed of the random start", 0, 9999, 0, key="descent_seed", on_change=start_again, bind="query-params"
    )
    centred = st.toggle(
        "Squeeze the time from 0 … 19 into -1 … 1", key="descent_centred", on_change=start_again, bind="query-params"
    )

time, speed = gradients.roller_coaster(centred=centred)
run = gradients.descend(time, speed, lr=lr, steps=steps, seed=seed)
surface = gradients.loss_surface(run)
did = gradients.outcome(run)

bet = st.segmented_control("Your bet before you press play: what will the loss do?", list(BETS), key="descent_bet")
gone = " The curve has left the picture." if did == "diverged" else ""
score = f" Your bet was {'right' if BETS[bet] == did else 'wrong'}." if bet else ""

with st.container(horizontal=True, vertical_alignment="bottom"):
    at = st.slider("Step to look at", 0, run.steps, key="descent_at", bind="query-params", width=260)
    presses = st.session_state.get("descent_presses", 0)
    for label, icon, target in [
        ("Reset", "first_page", 0),
        ("Step", "chevron_right", min(at + 1, run.steps)),
        ("To the end", "last_page", run.steps),
    ]:
        jump = {"descent_at": target, "descent_presses": presses + 1}
        st.button(label, icon=f":material/{icon}:", on_click=st.session_state.update, args=(jump,))

figure = charts.descent_figure(run, surface, at=at, last_words=f"The run {did}.{gone}{score}")
figure.layout.meta = presses  # a new figure at every press: otherwise Reset would not undo what Play did in the browser
st.plotly_chart(figure, config=charts.CONFIG, key="descent_figure", alt=charts.descent_alt(run, at=at))
st.caption(
    f"Orange is where the run is. The surface shows the loss for every a and b while c stays at {surface.c:.3g}; in "
    f"this run c goes from {run.params[0, 2]:.3g} to {run.params[-1, 2]:.3g}. The white cross is its lowest point. "
    "Play moves the picture only; the buttons above the picture also move the numbers below it."
)

st.markdown(gradients.state_in_words(run, at))
if at < run.steps:
    st.markdown("The next step subtracts the gradient times the learning rate:")
    st.code(gradients.step_in_numbers(run, at), language="python", wrap_lines=True)
else:
    st.info(f"{gradients.explain(run)}{score}")

with st.expander("How large may the learning rate be?", icon=":material/speed:"):
    st.markdown(gradients.limits_in_words(run))

show_source(gradients.f, gradients.mse, gradients.apply_step, gradients.descend)
st.page_link("pages/9_train.py", label="Next: train a model on digits", icon=":material/arrow_forward:")
