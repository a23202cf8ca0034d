"""Pixels: a picture is a table of numbers, and a slice of it is one line of code."""

import random

import streamlit as st

from mnist_core import charts, tensors
from mnist_core.ui.data import current_data
from mnist_core.ui.pixel_grid import pixel_grid
from mnist_core.ui.source import show_source

st.title("Pixels")
st.markdown("To you this is a handwritten digit. **What is it to a computer?**")

data = current_data()
digit = st.segmented_control("Digit", data.classes, default=3, required=True, key="pixels_digit", bind="query-params")
count = len(tensors.images_of(data, digit))
if st.session_state.get("pixels_image", 0) >= count:
    st.session_state["pixels_image"] = count - 1
with st.container(horizontal=True, vertical_alignment="bottom"):
    number = st.number_input(
        f"Image, 0 to {count - 1:,}",
        0,
        count - 1,
        tensors.first_number(data),
        key="pixels_image",
        bind="query-params",
        width=200,
    )
    for label, icon, target in [
        ("Previous", "chevron_left", (number - 1) % count),
        ("Next", "chevron_right", (number + 1) % count),
        ("Random", "shuffle", random.randrange(count)),
    ]:
        choice = {"pixels_image": target}
        st.button(label, icon=f":material/{icon}:", on_click=st.session_state.update, args=(choice,))

image = tensors.image_tensor(data, digit, number)
name = f"im{digit}_t"

guess = st.segmented_control(
    "Before you see the numbers: which number is the white background?",
    [0, 1, 255],
    key="pixels_guess",
    bind="query-params",
)
if guess is not None:
    verdict = "Right" if guess == 0 else "Not quite"
    st.markdown(
        f"**{verdict}: white is 0, black is 255, and every grey is a whole number between them.** This page prints "
        "digits as the chapter does, as ink on paper. The other pages show them as light: there 0 is black."
    )

rows, columns = (4, 10), (4, 10)
grid = st.container()
if guess is not None:
    left, right = st.columns(2, gap="medium")
    rows = left.slider("Rows of the slice", 0, 28, rows, key="pixels_rows", bind="query-params")
    columns = right.slider("Columns of the slice", 0, 28, columns, key="pixels_columns", bind="query-params")
with grid:
    pixel_grid(image.numpy(), name=f"a handwritten {digit}", rows=rows, columns=columns, show_numbers=guess is not None)
if guess is None:
    st.caption("Choose an answer, and the numbers appear.")
    st.stop()

part = tensors.crop(image, rows, columns)
st.subheader("Cut out a slice")
st.code(tensors.crop_code(name, rows, columns), language="python", wrap_lines=True)
st.markdown(
    f"`{name}` has the shape {tuple(image.shape)}: 28 rows of 28 numbers. The slice has the shape "
    f"{tuple(part.shape)}: it starts at row {rows[0]} and stops *before* row {rows[1]}, and the same for the columns."
)
if part.numel():
    # a wide table needs the whole width
    left, right = (st.container(), st.container()) if part.shape[1] > 14 else st.columns([2, 3], gap="medium")
    alt = f"Rows {rows[0]} to {rows[1] - 1}, columns {columns[0]} to {columns[1] - 1} of a handwritten {digit}"
    figure = charts.digit_image(part, first_row=rows[0], first_column=columns[0])
    left.plotly_chart(figure, config=charts.CONFIG, key="pixels_slice", alt=alt)
    right.table(charts.grey_table(part, first_row=rows[0], first_column=columns[0]), alt=f"{alt}, as numbers")
else:
    st.info("The slice is empty: it stops where it starts, or before. Pull the ends of a slider apart.")

show_source(tensors.image_tensor, tensors.crop, charts.grey_table)
st.page_link("pages/5_descent.py", label="Next: how a machine learns", icon=":material/arrow_forward:")
