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
_STEPS = ("Try it", "Put it online")  # the sections of its README.md that the page shows as well


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
    st.markdown(_steps(data))
    _show_contents(kind, data)
    show_source(make_space)


def _steps(data: bytes) -> str:
    """How to start the app and how to put it online, as the zip itself says it."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        sections = archive.read("README.md").decode().split("\n## ")
    return "\n".join(f"### {section}" for section in sections if section.startswith(_STEPS))


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
