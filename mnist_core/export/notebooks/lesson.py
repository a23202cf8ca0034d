"""What a lesson shows as a Jupyter notebook: its functions, and the calls with what the learner has set."""

import base64
import re
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import nn

from mnist_core.chapter.activations import shipped_cnn
from mnist_core.config import TrainConfig
from mnist_core.export.bundle import bundle, reference
from mnist_core.export.notebooks.data import data_steps
from mnist_core.export.notebooks.document import Step, import_lines, joined, write_notebook
from mnist_core.models import cnn

THREADS = "torch.set_num_threads(1)  # as the lab: more threads add in another order, and so round in another way"


def lesson_notebook(
    functions: Sequence[Callable[..., Any] | str], calls: str, *, data: str, with_lab: bool = False
) -> bytes:
    """A notebook that calls functions of the lab as a page did, and prints the numbers that the page shows.

    Parameters
    ----------
    functions : those of the lab that are called, or "module:name"
    calls : the code that calls them; its first line is a comment and says what it is about. It may use `data`, the
        images of the lessons as `DigitData`, `load`, and the names that `document.import_lines` knows. The functions
        may use `load` too, and `activations.shipped_cnn`, whose weights a plain notebook then holds
    data : the images that the page shows, "mnist" or "digits"
    with_lab : whether the functions are imported from the lab; otherwise they stand in the notebook

    Returns
    -------
    the bytes of an .ipynb file, nbformat 4, always the same for the same arguments
    """
    steps = _lab_steps(functions, calls, data) if with_lab else _plain_steps(functions, calls, data)
    return write_notebook(steps)


def about(calls: str) -> str:
    """What calls are about, by their first line."""
    first = calls.lstrip().partition("\n")[0]
    assert first.startswith("# "), f"calls begin with a comment that says what they are about: {first}"
    return first.removeprefix("# ")


def file_name(calls: str) -> str:
    """A name for the file, made of what the calls are about: "the-loss-of-three-predictions.ipynb"."""
    return "-".join(re.findall(r"[a-z0-9]+", about(calls).lower().replace("'", ""))) + ".ipynb"


def _plain_steps(functions: Sequence[Callable[..., Any] | str], calls: str, data: str) -> list[Step]:
    ours = bundle(*functions, given=("load", "shipped_cnn"))
    steps = _data_steps(data) if "load" in ours.given or _names("data|load", calls) else []
    named = import_lines(*(code for _, code in steps[:-1]), calls, "torch")
    if "shipped_cnn" in ours.given:
        steps.append(_cnn_step())
    if ours.code:
        steps.append(("## The functions\n\nThis is the code of the lab itself.", ours.code))
    steps.append(("## With what was set on the page\n\nIt prints numbers that the page shows.", calls.strip()))
    imports = sorted({*ours.imports, *named}, key=lambda line: (line.startswith("from"), line))
    return [(_words(calls, "pip install jupyterlab fastai"), joined(*imports, "", THREADS)), *steps]


def _data_steps(data: str) -> list[Step]:
    """The images, and `data` and `load` as the lab has them."""
    types = bundle("mnist_core.data.types:DigitData")
    together = f"""data = DigitData(images, labels, tuple(range(10)), train, valid, Source("{data}", "", ""))


def load(name, *, digits="0123456789"):
    \"\"\"The images of some digits.\"\"\"
    return data.select(digits)"""
    return [
        *data_steps(TrainConfig(data=data)),
        (
            "## Together\n\n`DigitData` keeps the images and what belongs to them, as in the lab.",
            joined(*types.imports, "", types.code, "", together),
        ),
    ]


def _cnn_step() -> Step:
    """The CNN that comes with the lab, its weights within the notebook."""
    parts = bundle(cnn)
    numbers = nn.utils.parameters_to_vector(shipped_cnn().parameters()).detach().numpy()
    words = f"""## The CNN

The lab trained it on MNIST. `WEIGHTS` holds its {len(numbers):,} numbers, written as text so that they fit into a
notebook."""
    code = f"""def shipped_cnn():
    \"\"\"The CNN that comes with the lab, trained on MNIST.\"\"\"
    model = cnn(10)
    numbers = torch.frombuffer(bytearray(base64.b64decode(WEIGHTS)), dtype=torch.float32)
    nn.utils.vector_to_parameters(numbers, model.parameters())
    return model.eval()


WEIGHTS = "{base64.b64encode(numbers.tobytes()).decode()}\""""
    return words, joined("import base64", "", *parts.imports, "", "", parts.code, "", "", code)


def _lab_steps(functions: Sequence[Callable[..., Any] | str], calls: str, data: str) -> list[Step]:
    places = (reference(function) for function in functions)
    ours = [f"from {module} import {name}" for module, name in places if _names(name, calls)]
    if _names("load", calls):
        ours.append("from mnist_core.data import load")
    if _names("data", calls):
        ours += ["from mnist_core.data import load", "", f'data = load("{data}")']
    setup = joined(*import_lines(calls, "torch"), "", *ours, "", THREADS)
    return [(_words(calls, "pip install jupyterlab"), setup), ("## With what was set on the page", calls.strip())]


def _names(name: str, calls: str) -> bool:
    """Whether calls use a name, or one of several, as itself and not as part of a thing, as in `p.data`."""
    return bool(re.search(rf"(?<!\.)\b({name})\b", calls))


def _words(calls: str, install: str) -> str:
    where = "Save it in the lab's folder, beside `Home.py`.\n- " if install.endswith("jupyterlab") else ""
    return f"""# {about(calls)}

This notebook comes from a lesson of the MNIST lab. It calls the same functions with the same values.

- {where}To install what it needs: `{install}`.
- To open it: `jupyter lab {file_name(calls)}`.
- To run a cell: Shift and Enter. Run them from top to bottom.

It was written for PyTorch {torch.__version__.partition("+")[0]}."""
