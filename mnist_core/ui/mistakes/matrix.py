"""How often each digit is taken for which, each cell with its images."""

import numpy as np
import streamlit as st

from mnist_core.data import DigitData
from mnist_core.interpret import Evaluation, confusion
from mnist_core.ui import lab
from mnist_core.ui.confusion_matrix import confusion_matrix
from mnist_core.ui.link import choose, linked_choice
from mnist_core.ui.mistakes.opened import MOST, show_opened, show_wall, show_ways_on
from mnist_core.ui.source import show_source
from mnist_core.ui.words import a, many

COUNTS, RATES = "Counts", "Rates, %"


def show_matrix(evaluation: Evaluation, data: DigitData) -> None:
    """The confusion matrix, and the images of one of its cells."""
    st.markdown(
        "A **confusion matrix** counts who is taken for whom. A row is the digit that the label says. A column is the "
        "digit that the model says. The blue cells are right. Each orange cell is one kind of mistake: the darker, the "
        "more of them. **Press a cell to see its images.**"
    )
    table = confusion.counts(evaluation)
    row, column = _chosen_cell(evaluation, table)
    left, right = st.columns(2, gap="large")
    with left:
        unit = st.segmented_control(
            "Numbers in the cells", [COUNTS, RATES], default=COUNTS, required=True, key="mistakes_numbers", **lab.BOUND
        )
        confusion_matrix(
            table,
            confusion.rates(table),
            evaluation.classes,
            key="mistakes_matrix",
            percent=unit == RATES,
            picked=(row, column),
            on_pick=lambda row, column: choose("mistakes_cell", _name(evaluation, row, column)),
        )
        if unit == RATES:
            st.caption(
                "Rates are shares of a row: of 100 images of a digit, how many were taken for which? They are fair to "
                "digits of which there are only few images."
            )
    with right:
        place = _show_cell(evaluation, data, row, column, int(table[row].sum()))
    if place is not None:
        show_ways_on(evaluation, data, place)
    show_source(confusion.counts, confusion.rates, confusion.taken_for)


def _name(evaluation: Evaluation, row: int, column: int) -> str:
    """A cell in the link: "94" for a 9 taken for a 4."""
    return f"{evaluation.classes[row]}{evaluation.classes[column]}"


def _chosen_cell(evaluation: Evaluation, table: np.ndarray) -> tuple[int, int]:
    """Row and column of the cell in the link, at first the most frequent mistake."""
    cells = {_name(evaluation, row, column): (row, column) for row, column in np.ndindex(*table.shape)}
    return cells[linked_choice(cells, key="mistakes_cell", default=_name(evaluation, *confusion.most_confused(table)))]


def _show_cell(evaluation: Evaluation, data: DigitData, row: int, column: int, shown: int) -> int | None:
    """What is in a cell: in a sentence, as images, and one of them opened, whose place is given, if there is one."""
    digit, said = evaluation.classes[row], evaluation.classes[column]
    places = confusion.taken_for(evaluation, digit, said)
    if digit == said:
        sentence = f"The model got **{len(places):,} of {many(shown, digit)}** right"
    else:
        sentence = f"The model took **{len(places):,} of {many(shown, digit)}** for {a(said)}"
    st.markdown(f"{sentence}{f', {len(places) / shown:.1%}' if shown else ''}.")
    if not len(places):
        st.caption("This cell has no images. Press another one.")
        return None
    few = "The highest loss comes first" if len(places) <= MOST else f"The {MOST} with the highest loss are shown"
    st.caption(f"{few}. Under each image: label → what the model says. Press one to open it.")
    label = f"Images of {a(digit)} that the model calls {a(said)}"
    place = show_wall(evaluation, data, places, label=label)
    show_opened(evaluation, data, place)
    return place
