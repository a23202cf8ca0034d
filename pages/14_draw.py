"""Draw: a digit of your own, what the model gets of it, and what the model says."""

import streamlit as st

from mnist_core.checkpoint import TrainedModel
from mnist_core.errors import LabError
from mnist_core.images import FORMATS, MAX_BYTES, Picture, open_picture, to_mnist
from mnist_core.interpret import probabilities
from mnist_core.ui import lab
from mnist_core.ui.data import current_data
from mnist_core.ui.lesson import wrap_up
from mnist_core.ui.pad import drawing_pad, put_image
from mnist_core.ui.prediction import answer, show_digit, show_probabilities, show_steps
from mnist_core.ui.source import show_source

DRAW, UPLOAD = "Draw", "Upload a picture"
TASK = {DRAW: "Draw a digit from 0 to 9", UPLOAD: "Choose a picture of a digit"}
HINT = {
    DRAW: "Nothing drawn yet. Draw one digit, as large as you like, or load a sample digit.",
    UPLOAD: "No picture yet. Choose a photo or a scan of one handwritten digit.",
}
NEXT_SAMPLE = 997  # steps through the validation images in no order that a learner could notice

st.title("Draw a digit")
st.markdown(
    "A model never sees your drawing. It gets 28 x 28 numbers, made from your drawing in the way in which MNIST was "
    "made. What does it get, and what does it say?"
)

trained = lab.choose_model()


def put_sample() -> None:
    """Another of the validation images onto the pad."""
    data = current_data()
    number = st.session_state.samples = st.session_state.get("samples", -1) + 1
    index = data.valid[number * NEXT_SAMPLE % len(data.valid)]
    put_image(data.images[index])


def picture_from(way: str) -> Picture | None:
    """What the learner drew or chose; None if there is nothing yet."""
    if way == DRAW:
        st.button("Put a sample digit on the pad", icon=":material/casino:", on_click=put_sample, key="sample")
        drawing = drawing_pad()
        return None if drawing is None or drawing.is_blank else drawing.pixels
    kinds = ["jpg", "tif", *map(str.lower, FORMATS)]
    file = st.file_uploader("A picture of one digit", kinds, max_upload_size=MAX_BYTES // 1_000_000)
    return open_picture(file.getvalue(), file.name) if file else None


@st.fragment  # a stroke reruns only this part
def read_a_digit(trained: TrainedModel) -> None:
    way = st.segmented_control("Your digit", [DRAW, UPLOAD], default=DRAW, required=True, key="way")
    headline = st.container()  # always one line, or the pad would move under the pen
    left, middle, right = st.columns([4, 3, 4], gap="medium")
    try:
        with left:
            picture = picture_from(way)
        if picture is None:
            headline.markdown(f"##### {TASK[way]}")
            middle.info(HINT[way], icon=":material/info:")
            return
        steps = to_mnist(picture)
    except LabError as error:
        headline.markdown("##### No answer yet")
        middle.warning(str(error), icon=":material/info:")
        return
    if way != DRAW:
        with left:
            show_digit(steps.steps[0].image, alt="The picture before any step")
    says = probabilities(trained, steps.result[None])[0]
    headline.markdown(f"##### {answer(trained.classes, says)}")
    with middle:
        st.markdown("**What the model gets**")
        show_digit(steps.result, alt="Your digit as 28 x 28 pixels")
        st.caption("28 x 28 pixels, ink 1 and ground 0.")
    with right:
        st.markdown("**How likely is each digit?**")
        show_probabilities(trained.classes, says)
        known = " and ".join(map(str, trained.classes)) if len(trained.classes) < 10 else "digits"
        st.caption(
            f"This model knows only {known}. Out-of-scope drawings, such as a letter or a house, get an answer too: "
            "the bars always add up to 100 %."
        )
    with st.expander("From your picture to 28 x 28, step by step", on_change="rerun", key="steps") as expander:
        if expander.open:
            show_steps(steps)


read_a_digit(trained)
show_source(to_mnist, probabilities)
wrap_up("14_draw")
