"""Precision and recall of each digit, and the images that lower them."""

import numpy as np
import streamlit as st

from mnist_core.data import DigitData
from mnist_core.interpret import Evaluation, confusion
from mnist_core.ui import lab
from mnist_core.ui.mistakes.opened import show_opened, show_wall, show_ways_on
from mnist_core.ui.source import show_source
from mnist_core.ui.words import a, many

MISSED, FALSE_ALARMS = "Missed", "False alarms"


def show_scores(evaluation: Evaluation, data: DigitData) -> None:
    """Two numbers for each digit, what they mean for one of them, and its mistakes."""
    st.markdown(
        "One accuracy for all digits hides which of them are hard. Two questions about each digit tell more. How many "
        "of its images does the model find? That is **recall**. And when the model says this digit, how often is it "
        "true? That is **precision**."
    )
    scores = confusion.digit_scores(evaluation)
    hardest = evaluation.classes[int(np.argmin(np.nan_to_num(scores.recall, nan=2)))]
    digit = st.segmented_control(
        "Digit", evaluation.classes, default=hardest, required=True, key="mistakes_digit", **lab.BOUND
    )
    left, right = st.columns(2, gap="large")
    with left:
        _in_words(evaluation, digit)
        st.table(
            [
                {
                    "Digit": str(digit),
                    "Precision": _share(scores.precision[place], "never said"),
                    "Recall": _share(scores.recall[place], "no images"),
                    "Images": f"{scores.images[place]:,}",
                }
                for place, digit in enumerate(evaluation.classes)
            ],
            hide_index=True,
            alt="Precision, recall and number of images of each digit",
        )
    with right:
        kind = st.segmented_control(
            "Its mistakes", [MISSED, FALSE_ALARMS], default=MISSED, required=True, key="mistakes_kind", **lab.BOUND
        )
        place = _show_mistakes(evaluation, data, digit, kind)
    if place is not None:
        show_ways_on(evaluation, data, place)
    show_source(confusion.digit_scores)


def _share(share: float, otherwise: str) -> str:
    return otherwise if np.isnan(share) else f"{share:.1%}"


def _in_words(evaluation: Evaluation, digit: int) -> None:
    """Both numbers of a digit as fractions that a learner can count."""
    is_digit, called = evaluation.labels == digit, evaluation.preds == digit
    found, images, said = int((is_digit & called).sum()), int(is_digit.sum()), int(called.sum())
    lines = []
    if images:
        lines.append(f"- **Recall**: of {many(images, digit)}, the model found {found:,}: {found / images:.1%}.")
    if said:
        lines.append(f"- **Precision**: of {said:,} images it called {a(digit)}, {found:,} are: {found / said:.1%}.")
    if images:
        lines.append(
            f"- Each alone can be fooled: a model that calls everything {a(digit)} has a recall of 100%, but a "
            f"precision of only {images / evaluation.images:.1%}."
        )
    st.markdown("\n".join(lines))


def _show_mistakes(evaluation: Evaluation, data: DigitData, digit: int, kind: str) -> int | None:
    if kind == MISSED:
        places = confusion.missed(evaluation, digit)
        words, label = "are missed. They lower the recall", f"Images of {a(digit)} that the model missed"
    else:
        places = confusion.false_alarms(evaluation, digit)
        words, label = "are false alarms. They lower the precision", f"Images wrongly called {a(digit)}"
    if not len(places):
        st.caption("There are none. Choose another digit.")
        return None
    st.caption(f"{len(places):,} images {words}. Under each: label → what the model says. Press one to open it.")
    place = show_wall(evaluation, data, places, label=label)
    show_opened(evaluation, data, place)
    return place
