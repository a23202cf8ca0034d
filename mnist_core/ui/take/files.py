"""The part of Take it away that gives a model as a file, and opens it elsewhere to show that it says the same."""

import io

import numpy as np
import streamlit as st
from PIL import Image

from mnist_core.checkpoint import TrainedModel
from mnist_core.export.formats import FORMATS, Format, write
from mnist_core.export.parity import Parity, compare, make_file
from mnist_core.ui import lab
from mnist_core.ui.experiment import experiment
from mnist_core.ui.look import choose_digit
from mnist_core.ui.prediction import percent
from mnist_core.ui.source import show_source

_NAMES = {form.title: name for name, form in FORMATS.items()}


def show_files(choice: str) -> None:
    """Part "Model file"."""
    st.markdown("The page can write your model in three kinds of file. They hold the same numbers.")
    title = st.segmented_control(
        "Kind of file", list(_NAMES), default="safetensors", required=True, key="take_format", **lab.BOUND
    )
    name = _NAMES[title]
    form, trained = FORMATS[name], lab.trained_model(choice)
    st.markdown(form.about)
    if trained.config.outputs == 1:
        _explain_one_output(trained)
    model = dumped(choice, lab.saved(choice), trained)
    file = experiment(make_file, working=f"Writing {form.file}", name=name, model=model)
    st.download_button(
        f"Download {form.file}, {size(len(file))}", file, form.file, icon=":material/download:", on_click="ignore"
    )
    _show_client(form)
    _show_parity(name, form, model, file, trained)
    show_source(make_file, compare, form.write)


def _explain_one_output(trained: TrainedModel) -> None:
    first, second = trained.classes
    st.info(
        f"This model has one output z. Sigmoid(z) is the probability of {first}. Other programs expect an output for "
        f"each class. The fastai and ONNX files have two outputs, z for {first} and always 0 for {second}. The "
        "softmax of (z, 0) is sigmoid(z), so nothing changes.",
        icon=":material/info:",
    )


@st.cache_data(max_entries=4, show_spinner=False)
def dumped(choice: str, saved: int | None, _trained: TrainedModel) -> bytes:
    """The same bytes as long as the model is the same, so that a file is not written twice."""
    return write("safetensors", _trained)


def size(count: int) -> str:
    """A number of bytes in words, e.g. "83 kB"."""
    return f"{count / 1e6:.1f} MB" if count >= 1e6 else f"{count / 1e3:.0f} kB"


def _show_client(form: Format) -> None:
    st.subheader("How to open it elsewhere")
    st.markdown(
        f"Put the program `{form.client}` beside the model file and an image of 28 x 28 pixels, white ink on black. "
        "Such an image is further down, to download. The program uses nothing of this lab. Its first lines say how to "
        "run it and what to install."
    )
    st.download_button(
        f"Download {form.client}",
        form.client_file.read_bytes(),
        form.client,
        icon=":material/download:",
        on_click="ignore",
    )
    with st.expander("Read the program", icon=":material/code:", key=f"client_{form.client}", on_change="rerun") as it:
        if it.open:
            st.code(form.client_file.read_text(encoding="utf-8"), language="python", wrap_lines=True)


def _show_parity(name: str, form: Format, model: bytes, file: bytes, trained: TrainedModel) -> None:
    """The same image for the model here and for its file in a fresh Python, and both answers."""
    st.subheader("Does it say the same there?")
    st.markdown(
        "A file is only good if the model says the same when it is opened. The button starts a new Python that does "
        "not know this lab. It runs the program above with your file and with this image:"
    )
    digit = choose_digit(trained.classes)
    if digit is None:
        return
    pixels = np.rint(255 * digit.image).astype(np.uint8)
    image = pixels.tobytes()
    asked = hash((file, image))
    with st.container(horizontal=True):
        if st.button(f"Open {form.file} in a new Python", icon=":material/compare_arrows:"):
            st.session_state.take_asked = asked
        st.download_button(
            "Download the image, digit.png", _png(pixels), "digit.png", icon=":material/download:", on_click="ignore"
        )
    if st.session_state.get("take_asked") == asked:
        words = f"A new Python starts, and {form.client} opens {form.file}"
        _show_comparison(
            experiment(compare, working=words, name=name, model=model, file=file, image=image), form.tolerance
        )


def _png(pixels: np.ndarray) -> bytes:
    """A picture file of a uint8 array of shape (28, 28)."""
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def _apart(difference: float) -> str:
    return f"{difference:.10f}" if difference else "0"


def _show_comparison(proof: Parity, tolerance: float) -> None:
    if proof.difference <= tolerance:
        st.success(
            f"The same answer. The largest difference between two probabilities is {_apart(proof.difference)}.",
            icon=":material/check:",
        )
    else:
        st.error(
            f"Not the same: two probabilities differ by {_apart(proof.difference)}, more than {tolerance:g}.",
            icon=":material/error:",
        )
    st.table(
        [
            {
                "Digit": name,
                "In this lab": percent(our),
                "In the new Python": percent(their),
                "Difference": _apart(difference),
            }
            for name, our, their, difference in proof.rows
        ],
        hide_index=True,
        alt="What the model says of each digit, here and in the new Python",
    )
    st.caption(
        "Programs add numbers in different orders and round each time, so the last decimal places may differ. A "
        "difference this small changes no answer."
    )
