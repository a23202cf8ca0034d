"""A sweep: the same training with one setting after another, so that its effect is seen and not guessed.

`Sweep` says which runs those are; the functions below say what came out of them.
"""

import json
import math
import random
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from itertools import product
from statistics import mean, median
from typing import Any, Literal, get_args

from mnist_core.config import TrainConfig
from mnist_core.errors import ConfigError
from mnist_core.runs.records import Run

MOST_RUNS = 100
SETTINGS = {
    "lr": "Learning rate",
    "bs": "Batch size",
    "model": "Model",
    "optimizer": "Optimiser",
    "seed": "Seed",
}
"""What a sweep can vary -> its title. The first that varies has the rows of the table of results."""
NONE_YET = "-"

Kind = Literal["grid", "random"]


@dataclass(frozen=True)
class Sweep:
    """Runs that differ in a few settings.

    Attributes
    ----------
    base : what all of them share
    values : a name in `SETTINGS` -> the values that it takes; a setting that is not named keeps the base's. Kept
        without repeats, numbers ascending
    kind : "grid" is every combination of the values; "random" draws `runs` of them, the learning rate
        log-uniformly between the lowest and the highest, so that each power of ten is as likely as the next
    runs : how many a random search draws
    draw_seed : of a random search

    Raises
    ------
    ConfigError
        If a value is none that a run can have, a setting has no value, or the runs are none or more than `MOST_RUNS`.

    Examples
    --------
    >>> sweep = Sweep(TrainConfig(epochs=3), {"lr": [0.1, 1], "seed": [1, 2]})
    >>> [(config.lr, config.seed) for config in sweep.configs()]
    [(0.1, 1), (1.0, 1), (0.1, 2), (1.0, 2)]
    """

    base: TrainConfig
    values: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    kind: Kind = "grid"
    runs: int = 0
    draw_seed: int = 0

    def __post_init__(self) -> None:
        if self.kind not in get_args(Kind):
            raise ConfigError(
                f"There is no sweep of the kind {self.kind!r}: choose one of {', '.join(get_args(Kind))}."
            )
        if unknown := sorted(set(self.values) - set(SETTINGS)):
            raise ConfigError(f"A sweep cannot vary {unknown[0]!r}: choose among {', '.join(SETTINGS)}.")
        checked = {name: self._checked(name) for name in SETTINGS}
        object.__setattr__(self, "values", checked)  # frozen: set once, here
        if self.kind == "random" and len(checked["lr"]) < 2:
            raise ConfigError("A random search draws learning rates between two: choose a lowest and a higher one.")
        if type(self.count) is not int or not 1 <= self.count <= MOST_RUNS:
            raise ConfigError(f"This sweep would have {self.count:,} runs: choose values that give 1 to {MOST_RUNS}.")

    def _checked(self, name: str) -> tuple[Any, ...]:
        """The values of a setting as a run would have them."""
        given = self.values.get(name, [getattr(self.base, name)])
        if not given:
            raise ConfigError(f"{SETTINGS[name]} has no value: choose one or more.")
        found = dict.fromkeys(getattr(replace(self.base, **{name: value}), name) for value in given)
        return tuple(found if name in ("model", "optimizer") else sorted(found))

    @property
    def count(self) -> int:
        """How many runs these are."""
        return math.prod(map(len, self.values.values())) if self.kind == "grid" else self.runs

    @property
    def varied(self) -> list[str]:
        """The settings with more than one value, in the order of `SETTINGS`."""
        return [name for name in SETTINGS if len(self.values[name]) > 1]

    @property
    def title(self) -> str:
        """A short name for lists, e.g. "24 runs: 4 learning rates, 2 models, 3 seeds"."""
        parts = [f"{len(self.values[name])} {SETTINGS[name].lower()}s" for name in self.varied]
        if self.kind == "random":
            low, *_, high = self.values["lr"]
            parts[0] = f"learning rates from {low:g} to {high:g} at random"
        runs = "1 run" if self.count == 1 else f"{self.count} runs"
        return f"{runs}: {', '.join(parts) or 'the same settings'}"

    @property
    def shared(self) -> str:
        """What all runs have in common, in words, e.g. "MNIST, all ten digits, 3 epochs, batch size 256"."""
        source = {"mnist": "MNIST", "digits": "Embedded digits"}.get(self.base.data, "Your own images")
        epochs = "1 epoch" if self.base.epochs == 1 else f"{self.base.epochs} epochs"
        digits = self.base.digits_title
        digits = f"{digits.lower()} digits" if len(self.base.digits) == 10 else f"digits {digits}"
        fixed = [name for name in SETTINGS if name not in self.varied]
        each = [f"{SETTINGS[name].lower()} {self.values[name][0]}" for name in fixed]
        return ", ".join([source, digits, epochs, *each])

    def configs(self) -> list[TrainConfig]:
        """The runs. In a grid all settings have their first seed before any has its second."""
        slowest_first = list(SETTINGS)[::-1]
        grid = product(*(self.values[name] for name in slowest_first))
        settings = (
            self._draws() if self.kind == "random" else (dict(zip(slowest_first, each, strict=True)) for each in grid)
        )
        return [replace(self.base, **each) for each in settings]

    def _draws(self) -> Iterator[dict[str, Any]]:
        draw = random.Random(self.draw_seed)
        low, *_, high = self.values["lr"]
        for _ in range(self.runs):
            lr = math.exp(draw.uniform(math.log(low), math.log(high)))
            others = {name: draw.choice(self.values[name]) for name in SETTINGS if name != "lr"}
            yield {"lr": min(max(float(f"{lr:.4g}"), low), high), **others}  # four digits can be read and typed again

    def to_json(self) -> str:
        return json.dumps(asdict(self), sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> "Sweep":
        try:
            spec = json.loads(text)
            return cls(**{**spec, "base": TrainConfig.from_dict(spec["base"])})
        except ConfigError:
            raise
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise ConfigError(f"This is no description of a sweep ({error}): make the sweep again.") from None


@dataclass(frozen=True)
class SavedSweep:
    """A sweep as the store knows it."""

    id: str
    created: float
    sweep: Sweep


def best(runs: Sequence[Run]) -> Run | None:
    """The finished run with the highest accuracy after its last epoch, the first of equal ones."""
    finished = [run for run in runs if run.state == "done" and run.accuracy is not None]
    return max(finished, key=lambda run: run.accuracy or 0.0, default=None)


def progress(runs: Sequence[Run]) -> str:
    """How far a sweep is, in words, e.g. "10 done, 2 training, 12 waiting"."""
    counts = Counter(map(state_word, runs))
    words = ("done", "diverged", "failed", "stopped", "training", "waiting", "paused", "interrupted")
    return ", ".join(f"{counts[word]} {word}" for word in words if counts[word]) or "no runs"


def state_word(run: Run) -> str:
    """The state of a run in a word. One that waits between two of its turns is in training."""
    if run.active:
        return "training" if run.state == "running" or run.step else "waiting"
    return run.state


def results(sweep: Sweep, runs: Sequence[Run]) -> list[dict[str, str]]:
    """What a grid has given: a row for each value of the first setting that varies, a column for each combination of
    the others; over the seeds the mean with the lowest and the highest.

    Returns
    -------
    list of rows, title of a column -> text; the first column has the row's own value
    """
    first, *others = [name for name in sweep.varied if name != "seed"] or ["lr"]
    combinations = list(product(*(sweep.values[name] for name in others)))
    return [
        {SETTINGS[first]: f"{value:g}" if first == "lr" else str(value)}
        | {
            _column(others, combination): _cell(_matching(runs, first, value, others, combination))
            for combination in combinations
        }
        for value in sweep.values[first]
    ]


def _matching(
    runs: Sequence[Run], first: str, value: Any, others: Sequence[str], combination: Sequence[Any]
) -> list[Run]:
    wanted = {first: value, **dict(zip(others, combination, strict=True))}
    return [run for run in runs if all(getattr(run.config, name) == each for name, each in wanted.items())]


def _column(names: Sequence[str], values: Sequence[Any]) -> str:
    words = [f"batches of {value}" if name == "bs" else str(value) for name, value in zip(names, values, strict=True)]
    return ", ".join(words) or "Accuracy"


def _cell(runs: Sequence[Run]) -> str:
    """The accuracies of runs that differ in their seeds alone, in a few words."""
    reached = [run.accuracy for run in runs if run.state == "done" and run.accuracy is not None]
    diverged = sum(run.state == "diverged" for run in runs)
    words = []
    if reached:
        words.append(f"{mean(reached):.4f}")
    if len(reached) > 1:
        words[0] += f" ({min(reached):.4f} to {max(reached):.4f})"
    if diverged:
        words.append("diverged" if diverged == len(runs) else f"{diverged} of {len(runs)} diverged")
    return ", ".join(words) or NONE_YET


def expected_seconds(configs: Sequence[TrainConfig], earlier: Sequence[Run], workers: int) -> float | None:
    """How long runs will take, from earlier ones with the same model, batch size and data; None without these.

    Parameters
    ----------
    workers : how many runs can train at once
    """
    epochs: dict[tuple[Any, ...], list[float]] = defaultdict(list)
    for run in earlier:
        if run.saved and run.seconds:
            epochs[_alike(run.config)].append(run.seconds / run.saved * run.batches_an_epoch)
    if not workers or any(_alike(config) not in epochs for config in configs):
        return None
    return sum(config.epochs * median(epochs[_alike(config)]) for config in configs) / min(workers, len(configs))


def _alike(config: TrainConfig) -> tuple[Any, ...]:
    """What decides how long an epoch takes."""
    return config.model, config.bs, config.data, config.digits, config.split, config.precision, config.device
