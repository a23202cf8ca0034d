"""Shapes against PyTorch on random shapes, and the sentences for what does not fit."""

import itertools
import random

import pytest
import torch

from mnist_core.chapter.shapes import (
    ShapeError,
    broadcast,
    broadcast_hint,
    broadcast_message,
    counting,
    matmul_shape,
    parse_shape,
    stretch,
    trace,
    view_shape,
)


def random_shapes(count, *, most=4, sizes=(1, 1, 2, 3, 4)):
    rng = random.Random(0)
    return [tuple(rng.choice(sizes) for _ in range(rng.randint(0, most))) for _ in range(count)]


def torch_or_none(call):
    """The shape that PyTorch gives, None where it raises."""
    try:
        return tuple(call())
    except RuntimeError:
        return None


PAIRS = list(itertools.pairwise(random_shapes(3000)))


def test_broadcast_agrees_with_torch_on_thousands_of_random_shapes():
    outcomes = [broadcast(a, b).shape for a, b in PAIRS]
    assert outcomes == [torch_or_none(lambda a=a, b=b: torch.broadcast_shapes(a, b)) for a, b in PAIRS]
    assert 300 < outcomes.count(None) < 2700


def test_a_message_exactly_where_the_shapes_do_not_fit_and_its_axis_is_the_last_one_compared():
    for a, b in PAIRS[:500]:
        plan, message = broadcast(a, b), broadcast_message(a, b)
        assert (plan.shape is None) == bool(message)
        if message:
            first = plan.axes[-1]
            assert f"({first.a}) must match the size of tensor b ({first.b})" in message
            assert "They do not fit" in first.words


def test_a_hint_is_an_unsqueeze_that_fits():
    assert broadcast_hint((3, 4), (3,)) == "`b.unsqueeze(1)` has the shape (3, 1), and that fits."
    assert (counting((3, 4)) + counting((3,)).unsqueeze(1)).shape == (3, 4)
    assert broadcast_hint((2, 3), (4, 5)) is None


def test_stretching_every_axis_gives_what_torch_adds_and_marks_all_but_one_copy():
    for a, b in PAIRS[:500]:
        plan = broadcast(a, b)
        if plan.shape is None:
            continue
        (x, ghost_a), (y, _) = (
            stretch(t, other, axes=len(plan.axes)) for t, other in ((counting(a), b), (counting(b, by=10), a))
        )
        assert x.shape == y.shape == ghost_a.shape == plan.shape
        assert torch.equal(x + y, counting(a) + counting(b, by=10))
        assert (~ghost_a).sum() == counting(a).numel()


def test_stretching_axis_by_axis_begins_at_the_last():
    t = counting((3, 1))
    assert stretch(t, (2, 3, 4), axes=0)[0].shape == (3, 1)
    assert stretch(t, (2, 3, 4), axes=1)[0].shape == (3, 4)
    values, ghost = stretch(t, (2, 3, 4), axes=3)
    assert values.shape == (2, 3, 4)
    assert ghost.tolist() == [[[False, True, True, True]] * 3, [[True] * 4] * 3]


@pytest.mark.parametrize(
    ("text", "shape"),
    [("3, 4", (3, 4)), ("(784,)", (784,)), ("", ()), ("()", ()), ("[2]", (2,)), ("28*28, 1", (784, 1)), (" 5 ", (5,))],
)
def test_a_shape_is_read_as_it_is_written(text, shape):
    assert parse_shape(text) == shape


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("3 x 4", "not a shape"),
        ("3; 4", "not a shape"),
        ("(((", "not a shape"),
        ("3" * 61, "not a shape"),
        ("0", "`0` is not a size"),
        ("-1, 3", "`-1` is not a size"),
        ("2.5", "`2.5` is not a size"),
        ("True", "`True` is not a size"),
        ("open('x')", "not a size"),
        ("9999999", "1,000,000"),
        ("1000000*1000000", "1,000,000"),
        ("1, 1, 1, 1, 1, 1", "has 6 axes"),
    ],
)
def test_what_is_no_shape_is_named(text, said):
    with pytest.raises(ShapeError, match=said):
        parse_shape(text)


def test_view_agrees_with_torch_on_random_shapes():
    rng = random.Random(1)
    outcomes = []
    for shape in random_shapes(1500):
        new = [rng.choice((1, 2, 3, 4, 6, 12)) for _ in range(rng.randint(1, 3))]
        if rng.random() < 0.7:
            new[rng.randrange(len(new))] = -1
        expected = torch_or_none(lambda shape=shape, new=new: counting(shape).view(new).shape)
        try:
            outcomes.append(view_shape(shape, tuple(new)))
        except ShapeError:
            outcomes.append(None)
        assert outcomes[-1] == expected
    assert 100 < outcomes.count(None) < 1400


def test_matrix_product_agrees_with_torch_on_random_shapes():
    outcomes = []
    for a, b in PAIRS:
        expected = torch_or_none(lambda a=a, b=b: (torch.empty(a, device="meta") @ torch.empty(b, device="meta")).shape)
        try:
            outcomes.append(matmul_shape(a, b))
        except ShapeError:
            outcomes.append(None)
        assert outcomes[-1] == expected, (a, b)
    assert 300 < outcomes.count(None) < 2700


def test_the_chapters_way_through_the_linear_model():
    steps = trace((64, 28, 28), (-1, 784), (784, 1), (1,))
    assert [step.shape for step in steps] == [(64, 28, 28), (64, 784), (64, 1), (64, 1)]
    assert [step.code for step in steps] == ["x", "x = x.view(-1, 784)", "x @ weights", "x @ weights + bias"]
    assert not any(step.warning for step in steps)


@pytest.mark.parametrize(
    ("view", "weights", "bias", "length", "said"),
    [
        ((-1, 784), (728, 1), (1,), 3, "Is 728 a slip"),
        ((-1, 768), (784, 1), (1,), 2, "Is 768 a slip"),
        (None, (784, 1), (1,), 2, "a row on the left is 28 long"),
        ((-1, 784), (1, 784), (1,), 3, "a column on the right is 1 long"),
        ((-1, 784), (784, 10), (3,), 4, "x @ weights has 10 and bias has 3"),
        ((-1, -1), (784, 1), (1,), 2, "only one size can be -1"),
    ],
)
def test_a_wrong_shape_ends_the_way_with_its_reason(view, weights, bias, length, said):
    steps = trace((64, 28, 28), view, weights, bias)
    assert len(steps) == length
    assert steps[-1].shape is None
    assert said in steps[-1].words


@pytest.mark.parametrize(
    ("weights", "bias", "shape"), [((784,), (1,), (64,)), ((784, 1), (10,), (64, 10)), ((784, 1), (64,), (64, 64))]
)
def test_what_pytorch_lets_pass_but_nobody_meant_is_a_warning(weights, bias, shape):
    steps = trace((64, 28, 28), (-1, 784), weights, bias)
    assert steps[-1].shape == shape
    assert any(step.warning for step in steps)
    x, w, b = (torch.zeros(size) for size in ((64, 784), weights, bias))
    assert (x @ w + b).shape == shape
