"""The parts of the Pixels page: many digits, colour, folders, and bytes turned into floats."""

import random

import numpy as np
import streamlit as st
from torch import Tensor

from mnist_core.chapter import folders, tensors
from mnist_core.data import DigitData
from mnist_core.ui import lab
from mnist_core.ui.chart import show_bars
from mnist_core.ui.data import current_data
from mnist_core.ui.digit_wall import digit_wall
from mnist_core.ui.lesson import ask
from mnist_core.ui.prediction import show_digit
from mnist_core.ui.source import show_source

ALL = "All"
LIGHTS = {"White": (1, 1, 1), "Red": (1, 0, 0), "Green": (0, 1, 0), "Blue": (0, 0, 1), "Yellow": (1, 1, 0)}
FILES_SHOWN = 4


def choose_digit(data: DigitData) -> tuple[int, int]:
    """The digit and which of its images is looked at, the same in every part of the page."""
    digit = st.segmented_control("Digit", data.classes, default=3, required=True, key="pixels_digit", **lab.BOUND)
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
            width=200,
            **lab.BOUND,
        )
        for label, icon, target in [
            ("Previous", "chevron_left", (number - 1) % count),
            ("Next", "chevron_right", (number + 1) % count),
            ("Random", "shuffle", random.randrange(count)),
        ]:
            choice = {"pixels_image": target}
            st.button(label, icon=f":material/{icon}:", on_click=st.session_state.update, args=(choice,))
    return digit, number


def many_digits() -> None:
    """A wall of images, one of which can be taken apart, and how many there are of each digit."""
    data = current_data()
    st.markdown("Nobody writes like anybody else. **Pick a digit that you find hard to read.**")
    shown = st.segmented_control(
        "Show", [ALL, *map(str, data.classes)], default=ALL, required=True, key="pixels_wall", **lab.BOUND
    )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        count = st.select_slider("Images", [20, 60, 120, 200], 60, key="pixels_wall_count", width=200, **lab.BOUND)
        wall = st.number_input("Wall, 0 to 9,999", 0, 9999, key="pixels_wall_number", width=150, **lab.BOUND)
        choice = {"pixels_wall_number": (wall + 1) % 10_000}
        st.button("Another wall", icon=":material/shuffle:", on_click=st.session_state.update, args=(choice,))
    indices = tensors.some_images(data, digit=None if shown == ALL else int(shown), count=count, seed=wall)
    picked = next(iter(np.flatnonzero(indices == st.session_state.get("pixels_picked", -1))), None)
    digit_wall(
        data.images[indices],
        [_name(data, index) for index in indices],
        key="pixels_digit_wall",
        label=f"{len(indices)} handwritten digits",
        on_pick=lambda number: st.session_state.update(pixels_picked=int(indices[number])),
        picked=None if picked is None else int(picked),
        ink_on_paper=True,
    )
    if picked is None:
        st.caption("Press a digit to pick it.")
    else:
        _picked(data, int(indices[picked]))
    if _how_many(data):
        show_source(
            tensors.some_images,
            folders.counts,
            calls=f"""
# A wall of digits, and how many there are of each
indices = some_images(data, digit={None if shown == ALL else shown}, count={count}, seed={wall})
plt.imshow(np.hstack(data.images[indices[:10]]), cmap="Greys")  # the first ten
print(len(indices), "images on the wall:", data.labels[indices].tolist())
for digit, images in counts(data)["training"].items():
    print(f"{{digit}}: {{images:,}}")
""",
        )


def _picked(data: DigitData, index: int) -> None:
    digit, number = int(data.labels[index]), tensors.number_of(data, index)
    st.markdown(f"You picked image {number:,} of the digit {digit}. Its label says **{digit}**. Would you have?")

    def take_apart() -> None:
        st.session_state.update(pixels_digit=digit, pixels_image=number, pixels_part="One digit")
        # these two widgets are not on the screen now, and so do not write their values into the link themselves
        st.query_params.update(pixels_digit=str(digit), pixels_image=str(number))

    st.button("See its numbers", icon=":material/grid_on:", on_click=take_apart)


