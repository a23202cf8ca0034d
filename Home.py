"""The frame of the lab: page settings, the table of pages, what every page shows. `streamlit run Home.py`."""

from pathlib import Path

import streamlit as st
from streamlit.navigation.page import StreamlitPage
from streamlit.runtime.pages_manager import PagesManager

ICON = Path(__file__).parent / "mnist_core/ui/icon.svg"  # a Material icon here would be fetched from the internet


def pages() -> dict[str, list[StreamlitPage]]:
    """The navigation: its sections and their pages."""
    return {
        "": [st.Page("pages/0_home.py", title="Home", icon=":material/home:", default=True, url_path="welcome")],
        "See": [
            st.Page("pages/1_pixels.py", title="Pixels", icon=":material/grid_on:", url_path="see-pixels"),
            st.Page("pages/2_tensors.py", title="Tensors", icon=":material/view_in_ar:", url_path="see-tensors"),
            st.Page("pages/3_baseline.py", title="Baseline", icon=":material/straighten:", url_path="see-baseline"),
        ],
        "Learn": [
            st.Page("pages/4_gradients.py", title="Gradients", icon=":material/function:", url_path="learn-gradients"),
            st.Page("pages/5_descent.py", title="Descent", icon=":material/downhill_skiing:", url_path="learn-descent"),
            st.Page("pages/6_losses.py", title="Losses", icon=":material/trending_down:", url_path="learn-losses"),
            st.Page("pages/7_loading.py", title="Loading", icon=":material/style:", url_path="learn-loading"),
            st.Page("pages/8_loop.py", title="Loop", icon=":material/autorenew:", url_path="learn-loop"),
        ],
        "Train": [st.Page("pages/9_train.py", title="Train", icon=":material/model_training:", url_path="train-model")],
        "Look inside": [
            st.Page("pages/12_weights.py", title="Weights", icon=":material/blur_on:", url_path="look-weights")
        ],
        "Use": [st.Page("pages/14_draw.py", title="Draw", icon=":material/draw:", url_path="use-draw")],
    }


if __name__ == "__main__":  # a learner's visit
    from mnist_core.errors import LabError
    from mnist_core.ui import lab
    from mnist_core.ui.data import data_note
    from mnist_core.ui.link import drop_nonsense

    st.set_page_config(page_icon=ICON, layout="wide")  # before the navigation, or the page's icon would take its place
    page = st.navigation(pages())
    st.set_page_config(page_title=f"{page.title} - MNIST lab")
    drop_nonsense()
    lab.identify()
    try:
        lab.service()  # starts the workers, which warm up while the first page is read
        data_note()
        page.run()
    except LabError as error:
        st.error(str(error), icon=":material/error:")
else:  # the server's start
    # st.navigation says this too, but on a fresh server too late: a first visit by a link to a page was told
    # "Page not found", or got the page without this frame where its address was the slug of a file in pages/.
    PagesManager.uses_pages_directory = False
    app = st.App(__file__)
