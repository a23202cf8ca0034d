"""Notebooks of lessons, run by Jupyter's own client where the lab cannot be imported: they print what it prints."""

import io
from collections.abc import Callable, Sequence
from contextlib import redirect_stdout

import nbformat
import pytest
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell

from mnist_core.chapter import activations, losses, nudge, softmax
from mnist_core.export.notebooks.lesson import lesson_notebook
from mnist_core.interpret import logits

Lesson = tuple[Sequence[Callable | str], str]


def loss_against_metric() -> Lesson:
    """The CNN that comes with the lab must come along."""
    functions = losses.accuracy, softmax.cross_entropy, activations.shipped_cnn, activations.some_validation, logits
    calls = """# A metric and a loss
rows = some_validation(data)
preds = logits(shipped_cnn(), data.images[rows])
yb = torch.from_numpy(data.labels[rows])
print(f"{accuracy(preds, yb):.4f} {cross_entropy(preds, yb):.4f} {cross_entropy(3 * preds, yb):.4f}")"""
    return functions, calls


def sigmoid_and_a_training() -> Lesson:
    """Functions that load the images themselves."""
    calls = """# Two trainings
for loss in ("mnist_loss", "mnist_loss_wrong_sign"):
    print(f"{train_linear37('digits', loss=loss, epochs=2, lr=1.0).accuracies[-1]:.4f}")"""
    return [nudge.train_linear37], calls


def printed_elsewhere(kernel: NotebookClient, notebook: bytes) -> str:
    """What a notebook prints where there is no lab."""
    kernel.nb = nbformat.reads(notebook, as_version=4)
    no_lab = "%reset -f\nimport importlib.util\nassert importlib.util.find_spec('mnist_core') is None"
    kernel.nb.cells.insert(0, new_code_cell(no_lab))
    kernel.reset_execution_trackers()
    for index, cell in enumerate(kernel.nb.cells):
        kernel.execute_cell(cell, index)
    return "".join(each["text"] for each in kernel.nb.cells[-1].outputs if each.get("name") == "stdout")


def printed_here(notebook: bytes) -> str:
    """What a notebook prints in this process, which has the lab."""
    said, names = io.StringIO(), {}
    with redirect_stdout(said):
        for cell in nbformat.reads(notebook, as_version=4).cells:
            if cell.cell_type == "code":
                exec(cell.source, names)
    return said.getvalue()


@pytest.mark.parametrize("lesson", [loss_against_metric, sigmoid_and_a_training])
def test_plain_notebook_prints_where_the_lab_is_not_what_the_lab_gives(kernel, lesson):
    functions, calls = lesson()
    with_lab = printed_here(lesson_notebook(functions, calls, data="digits", with_lab=True))
    assert len(with_lab) > 5
    assert printed_elsewhere(kernel, lesson_notebook(functions, calls, data="digits")) == with_lab
