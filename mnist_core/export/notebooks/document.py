"""What every notebook is made of: steps of words and code, and the lines that bring what the code uses."""

import re
from collections.abc import Iterable

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

Step = tuple[str, str]
"""What is said before a cell of code, in Markdown, and the code."""

_IMPORTS = {
    "math": "import math",
    "os": "import os",
    "shutil": "import shutil",
    "tempfile": "import tempfile",
    "Path": "from pathlib import Path",
    "plt": "import matplotlib.pyplot as plt",
    "np": "import numpy as np",
    "torch": "import torch",
    "F": "import torch.nn.functional as F",
    "combined_cos": "from fastai.callback.schedule import combined_cos",
    "untar_data": "from fastai.data.external import URLs, untar_data",
    "Image": "from PIL import Image",
    "load_digits": "from sklearn.datasets import load_digits",
    "nn": "from torch import nn",
    "where": "from torch import where",
}
"""Name in the code -> the line that brings it, in the order in which they stand."""


def write_notebook(steps: Iterable[Step]) -> bytes:
    """The bytes of an .ipynb file, nbformat 4, always the same for the same steps."""
    cells = [cell for words, code in steps for cell in (new_markdown_cell(words), new_code_cell(code))]
    for number, cell in enumerate(cells):
        cell.id = f"cell-{number}"  # by default a random one
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    notebook = new_notebook(cells=cells, metadata=kernel)
    nbformat.validate(notebook)
    return nbformat.writes(notebook).encode()


def import_lines(*codes: str) -> list[str]:
    """The lines that bring the names that stand in the code."""
    return [line for name, line in _IMPORTS.items() if re.search(rf"\b{name}\b", "\n".join(codes))]


def joined(*parts: str) -> str:
    return "\n".join(parts)
