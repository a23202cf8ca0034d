"""What operations do to shapes: broadcasting axis by axis, `view` with its -1, `@`, and the way through a linear model.

The rules are written out here so that each step and each error can be explained; tests hold them against PyTorch.
Broadcasting is NumPy's rule, https://numpy.org/doc/stable/user/basics.broadcasting.html
"""

import ast
import math
from dataclasses import dataclass

import torch
from torch import Tensor

from mnist_core.errors import LabError
from mnist_core.parsing import parse

MAX_SIZE = 1_000_000
MAX_RANK = 5
MAX_TEXT = 60  # characters of a shape
FOR_784 = {728, 768, 748, 874}  # what people type for 28 * 28

Shape = tuple[int, ...]


class ShapeError(LabError, ValueError):
    """A shape that cannot be read, or that does not fit an operation."""


def parse_shape(text: str, *, infer: bool = False) -> Shape:
    """The shape that was typed, with or without brackets; a product such as `28*28` is worked out.

    Parameters
    ----------
    text : e.g. "3, 4", "(784,)", "-1, 28*28"; "" and "()" are the shape of a single number
    infer : whether -1 may stand for a size that follows from the others

    Raises
    ------
    ShapeError
        If it is no shape, or has more than `MAX_RANK` axes or a size above `MAX_SIZE`.

    Examples
    --------
    >>> parse_shape("(-1, 28*28)", infer=True)
    (-1, 784)
    """
    inner = text.strip()
    if inner[:1] in "([" and inner[-1:] in ")]":
        inner = inner[1:-1]
    try:
        if len(text) > MAX_TEXT:
            raise SyntaxError
        tree = parse(f"[{inner}]", mode="eval").body
    except (SyntaxError, ValueError):
        tree = None
    if not isinstance(tree, ast.List):
        raise ShapeError(f"`{text[:MAX_TEXT]}` is not a shape. Write sizes with commas between them, such as 3, 4.")
    shape = tuple(_size(node, infer=infer) for node in tree.elts)
    if len(shape) > MAX_RANK:
        raise ShapeError(f"This shape has {len(shape)} axes. Here at most {MAX_RANK} are allowed.")
    return shape


def _size(node: ast.expr, *, infer: bool) -> int:
    match node:
        case ast.Constant(value=int(size)) if type(size) is int and 1 <= size <= MAX_SIZE:
            return size
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=1)) if infer:
            return -1
        case ast.BinOp(left=left, op=ast.Mult(), right=right):
            product = _size(left, infer=False) * _size(right, infer=False)
            if product <= MAX_SIZE:
                return product
    allowed = f"a whole number from 1 to {MAX_SIZE:,}" + (", or -1" if infer else "")
    raise ShapeError(f"`{ast.unparse(node)}` is not a size. A size is {allowed}.")


@dataclass(frozen=True)
class Axis:
    """One axis of two shapes that are written so that their last sizes stand below each other.

    Attributes
    ----------
    number : -1 for the last axis, -2 for the one before it, and so on
    a, b : the sizes; None where a shape has no such axis
    """

    number: int
    a: int | None
    b: int | None

    @property
    def size(self) -> int | None:
        """The size in the result; None if the two do not fit."""
        a, b = self.a or 1, self.b or 1
        if a != b and 1 not in (a, b):
            return None
        return max(a, b)

    @property
    def words(self) -> str:
        """What happens on this axis, in plain sentences."""
        name = "The last axis" if self.number == -1 else f"Axis {self.number}"
        missing = "".join(
            f" {tensor} has no such axis, so PyTorch takes 1 for it."
            for tensor, size in (("a", self.a), ("b", self.b))
            if size is None
        )
        a, b = self.a or 1, self.b or 1
        if a == b:
            return f"{name}:{missing} Both have {a}. Nothing to do."
        if self.size is None:
            return f"{name}: a has {a} and b has {b}. They are not equal, and neither is 1. **They do not fit.**"
        small, large = ("a", "b") if a == 1 else ("b", "a")
        return f"{name}:{missing} {small} has 1 and {large} has {max(a, b)}. {small} is stretched to {max(a, b)}."


