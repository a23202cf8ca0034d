"""Tensors, the part on slices: cells to a line of code, a line of code to cells, and the chapter's exercise."""

from collections.abc import Callable

import streamlit as st
import torch
from torch import Tensor

from mnist_core.chapter import slicing, tensors
from mnist_core.chapter.slicing import SliceError
from mnist_core.ui.badges import badges
from mnist_core.ui.data import current_data
from mnist_core.ui.lab import BOUND
from mnist_core.ui.lesson import ask
from mnist_core.ui.source import show_source
from mnist_core.ui.tensor_grid import number_grid, selectable_grid, tensor_grid

COUNTING, DIGIT, TABLES = "Counting numbers", "Piece of a digit", "Two tables"
TRY = {
    COUNTING: ["t[4]", "t[:, 1]", "t[-1]", "t[1:3, ::2]", "t[t > 40]"],
    DIGIT: ["t[2]", "t[:, -1]", "t[2:5, 1:7]", "t[::2, ::2]", "t[t > 100]"],
    TABLES: ["t[1]", "t[:, 0]", "t[0, 1:]", "t[..., -1]", "t[1][2]"],
}
GOLD = "t[1:3, ::2]"


def slices() -> None:
    """A question, the two-way lab, and the exercise."""
    st.markdown(
        "A **slice** takes a part of a tensor by its positions. Between the square brackets stands one entry for each "
        "axis: first the rows, then the columns. Counting starts at **0**. So `t[1]` gives access to a row, and "
        "`t[:, 1]` to a column: the colon stands for every row."
    )
    t = torch.arange(48).view(6, 8)
    found = tuple(slicing.cut("t[1:3]", t).values.shape)
    if ask(
        f"`t` has the shape {tuple(t.shape)}: 6 rows, 8 columns. Which shape has `t[1:3]`?",
        ["(2, 8)", "(3, 8)", "(2, 6)"],
        right=str(found),
        because="`1:3` starts at row 1 and stops *before* row 3. That is rows 1 and 2. An axis that is not named is "
        "taken whole.",
        key="tensors_first_slice",
    ):
        calls = f"# A slice of a tensor\n{_lab()}{_exercise()}"
        digit: list[Callable[..., object]] = [tensors.image_tensor, tensors.first_number, tensors.crop]
        show_source(*digit if "crop(" in calls else [], calls=calls, title="Your lines in plain PyTorch")
        show_source(slicing.cut, slicing.write_slice)


def _choices() -> dict[str, tuple[Tensor, str]]:
    """Name -> a tensor, and the code that makes it."""
    data = current_data()
    image = tensors.image_tensor(data, 3, tensors.first_number(data))
    return {
        COUNTING: (torch.arange(48).view(6, 8), "torch.arange(48).view(6, 8)"),
        DIGIT: (
            tensors.crop(image, (5, 12), (9, 17)),
            "crop(image_tensor(data, 3, first_number(data)), (5, 12), (9, 17))",
        ),
        TABLES: (torch.arange(24).view(2, 3, 4), "torch.arange(24).view(2, 3, 4)"),
    }


def _lab() -> str:
    """Select cells and the line changes; change the line and the cells light. Code for both."""
    choices = _choices()
    which = st.segmented_control(
        "Tensor", list(choices), default=COUNTING, required=True, key="tensors_which", on_change=_fresh, **BOUND
    )
    t, made = choices[which]
    code = f"t = {made}\nprint(tuple(t.shape))\n"
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        line = st.text_input("Your line", GOLD, key="tensors_slice", max_chars=slicing.MAX_TEXT, width=260, **BOUND)
        for example in TRY[which]:
            choice = {"tensors_slice": example}
            st.button(f"`{example}`", on_click=st.session_state.update, args=(choice,), key=f"tensors_try_{example}")
    try:
        cut, problem = slicing.cut(line, t), ""
    except SliceError as error:
        cut, problem = None, str(error)
    left, right = st.columns(2, gap="large")
    with left:
        badges(t, name="t")
        lit = cut.positions.flatten().tolist() if cut else []
        selectable_grid(
            number_grid(t, name="", lit=lit, heads=True, shaded=which == DIGIT),
            key=f"tensors_cells_{which}",
            on_select=lambda first, last: _write(first, last, tuple(t.shape)),
            hint="Drag over cells, or use the Tab and arrow keys, with Shift for more cells. Or type a line.",
        )
    with right:
        if cut is None:
            st.warning(problem, icon=":material/info:")
            return code
        badges(cut.values, name=line.strip())
        if cut.values.numel():
            tensor_grid([number_grid(cut.values, name="")], key="tensors_taken")
        else:
            st.caption("The result is empty.")
        st.markdown("\n".join(f"- {sentence}" for sentence in cut.words))
    return code + f"taken = {line.strip()}\nprint(tuple(taken.shape), taken)\n"


def _fresh() -> None:
    """Another tensor begins with a line that fits it."""
    which = st.session_state["tensors_which"]
    st.session_state["tensors_slice"] = TRY[which][0]


def _write(first: int, last: int, shape: tuple[int, ...]) -> None:
    st.session_state["tensors_slice"] = slicing.write_slice(first, last, shape)


def _exercise() -> str:
    """The chapter's question 9; code for the answer, where there is one."""
    st.markdown("**Your turn.** `t` is now a 3 by 3 tensor with the numbers from 1 to 9.")
    t = torch.arange(1, 10).view(3, 3)
    st.code("t = torch.arange(1, 10).view(3, 3)", wrap_lines=True)
    line = st.text_input(
        "Double it, and take its bottom right four numbers, in one line",
        key="tensors_exercise",
        placeholder="t * 2",
        max_chars=slicing.MAX_TEXT,
        width=420,
        **BOUND,
    )
    grids = [number_grid(t, name="t", heads=True)]
    words, solved, code = "", False, ""
    if line:
        try:
            answer = slicing.cut(line, t).values
        except SliceError as error:
            words = str(error)
        else:
            solved, words = slicing.exercise(answer)
            code = f"t = torch.arange(1, 10).view(3, 3)\nanswer = {line.strip()}\nprint(answer)\n"
            if answer.numel():
                grids.append(number_grid(answer, name=line.strip()))
    tensor_grid(grids, key="tensors_exercise_grid", signs=["→"])
    if words:
        (st.success if solved else st.info)(words, icon=":material/check:" if solved else ":material/info:")
    return code
