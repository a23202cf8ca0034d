"""Bets on a run before it is trained, and how good a learner's are over time.

A bet is a probability, so that it can be scored as forecasts of the weather are: by the Brier score, the mean square of
how far the probability was from what happened (G. W. Brier, 1950).
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Literal

from mnist_core.runs.records import Run

LUCK = 0.05  # of accuracy above that of guessing, which proves no learning
BINS = 5


@dataclass(frozen=True)
class Bet:
    """What a learner foretells.

    Attributes
    ----------
    claim : "reaches" (the accuracy after the last epoch is at least `accuracy`), or "learns" (the loss stays a number,
        and the model ends better than guessing)
    accuracy : 0 to 1; of no meaning for "learns"
    chance : how likely the learner holds it, 0 to 1
    """

    claim: Literal["reaches", "learns"]
    accuracy: float
    chance: float

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    @property
    def words(self) -> str:
        """The claim as the end of a sentence."""
        return f"reaches {self.accuracy:.1%}" if self.claim == "reaches" else "learns"

    def came_true(self, run: Run) -> bool | None:
        """Whether it happened, or None while the run has not ended, or has ended early."""
        if run.state == "diverged":
            return False
        if run.state != "done" or run.accuracy is None:
            return None
        return run.accuracy >= (self.accuracy if self.claim == "reaches" else 1 / len(run.config.classes) + LUCK)


def bet_on(run: Run) -> Bet | None:
    """The bet that was made on a run, if any."""
    return Bet(**json.loads(run.bet)) if run.bet else None


def score(chance: float, happened: bool) -> float:
    """The Brier score of one bet: 0 for a certain one that came true, 0.25 for an even one, 1 for a certain mistake."""
    return (chance - happened) ** 2


@dataclass(frozen=True)
class Bin:
    """Bets of about the same chance.

    Attributes
    ----------
    low, high : the chances that belong to it; the last bin has its upper end too
    bets : how many
    said, happened : the mean chance that was given, and the share that came true
    """

    low: float
    high: float
    bets: int
    said: float
    happened: float


@dataclass(frozen=True)
class Calibration:
    """How good a learner's bets have been.

    Attributes
    ----------
    bets : how many have been decided
    score : their mean Brier score
    bins : those bins of chances that have bets
    """

    bets: int
    score: float
    bins: list[Bin]


def calibration(runs: Sequence[Run]) -> Calibration | None:
    """How good the bets on these runs were; None if none is decided."""
    decided = [(bet.chance, came) for run in runs if (bet := bet_on(run)) and (came := bet.came_true(run)) is not None]
    if not decided:
        return None
    bins = []
    for n in range(BINS):
        inside = [(chance, came) for chance, came in decided if min(int(chance * BINS), BINS - 1) == n]
        if inside:
            said, happened = (sum(column) / len(inside) for column in zip(*inside, strict=True))
            bins.append(Bin(n / BINS, (n + 1) / BINS, len(inside), said, happened))
    return Calibration(len(decided), sum(score(*each) for each in decided) / len(decided), bins)
