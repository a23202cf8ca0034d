"""Home. What the lab is about, in six pictures made from real numbers, and where to begin."""

import os
from typing import Any

import streamlit as st

from mnist_core import journey
from mnist_core.data import DigitData
from mnist_core.ui import lab
from mnist_core.ui.contents import CONTENTS
from mnist_core.ui.data import current_data
from mnist_core.ui.live import live

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
        "Which numbers of the model to change: blue up, orange down.",
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
for section, entries in CONTENTS.items():
    if not section:
        continue
    pages.markdown(f"**{section}**")
    for page in entries:
        with pages.container(gap=None):
            st.page_link(page.file, icon=page.icon)
            st.caption(page.line)

live(device_note, while_true=lambda: lab.devices() is None, every=1.0)
