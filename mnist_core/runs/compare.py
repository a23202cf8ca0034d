"""Runs side by side: their table, a search, the curves of runs that differ in their seed only, and twins in words.

*Twins* are two runs that are one setting apart: what else came out differently, that setting has done, or chance.
Settings count as they work, not as they are written: "auto" as a loss is the loss that it stands for.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Literal

import numpy as np
import pandas as pd

from mnist_core.options import MODEL_TITLES
from mnist_core.runs.records import Curves, Run

Value = Literal["train_loss", "valid_loss", "accuracy"]
Against = Literal["epochs", "batches", "seconds"]

CHANCE = 0.01  # of accuracy; another seed may well turn a smaller difference round

SETTINGS = {
    "model": "model",
    "lr": "learning rate",
    "epochs": "number of epochs",
    "bs": "batch size",
    "optimizer": "optimiser",
    "momentum": "momentum",
    "wd": "weight decay",
    "schedule": "schedule",
    "loss": "loss",
    "label_smoothing": "label smoothing",
    "digits": "digits",
    "data": "data",
    "split": "split",
    "split_seed": "seed of the split",
    "shuffle": "shuffling",
    "shift": "shift in pixels",
    "init": "random start",
    "precision": "precision",
    "device": "device",
    "seed": "seed",
    "changes": "learning rates set by hand",
    "parent": "the model it trains on",
    "examples": "examples that a learner kept",
}
"""Every setting in words; the last three are no part of a configuration: what a learner changed while a run was on its
way, and where it began."""


def settings(run: Run) -> dict[str, Any]:
    """What made a run what it is, by the names in `SETTINGS`; what does nothing in it is None."""
    config = run.config
    changes = "" if run.changes == "[]" else run.changes
    values = config.to_dict() | {"loss": config.loss_name, "changes": changes}
    values |= {"parent": run.parent, "examples": run.examples or None}
    if config.optimizer != "SGD":
        values["momentum"] = None
    if config.optimizer != "AdamW":
        values["wd"] = None
    if config.split == "official":
        values["split_seed"] = None
    return {name: values[name] for name in SETTINGS}


def table(runs: Iterable[Run]) -> pd.DataFrame:
    """A row for each of one or more runs, under its id: what came out, the learner's words, and what it was set to."""
    rows = {
        run.id: {
            "Run": run.label,
            "Accuracy": run.accuracy,
            "Epochs done": run.epochs_done,
            "State": run.state,
            "Tags": run.tags,
            **{_heading(SETTINGS[name]): value for name, value in settings(run).items()},
            "Notes": run.notes,
            "Begun": pd.Timestamp(run.created, unit="s", tz="UTC"),
            "Training, seconds": run.seconds,
            "Pinned": run.pinned,
            "Shared": run.shared,
        }
        for run in runs
    }
    whole = {"Seed of the split": "Int64"}  # or those that have none would make it 42.0
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("id").astype({"Accuracy": float, **whole})


def _heading(word: str) -> str:
    return word[0].upper() + word[1:]


def search(runs: Iterable[Run], text: str) -> list[Run]:
    """The runs in whose name, tags, notes, state, model or settings each word is found, in any case.

    A word with an equals sign, such as "lr=0.1" or "model=cnn", is a setting and must fit as a whole.
    """
    words = text.casefold().split()
    return [run for run in runs if all(_has(run, word) for word in words)]


def _has(run: Run, word: str) -> bool:
    config = run.config
    values = [f"{name}={_said(value)}".casefold() for name, value in config.to_dict().items()]
    if "=" in word and word in values:
        return True
    text = [
        run.label,
        run.tags,
        run.notes,
        run.state,
        MODEL_TITLES[config.model],
        config.digits_title,
        config.loss_name,
    ]
    return any(word in part.casefold() for part in (*text, *(value.partition("=")[2] for value in values)))


def labels(groups: Sequence[Sequence[Run]]) -> list[str]:
    """A short name that tells each group from the others, those of a single run too: the settings they do not share.

    A run that is alone in its group goes by its learner's own name for it.
    """
    made = [settings(group[0]) | ({"seed": None} if len(group) > 1 else {}) for group in groups]
    differ = [name for name in SETTINGS if len({values[name] for values in made}) > 1]
    seen: Counter[str] = Counter()
    told_apart = []
    for group, values in zip(groups, made, strict=True):
        name = group[0].name if len(group) == 1 else ""
        name = name or ", ".join(_short(key, values[key]) for key in differ if values[key] not in (None, ""))
        name = name or group[0].label
        if len(group) > 1:
            name = f"{name}, mean of {len(group)} seeds"
        seen[name] += 1
        told_apart.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return told_apart


def _short(name: str, value: object) -> str:
    """A setting in a legend: "cnn", "lr 0.1"."""
    return str(value) if name in ("model", "loss", "optimizer", "data") else f"{name} {_said(value)}"


