"""Which learning rate? fastai's `lr_find`, for several random starts, and what its suggestions mean.

`lr_find` trains for 100 batches while the rate grows from 1e-7 to 10, and then puts the old weights back. Here it does
so on a model of its own, so that no run and no saved model is touched. fastai is imported where a search runs, so that
the page that offers one opens without it.
"""

import math
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mnist_core.config import TrainConfig
from mnist_core.errors import ConfigError

if TYPE_CHECKING:
    from fastai.learner import Learner
    from torch import Tensor

FEWEST = 16  # points, as many as fastai's `slide` compares

MEANINGS = {
    "valley": "The middle of the longest fall. It is what fastai suggests if nothing else is said: on the safe side, "
    "often slower than need be.",
    "slide": "From the right end, where the loss shoots up, it slides back to where the slope hardly changes any more. "
    "If the loss jumps about everywhere, it slides to the far left: then do not use it.",
    "minimum": "A tenth of the rate at which the loss was lowest. At the lowest point itself it is about to rise, so "
    "one keeps away from it.",
    "steep": "Where the loss fell fastest from one batch to the next. One lucky batch can mislead it, and it may lie "
    "close to where the loss shoots up.",
}
"""Name of fastai's function -> what it suggests, and why."""


@dataclass(frozen=True)
class Search:
    """What `lr_find` saw from one random start.

    Attributes
    ----------
    seed : of the starting weights and of the shuffling
    lrs, losses : float64 arrays of shape (n,), n at most 101: the rate of each batch, and fastai's smoothed loss after
        it, which may be NaN or infinite
    suggestions : name of fastai's function -> rate, or None if there was too little to judge by
    """

    seed: int
    lrs: np.ndarray
    losses: np.ndarray
    suggestions: dict[str, float | None]


@dataclass(frozen=True)
class Found:
    """What several searches found together."""

    searches: tuple[Search, ...]

    def suggested(self, name: str) -> list[float]:
        """The rates that one of fastai's functions suggests, of the seeds from which it suggests any."""
        return [rate for search in self.searches if (rate := search.suggestions[name]) is not None]

    def median(self, name: str) -> float | None:
        """The one in the middle, to two digits; None if there is none."""
        rates = self.suggested(name)
        return float(f"{np.median(rates):.2g}") if rates else None

    def points(self, name: str) -> tuple[list[float], list[float]]:
        """The rates of `suggested`, and on each one's own curve the loss there."""
        searches = [search for search in self.searches if search.suggestions[name] is not None]
        losses = [float(np.interp(one.suggestions[name] or 0.0, one.lrs, one.losses)) for one in searches]
        return self.suggested(name), losses


def find_lr(config: TrainConfig, seeds: Iterable[int], start: bytes | None = None) -> Found:
    """Search for a learning rate from several random starts; see `search`."""
    return Found(tuple(search(replace(config, seed=seed), start) for seed in seeds))


def subject(config: TrainConfig) -> TrainConfig:
    """The configuration without what `lr_find` does not look at: its rate, its schedule and its length."""
    return replace(config, lr=TrainConfig.lr, schedule=TrainConfig.schedule, epochs=TrainConfig.epochs)


def fits(saved: TrainConfig, config: TrainConfig) -> bool:
    """Whether the model of one run can be trained with the settings of another."""
    return (saved.model, saved.digits, saved.outputs) == (config.model, config.digits, config.outputs)


def search(config: TrainConfig, start: bytes | None = None) -> Search:
    """Search for a learning rate from the random start of `config.seed`, or from a saved model.

    Parameters
    ----------
    config : TrainConfig
    start : the bytes of a file of `checkpoint.dump`, whose weights are copied; the seed then only shuffles

    Raises
    ------
    ConfigError
        If the batch is larger than the data, or the saved model is another one than the configuration's.
    """
    from mnist_core.checkpoint import undump
    from mnist_core.training import load_data, make_learner

    learn = make_learner(config, load_data(config))
    if start is not None:
        saved = undump(start)
        if not fits(saved.config, config):
            raise ConfigError(
                f"The saved model is {saved.config.model} for the digits {saved.config.digits}, and the settings ask "
                f"for {config.model} for {config.digits}: choose a run of the same model, digits and loss."
            )
        learn.model.load_state_dict(saved.model.state_dict())
    suggestions = find(learn)
    losses = np.array([loss.item() for loss in learn.recorder.losses])
    return Search(config.seed, np.array(learn.recorder.lrs), losses, suggestions)


def find(learn: "Learner") -> dict[str, float | None]:
    """fastai's suggestions for a learner, whose model is afterwards what it was before, bit for bit.

    A loss that is NaN ends what is judged; fastai itself stops once the loss is four times the lowest.
    """
    from fastai.callback.schedule import minimum, slide, steep, valley

    suggest_funcs = tuple(_where_it_can(suggest) for suggest in (valley, slide, minimum, steep))
    with tempfile.TemporaryDirectory() as folder:  # where `lr_find` keeps the weights until it is done
        learn.path = Path(folder)
        found = learn.lr_find(show_plot=False, suggest_funcs=suggest_funcs)
    return {name: None if math.isnan(rate) else rate for name, rate in found._asdict().items()}


def _where_it_can(suggest: Callable[..., Any]) -> Callable[..., Any]:
    """One of fastai's functions; NaN where it would fail: with too few points, or with infinite ones."""

    @wraps(suggest)
    def checked(lrs: "Tensor", losses: "Tensor", num_it: int) -> Any:
        if len(losses) < FEWEST or not losses.isfinite().all():
            return math.nan, (math.nan, math.nan)
        return suggest(lrs, losses, num_it)

    return checked
