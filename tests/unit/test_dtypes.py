"""Kinds of numbers, against torch.result_type and by hand."""

from itertools import product

import pytest
import torch

from mnist_core.chapter import dtypes
from mnist_core.chapter.dtypes import EXAMPLES, ListError, attempt, byte_arithmetic, numpy_beside_torch, promotion_table


def test_sums_and_products_have_the_type_that_torch_foretells():
    for sign in ("+", "*"):
        for right, column in promotion_table(sign).items():
            for left, found in column.items():
                assert getattr(torch, found) == torch.result_type(EXAMPLES[left], EXAMPLES[right])


def test_whole_numbers_are_promoted_as_by_numpy_and_any_fraction_makes_a_float32():
    for left, right in product(EXAMPLES, ["bool", "uint8", "int64", "float32"]):
        a, b = (t.numpy() if isinstance(t, torch.Tensor) else t for t in (EXAMPLES[left], EXAMPLES[right]))
        expected = "float32" if {left, right} & {"float32", "number 0.5"} else (a + b).dtype.name
        assert dtypes.promoted(left, "+", right) == expected
        assert dtypes.promoted(left, "/", right) == "float32"
        assert dtypes.promoted(left, ">", right) == "bool"


def test_division_gives_floats_and_comparison_gives_bools():
    assert {name for column in promotion_table("/").values() for name in column.values()} == {"float32"}
    assert {name for column in promotion_table(">").values() for name in column.values()} == {"bool"}


def test_bytes_begin_again_at_0_for_all_pairs():
    for a in range(0, 256, 5):
        for b in range(256):
            found = byte_arithmetic(a, b)
            assert found["a + b"] == ((a + b) % 256, a + b)
            assert found["a - b"] == ((a - b) % 256, a - b)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[1, 2], [3]]", "In the list, entry 0 has 2 entries, but entry 1 has 1 entry."),
        ("[1, [2, 3]]", "entry 0 has a single number, but entry 1 has 2 entries"),
        ("[[[1], [2]], [[1], [2, 3]]]", "entry 0 of entry 0 has 1 entry, but entry 1 of entry 1 has 2 entries"),
        ("[[[1]], [2]]", "entry 0 of entry 0 has 1 entry, but entry 0 of entry 1 has a single number"),
        ("[[[1, 2]], [[3]]]", "entry 0 of entry 0 has 2 entries, but entry 0 of entry 1 has 1 entry"),
        ("[123456789012345678901234567890]", "too large for 64 bits"),
    ],
)
def test_what_torch_refuses_is_explained_beside_its_own_message(text, said):
    found = attempt(text)
    assert found.tensor is None
    assert said in found.words
    with pytest.raises((ValueError, TypeError, RuntimeError)) as error:
        torch.tensor(eval(text))
    assert found.message == str(error.value)


@pytest.mark.parametrize("text", ["[1, 2]", "[[1, 2], [3, 4]]", "[[1.5], [2]]", "[]", "[True, False]", " [1] "])
def test_a_list_of_equal_rows_becomes_the_tensor_of_torch(text):
    found = attempt(text)
    expected = torch.tensor(eval(text.strip()))
    assert torch.equal(found.tensor, expected)
    assert found.tensor.dtype == expected.dtype
    assert found.words == found.message == found.numpy_message == ""


@pytest.mark.parametrize("text", ["", "5", "[1", "['a']", "[None]", "{1: 2}", "[open('x')]", "[1]" * 90, "[1+2]", "\0"])
def test_what_is_no_list_of_numbers_is_refused(text):
    with pytest.raises(ListError, match="not a list of numbers"):
        attempt(text)


def test_numpy_and_torch_answer_alike_but_for_the_float_type_and_the_jagged_list():
    rows = {question: (numpy, torch_) for question, numpy, torch_ in numpy_beside_torch()}
    for question in ("t[1], a row", "t[:, 1], a column", "t[1, 1:3], a slice", "t + 1", "t.shape"):
        assert rows[question][0] == rows[question][1]
    assert rows["(t * 1.5).dtype"] == ("float64", "torch.float32")
    assert "expected sequence of length 3" in rows["A jagged list"][1]


def test_examples_keep_their_names():
    for name, example in dtypes.EXAMPLES.items():
        if isinstance(example, torch.Tensor):
            assert str(example.dtype) == f"torch.{name}"
