"""The part of Take it away that gives a model as a web app: a zip, what is in it, and how to put it online."""

import io
import zipfile

import streamlit as st

from mnist_core.export.space import SPACES, make_space, make_space_file
from mnist_core.ui import lab
from mnist_core.ui.experiment import experiment
from mnist_core.ui.source import show_source
from mnist_core.ui.take.files import dumped, size

_NAMES = {space.title: kind for kind, space in SPACES.items()}
_LANGUAGES = {"py": "python", "md": "markdown", "js": "javascript", "css": "css", "html": "html"}
_ONLINE = {
    "gradio": """
1. Make a free account on [huggingface.co](https://huggingface.co), then open
   [huggingface.co/new-space](https://huggingface.co/new-space).
2. Type a name for your Space. As SDK choose Gradio. Keep the free hardware, and press *Create Space*.
3. On the page of your new Space open *Files*, and there choose to upload files. Drag all files in that were in the
   zip: the files themselves, not the zip. Then press the button that commits them.
4. After some minutes your app is under *App*. Send its address to your friends.
""",
    "streamlit": """
1. Make a free account on [github.com](https://github.com), then a new repository:
   [github.com/new](https://github.com/new).
2. On its page choose to upload files. Drag all files in that were in the zip: the files themselves, not the zip. Then
   press *Commit changes*.
3. Sign in at [share.streamlit.io](https://share.streamlit.io) with your GitHub account. Press *Create app*, choose
   your repository, and as its main file `app.py`.
4. Press *Deploy*. After some minutes your app runs. Send its address to your friends.

Hugging Face can run it too, in a Docker Space. The file `README.md` in the zip says how.
""",
}


def show_space(choice: str) -> None:
    """Part "Web app"."""
    st.markdown(
        "A **web app** is a page with a program behind it. The page can write one for your model: people draw a digit, "
        "and your model answers. It needs nothing of this lab, neither PyTorch nor fastai. A **Space** is a place on "
        "the internet where such an app can live."
    )
    title = st.segmented_control("Made with", list(_NAMES), default="Gradio", required=True, key="space", **lab.BOUND)
    kind = _NAMES[title]
    space, trained = SPACES[kind], lab.trained_model(choice)
    st.markdown(space.about)
    model = dumped(choice, lab.saved(choice), trained)
    data = experiment(make_space_file, working=f"Writing {space.file}", kind=kind, model=model)
    st.download_button(
        f"Download {space.file}, {size(len(data))}",
        data,
        space.file,
        "application/zip",
        icon=":material/download:",
        on_click="ignore",
    )
    st.subheader("Try it on your own computer first")
    st.markdown("Unpack the zip. In a terminal, go to the folder of its files, and type:")
    st.code(f"pip install -r requirements.txt\n{space.start}", language="bash")
    st.markdown(f"Then open <{space.address}> in your browser. It needs Python 3.11, 3.12 or 3.13.")
    st.subheader("Put it online")
    st.markdown(_ONLINE[kind])
    _show_contents(kind, data)
    show_source(make_space)


def _show_contents(kind: str, data: bytes) -> None:
    """The files in the zip; what stands in one is sent to the browser when it is asked for."""
    expander = st.expander("What is in the zip", icon=":material/folder_zip:", key=f"zip_{kind}", on_change="rerun")
    if not expander.open:
        return
    with expander, zipfile.ZipFile(io.BytesIO(data)) as archive:
        names = archive.namelist()
        name = st.selectbox("File", names, index=names.index("app.py"), key=f"file_{kind}")
        content = archive.read(name)
    if name.endswith(".onnx"):
        expander.markdown(f"The model, {size(len(content))}. It is no text: onnxruntime opens it.")
    else:
        expander.code(content.decode(), language=_LANGUAGES.get(name.rpartition(".")[2], "text"), wrap_lines=True)
