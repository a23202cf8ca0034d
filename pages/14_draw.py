"""Draw: a digit of your own, what the model gets of it, what it says and how it comes to that."""

import streamlit as st

from mnist_core.checkpoint import TrainedModel
from mnist_core.errors import LabError
from mnist_core.images import to_mnist
from mnist_core.interpret import probabilities
from mnist_core.ui import lab
from mnist_core.ui.draw.inspector import show_inspector
from mnist_core.ui.draw.looked_at import LookedAt
from mnist_core.ui.draw.nearest import show_nearest, show_whether_digit
from mnist_core.ui.draw.outputs import show_outputs
from mnist_core.ui.draw.own import show_own
from mnist_core.ui.draw.picture import HINT, ORIGIN, TASK, WAYS, picture_from
from mnist_core.ui.draw.verdicts import show_verdicts
from mnist_core.ui.headline import headline
from mnist_core.ui.lesson import wrap_up
from mnist_core.ui.prediction import answer, how_sure, show_digit, show_probabilities
from mnist_core.ui.source import show_source

OWN = "Your test set"
PARTS = {
    "Five verdicts": show_verdicts,
    "Steps": show_inspector,
    "Raw outputs": show_outputs,
    "Nearest images": show_nearest,
}

st.title("Draw a digit")
st.markdown(
    "A model never sees your drawing. It gets 28 x 28 numbers, made from your drawing in the way in which MNIST was "
    "made. **What does it get, and what does it say?**"
)

trained = lab.choose_model()


def read_a_digit(trained: TrainedModel) -> LookedAt | None:
    """The digit with its answer; None, and a hint, while there is none."""
    way = st.segmented_control("Your digit", WAYS, default=WAYS[0], required=True, key="way", **lab.BOUND)
    above = st.container()  # always one line, or the pad would move under the pen
    left, middle, right = st.columns([4, 3, 4], gap="medium")
    try:
        with left:
            picture, is_final = picture_from(way)
        if picture is None:
            with above:
                headline(TASK[way])
            middle.info(HINT[way], icon=":material/info:")
            return None
        at = LookedAt(trained, picture, to_mnist(picture), ORIGIN[way], is_final)
    except LabError as error:
        with above:
            headline("No answer yet")
        middle.warning(str(error), icon=":material/info:")
        return None
    says = probabilities(trained, at.image[None])[0]
    with above:
        headline(answer(trained.classes, says), is_final=is_final)
    with middle:
        st.markdown("**What the model gets**")
        show_digit(at.image, alt="Your digit as 28 x 28 pixels")
        st.caption("28 x 28 pixels, ink 1 and ground 0.")
    with right:
        st.markdown("**How likely is each digit?**")
        show_probabilities(trained.classes, says)
        st.markdown(how_sure(trained.classes, says))
        if len(trained.classes) < 10:
            st.caption(f"This model knows only {' and '.join(map(str, trained.classes))}.")
        show_whether_digit(at)
    return at


@st.fragment  # a stroke reruns only this part
def draw_and_look(trained: TrainedModel) -> None:
    at = read_a_digit(trained)
    tabs = st.tabs([*PARTS, OWN], key="draw_part", on_change="rerun", bind="query-params")
    part, tab = next((part, tab) for part, tab in zip([*PARTS, OWN], tabs, strict=True) if tab.open)
    with tab:
        try:
            if part == OWN:
                show_own(at, trained)
            elif at:
                PARTS[part](at)
            else:
                st.caption("Draw a digit first, and this part is about it.")
        except LabError as error:
            st.error(str(error), icon=":material/error:")


draw_and_look(trained)
show_source(to_mnist, probabilities, title="The code that read your digit")
st.page_link("pages/15_deploy.py", label="Next page: Take it away", icon=":material/arrow_forward:")
wrap_up("14_draw")
