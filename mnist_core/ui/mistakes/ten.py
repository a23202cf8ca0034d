"""Ten digits tested by hand, as a write-up did, and how little they tell."""

import numpy as np
import streamlit as st

from mnist_core.data import DigitData
from mnist_core.interpret import Evaluation
from mnist_core.interpret.calibration import (
    PLACES_003,
    chances_of_right,
    growing_samples,
    one_of_each,
    places_of_003,
    share_interval,
)
from mnist_core.ui import lab
from mnist_core.ui.chart import BLUE, ORANGE, line, show_bars, show_lines
from mnist_core.ui.lesson import ask
from mnist_core.ui.mistakes.opened import show_opened, show_wall, show_ways_on
from mnist_core.ui.source import show_source

WRITE_UP, RANDOM = "As in the write-up", "At random"
MOST_DEALS = 9999


def show_ten(evaluation: Evaluation, data: DigitData) -> None:
    """One image of each digit, how many are right, and what that says of all others."""
    st.markdown(
        "One write-up of this chapter tested its models by hand, on ten images, one of each digit. A small model got "
        "**8 of 10** right, a larger one **9 of 10**. That was said to fit their accuracies on all images, 86% and "
        "92%. **But what can ten images tell?** Test your model in the same way:"
    )
    places = _choose_ten(evaluation)
    right = int(evaluation.right[places].sum())
    left, opened = st.columns(2, gap="large")
    with left:
        st.markdown(f"##### {right} of {len(places)} right")
        place = show_wall(
            evaluation,
            data,
            places,
            label="One image of each digit",
            captions=[f"says {evaluation.preds[i]}{'' if evaluation.right[i] else ', wrong'}" for i in places],
            side=72,
        )
    with opened:
        show_opened(evaluation, data, place)
    if _ask_about_all_right():
        _show_intervals(evaluation, right, len(places))
        _show_chances(evaluation)
        _show_funnel(evaluation)
    show_ways_on(evaluation, data, place)
    show_source(share_interval, chances_of_right)


def _choose_ten(evaluation: Evaluation) -> np.ndarray:
    """The write-up's places in the list, where these are MNIST's images, or one image of each digit at random."""
    published = places_of_003(evaluation)
    if published is not None:
        way = st.segmented_control(
            "Which images", [WRITE_UP, RANDOM], default=WRITE_UP, required=True, key="mistakes_ten", **lab.BOUND
        )
        if way == WRITE_UP:
            st.caption(
                f"Places {', '.join(f'{place:,}' for place in PLACES_003)} in the list of all images, sorted by digit. "
                "Within a digit the write-up's list had the order of its disk, which is not known; here the file's "
                "number decides. So these are the same places, but most likely other images."
            )
            return published
    with st.container(horizontal=True, vertical_alignment="bottom"):
        deal = st.number_input("Deal", 1, MOST_DEALS, 1, key="mistakes_deal", width=160, **lab.BOUND)
        choice = {"mistakes_deal": deal % MOST_DEALS + 1}
        st.button("Deal others", icon=":material/shuffle:", on_click=st.session_state.update, args=(choice,))
    st.caption("One image of each digit, chosen by chance. The same number deals the same images.")
    return one_of_each(evaluation, seed=deal)


def _ask_about_all_right() -> bool:
    low, _ = share_interval(10, 10)
    (worse_low, worse_high), (better_low, better_high) = share_interval(8, 10), share_interval(9, 10)
    return ask(
        "A model gets 10 of 10 right. How low can its true accuracy still be?",
        ["99%", "95%", "90%", f"{low:.0%}"],
        right=f"{low:.0%}",
        because=f"Even 10 of 10 fits an accuracy from {low:.0%} up. And 8 of 10 ({worse_low:.0%} to {worse_high:.0%}) "
        f"is hardly different from 9 of 10 ({better_low:.0%} to {better_high:.0%}): a single image decided which model "
        "looked better. These are Wilson's intervals, for images chosen by chance. Images that somebody picks by hand "
        "can tell even less.",
        key="mistakes_ten_guess",
    )


def _show_intervals(evaluation: Evaluation, right: int, images: int) -> None:
    low, high = share_interval(right, images)
    st.markdown(
        f"- From **{right} of {images}** right, all one can say of your model is that its accuracy lies between "
        f"**{low:.0%} and {high:.0%}**. This is a *95% confidence interval*: of 100 intervals that are made in this "
        "way, about 95 hold the true accuracy."
    )
    low, high = share_interval(int(evaluation.right.sum()), evaluation.images)
    st.markdown(
        f"- From all **{evaluation.images:,}** images, {evaluation.accuracy:.2%} of them right, it lies between "
        f"**{low:.2%} and {high:.2%}**."
    )


def _show_chances(evaluation: Evaluation) -> None:
    chances = chances_of_right(evaluation)
    count = len(chances) - 1
    likely = np.flatnonzero(chances > 0.001)
    told = ", ".join(f"{i} right: {chances[i]:.1%}" for i in likely)
    st.markdown(
        f"If you deal {count} images again and again, how often are how many right? With your model all {count} are "
        f"right in **{100 * chances[-1]:.0f} of 100 deals**. It is the same model every time. Only the images change."
    )
    show_bars(
        "mistakes_chances",
        range(count + 1),
        100 * chances,
        alt=f"How often how many of {count} are right. {told}.",
        x_name=f"right, of {count}",
        unit=" %",
        digits=1,
        height=240,
        y_axis={"min": 0, "max": 100},
    )


def _show_funnel(evaluation: Evaluation) -> None:
    images, right = growing_samples(evaluation, seed=0)
    intervals = 100 * np.array([share_interval(int(hit), int(n)) for hit, n in zip(right, images, strict=True)])
    low, high = intervals[-1]
    st.markdown(
        "What helps is more images. Here they are dealt one after the other, in a random order. Once there are some "
        "hundred of them, four times as many make the interval about half as wide."
    )
    show_lines(
        "mistakes_funnel",
        [
            line("Upper end", images, intervals[:, 1], BLUE, dashed=True),
            line("Right so far", images, 100 * right / images, ORANGE),
            line("Lower end", images, intervals[:, 0], BLUE, dashed=True),
        ],
        alt=f"The interval narrows from {intervals[0, 0]:.0f} to {intervals[0, 1]:.0f} % after {images[0]} images to "
        f"{low:.2f} to {high:.2f} % after {images[-1]:,}.",
        x_name="images",
        title="Right so far, and its 95% interval, %",
        x_axis={"type": "log", "min": int(images[0]), "max": int(images[-1])},
        height=300,
        zoom=False,
    )
