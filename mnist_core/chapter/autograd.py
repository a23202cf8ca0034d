"""What `backward` does, watched from outside: a calculation as a graph, gradients that add up, steps that follow.

Every number comes from PyTorch's own autograd; nothing here works out a gradient itself.
"""

# torch types .grad as optional; backward() fills it.
# mypy: disable-error-code="union-attr"

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, tensor


@dataclass(frozen=True)
class Operation:
    """One step of a calculation: `name = code`, from the tensors named in `inputs`."""

    name: str
    code: str
    inputs: tuple[str, ...]
    apply: Callable[..., Tensor]


@dataclass(frozen=True)
class Calculation:
    """A calculation that ends in a loss.

    Attributes
    ----------
    title : the calculation in a line
    given : name -> value, of what goes in
    learned : those of them that require a gradient
    operations : in the order in which they run; each result is used once, the last is the loss
    note : what to learn from this one
    """

    title: str
    given: dict[str, float | tuple[float, ...]]
    learned: tuple[str, ...]
    operations: tuple[Operation, ...]
    note: str = ""


CALCULATIONS = {
    "line": Calculation(
        "A line and its loss: (w*x + b - t)**2",
        {"w": 3.0, "x": 2.0, "b": 1.0, "t": 5.0},
        ("w", "b"),
        (
            Operation("wx", "w * x", ("w", "x"), torch.mul),
            Operation("preds", "wx + b", ("wx", "b"), torch.add),
            Operation("diff", "preds - t", ("preds", "t"), torch.sub),
            Operation("loss", "diff**2", ("diff",), torch.square),
        ),
    ),
    "sigmoid": Calculation(
        "With a sigmoid: 1 - sigmoid(w*x + b)",
        {"w": 3.0, "x": -0.5, "b": 1.0},
        ("w", "b"),
        (
            Operation("wx", "w * x", ("w", "x"), torch.mul),
            Operation("out", "wx + b", ("wx", "b"), torch.add),
            Operation("preds", "out.sigmoid()", ("out",), torch.sigmoid),
            Operation("loss", "1 - preds", ("preds",), lambda preds: 1 - preds),
        ),
        "A mistake in one write-up: that the gradient comes from the slope of the sigmoid *and not* from the linear "
        "function. It takes both.",
    ),
    "squares": Calculation(
        "The chapter's first example: (xt**2).sum()",
        {"xt": (3.0, 4.0, 10.0)},
        ("xt",),
        (
            Operation("yt", "xt**2", ("xt",), torch.square),
            Operation("loss", "yt.sum()", ("yt",), torch.sum),
        ),
        "One `backward` gave three gradients, one for each number in `xt`.",
    ),
}
"""Name -> calculation: a line and its squared loss, the chapter's model of one pixel, the chapter's first example."""


@dataclass(frozen=True)
class Trace:
    """A calculation after its forward and backward pass.

    Attributes
    ----------
    values : name -> Tensor, of what was given and of every result
    grads : name -> Tensor of the shape of the value: how fast the loss changes with it; only where one was worked out
    factors : (operation, input) -> Tensor of the shape of the input: how fast that operation changes with that input
    """

    values: dict[str, Tensor]
    grads: dict[str, Tensor]
    factors: dict[tuple[str, str], Tensor]


def trace(calculation: Calculation, **changed: float) -> Trace:
    """Run a calculation forward and backward, and keep every value and every gradient on the way.

    Parameters
    ----------
    calculation : what to run
    **changed : other values for some of what is given
    """
    tensors = {name: tensor(value) for name, value in (calculation.given | changed).items()}
    for name in calculation.learned:
        tensors[name].requires_grad_()
    for operation in calculation.operations:
        result = operation.apply(*[tensors[name] for name in operation.inputs])
        result.retain_grad()  # autograd keeps the gradient of a result only if it is asked to
        tensors[operation.name] = result
    result.backward()
    factors = {
        (operation.name, name): _factor(operation, name, tensors)
        for operation in calculation.operations
        for name in operation.inputs
        if tensors[name].requires_grad
    }
    grads = {name: each.grad for name, each in tensors.items() if each.grad is not None}
    return Trace({name: each.detach() for name, each in tensors.items()}, grads, factors)


def _factor(operation: Operation, name: str, tensors: Mapping[str, Tensor]) -> Tensor:
    """How fast one operation, taken alone, changes with one of its inputs."""
    alone = {each: tensors[each].detach() for each in operation.inputs}
    alone[name].requires_grad_()
    result = operation.apply(*alone.values()).sum()
    return torch.autograd.grad(result, alone[name])[0]


def order(calculation: Calculation, traced: Trace) -> list[list[str]]:
    """What gets its gradient in each step of the backward pass: the loss first, then the inputs of each operation."""
    backward = [[name for name in each.inputs if name in traced.grads] for each in calculation.operations[::-1]]
    return [[calculation.operations[-1].name], *backward]


def filled(calculation: Calculation, traced: Trace, step: int) -> tuple[list[str], list[str]]:
    """What has a value, and what has a gradient, after so many steps.

    Step 0 is the start, where what is given has its value; then comes one step for each operation, then one for each
    entry of `order`. Step -1 has nothing.
    """
    forward = len(calculation.operations)
    values = [*calculation.given, *(operation.name for operation in calculation.operations[:step])] if step >= 0 else []
    backward = order(calculation, traced)[: max(0, step - forward)]
    return values, [name for names in backward for name in names]


def chain(calculation: Calculation, traced: Trace, name: str) -> list[Tensor]:
    """The factors from the loss back to a name: by the chain rule their product is its gradient."""
    factors = []
    for operation in calculation.operations:
        if name in operation.inputs:
            factors.append(traced.factors[operation.name, name])
            name = operation.name
    return factors[::-1]


