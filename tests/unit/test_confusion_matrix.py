"""The confusion matrix on the screen: what goes to the browser, and what may come back."""

import numpy as np
import pytest

from mnist_core.interpret.confusion import rates
from mnist_core.ui import confusion_matrix as module

TABLE = np.array([[90, 8, 2], [0, 50, 0], [4, 0, 1]])


@pytest.fixture
def sent(monkeypatch) -> dict:
    """What the component was called with."""
    calls: dict = {}
    monkeypatch.setattr(module, "_COMPONENT", lambda **arguments: calls.update(arguments))
    return calls


def show(*, percent: bool = False, on_pick=lambda row, column: None) -> None:
    module.confusion_matrix(
        TABLE, rates(TABLE), (3, 7, 8), key="matrix", percent=percent, picked=(0, 1), on_pick=on_pick
    )


def test_every_cell_is_a_number_and_a_sentence_and_the_diagonal_does_not_drown_the_mistakes(sent):
    show()
    data = sent["data"]
    assert data["texts"] == ["90", "8", "2", "0", "50", "0", "4", "0", "1"]
    assert data["names"][1] == "3 taken for a 7: 8 of 100, 8.0%"
    assert data["names"][2] == "3 taken for an 8: 2 of 100, 2.0%"
    assert data["names"][4] == "7 right: 50 of 50, 100.0%"
    np.testing.assert_allclose(data["shares"], np.array([0, 8, 2, 0, 0, 0, 4, 0, 0]) / 8)
    assert data["picked"] == 1


def test_rates_are_per_cent_of_a_row_and_have_their_own_darkest_cell(sent):
    show(percent=True)
    assert sent["data"]["texts"] == ["90.0", "8.0", "2.0", "0", "100.0", "0", "80.0", "0", "20.0"]
    assert sent["data"]["shares"][6] == 1


def test_a_matrix_without_mistakes_has_no_colour(sent):
    table = np.diag([5, 5])
    module.confusion_matrix(
        table, rates(table), (3, 7), key="matrix", percent=False, picked=(0, 0), on_pick=lambda row, column: None
    )
    assert sent["data"]["shares"] == [0, 0, 0, 0]


@pytest.mark.parametrize("pick", [-1, 9, "3", None, True, 2.0, [1, 2]])
def test_what_is_no_cell_is_passed_over(sent, monkeypatch, pick):
    picks = []
    monkeypatch.setattr(module.st, "session_state", {"matrix": {"pick": pick}})
    show(on_pick=lambda *cell: picks.append(cell))
    sent["on_pick_change"]()
    assert picks == []


def test_a_cell_is_told_as_row_and_column(sent, monkeypatch):
    picks = []
    monkeypatch.setattr(module.st, "session_state", {"matrix": {"pick": 5}})
    show(on_pick=lambda *cell: picks.append(cell))
    sent["on_pick_change"]()
    assert picks == [(1, 2)]
