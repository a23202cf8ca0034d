"""Bets: when they come true, how they are scored, and a learner's calibration."""

from dataclasses import replace

import pytest
from sklearn.metrics import brier_score_loss

from mnist_core.bets import Bet, bet_on, calibration, score
from mnist_core.config import TrainConfig
from mnist_core.runs.store import Store


@pytest.fixture
def run(tmp_path):
    store = Store(f"sqlite:///{tmp_path / 'runs.sqlite'}")
    bet = Bet("reaches", 0.9, 0.7)
    made = store.run("me", store.submit("me", TrainConfig(), 10, "server", bet=bet.to_json()))
    assert bet_on(made) == bet
    return made


@pytest.mark.parametrize(
    ("claim", "state", "accuracy", "came"),
    [
        ("reaches", "done", 0.9, True),
        ("reaches", "done", 0.8999, False),
        ("reaches", "running", 0.95, None),
        ("reaches", "stopped", 0.95, None),
        ("reaches", "diverged", 0.95, False),
        ("learns", "done", 0.2, True),
        ("learns", "done", 0.11, False),  # one in ten is guessing
        ("learns", "diverged", None, False),
    ],
)
def test_a_bet_is_decided_by_the_accuracy_at_the_end(run, claim, state, accuracy, came):
    assert Bet(claim, 0.9, 0.5).came_true(replace(run, state=state, accuracy=accuracy)) is came


def test_calibration_is_sklearns_brier_score_and_what_happened_in_each_fifth(run):
    bets = [(0.0, False), (0.1, True), (0.7, True), (0.75, False), (0.79, True), (1.0, True)]
    runs = [
        replace(run, bet=Bet("reaches", 0.9, chance).to_json(), state="done", accuracy=0.95 if came else 0.5)
        for chance, came in bets
    ]
    chances, came = zip(*bets, strict=True)
    found = calibration([*runs, replace(run, bet=None), replace(run, state="running")])
    assert found.bets == 6
    assert found.score == pytest.approx(brier_score_loss(came, chances))
    assert [(each.low, each.bets, each.happened) for each in found.bins] == [
        (0.0, 2, 0.5),
        (pytest.approx(0.6), 3, pytest.approx(2 / 3)),
        (0.8, 1, 1.0),
    ]
    assert found.bins[1].said == pytest.approx((0.7 + 0.75 + 0.79) / 3)
    assert calibration([replace(run, state="running")]) is None


def test_a_coin_scores_a_quarter_whatever_happens():
    assert score(0.5, True) == score(0.5, False) == 0.25