def nudged(calculation: Calculation, name: str, *, by: float, **values: float) -> tuple[float, float]:
    """The loss with these values, and after one of them has grown by so much."""
    more = values | {name: values[name] + by}
    before, after = (trace(calculation, **each).values[calculation.operations[-1].name] for each in (values, more))
    return before.item(), after.item()


def words(value: Tensor) -> str:
    """A tensor's numbers in four digits, e.g. "0.235" or "[9, 16, 100]"."""
    numbers = [f"{number:.4g}" for number in value.reshape(-1).tolist()]
    return numbers[0] if value.dim() == 0 else f"[{', '.join(numbers)}]"


def step_in_words(calculation: Calculation, traced: Trace, step: int) -> str:
    """What happens in a step, 0 being the start, then the forward pass, then the backward pass, in Markdown."""
    forward = len(calculation.operations)
    if step == 0:
        learned = " and ".join(f"`{name}`" for name in calculation.learned)
        return (
            f"Nothing has run yet. {learned} got `requires_grad_()`: from now on PyTorch writes down every operation "
            "in which a tensor so marked takes part."
        )
    if step <= forward:
        operation = calculation.operations[step - 1]
        gives = f"`{operation.name} = {operation.code}` gives {words(traced.values[operation.name])}."
        return f"**Forward pass.** {gives}" + (" This is the loss. The forward pass is done." * (step == forward))
    if step == forward + 1:
        return "**Backward pass.** It begins at the end: the loss grows 1 times as fast as the loss. Its gradient is 1."
    operation = calculation.operations[2 * forward + 1 - step]
    return "**Backward pass.** " + " ".join(
        f"`{operation.name} = {operation.code}` grows {words(traced.factors[operation.name, name])} times as fast as "
        f"`{name}`. So the gradient of `{name}` is {words(traced.grads[operation.name])} × "
        f"{words(traced.factors[operation.name, name])} = **{words(traced.grads[name])}**."
        for name in operation.inputs
        if name in traced.grads
    )


def as_code(calculation: Calculation, traced: Trace, values: dict[str, float]) -> str:
    """The calculation as Python that a learner can run, with what its gradients turn out to be."""
    given = calculation.given | values
    grads = [f"{name}.grad  # {traced.grads[name]!r}" for name in calculation.learned]
    lines = [
        f"{name} = tensor({list(value) if isinstance(value, tuple) else value})"
        + (".requires_grad_()" if name in calculation.learned else "")
        for name, value in given.items()
    ]
    steps = [f"{operation.name} = {operation.code}" for operation in calculation.operations]
    return "\n".join([*lines, *steps, "loss.backward()", *grads])


def grads_of_calls(x: float, *, calls: int, zero_grad: bool) -> list[float]:
    """What `.grad` holds after each of several calls of `backward` on x**2.

    Parameters
    ----------
    x : where the gradient is taken
    calls : of `backward`
    zero_grad : whether the gradient is set to zero before each call

    Examples
    --------
    >>> grads_of_calls(3.0, calls=3, zero_grad=False)
    [6.0, 12.0, 18.0]
    """
    xt = tensor(float(x)).requires_grad_()
    seen = []
    for _ in range(calls):
        if zero_grad and xt.grad is not None:
            xt.grad.zero_()
        loss = xt**2
        loss.backward()
        seen.append(xt.grad.item())
    return seen


def descend_square(start: float, *, lr: float, steps: int, zero_grad: bool = True) -> Tensor:
    """Gradient descent on x**2.

    Parameters
    ----------
    start : x before the first step
    lr : learning rate
    steps : steps to take
    zero_grad : False forgets to set the gradient to zero after a step

    Returns
    -------
    Tensor of shape (steps + 1,), float32: x at the start and after each step
    """
    xt = tensor(float(start)).requires_grad_()
    path = [xt.detach().clone()]
    for _ in range(steps):
        loss = xt**2
        loss.backward()
        xt.data -= lr * xt.grad.data
        if zero_grad:
            xt.grad.zero_()
        path.append(xt.detach().clone())
    return torch.stack(path)


def times_over_the_bottom(path: Tensor) -> int:
    """How often a path over x**2, shape (n,), went from one side of the bottom to the other."""
    sides = path[path != 0].sign()  # exactly at the bottom is on neither side
    return int((sides[1:] != sides[:-1]).sum())


@dataclass(frozen=True)
class InPlace:
    """What a call did to the tensor that it was called on.

    Attributes
    ----------
    code : the call, on a tensor t
    result : what came back, as Python prints it
    after : what t is afterwards
    is_same : whether what came back is t itself
    """

    code: str
    result: str
    after: str
    is_same: bool


def in_place_calls() -> list[InPlace]:
    """Methods without and with an underscore, each called on a new `t = tensor([5., 7.])`."""
    calls: dict[str, Callable[[Tensor], Tensor]] = {
        "t.sub(1)": lambda t: t.sub(1),
        "t.sub_(1)": lambda t: t.sub_(1),
        "t.zero_()": lambda t: t.zero_(),
        "t.requires_grad_()": lambda t: t.requires_grad_(),
    }
    seen = []
    for code, call in calls.items():
        t = tensor([5.0, 7.0])
        result = call(t)
        seen.append(InPlace(code, str(result), str(t), result is t))
    return seen


def refusal() -> str:
    """What PyTorch says when a parameter is changed in place while it records: why a step goes through `.data`."""
    w = tensor(3.0).requires_grad_()
    try:
        w.sub_(1)
    except RuntimeError as error:
        return str(error)
    raise AssertionError("torch no longer refuses this")
