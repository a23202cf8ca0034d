"""Take it away: a model as a file that opens elsewhere and says the same there, and back again."""

from functools import partial

import streamlit as st

from mnist_core.ui import lab
from mnist_core.ui.lesson import show_parts
from mnist_core.ui.link import linked_selectbox
from mnist_core.ui.take.bring import show_bring
from mnist_core.ui.take.files import show_files
from mnist_core.ui.take.notebook import show_notebook
from mnist_core.ui.take.space import show_space
from mnist_core.ui.take.why import show_why

st.title("Take it away")
st.markdown(
    "A model is of use where people need it: in a notebook, on a web page, on a phone. For that it must become a file. "
    "**How does a model get into a file, and does it still say the same when it comes out?**"
)
choice = linked_selectbox("Model", lab.model_choices(), key="run", default=lab.SHIPPED)
show_parts(
    "15_deploy",
    {
        "Model file": partial(show_files, choice),
        "Web app": partial(show_space, choice),
        "Notebook": partial(show_notebook, choice),
        "Bring one in": show_bring,
        "When it fails": show_why,
    },
)
