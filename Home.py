"""The frame of the lab: page settings, the navigation, what every page shows. `streamlit run Home.py`."""

from pathlib import Path

import streamlit as st
from streamlit.navigation.page import StreamlitPage
from streamlit.runtime.pages_manager import PagesManager

from mnist_core.ui.contents import CONTENTS

UI = Path(__file__).parent / "mnist_core/ui"


def pages() -> dict[str, list[StreamlitPage]]:
    """The navigation: its sections and their pages."""
    return {
        section: [
            st.Page(page.file, title=page.title, icon=page.icon, url_path=page.address, default=page is CONTENTS[""][0])
            for page in entries
        ]
        for section, entries in CONTENTS.items()
    }


if __name__ == "__main__":  # a learner's visit
    from mnist_core.errors import LabError
    from mnist_core.ui import lab
    from mnist_core.ui.account import show_account
    from mnist_core.ui.data import data_note
    from mnist_core.ui.link import drop_nonsense

    # Before the navigation, or the page's icon would take its place; a Material one would be fetched from the internet.
    st.set_page_config(page_icon=UI / "icon.svg", layout="wide")
    st.html(UI / "code.css")
    page = st.navigation(pages())
    st.set_page_config(page_title=f"{page.title} - MNIST lab")
    drop_nonsense()
    lab.identify()
    show_account()
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
