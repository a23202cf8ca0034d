"""Tensors, the part on rank and shape: a list of images, the stack made of it, and the way back to one number."""

import streamlit as st
from torch import Tensor

from mnist_core.chapter import stacking
from mnist_core.data import DigitData
from mnist_core.ui.badges import badges
from mnist_core.ui.data import current_data
from mnist_core.ui.digit_wall import digit_wall
from mnist_core.ui.lab import BOUND
from mnist_core.ui.lesson import ask
from mnist_core.ui.pixel_grid import pixel_grid
from mnist_core.ui.source import show_source
from mnist_core.ui.tensor_grid import number_grid, tensor_grid

LEVELS = ["Stack", "Image", "Row", "Number"]
SHOWN = 24  # images of the stack


@st.cache_resource(show_spinner=False, max_entries=2)
def _threes(source: str, _data: DigitData) -> Tensor:
    return stacking.stack_images(stacking.image_list(_data, 3))


def rank_and_shape() -> None:
    """List comprehension, stack, and peeling a tensor of rank 3."""
    data = current_data()
    stacked_threes = _threes(data.source.name, data)
    count = len(stacked_threes)
    st.markdown(
        f"The training data have {count:,} pictures of a 3. First we put them into a Python list, one by one. A **list "
        "comprehension** is a loop in one line. It says what to make, `for` what, and, if you like, `if` when:"
    )
    st.code("three_tensors = [tensor(images[i]) for i in threes]", wrap_lines=True)
    st.caption("`threes` holds the places of the 3s among all images.")
    doubled = [o * 2 for o in [1, 2, 3, 4] if o % 2 == 1]
    if not ask(
        "What does `[o * 2 for o in [1, 2, 3, 4] if o % 2 == 1]` give?",
        ["[2, 6]", "[2, 4, 6, 8]", "[1, 3]"],
        right=str(doubled),
        because="`o % 2 == 1` keeps the odd numbers, 1 and 3. `o * 2` doubles each of them.",
        key="tensors_comprehension",
    ):
        return
    st.markdown(
        f"Now `three_tensors` is a list of {count:,} tensors of shape (28, 28): 28 rows of 28 numbers. "
        "With a list Python must take one picture after the other. `torch.stack` lays the pictures on each other and "
        "makes **one** tensor of them:"
    )
    st.code("stacked_threes = torch.stack(three_tensors)", wrap_lines=True)
    if ask(
        "You stack n pictures of shape (28, 28). Which shape has the stack?",
        ["(n, 28, 28)", "(28, 28, n)", "(28*n, 28)"],
        right=str(tuple(stacked_threes.shape)).replace(str(count), "n"),
        because="The new size comes first. It counts the pictures.",
        key="tensors_stack",
    ):
        _meaning(stacked_threes)
        part = "stacked_threes" + "".join(f"[{place}]" for place in _peel(stacked_threes))
        show_source(
            stacking.image_list,
            stacking.stack_images,
            calls=f"""
# A stack of threes, and a part of it
three_tensors = image_list(data, 3)
print(f"{{len(three_tensors):,}} tensors of the shape {{tuple(three_tensors[0].shape)}}")
stacked_threes = stack_images(three_tensors)
part = {part}
print("rank", part.ndim, "shape", tuple(part.shape), part.dtype)
part
""",
        )


def _meaning(t: Tensor) -> None:
    """The two words, and the way from one to the other."""
    badges(t, name="stacked_threes")
    st.markdown(
        f"- **Axis**: one direction in which you can count. Here you can count pictures, rows and columns.\n"
        f"- **Shape**: how long each axis is. Here {tuple(t.shape)}: {t.shape[0]:,} pictures, of {t.shape[1]} rows, of "
        f"{t.shape[2]} numbers.\n"
        f"- **Rank**: how many axes there are. It is the length of the shape: "
        f"`len(stacked_threes.shape)` is {len(t.shape)}, and so is `stacked_threes.ndim`.\n"
        f"- **dtype**: the kind of its numbers. `{t.dtype}` means whole numbers from 0 to 255.\n"
        f"- **device**: where it lies, on the CPU or on a GPU."
    )


def _peel(stack: Tensor) -> tuple[int, ...]:
    """From rank 3 to rank 0: one index, one axis less; the indices."""
    st.markdown("**Take it apart again.** Each index in square brackets takes one axis away.")
    level = LEVELS.index(
        st.segmented_control("How deep?", LEVELS, default="Stack", required=True, key="tensors_level", **BOUND)
    )
    places = _places(level)
    part = stack[places]
    badges(part, name="stacked_threes" + "".join(f"[{place}]" for place in places))
    if level == 0:
        shown = stack[:SHOWN].numpy()
        names = [f"picture {number}" for number in range(len(shown))]
        digit_wall(
            shown, names, key="tensors_wall", label="The first pictures of the stack", on_pick=_pick, ink_on_paper=True
        )
        st.caption(f"The first {len(shown)} of {len(stack):,} pictures. Press one to take it out.")
    elif level == 1:
        row = st.session_state["tensors_row"]
        pixel_grid(part.numpy(), name="the picture", rows=(row, row + 1), columns=(0, 28), key="tensors_picture_grid")
        st.caption(f"A table of 28 rows. The frame is row {row}. Go on to “Row”, and only the frame is left.")
    elif level == 2:
        column = st.session_state["tensors_column"]
        grid = number_grid(part, name="", lit=[column], heads=True, shaded=True)
        tensor_grid([grid], key="tensors_row_grid")
        st.caption(f"28 numbers. The frame is number {column}.")
    else:
        st.metric("The number", part.item())
        st.markdown("Rank 0: a single number. It has no axis, so its shape is (). `.item()` makes it a Python number.")
    return places


def _places(level: int) -> tuple[int, ...]:
    """What the learner chose to take: nothing, a picture, its row, the row's number."""
    places = []
    with st.container(horizontal=True):
        if level >= 1:
            places.append(st.number_input("Picture", 0, SHOWN - 1, key="tensors_picture", width=140, **BOUND))
            row = st.slider("Row", 0, 27, 10, key="tensors_row", width=220, **BOUND)
        if level >= 2:
            places.append(row)
            column = st.slider("Column", 0, 27, 14, key="tensors_column", width=220, **BOUND)
        if level >= 3:
            places.append(column)
    return tuple(places)


def _pick(number: int) -> None:
    st.session_state.update(tensors_picture=number, tensors_level="Image")