@dataclass(frozen=True)
class Broadcast:
    """What broadcasting makes of two shapes.

    Attributes
    ----------
    a, b : the two shapes
    axes : from the last axis to the first; it ends with the first that does not fit
    """

    a: Shape
    b: Shape
    axes: tuple[Axis, ...]

    @property
    def shape(self) -> Shape | None:
        """The shape of the result; None if the two do not fit."""
        sizes = [axis.size for axis in reversed(self.axes)]
        return None if None in sizes else tuple(size for size in sizes if size is not None)


def broadcast(a: Shape, b: Shape) -> Broadcast:
    """Compare two shapes axis by axis, from the last one.

    Examples
    --------
    >>> broadcast((3, 1), (4,)).shape
    (3, 4)
    >>> broadcast((3, 4), (3,)).axes[-1]
    Axis(number=-1, a=4, b=3)
    """
    axes: list[Axis] = []
    for number in range(-1, -max(len(a), len(b)) - 1, -1):
        axes.append(Axis(number, *(shape[number] if -number <= len(shape) else None for shape in (a, b))))
        if axes[-1].size is None:
            break
    return Broadcast(a, b, tuple(axes))


def broadcast_hint(a: Shape, b: Shape) -> str | None:
    """A way to make two shapes fit by one `unsqueeze`, if there is one."""
    for name, short, other in (("b", b, a), ("a", a, b)):
        for place in range(1, len(short) + 1):
            longer = (*short[:place], 1, *short[place:])
            if broadcast(longer, other).shape is not None:
                return f"`{name}.unsqueeze({place})` has the shape {longer}, and that fits."
    return None


def broadcast_message(a: Shape, b: Shape) -> str:
    """PyTorch's own error for `a + b`, from a real call on two tensors that share one number; "" if there is none."""
    if broadcast(a, b).shape is None:
        try:
            torch.zeros(()).expand(a) + torch.zeros(()).expand(b)
        except RuntimeError as error:
            return str(error)
    return ""


def counting(shape: Shape, *, by: int = 1) -> Tensor:
    """A tensor of that shape with the numbers `by`, `2 * by`, ... in order, int64."""
    return by * torch.arange(1, math.prod(shape) + 1).view(shape)


def stretch(t: Tensor, other: Shape, *, axes: int) -> tuple[Tensor, Tensor]:
    """A tensor in the middle of being broadcast: its last axes stretched to those of the other shape.

    Parameters
    ----------
    t : Tensor of any shape
    other : what it is broadcast with; the two must fit on the axes named
    axes : how many axes, from the last one, are done; none leaves the shape as it is

    Returns
    -------
    values : Tensor of the stretched shape
    ghost : bool Tensor of the same shape, True for copies
    """
    rank = max(t.ndim, axes)
    old = (1,) * (rank - t.ndim) + tuple(t.shape)
    new = list(old)
    for axis in broadcast(old, other).axes[:axes]:
        new[axis.number] = axis.size or old[axis.number]
    ghost = torch.ones(new, dtype=torch.bool)
    ghost[tuple(slice(size) for size in old)] = False
    return t.view(old).expand(new), ghost