def _how_many(data: DigitData) -> bool:
    """A question on the number of images of each digit, and a bar for each; whether it was answered."""
    images = list(folders.counts(data)[folders.TRAINING].values())
    few, many = min(images), max(images)
    same, nearly, not_at_all = "Exactly as many", "Nearly as many", "Twice as many of some"
    right = same if few == many else nearly if many < 1.5 * few else not_at_all
    answered = ask(
        "Are there as many images of each digit?",
        [same, nearly, not_at_all],
        right=right,
        because=f"The rarest digit has {few:,} training images, the most frequent one {many:,}.",
        key="pixels_wall_guess",
    )
    if answered:
        counted = ", ".join(f"{digit}: {n:,}" for digit, n in zip(data.classes, images, strict=True))
        show_bars(
            "pixels_counts",
            data.classes,
            images,
            alt=f"Training images of each digit. {counted}.",
            x_name="digit",
            height=220,
            digits=0,
        )
        st.caption(f"Training images of each digit. {counted}.")
    return answered


def grey_and_colour() -> None:
    """One digit stored as grey and as colour: what each takes."""
    data = current_data()
    st.markdown(
        "A grey image has one number for each pixel. A colour image has three: how much **red**, **green** and "
        "**blue** light the pixel sends out. Each of the three is called a *channel*. Light adds up: 0 is black, and "
        "all three together make white."
    )
    digit, number = choose_digit(data)
    image = tensors.image_tensor(data, digit, number)
    light = st.segmented_control(
        "Light of the ink", list(LIGHTS), default="White", required=True, key="pixels_light", **lab.BOUND
    )
    rgb = tensors.to_rgb(image, light=LIGHTS[light])
    with st.container(horizontal=True):
        _captioned(rgb, f"A {digit} in {light.lower()} light", "In colour")
        for name, channel in zip(("Red", "Green", "Blue"), tensors.channels_first(rgb), strict=True):
            empty = "" if channel.any() else ", which is empty"
            _captioned(channel, f"The {name.lower()} channel of the {digit}{empty}", f"{name} channel")
    row, column = divmod(int(image.argmax()), 28)
    st.markdown(
        f"Take the brightest pixel, row {row}, column {column}. Grey stores **{int(image[row, column])}**; "
        f"colour stores **{tuple(rgb[row, column].tolist())}**: red, green, blue."
    )
    options = [f"{factor * image.nbytes:,}" for factor in (1, 2, 3)]
    if ask(
        f"A number from 0 to 255 takes one byte. The grey digit takes {options[0]} bytes. And in colour?",
        options,
        right=f"{rgb.nbytes:,}",
        because="28 rows of 28 pixels with 3 numbers each.",
        key="pixels_colour_guess",
    ):
        _storage(data, image, rgb)
        show_source(
            tensors.image_tensor,
            tensors.to_rgb,
            tensors.channels_first,
            tensors.to_unit,
            tensors.storage,
            folders.total_bytes,
            calls=f"""
# A digit in grey and in colour
image = image_tensor(data, {digit}, {number})
rgb = to_rgb(image, light={LIGHTS[light]})
row, column = divmod(int(image.argmax()), 28)
print(f"Row {{row}}, column {{column}}: {{image[row, column]}} or {{rgb[row, column].tolist()}}")
for kept in (image, rgb, channels_first(rgb), to_unit(channels_first(rgb))):
    print(storage(kept))
for channels in (1, 3):
    print(f"{{total_bytes(data, channels=channels) / 1e6:.3g}} million bytes")
""",
        )


def _captioned(image: Tensor, alt: str, caption: str) -> None:
    with st.container(width=150, gap="xsmall"):
        show_digit(tensors.to_unit(image).numpy(), alt=alt, side=140)
        st.caption(caption)


def _storage(data: DigitData, image: Tensor, rgb: Tensor) -> None:
    ways = {
        "Grey, as the data have it": image,
        "Colour, as a file has it: channels last": rgb,
        "Colour, as PyTorch wants it: channels first": tensors.channels_first(rgb),
        "Colour, as a model gets it: floats": tensors.to_unit(tensors.channels_first(rgb)),
    }
    st.table(
        [{"How": way, **tensors.storage(kept)} for way, kept in ways.items()], hide_index=True, alt="What each takes"
    )
    grey, colour = (folders.total_bytes(data, channels=channels) / 1e6 for channels in (1, 3))
    st.markdown(
        f"All {len(data.images):,} images take {grey:.3g} million bytes in grey and {colour:.3g} million in colour. In "
        "white light the three channels are equal: they say nothing that one channel does not say. So why would "
        "anybody store grey digits in colour? Because of the model. A *resnet18* was made for colour photographs, and "
        "its first layer wants 3 channels. When fastai reads the chapter's digits for it, it writes each grey number "
        "three times. The resnet18 of this lab got a first layer for 1 channel instead."
    )


