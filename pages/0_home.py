"""Home. What the lab is about, in six pictures made from real numbers, and where to begin."""

import os
from typing import Any

import streamlit as st

from mnist_core import journey
from mnist_core.data import DigitData
from mnist_core.ui import lab
from mnist_core.ui.data import current_data
from mnist_core.ui.live import live

PAGES = [
    ("pages/1_pixels.py", ":material/grid_on:", "A digit is a table of numbers. Point at a pixel and read it."),
    ("pages/2_tensors.py", ":material/view_in_ar:", "Thousands of digits are one tensor. Cut, reshape, multiply it."),
    ("pages/3_baseline.py", ":material/straighten:", "Tell digits apart without learning. A model must beat this."),
    (
        "pages/5_descent.py",
        ":material/downhill_skiing:",
        "Walk down a curve, step by step. All models learn like this.",
    ),
    ("pages/6_losses.py", ":material/trending_down:", "One number to make smaller. Why not the right answers?"),
    ("pages/8_loop.py", ":material/autorenew:", "Predict, measure, step: the loop by hand, and who writes it."),
    ("pages/9_train.py", ":material/model_training:", "Train a model on many digits. Watch it get better."),
    ("pages/12_weights.py", ":material/blur_on:", "See what a trained model has learned, as pictures."),
    ("pages/14_draw.py", ":material/draw:", "Draw a digit. A trained model says which one it sees."),
]
DEVICES = {"cpu": "the CPU", "cuda": "the GPU (cuda)", "mps": "the Apple GPU (mps)", "xpu": "the Intel GPU (xpu)"}


@st.cache_resource(show_spinner=False, max_entries=2)
def travel(source: str, _data: DigitData) -> journey.Journey:
    return journey.travel(_data)


def device_note() -> None:
    found = lab.devices()
    if not found:
        st.caption("Looking for an accelerator.")
    elif found[0] == "cpu":
        st.caption(f"Training will run on the CPU, {os.cpu_count()} cores. No GPU was found.")
    else:
        st.caption(f"Training will run on {DEVICES[found[0]]}.")


data = current_data()
way = travel(data.source.name, data)

st.title("How a computer learns to read digits")
st.markdown("No experience needed. Press the button, then go on from page to page.")
if st.button("Start with one digit", icon=":material/play_arrow:"):
    st.switch_page("pages/1_pixels.py")

steps: list[tuple[str, Any, str, str]] = [
    ("Digit", journey.enlarged(way.image), f"Somebody wrote a {way.digit}.", f"A handwritten {way.digit}."),
    ("Tensor", journey.numbers_svg(way.image), "For a computer it is 28 by 28 numbers.", "Some pixels as numbers."),
    (
        "Prediction",
        journey.bars_svg(way.before, way.digit),
        f"A new model only guesses: {way.before[way.digit]:.0%} for {way.digit}.",
        "Ten bars, one for each digit, of a model that has not learned.",
    ),
    (
        "Loss",
        journey.gauge_svg(way.loss_before),
        "One number says how wrong the guess is.",
        f"The loss is {way.loss_before:.2f}; 0 is perfect.",
    ),
    (
        "Gradient",
        journey.signed_colours(way.gradient),
        "It says what to change: blue up, orange down.",
        f"A picture of the gradient: where the weights for {way.digit} should go up and where down.",
    ),
    (
        "Better model",
        journey.bars_svg(way.after, way.digit),
        f"After {way.steps} small steps: {way.after[way.digit]:.0%} for {way.digit}.",
        f"Ten bars after {way.steps} steps; the loss is now {way.loss_after:.2f}.",
    ),
]
path, pages = st.columns([7, 3], gap="medium")
path.subheader("The path")
with path.container(horizontal=True, width=3 * 168 + 2 * 16):
    for number, (name, picture, line, alt) in enumerate(steps, start=1):
        with st.container(width=168, gap="xsmall"):
            st.markdown(f"**{number}. {name}**")
            st.image(picture, alt=alt, width=168)
            st.caption(line)
pages.subheader("The pages")
for page, icon, line in PAGES:
    with pages.container(gap=None):
        st.page_link(page, icon=icon)
        st.caption(line)

live(device_note, while_true=lambda: lab.devices() is None, every=1.0)