def by_seed(runs: Iterable[Run]) -> list[list[Run]]:
    """The runs in groups that differ in their seed only, each group where its first run stands."""
    groups: defaultdict[tuple[Any, ...], list[Run]] = defaultdict(list)
    for run in runs:
        groups[tuple((settings(run) | {"seed": None}).values())].append(run)
    return list(groups.values())


@dataclass(frozen=True)
class Band:
    """A curve of one run, or the mean of several with the lowest and the highest of them: float64 arrays of shape (n,).

    Attributes
    ----------
    xs : epochs, batches or seconds; the seconds of several runs are their mean
    mean, low, high : after each epoch that all of the runs have finished
    """

    xs: np.ndarray
    mean: np.ndarray
    low: np.ndarray
    high: np.ndarray


def band(runs: Sequence[Run], curves: Mapping[str, Curves], value: Value, against: Against = "epochs") -> Band:
    """The curve of one run, or the mean and the range of runs that differ in their seed only.

    Parameters
    ----------
    curves : id of a run -> what its recorder saw
    """
    epochs = min(len(curves[run.id].epochs) for run in runs)
    rows = [curves[run.id].epochs[:epochs] for run in runs]
    ys = np.array([[row[value] for row in of_run] for of_run in rows], dtype=float)  # (runs, epochs)
    xs = np.arange(1.0, epochs + 1)
    if against == "batches":
        xs = xs * runs[0].batches_an_epoch
    elif against == "seconds":
        xs = np.cumsum([[row["seconds"] for row in of_run] for of_run in rows], axis=1).mean(axis=0)
    return Band(xs, ys.mean(axis=0), ys.min(axis=0), ys.max(axis=0))


def seeds_in_words(runs: Sequence[Run], curves: Mapping[str, Curves]) -> str:
    """What chance does: how far apart runs are that differ in their seed only."""
    reached = band(runs, curves, "accuracy")
    if not len(reached.xs):
        return f"{len(runs)} runs differ in their seed only. Not all of them have finished an epoch."
    return (
        f"{len(runs)} runs differ in their seed only: after {_epochs(len(reached.xs))} their accuracy is "
        f"{reached.low[-1]:.4f} to {reached.high[-1]:.4f}, {reached.mean[-1]:.4f} on average. So much is chance."
    )


@dataclass(frozen=True)
class Twins:
    """Two runs that are one setting apart; `setting` is its name in `SETTINGS`."""

    first: Run
    second: Run
    setting: str


def twins(runs: Sequence[Run], of: Run | None = None) -> list[Twins]:
    """All pairs of runs that are exactly one setting apart, other than the seed.

    Parameters
    ----------
    of : only the pairs with this one as the first
    """
    sets = {run.id: settings(run) for run in runs}
    pairs = combinations(runs, 2) if of is None else ((of, run) for run in runs if run.id != of.id)
    found = []
    for first, second in pairs:
        apart = [name for name, value in sets[first.id].items() if value != sets[second.id][name]]
        if len(apart) == 1 and apart != ["seed"]:
            found.append(Twins(first, second, apart[0]))
    return found


def in_words(pair: Twins, curves: Mapping[str, Curves]) -> str:
    """What the one setting has done: what each of the two reached, after as many epochs as both have finished.

    Parameters
    ----------
    curves : id of a run -> what its recorder saw
    """
    word = SETTINGS[pair.setting]
    done = {run.id: len(curves[run.id].epochs) for run in (pair.first, pair.second)}
    if pair.setting != "epochs":
        done = dict.fromkeys(done, min(done.values()))
    if not all(done.values()):
        both = " and ".join(f"{_setting(run, pair.setting)} ({run.state})" for run in (pair.first, pair.second))
        return f"Two runs differ only in the {word}: {both}. Not both have finished an epoch."
    # What is printed is subtracted: a reader who does the same finds the same.
    reached = {run: round(curves[run.id].epochs[done[run.id] - 1]["accuracy"], 4) for run in (pair.first, pair.second)}
    better, worse = sorted(reached, key=lambda run: -reached[run])
    more = reached[better] - reached[worse]
    parts = [f"{_setting(run, pair.setting)} reached {reached[run]:.4f}{_later(run)}" for run in (better, worse)]
    after = " and ".join(_epochs(count) for count in dict.fromkeys((done[better.id], done[worse.id])))
    difference = f"{100 * more:.2f} percentage points more" if more else "no difference"
    chance = " So small a difference may be chance: repeat both with other seeds." if 0 < more < CHANCE else ""
    return f"Two runs differ only in the {word}: {', '.join(parts)}: {difference}, after {after}.{chance}"


def _setting(run: Run, name: str) -> str:
    """The setting of a run as it stands in a sentence."""
    if name == "digits":
        return run.config.digits_title.lower()
    if name == "changes":
        return "the run with them" if settings(run)[name] else "the run without"
    return _said(settings(run)[name])


def _said(value: object) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _later(run: Run) -> str:
    return " and later diverged" if run.state == "diverged" else ""


def _epochs(count: int) -> str:
    return "1 epoch" if count == 1 else f"{count} epochs"
