"""A run as a notebook: what it is, how to open it, the file, and what stands in it."""

import json
import re

import streamlit as st

from mnist_core.config import TrainConfig
from mnist_core.export.notebooks.run import run_notebook, why_none
from mnist_core.runs.records import Run
from mnist_core.ui import lab

_PLAIN, _WITH_LAB = "Plain PyTorch", "With the lab"
_ABOUT = {
    _PLAIN: (
        "Every step is written out: the data, the model, the loss, the optimiser, the loop. It needs fastai and "
        "nothing of this lab. Read it, change it, hand it on.",
        "pip install jupyterlab fastai",
    ),
    _WITH_LAB: (
        "A few lines that call the lab's own functions. Save it in the lab's folder, beside `Home.py`.",
        "pip install jupyterlab",
    ),
}


def show_notebook(choice: str) -> None:
    """The notebook that repeats the training of a model.

    Parameters
    ----------
    choice : a run's id, or a model that comes with the lab; see `lab.model_choices`

    Raises
    ------
    LabError
        If there is no such model, or no such notebook of it.
    """
    run = lab.runs(sweeps=False).get(choice)
    st.markdown(
        "A **notebook** is a document of words and code. Jupyter, a free program, opens it in your browser, and you "
        "run its code piece by piece. This one trains the chosen model again, from its settings, and gives the same "
        "losses and the same accuracies. Another version of PyTorch, or another kind of processor, may change them a "
        "little."
    )
    if run and (reason := why_none(run)):
        st.info(f"There is no notebook of this run: {reason}", icon=":material/info:")
        return
    kind = st.segmented_control(
        "How it is written", list(_ABOUT), default=_PLAIN, required=True, key="notebook", **lab.BOUND
    )
    notebook = _write(choice, run, with_lab=kind == _WITH_LAB)
    about, install = _ABOUT[kind]
    st.markdown(about)
    st.download_button(
        "Download run.ipynb",
        notebook,
        "run.ipynb",
        "application/x-ipynb+json",
        icon=":material/download:",
        on_click="ignore",
    )
    st.markdown("To open it in Jupyter, type this where you saved it:")
    st.code(f"{install}\njupyter lab run.ipynb", language="bash")
    st.caption("Each part of a lesson has its notebook as well, with what you have set there: in *The code that ran*.")
    _show_cells(notebook)


def _write(choice: str, run: Run | None, *, with_lab: bool) -> bytes:
    config = run.config if run else lab.trained_model(choice).config
    if config.device == "auto" and not with_lab and (there := lab.devices()):
        # what the run was trained on, though this process may see another
        config = TrainConfig.from_dict(config.to_dict() | {"device": there[0]})
    shown = lab.service().store.curves(run.id).epochs if run else ()
    return run_notebook(config, with_lab=with_lab, shown=shown)


def _show_cells(notebook: bytes) -> None:
    """What stands in it, sent to the browser when it is asked for."""
    expander = st.expander("What stands in it", icon=":material/code:", key="notebook_cells", on_change="rerun")
    if not expander.open:
        return
    with expander:
        for cell in json.loads(notebook)["cells"]:
            text = "".join(cell["source"])
            if cell["cell_type"] == "code":
                st.code(text, language="python", wrap_lines=True)
            else:
                st.markdown(
                    re.sub(r"^#+ (.*)$", r"**\1**", text, flags=re.MULTILINE)
                )  # the page's headings are its own
