"""Slice expressions against Python's own indexing, back from cells to expressions, and what is refused."""

import itertools
import random
from contextlib import suppress

import pytest
import torch

from mnist_core.chapter.slicing import SliceError, cut, exercise, write_slice

TABLE = torch.arange(48).view(6, 8) * 3
STACK = torch.arange(24).view(2, 3, 4) + 100
PARTS = ["0", "2", "-1", ":", "1:3", ":2", "2:", "::2", "-2:", ":-1", "1:1", "0:100", "5:2", "..."]


@pytest.mark.parametrize("t", [TABLE, STACK, TABLE[0]], ids=["rank 2", "rank 3", "rank 1"])
def test_every_index_takes_what_python_takes_from_the_cells_that_are_lit(t):
    compared = 0
    for parts in itertools.chain.from_iterable(itertools.product(PARTS, repeat=n) for n in range(1, t.ndim + 1)):
        expression = f"t[{', '.join(parts)}]"
        try:
            expected = eval(expression, {"t": t})
        except (IndexError, ValueError):
            with pytest.raises(SliceError):
                cut(expression, t)
            continue
        if parts.count("...") > 1:  # Python takes two, and a person should not
            continue
        found = cut(expression, t)
        assert torch.equal(found.values, expected), expression
        assert torch.equal(t.flatten()[found.positions], expected), expression
        assert len(found.words) == len(parts)
        compared += 1
    assert compared >= len(PARTS)


@pytest.mark.parametrize(
    "expression",
    [
        "t",
        "t[1:][0, 2:5]",
        "t[t > 100]",
        "t[2][t[2] == 60]",
        "t[1:, 1:] * 2",
        "(2 * t)[-2:, -2:]",
        "t[4] / 2 - 1.5",
        "10 - t[0]",
        "t[None, 0]",
        "t[0, None]",
        " t[ 1 ] ",
    ],
)
def test_chains_conditions_and_sums_agree_with_python(expression):
    found = cut(expression, TABLE)
    assert torch.equal(found.values, eval(expression.strip(), {"t": TABLE}))
    assert found.positions.shape == found.values.shape


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("", "not complete Python"),
        ("t[1:", "not complete Python"),
        ("t" * 81, "not complete Python"),
        ("t[6]", "There is no row 6: this axis has 6, so the positions go from 0 to 5, or from -1 back to -6"),
        ("t[0, -9]", "no column -9"),
        ("t[1, 2, 3]", "3 positions between the brackets, but this tensor has 2 axes"),
        ("t[0][0][0]", "this tensor has 0 axes"),
        ("t[::-1]", "The step -1"),
        ("t[::0]", "The step 0"),
        ("t[..., ...]", "only once"),
        ("t[1.5]", "`1.5` is no position"),
        ("t[True]", "`True` is no position"),
        ("t['a']", "is no position"),
        ("t[9999999999]", "is no position"),
        ("x[1]", "no `x` here"),
        ("5", "takes nothing from t"),
        ("t.sum()", "takes nothing from t"),
        ("__import__('os')", "takes nothing from t"),
        ("t[__import__('os')]", "is no position"),
        ("t + t", "one side must be a number"),
        ("t ** 9", "takes nothing from t"),
        ("t[t > t]", "Compare with one number"),
        ("t[1 < t < 9]", "Compare with one number"),
        ("t[0][t > 3]", "The condition has the shape (6, 8), but it chooses from (8,)"),
    ],
)
def test_what_takes_nothing_is_refused_with_its_reason(expression, said):
    with pytest.raises(SliceError) as error:
        cut(expression, TABLE)
    assert said in str(error.value)


def test_thousands_of_random_lines_give_a_result_or_a_sentence():
    rng = random.Random(0)
    words = ["t", "[", "]", "(", ")", ":", ",", "0", "1", "-2", "7", "1e9", "...", "None", ">", "*", "/", "0.5", " "]
    results = 0
    for _ in range(4_000):
        with suppress(SliceError):
            cut("t[" + "".join(rng.choice(words) for _ in range(rng.randint(1, 7))) + "]", TABLE.to(torch.uint8))
            results += 1
    assert results > 30


def test_the_written_slice_takes_exactly_the_rectangle_for_all_pairs_of_corners():
    for t in (TABLE, STACK, TABLE[0]):
        places = torch.arange(t.numel()).view(t.shape)
        for first, last in itertools.product(range(t.numel()), repeat=2):
            corners = [torch.unravel_index(torch.tensor(place), t.shape) for place in (first, last)]
            box = tuple(slice(min(a, b), max(a, b) + 1) for a, b in zip(*corners, strict=True))
            found = cut(write_slice(first, last, tuple(t.shape)), t)
            assert torch.equal(found.positions.flatten(), places[box].flatten())


@pytest.mark.parametrize(
    ("first", "last", "expression"),
    [
        (0, 47, "t[:]"),
        (32, 39, "t[4]"),
        (1, 41, "t[:, 1]"),
        (19, 19, "t[2, 3]"),
        (30, 9, "t[1:4, 1:7]"),
        (0, 7, "t[0]"),
    ],
)
def test_a_slice_is_written_as_a_person_would(first, last, expression):
    assert write_slice(first, last, (6, 8)) == expression


@pytest.mark.parametrize(
    ("answer", "solved", "said"),
    [
        ("(t * 2)[1:, 1:]", True, "Solved"),
        ("2 * t[-2:, -2:]", True, "Solved"),
        ("t[1:, 1:]", False, "double"),
        ("t * 2", False, "Doubled"),
        ("t[t > 4]", False, "Not yet"),
        ("(t * 2)[1, 1]", False, "Not yet"),
        ("(t * 2)[None, 1:, 1:]", False, "It should be (2, 2)"),
    ],
)
def test_the_exercise_knows_its_answers(answer, solved, said):
    right, words = exercise(cut(answer, torch.arange(1, 10).view(3, 3)).values)
    assert right == solved
    assert said in words
