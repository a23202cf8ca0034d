"""Pixels: a picture is a table of numbers, and a slice of it is one line of code."""

import streamlit as st

from mnist_core import charts
from mnist_core.chapter import tensors
from mnist_core.ui import lab
from mnist_core.ui.data import current_data
from mnist_core.ui.lesson import ask, show_parts
from mnist_core.ui.lessons import pixels
from mnist_core.ui.pixel_grid import pixel_grid
from mnist_core.ui.source import show_source


def one_digit() -> None:
    """A digit beside its numbers, and a slice that is cut out of it."""
    data = current_data()
    digit, number = pixels.choose_digit(data)
    image = tensors.image_tensor(data, digit, number)
    answered = ask(
        "Before you see the numbers: which number is the white background?",
        ["0", "1", "255"],
        right="0",
        because="White is 0, black is 255, and every grey is a whole number between them. Here digits are printed as "
        "the chapter does it, as ink on paper. Later you see them as light: there 0 is black.",
        key="pixels_guess",
    )
    rows, columns = (4, 10), (4, 10)
    grid = st.container()
    if answered:
        left, right = st.columns(2, gap="medium")
        rows = left.slider("Rows of the slice", 0, 28, rows, key="pixels_rows", **lab.BOUND)
        columns = right.slider("Columns of the slice", 0, 28, columns, key="pixels_columns", **lab.BOUND)
    with grid:
        pixel_grid(image.numpy(), name=f"a handwritten {digit}", rows=rows, columns=columns, show_numbers=answered)
    if answered:
        cut_out(digit, number, rows, columns)


def cut_out(digit: int, number: int, rows: tuple[int, int], columns: tuple[int, int]) -> None:
    """The slice as code and as the chapter's grey table, in which it is a picture and numbers at once."""
    image, name = tensors.image_tensor(current_data(), digit, number), f"im{digit}_t"
    part = tensors.crop(image, rows, columns)
    st.header("Cut out a slice")
    st.code(tensors.crop_code(name, rows, columns), language="python", wrap_lines=True)
    st.markdown(
        f"`{name}` has the shape {tuple(image.shape)}: 28 rows of 28 numbers. The slice has the shape "
        f"{tuple(part.shape)}: it starts at row {rows[0]} and stops *before* row {rows[1]}, and the same for the "
        "columns."
    )
    if part.numel():
        alt = f"Rows {rows[0]} to {rows[1] - 1}, columns {columns[0]} to {columns[1] - 1} of a handwritten {digit}"
        st.table(charts.grey_table(part, first_row=rows[0], first_column=columns[0]), width="content", alt=alt)
    else:
        st.info("The slice is empty: it stops where it starts, or before. Pull the ends of a slider apart.")
    show_source(
        tensors.image_tensor,
        tensors.crop,
        charts.grey_table,
        calls=f"""
# A slice of a digit
{name} = image_tensor(data, {digit}, {number})
part = crop({name}, {rows}, {columns})
print("From", tuple({name}.shape), "to", tuple(part.shape))
print(part)
grey_table(part, first_row={rows[0]}, first_column={columns[0]})
""",
    )


st.title("Pixels")
st.markdown("To you this is a handwritten digit. **What is it to a computer?**")

show_parts(
    "1_pixels",
    {
        "One digit": one_digit,
        "A wall of digits": pixels.many_digits,
        "Grey and colour": pixels.grey_and_colour,
        "Folders": pixels.folder_labels,
        "Bytes to floats": pixels.bytes_to_floats,
    },
)
