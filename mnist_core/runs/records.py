"""What the store gives and takes: plain records."""

import time
from dataclasses import dataclass, field
from typing import Literal, TypedDict

import numpy as np

from mnist_core.config import TrainConfig

ACTIVE = ("queued", "running")
"""States of a run that has a place in the queue, or a turn."""
GOES_ON = {"paused": "queued", "stopped": "queued", "lost": "queued", "interrupted": "interrupted"}
"""How a turn may end before the run does -> the state of the run then, unless its learner wished for another.
One that was "stopped" was asked to end, as for a pause or another learning rate."""


Mark = Literal["pinned", "shared"]


class Words(TypedDict, total=False):
    """What a learner writes on a run."""

    name: str
    tags: str
    notes: str


@dataclass(frozen=True)
class Run:
    """A run as the store knows it.

    Attributes
    ----------
    state : "queued" (also between two of its turns), "running", "interrupted" (the app that trained it has ended),
        "paused" or "stopped" (by the learner), "done", "diverged" or "failed"
    turns : how many slices of it have been begun
    step, steps : batches trained so far, and in all
    created, started, finished : seconds since 1970, or None; after an interruption it starts anew when it is resumed,
        as much earlier as it had trained
    seconds : of training, without the waiting
    saved : batches that the saved model has learned from, or None before there is one
    accuracy : of the last finished epoch, or None
    message : why it diverged or failed, in words
    size : of the saved model, bytes
    pinned : kept whatever its age
    shared : may be seen by everybody who has its link
    pause_at : pause when so many batches have been trained, 0 for at once; None does not
    lr : the learning rate that its learner has set since it began, or None
    changes : JSON, a list of [step, learning rate] for each such rate that came into force
    name, tags, notes : the learner's own words, "" for none; tags are separated by commas
    bet : JSON of what the learner foretold, or None
    sweep : id of the sweep that it belongs to, or None
    parent : whose model it trains on, a run's id or the name of a model that comes with the lab; None begins anew
    examples : how many digits that a learner kept it trains on besides the others
    """

    id: str
    owner: str
    config: TrainConfig
    state: str
    want_stop: bool
    turns: int
    created: float
    started: float | None
    finished: float | None
    seconds: float
    epochs_done: int
    step: int
    steps: int
    saved: int | None
    accuracy: float | None
    message: str
    size: int
    pinned: bool
    shared: bool
    pause_at: int | None
    lr: float | None
    changes: str
    name: str
    tags: str
    notes: str
    bet: str | None
    sweep: str | None
    parent: str | None
    examples: int

    @property
    def active(self) -> bool:
        return self.state in ACTIVE

    @property
    def label(self) -> str:
        """What it is: the learner's own words, or e.g. "mlp128, 3 and 7, lr 0.1"."""
        what = f"{self.config.model}, {self.config.digits_title.lower()}, lr {self.config.lr:g}"
        return self.name or (f"{what}, trained on" if self.parent else what)

    @property
    def title(self) -> str:
        """A short name for lists: what it is and what it reached, e.g. "mlp128, 3 and 7, lr 0.1, 97.8%"."""
        reached = self.state if self.accuracy is None else f"{self.accuracy:.1%}"
        return f"{self.label}, {'in training' if self.active else reached}"

    @property
    def turn(self) -> str:
        """A name for the slice that a conductor holds, never given twice."""
        return f"{self.id}.{self.turns}"

    @property
    def elapsed(self) -> float:
        """Seconds since the run began to train, or for how long it did; the time it lay interrupted does not count."""
        return (self.finished or time.time()) - self.started if self.started else self.seconds

    @property
    def batches_an_epoch(self) -> int:
        return self.steps // self.config.epochs


@dataclass(frozen=True)
class Start:
    """Where a run begins that trains another's model on.

    Attributes
    ----------
    parent : whose model it is; see `Run`
    state : the model, as `training.start_from` gives it
    extra : digits to train on besides the others, as `examples.pack` gives them; b"" for none
    examples : how many
    """

    parent: str
    state: bytes
    extra: bytes = b""
    examples: int = 0


@dataclass(frozen=True)
class Place:
    """Where a run stands in the queue.

    Attributes
    ----------
    position : 1 is next
    wait : seconds until its turn, as far as the runs before it are known; None if they are not
    """

    position: int
    wait: float | None


@dataclass(frozen=True)
class Server:
    """What a server last said of itself.

    Attributes
    ----------
    alive : whether that was just now
    devices : what its workers can train on, the preferred one first; empty while they warm up
    trouble : why it cannot train, in words, or None
    """

    alive: bool
    devices: list[str]
    trouble: str | None


@dataclass(frozen=True)
class Made:
    """What a turn of a run made.

    Attributes
    ----------
    state : the model with all that is needed to go on
    epochs_done, step : of the whole run, after this turn
    first_step : batches trained before this turn
    batches : what the recorder saw in this turn: for each of `PER_BATCH` float32 bytes, one value for each batch
    epochs : rows of the recorder, one for each epoch that this turn finished
    snapshots : epoch -> the model after it, for those that are kept
    """

    state: bytes
    epochs_done: int
    step: int
    first_step: int
    batches: dict[str, bytes]
    epochs: list[dict[str, float]]
    snapshots: dict[int, bytes] = field(default_factory=dict)


@dataclass(frozen=True)
class Curves:
    """What the recorder saw: float32 arrays, a value for each batch, NaN where an older lab kept none, and rows."""

    losses: np.ndarray
    lrs: np.ndarray
    momenta: np.ndarray
    norms: np.ndarray
    epochs: list[dict[str, float]]


PER_BATCH = ("losses", "lrs", "momenta", "norms")