def folder_labels() -> None:
    """The folders of the data set, and the label that is read from a path."""
    data = current_data()
    st.markdown(
        "A *label* is the right answer for an image: what it shows. **How does the computer know that an image shows "
        "a 3?** Go through the folders, as in a file manager."
    )
    if data.source.name != "mnist":
        st.caption(
            "The small digits in use now are kept in one table. These are the folders that they would have. With MNIST "
            "in use you see its real ones."
        )
    path, index = _choose_path(data)
    split, label = folders.grandparent(path), folders.parent_label(path)
    picture, tree = st.columns([1, 3], gap="medium")
    answered = ask(
        "Where is the label of this image?",
        ["In the file's name", "In the folder's name", "In the pixels"],
        right="In the folder's name",
        because=f"The file's name only counts the images. Its folder has the name {label}: that is the label.",
        key="pixels_folder_guess",
    )
    with picture:
        show_digit(tensors.to_unit(tensors.image_at(data, index)).numpy(), alt=_name(data, index), side=160)
    tree.markdown(_tree(data, path, lit=answered))
    if not answered:
        return
    st.code(f"parent_label({path!r})  # {label!r}\ngrandparent({path!r})  # {split!r}", wrap_lines=True)
    use = "to learn from" if split == folders.TRAINING else "only to check a model with, never to learn from"
    st.markdown(
        f"The folder of a file is its *parent*. Here it is the label. The folder above, the *grandparent*, says what "
        f"the image is for: the images in `{split}` are {use}. fastai has a function for each: `parent_label` and "
        "`GrandparentSplitter`. So no separate list of labels is needed.\n\n"
        "The chapter's small set `MNIST_SAMPLE` is built in the same way: the folders `train` and `valid`, in each of "
        "them the folders `3` and `7`, and beside them a file `labels.csv`."
    )
    show_source(
        folders.parent_label,
        folders.grandparent,
        folders.files,
        folders.counts,
        calls=f"""
# The label in a path
path = {path!r}
split, label = grandparent(path), parent_label(path)
print(path, "is for", split, "and shows a", label)
for folder, digits in counts(data).items():
    print(f"{{folder}}: {{sum(digits.values()):,}} images")
found = files(data, split, int(label))
print(f"{{len(found):,}} files:", *list(found)[:{FILES_SHOWN}])
""",
    )


def _choose_path(data: DigitData) -> tuple[str, int]:
    """The path that a learner chooses, folder by folder, and where its image is."""
    counted = folders.counts(data)
    split = st.segmented_control(
        "Folder", list(counted), default=folders.TRAINING, required=True, key="pixels_split", **lab.BOUND
    )
    digit = st.segmented_control(
        f"Folder in {split}", data.classes, default=3, required=True, key="pixels_folder", **lab.BOUND
    )
    files = folders.files(data, split, digit)
    first = list(files)[:FILES_SHOWN]
    if st.session_state.get("pixels_file") not in first:
        st.session_state["pixels_file"] = first[0]
    file = st.pills(
        f"File in {digit}, the first {len(first)} of {len(files):,}",
        first,
        required=True,
        key="pixels_file",
        **lab.BOUND,
    )
    return folders.path_of(data, split, digit, file), files[file]


def _name(data: DigitData, index: int) -> str:
    return f"A handwritten {data.labels[index]}"


def _tree(data: DigitData, path: str, *, lit: bool) -> str:
    """The folders as lines of Markdown, those on the way to the file in bold, the label and the split marked."""
    marks = {1: ("blue", "what it is for"), 2: ("orange", "the label")} if lit else {}
    lines = []
    for depth, name, images, on_way in folders.tree(data, path):
        text = f"`{name}`" if depth == 3 else f"`{name}` {images:,}"
        if on_way and depth in marks:
            colour, meaning = marks[depth]
            text = f":{colour}-background[{text} **{meaning}**]"
        lines.append("\u2003" * depth + (f"**{text}**" if on_way and depth not in marks else text))
    return "  \n".join(lines)


