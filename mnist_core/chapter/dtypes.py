"""Kinds of numbers: what a list must be to become a tensor, NumPy beside PyTorch, type promotion, overflow.

Every result and every error message comes from a real call.
"""

import ast
import operator
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from mnist_core.errors import LabError

MAX_TEXT = 120  # characters of a list
EXAMPLES: dict[str, Any] = {
    "bool": torch.tensor([True, False]),
    "uint8": torch.tensor([7, 200], dtype=torch.uint8),
    "int64": torch.tensor([7, 200]),
    "float32": torch.tensor([0.5, 2.0]),
    "number 2": 2,
    "number 0.5": 0.5,
}
"""Name -> a tensor of that dtype, or a plain Python number."""
OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "*": operator.mul,
    "/": operator.truediv,
    ">": operator.gt,
}


class ListError(LabError, ValueError):
    """What was typed is no list of numbers."""


@dataclass(frozen=True)
class Attempt:
    """A list given to `torch.tensor` and to `np.array`.

    Attributes
    ----------
    tensor : the tensor; None if PyTorch refused
    message : PyTorch's own error, "" if there was none
    numpy_message : NumPy's own error, "" if there was none
    words : what is wrong with the list, "" if nothing
    """

    tensor: Tensor | None
    message: str
    numpy_message: str
    words: str


def attempt(text: str) -> Attempt:
    """Read a list as it is written in Python and make a tensor of it.

    Raises
    ------
    ListError
        If it is not a list of numbers, or lists of such lists.

    Examples
    --------
    >>> attempt("[[1, 2, 3], [4, 5]]").message
    'expected sequence of length 3 at dim 1 (got 2)'
    """
    try:
        if len(text) > MAX_TEXT:
            raise SyntaxError
        rows = ast.literal_eval(text.strip())
    except (SyntaxError, ValueError, TypeError, MemoryError):
        rows = None
    if not isinstance(rows, list) or not _is_numbers(rows):
        raise ListError(f"`{text[:MAX_TEXT]}` is not a list of numbers. Try [[1, 2, 3], [4, 5, 6]].")
    tensor, message = _call(torch.tensor, rows)
    _, numpy_message = _call(np.array, rows)
    words = (_jagged(rows) or "One of the numbers is too large for 64 bits.") if message else ""
    return Attempt(tensor, message, numpy_message, words)


def _is_numbers(value: Any) -> bool:
    if isinstance(value, list):
        return all(map(_is_numbers, value))
    return isinstance(value, bool | int | float)


def _call(function: Callable[[Any], Any], rows: Any) -> tuple[Any, str]:
    """The result and "", or None and the error's text."""
    try:
        return function(rows), ""
    except (ValueError, TypeError, RuntimeError, OverflowError) as error:
        return None, str(error)


def _jagged(rows: list[Any]) -> str:
    """Which part of the list is longer or shorter than the first one at the same depth, in words."""
    level = {f"entry {number}": row for number, row in enumerate(rows)}
    while level:
        (first, length), *others = [(name, _length(row)) for name, row in level.items()]
        for name, other in others:
            if other != length:
                return f"In the list, {first} has {length}, but {name} has {other}. Such a list is **jagged**."
        level = {
            f"entry {number} of {name}": entry
            for name, row in level.items()
            if isinstance(row, list)
            for number, entry in enumerate(row)
        }
    return ""


def _length(row: Any) -> str:
    if not isinstance(row, list):
        return "a single number"
    return f"{len(row)} entr{'y' if len(row) == 1 else 'ies'}"


def promoted(left: str, sign: str, right: str) -> str:
    """The dtype of a real calculation between two of `EXAMPLES`.

    Examples
    --------
    >>> promoted("number 2", "/", "uint8")
    'float32'
    """
    return _name(OPERATORS[sign](EXAMPLES[left], EXAMPLES[right]))


def promotion_table(sign: str) -> dict[str, dict[str, str]]:
    """The dtype for each pair: right side, a tensor -> left side -> dtype of the result."""
    tensors = [name for name, example in EXAMPLES.items() if isinstance(example, Tensor)]
    return {right: {left: promoted(left, sign, right) for left in EXAMPLES} for right in tensors}


def _name(t: Tensor) -> str:
    return str(t.dtype).removeprefix("torch.")


def byte_arithmetic(a: int, b: int) -> dict[str, tuple[int, int]]:
    """Sum and difference of two numbers as uint8, and as they should be.

    Parameters
    ----------
    a, b : 0 to 255

    Returns
    -------
    dict of "a + b" and "a - b" -> (the uint8 result, the true one)
    """
    x, y = torch.tensor(a, dtype=torch.uint8), torch.tensor(b, dtype=torch.uint8)
    return {"a + b": (int((x + y).item()), a + b), "a - b": (int((x - y).item()), a - b)}


def numpy_beside_torch() -> list[tuple[str, str, str]]:
    """What one asks of a table of numbers, what NumPy answers, and what PyTorch answers; from real calls."""
    data = [[1, 2, 3], [4, 5, 6]]
    arr, tns = np.array(data), torch.tensor(data)
    questions: list[tuple[str, Callable[[Any], Any]]] = [
        ("t[1], a row", lambda t: t[1].tolist()),
        ("t[:, 1], a column", lambda t: t[:, 1].tolist()),
        ("t[1, 1:3], a slice", lambda t: t[1, 1:3].tolist()),
        ("t + 1", lambda t: (t + 1).tolist()),
        ("t.shape", lambda t: tuple(t.shape)),
        ("t.dtype", lambda t: t.dtype),
        ("(t * 1.5).dtype", lambda t: (t * 1.5).dtype),
    ]
    rows = [(question, str(ask(arr)), str(ask(tns))) for question, ask in questions]
    jagged = [[1, 2, 3], [4, 5]]
    kept = np.array(jagged, dtype=object)
    return [
        *rows,
        ("A jagged list", f"with dtype=object: {len(kept)} lists", f"error: {attempt(str(jagged)).message}"),
        ("Can it have a gradient?", "no", "yes" if tns.float().requires_grad_().requires_grad else "no"),
        ("Where can it be?", "in the memory of the CPU", "on the CPU or on a GPU: t.to('cuda')"),
    ]