def view_shape(shape: Shape, new: Shape) -> Shape:
    """The shape after `view(new)`, the size that -1 stands for worked out.

    Raises
    ------
    ShapeError
        If the numbers do not fill the new shape exactly.

    Examples
    --------
    >>> view_shape((6131, 28, 28), (-1, 784))
    (6131, 784)
    """
    count, known = math.prod(shape), math.prod(size for size in new if size != -1)
    if new.count(-1) > 1:
        raise ShapeError(f"view{new}: only one size can be -1. PyTorch cannot work out two sizes at once.")
    if -1 not in new:
        if known != count:
            raise ShapeError(f"{new} holds {known:,}, but there are {count:,} numbers.")
        return new
    if count % known:
        raise ShapeError(
            f"There are {count:,} numbers. {count:,} / {known:,} leaves a remainder of {count % known:,}, so no whole "
            f"number can take the place of -1.{_slip(*new)}"
        )
    return tuple(count // known if size == -1 else size for size in new)


def matmul_shape(a: Shape, b: Shape) -> Shape:
    """The shape of `a @ b`.

    A tensor of rank 1 counts as one row on the left and as one column on the right, and that axis is not in the
    result; see https://docs.pytorch.org/docs/stable/generated/torch.matmul.html

    Raises
    ------
    ShapeError
        If the inner sizes differ.

    Examples
    --------
    >>> matmul_shape((64, 784), (784, 1))
    (64, 1)
    """
    if not a or not b:
        raise ShapeError(f"{a} @ {b}: a single number has no rows and columns. Use * for it.")
    left, right = (1, *a) if len(a) == 1 else a, (*b, 1) if len(b) == 1 else b
    if left[-1] != right[-2]:
        raise ShapeError(
            f"{a} @ {b} does not work: a row on the left is {left[-1]:,} long, a column on the right is "
            f"{right[-2]:,} long. They meet in pairs, so the two must be equal.{_slip(left[-1], right[-2])}"
        )
    batch = broadcast(left[:-2], right[:-2])
    if batch.shape is None:
        raise ShapeError(f"{a} @ {b} does not work: {batch.axes[-1].words.replace('*', '')}")
    return batch.shape + (left[-2:-1] if len(a) > 1 else ()) + (right[-1:] if len(b) > 1 else ())


def _slip(*sizes: int) -> str:
    wrong = next((size for size in sizes if size in FOR_784), None)
    return f" Is {wrong} a slip? 28 * 28 is 784." if wrong else ""


@dataclass(frozen=True)
class Step:
    """One operation on the way of a shape.

    Attributes
    ----------
    code : the line of Python
    shape : after it; None if it fails
    words : what happened, or why it fails
    warning : PyTorch does not complain, but a person should
    """

    code: str
    shape: Shape | None
    words: str
    warning: bool = False


def trace(x: Shape, view: Shape | None, weights: Shape, bias: Shape) -> list[Step]:
    """The way of a batch of images through `x.view(...) @ weights + bias`; it ends where it fails.

    Parameters
    ----------
    x : of the batch, such as (64, 28, 28)
    view : what is given to `view`, one size may be -1; None leaves it out
    weights, bias : of the model, in the chapter (784, 1) and (1,)
    """
    steps = [Step("x", x, f"{x[0]:,} images." if len(x) == 3 else f"A tensor of rank {len(x)}.")]
    try:
        if view is not None:
            before, shape = steps[-1].shape or (), view_shape(x, view)
            steps.append(Step(f"x = x.view{_written(view)}", shape, _view_words(before, shape)))
        shape = matmul_shape(steps[-1].shape or (), weights)
        steps.append(Step("x @ weights", shape, *_product_words(steps[-1].shape or (), weights, shape)))
    except ShapeError as error:
        code = f"x = x.view{_written(view)}" if view is not None and len(steps) == 1 else "x @ weights"
        return [*steps, Step(code, None, str(error))]
    added = broadcast(shape, bias)
    if added.shape is None:
        words = f"{shape} + {bias} does not fit. {added.axes[-1].words.replace('a has', 'x @ weights has')}"
        return [*steps, Step("x @ weights + bias", None, words.replace("b has", "bias has"))]
    return [*steps, Step("x @ weights + bias", added.shape, *_bias_words(shape, bias, added.shape))]


def _written(shape: Shape) -> str:
    return f"({', '.join(map(str, shape))})"


def _view_words(before: Shape, after: Shape) -> str:
    if len(after) == 2 and before and after[0] == before[0]:
        return f"Each image is now one row of {after[1]:,} numbers."
    return f"The same {math.prod(after):,} numbers in another shape. Is one image still one row?"


def _product_words(x: Shape, weights: Shape, after: Shape) -> tuple[str, bool]:
    if len(weights) == 1:
        return (
            f"It works: the weights count as one column. But that axis is not in the result, which has the shape "
            f"{after}. The labels of the chapter have the shape (n, 1), and with those it would be broadcast to a "
            "square table by accident. So the chapter makes the weights (784, 1).",
            True,
        )
    many = f"{after[-1]:,} numbers" if after[-1] > 1 else "one number"
    return f"{x[-1]:,} products for each row, added up: {many} for each row.", False


def _bias_words(before: Shape, bias: Shape, after: Shape) -> tuple[str, bool]:
    if after != before:
        return (
            f"PyTorch does not complain: it stretches {before} and {bias} to {after}. But the bias should not change "
            f"the shape {before}. Give it one number for each column.",
            True,
        )
    if bias in ((), (1,)):
        return "The one number of the bias is added to every result.", False
    return f"The bias {bias} is added to each row.", False
