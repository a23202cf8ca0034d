"""What the store gives and takes: plain records."""

import time
from dataclasses import dataclass
from typing import Literal

import numpy as np

from mnist_core.config import TrainConfig

ACTIVE = ("queued", "running")
"""States of a run that has a place in the queue, or a turn."""
GOES_ON = {"paused": "queued", "lost": "queued", "interrupted": "interrupted"}
"""How a turn may end before the run does -> the state of the run then."""


Mark = Literal["pinned", "shared"]


@dataclass(frozen=True)
class Run:
    """A run as the store knows it.

    Attributes
    ----------
    state : "queued" (also between two of its turns), "running", "interrupted" (the app that trained it has ended),
        "stopped" (by the learner), "done", "diverged" or "failed"
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

    @property
    def active(self) -> bool:
        return self.state in ACTIVE

    @property
    def title(self) -> str:
        """A short name for lists, e.g. "mlp128, 3 and 7, lr 0.1, 97.8%"."""
        config = self.config
        reached = self.state if self.accuracy is None else f"{self.accuracy:.1%}"
        reached = "in training" if self.active else reached
        return f"{config.model}, {config.digits_title.lower()}, lr {config.lr:g}, {reached}"

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
    losses, lrs : float32 bytes, one value for each batch of this turn
    epochs : rows of the recorder, one for each epoch that this turn finished
    """

    state: bytes
    epochs_done: int
    step: int
    first_step: int
    losses: bytes
    lrs: bytes
    epochs: list[dict[str, float]]


@dataclass(frozen=True)
class Curves:
    """What the recorder saw: arrays of equal length per batch, rows per epoch."""

    losses: np.ndarray
    lrs: np.ndarray
    epochs: list[dict[str, float]]