def bytes_to_floats() -> None:
    """Why the chapter makes floats of the bytes, and divides them by 255."""
    st.markdown(
        "A pixel is kept in one *byte*: a whole number from 0 to 255, in PyTorch `uint8`. That saves space. But before "
        "anything is computed, the chapter makes *floats* of the bytes, numbers with a point. **Why?**"
    )
    right = int(tensors.add_bytes(200, 100))
    if ask(
        "A byte goes from 0 to 255. What is 200 + 100 in bytes?",
        ["300", "255", "44"],
        right=str(right),
        because=f"After 255 comes 0 again, as on a clock after 12 comes 1. So 300 becomes 300 - 256 = {right}.",
        key="pixels_byte_guess",
    ):
        _calculate_in_bytes()
        _divide()


def _calculate_in_bytes() -> None:
    left, middle, right = st.columns(3, gap="medium")
    a = left.slider("First byte", 0, 255, 200, key="pixels_a", **lab.BOUND)
    sign = middle.segmented_control("Sign", ["+", "-"], default="+", required=True, key="pixels_sign", **lab.BOUND)
    b = right.slider("Second byte", 0, 255, 100, key="pixels_b", **lab.BOUND)
    minus = sign == "-"
    real, kept = (a - b if minus else a + b), int(tensors.add_bytes(a, b, minus=minus))
    st.code(
        f"tensor({a}, dtype=torch.uint8) {sign} tensor({b}, dtype=torch.uint8)  # {kept}\n"
        f"tensor({a}.) {sign} tensor({b}.)  # {float(real)}",
        wrap_lines=True,
    )
    turned = (
        f"{real} does not fit into a byte, so the byte says {kept}." if kept != real else f"{real} fits into a byte."
    )
    st.markdown(
        f"{turned} There is no error message. Subtract one image of bytes from another, and the result is wrong "
        "without a warning."
    )
    show_source(
        tensors.add_bytes,
        calls=f"""
# Bytes that do not fit
kept = add_bytes({a}, {b}{", minus=True" if minus else ""})
print(f"as bytes {{kept}}, as floats {{torch.tensor({a}.) {sign} torch.tensor({b}.)}}")
""",
    )


def _divide() -> None:
    data = current_data()
    st.markdown("**Divide by 255**")
    digit, number = choose_digit(data)
    image = tensors.image_tensor(data, digit, number)
    left, right = st.columns(2, gap="medium")
    row = left.slider("Row of the image", 0, 27, 14, key="pixels_row", **lab.BOUND)
    divided = right.toggle("Floats, divided by 255", key="pixels_divided", **lab.BOUND)
    shown = tensors.to_unit(image) if divided else image
    show_bars(
        "pixels_row_bars",
        range(28),
        shown[row].numpy(),
        alt=f"Row {row} of a handwritten {digit}, {'0 to 1' if divided else '0 to 255'}: {shown[row].tolist()}",
        x_name="column",
        height=220,
        digits=4 if divided else 0,
        y_axis={"min": 0, "max": 1 if divided else 255},
    )
    st.caption(f"Row {row} of the image. Only the scale changes: the picture stays the same.")
    _side_by_side(Bytes=image, Floats=tensors.to_unit(image))
    st.markdown(
        "Floats take four times the space, and they are worth it. The mean of bytes is no byte, and PyTorch refuses:"
    )
    st.code(f"im{digit}_t.mean()  # {tensors.complaint_about_mean(image)}", wrap_lines=True)
    st.markdown(
        "And why from 0 to 1? A model multiplies and adds all pixels. With small numbers its steps stay small too."
    )
    show_source(
        tensors.image_tensor,
        tensors.to_unit,
        tensors.storage,
        tensors.summary,
        calls=f"""
# An image as bytes and as floats
im{digit}_t = image_tensor(data, {digit}, {number})
floats = to_unit(im{digit}_t)
print({"floats" if divided else f"im{digit}_t"}[{row}].tolist())
for kept in (im{digit}_t, floats):
    print(storage(kept), summary(kept))
""",
    )


def _side_by_side(**named: Tensor) -> None:
    """What tensors store, a column for each: on a phone a row for each would be too wide."""
    facts = {name: tensors.storage(tensor) | tensors.summary(tensor) for name, tensor in named.items()}
    rows = [
        {"What": fact, **{name: known[fact] for name, known in facts.items()}} for fact in next(iter(facts.values()))
    ]
    st.table(rows, hide_index=True, width="content", alt=f"{' and '.join(named)}, compared")
