"""A line such as `t[1:3, ::2]`: what it takes from a tensor, and how to write it for cells that were pointed at.

What is typed is read with `ast` and never run: only indexing, numbers, comparisons and + - * / are understood.
"""

import ast
import operator
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from mnist_core.errors import LabError
from mnist_core.parsing import parse

MAX_TEXT = 80  # characters of an expression
AXES = {1: ["place"], 2: ["row", "column"], 3: ["table", "row", "column"]}
EXAMPLES = "t[1:3, ::2], t[:, -1] or t[4]"

_OPERATORS: dict[type, Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
_COMPARISONS: dict[type, Callable[[Any, Any], Any]] = {
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}


class SliceError(LabError, ValueError):
    """A line that takes nothing from the tensor, and why."""


@dataclass(frozen=True)
class Cut:
    """What an expression gives.

    Attributes
    ----------
    values : Tensor, the result
    positions : int64 Tensor of the same shape: where each number lay in `t`, counted row by row from 0
    words : what each index does, a sentence each
    """

    values: Tensor
    positions: Tensor
    words: tuple[str, ...] = ()


def cut(expression: str, t: Tensor) -> Cut:
    """Work out an expression about the tensor `t`.

    Parameters
    ----------
    expression : indexing by numbers, slices, `...`, `None` and conditions, chained or not, and + - * / with a number,
        such as "t[4]", "t[:, 1:3]", "t[0][2]", "t[t > 100]", "t[1:, 1:] * 2"
    t : Tensor of rank 1 to 3

    Raises
    ------
    SliceError
        If it is anything else, or PyTorch would raise an error; the text says why.

    Examples
    --------
    >>> cut("t[1:, -1]", torch.arange(6).view(3, 2)).values
    tensor([3, 5])
    """
    start = Cut(t, torch.arange(t.numel()).view(t.shape))
    try:
        if len(expression) > MAX_TEXT:
            raise SyntaxError
        tree = parse(expression.strip(), mode="eval").body
    except (SyntaxError, ValueError):
        raise SliceError(f"`{expression[:MAX_TEXT]}` is not complete Python. Try {EXAMPLES}.") from None
    return _evaluate(tree, start)


def _evaluate(node: ast.expr, start: Cut) -> Cut:
    """The value of `t`, of something taken from it, or of a sum or product with a number."""
    match node:
        case ast.Name(id="t"):
            return start
        case ast.Subscript(value=inner, slice=index):
            return _take(_evaluate(inner, start), index, start)
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATORS:
            do = _OPERATORS[type(op)]
            if (number := _number(right)) is not None:
                cut = _evaluate(left, start)
                return replace(cut, values=do(cut.values, number))
            if (number := _number(left)) is not None:
                cut = _evaluate(right, start)
                return replace(cut, values=do(number, cut.values))
            raise SliceError(f"`{ast.unparse(node)}`: here one side must be a number, as in t * 2.")
        case ast.Name(id=name):
            raise SliceError(f"There is no `{name}` here. The tensor is called t.")
    raise SliceError(f"`{ast.unparse(node)}` takes nothing from t. Write t with square brackets: {EXAMPLES}.")


def _take(cut: Cut, index: ast.expr, start: Cut) -> Cut:
    """Index a tensor and, in the same way, the positions of its numbers."""
    if isinstance(index, ast.Compare):
        return _choose(cut, index, start)
    entries = index.elts if isinstance(index, ast.Tuple) else [index]
    taken = tuple(_entry(entry) for entry in entries)
    words = _check(taken, tuple(cut.values.shape))
    return Cut(cut.values[taken], cut.positions[taken], (*cut.words, *words))


def _choose(cut: Cut, condition: ast.Compare, start: Cut) -> Cut:
    """Index by a condition such as `t > 100`."""
    number = _number(condition.comparators[0])
    compare = _COMPARISONS.get(type(condition.ops[0]))
    if len(condition.ops) > 1 or number is None or compare is None:
        raise SliceError(f"`{ast.unparse(condition)}` is not understood. Compare with one number: t[t > 100].")
    mask = compare(_evaluate(condition.left, start).values, number)
    if mask.shape != cut.values.shape:
        raise SliceError(
            f"The condition has the shape {tuple(mask.shape)}, but it chooses from {tuple(cut.values.shape)}. "
            "The two must be equal."
        )
    words = f"The condition is True for {int(mask.sum())} of {mask.numel()} numbers. They come out in one row."
    return Cut(cut.values[mask], cut.positions[mask], (*cut.words, words))


def _entry(node: ast.expr) -> Any:
    """One entry between the brackets."""
    if isinstance(node, ast.Slice):
        lower, upper, step = (None if part is None else _whole(part) for part in (node.lower, node.upper, node.step))
        if step is not None and step < 1:
            raise SliceError(f"The step {step} is not allowed: a slice of a tensor only walks forward, 1 or more.")
        return slice(lower, upper, step)
    if isinstance(node, ast.Constant) and (node.value is None or node.value is ...):
        return node.value
    return _whole(node)


def _whole(node: ast.expr) -> int:
    number = _number(node)
    if type(number) is not int or abs(number) > 10**9:
        raise SliceError(f"`{ast.unparse(node)}` is no position. A position is a whole number, such as 2 or -1.")
    return number


def _number(node: ast.expr) -> int | float | None:
    """A number that stands in the line, with its sign; None if it is anything else."""
    match node:
        case ast.Constant(value=int() | float() as number) if type(number) is not bool and abs(number) < 1e15:
            return number
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            inner = _number(operand)
            return None if inner is None else -inner
    return None


def _check(taken: tuple[Any, ...], shape: tuple[int, ...]) -> list[str]:
    """What each entry does to its axis, in words; an error where PyTorch would raise one."""
    real = [entry for entry in taken if entry is not None and entry is not ...]
    if len(real) > len(shape):
        raise SliceError(
            f"There are {len(real)} positions between the brackets, but this tensor has {len(shape)} "
            f"ax{'is' if len(shape) == 1 else 'es'}: its shape is {shape}."
        )
    if taken.count(...) > 1:
        raise SliceError("The dots ... may stand only once: they take the place of all axes that are not named.")
    words, axis = [], 0
    for entry in taken:
        if entry is None:
            words.append("None adds an axis of size 1.")
        elif entry is ...:
            words.append("The dots stand for all axes that are not named.")
            axis += len(shape) - len(real)
        else:
            words.append(_entry_words(entry, shape[axis], AXES.get(len(shape), [])[axis : axis + 1] or ["axis"]))
            axis += 1
    return words


def _entry_words(entry: int | slice, size: int, name: list[str]) -> str:
    (axis,) = name
    if isinstance(entry, int):
        if not -size <= entry < size:
            raise SliceError(
                f"There is no {axis} {entry}: this axis has {size}, so the positions go from 0 to {size - 1}, "
                f"or from -1 back to {-size}."
            )
        place = entry % size
        from_end = f" ({entry} counts from the end)" if entry < 0 else ""
        return f"One {axis}, number {place}{from_end}. This axis is gone."
    places = range(*entry.indices(size))
    if len(places) == size:
        return f"Every {axis}."
    if not places:
        return f"No {axis}: the slice stops where it starts, or before."
    if len(places) == 1:
        return f"The {axis} {places[0]} alone. The axis stays, with size 1."
    if len(places) <= 6:
        return f"The {axis}s {', '.join(map(str, places[:-1]))} and {places[-1]}."
    return f"{len(places)} {axis}s, from {places[0]} to {places[-1]}."


def write_slice(first: int, last: int, shape: tuple[int, ...]) -> str:
    """The shortest line that takes the cells between two corners.

    Parameters
    ----------
    first, last : two opposite corners, counted row by row from 0
    shape : of the tensor

    Examples
    --------
    >>> write_slice(6, 13, (3, 5))
    't[1:, 1:4]'
    """
    entries = []
    for one, other, size in zip(np.unravel_index(first, shape), np.unravel_index(last, shape), shape, strict=True):
        low, high = sorted((int(one), int(other)))
        if low == 0 and high == size - 1:
            entries.append(":")
        elif low == high:
            entries.append(str(low))
        else:
            entries.append(f"{low or ''}:{'' if high == size - 1 else high + 1}")
    while len(entries) > 1 and entries[-1] == ":":
        entries.pop()
    return f"t[{', '.join(entries)}]"


def exercise(answer: Tensor) -> tuple[bool, str]:
    """Whether an answer solves the chapter's exercise, and a sentence about it.

    The exercise: make a 3 by 3 tensor of 1 to 9, double it, and take its bottom right four.
    """
    right = torch.tensor([[10, 12], [16, 18]])
    if answer.shape == right.shape and torch.equal(answer, right):
        return True, "Solved. Ten numbers or ten million: the line would be the same."
    if torch.equal(answer * 2, right):
        return False, "The right four. Now double them: the numbers should be 10, 12, 16 and 18."
    if sorted(answer.flatten().tolist()) == right.flatten().tolist():
        return False, f"The right numbers, but the shape is {tuple(answer.shape)}. It should be (2, 2)."
    if answer.shape == (3, 3) and torch.equal(answer, 2 * torch.arange(1, 10).view(3, 3)):
        return False, "Doubled. Now put it in brackets and take the last two rows and the last two columns."
    return False, "Not yet. Bottom right: leave out the first row, and leave out the first column."
