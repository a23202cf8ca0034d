"""What the detectors of runs find, and what they find where nothing is wrong: `python -m benchmarks.diagnosis`.

Trains runs that have a fault and healthy ones, the presets at fewer epochs among them, on each source of data and with
several seeds, and prints for each detector how many of its faults it found, and how many healthy runs it spoke up at.
"""

import sys
import warnings
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace

import numpy as np

from mnist_core import devices
from mnist_core.chapter import recipe
from mnist_core.chapter.mistakes import MISTAKES
from mnist_core.chapter.recipe import Recipe
from mnist_core.checkpoint import undump
from mnist_core.config import TrainConfig
from mnist_core.data import sources
from mnist_core.diagnosis import Evidence, dead_shares, diagnose
from mnist_core.presets import PRESETS
from mnist_core.runs.records import Curves
from mnist_core.training import Batches, load_data, train

SEEDS = (1, 2)
FEW = {"mnist": 3, "digits": 10}  # epochs of a preset
FEW_OF_CNN = {"mnist": 1, "digits": 10}
BS = {"mnist": 256, "digits": 64}


def observe(config: TrainConfig, images: int | None = None) -> Evidence:
    """Train a run here and now; what is known of it then.

    Parameters
    ----------
    config : TrainConfig
    images : train on so many of the training images only
    """
    data = load_data(config)
    valid = data.images[data.valid[:: -(-len(data.valid) // 200)]]
    if images:
        data = replace(data, train=np.sort(np.random.default_rng(config.seed).choice(data.train, images, False)))
    seen = Batches(0)
    outcome = train(config, data, on_batches=seen.extend)
    per_batch = (np.array(values, np.float32) for values in (seen.losses, seen.lrs, seen.momenta, seen.norms))
    curves = Curves(*per_batch, epochs=[asdict(row) for row in outcome.epochs])
    every = -(-len(data.train) // config.bs)
    dead = dead_shares(undump(outcome.state).model, valid)
    return Evidence(config, curves, outcome.kind, every, config.lr, dead)


def observe_by_hand(source: str, what: Recipe, seed: int) -> Evidence:
    """The same for a training by hand, which can have faults that no setting of a run makes."""
    trained = recipe.train(source, what, seed)
    config = TrainConfig(data=source, digits=what.digits, model="mlp30", lr=what.lr, epochs=what.epochs, seed=seed)
    unknown = np.full(len(trained.losses), np.nan)
    row = {"epoch": what.epochs, "train_loss": np.nan, "valid_loss": np.nan, "accuracy": trained.accuracy}
    curves = Curves(trained.losses, unknown, unknown, unknown, [row])
    return Evidence(config, curves, "done", len(trained.losses) // what.epochs, what.lr)


def faulty(source: str, seed: int) -> Iterator[tuple[str, Evidence]]:
    """Runs with a fault each, and the kind of finding that it should give."""
    few = source == "digits"
    base = TrainConfig(data=source, seed=seed, bs=BS[source], epochs=8 if few else 3, device="cpu")

    def run(images: int | None = None, **settings: object) -> Evidence:
        return observe(TrainConfig.from_dict({**base.to_dict(), **settings}), images)

    yield "nan", observe_by_hand(source, MISTAKES["softmax"].broken(), seed)
    if (exploded := run(model="mlp392_30", lr=100, init="randn")).state == "diverged":  # others die before that
        yield "nan", exploded
    for model, lr in (("mlp30", 10), ("mlp128", 5), ("mlp392_30", 5), ("linear", 20)):
        yield "too_high", run(model=model, lr=lr)
    yield "too_high", run(model="mlp128", lr=1, optimizer="AdamW")
    yield "too_high", run(model="mlp30", lr=100, digits="37")
    for model, lr in (("mlp30", 0.01), ("mlp128", 0.005), ("linear", 0.001), ("mlp392_30", 0.01)):
        yield "too_low", run(model=model, lr=lr if few else lr / 4)
    for model, lr in (("mlp30", 1e-6), ("mlp128", 1e-5), ("linear", 1e-5)):
        yield "not_learning", run(model=model, lr=lr)
    yield "not_learning", observe_by_hand(source, MISTAKES["minus"].broken(), seed)
    for model, lr in (("mlp30", 10), ("mlp128", 5)):
        yield "dead", run(model=model, lr=lr)
    yield "overfitting", run(300, model="mlp392_30", lr=0.2, epochs=60, bs=32)
    yield "overfitting", run(100, model="mlp392_30", lr=0.01, optimizer="AdamW", epochs=40, bs=16)
    for model, lr in (("linear", 0.1), ("mlp128", 0.1), ("mlp30", 0.03)):
        yield "sorted", run(model=model, lr=lr, shuffle=False)
    yield "sorted", run(model="mlp128", lr=0.1, digits="37", shuffle=False, epochs=1, bs=256 if not few else 8)
    yield "unscaled", run(model="mlp128", lr=0.01, init="randn")
    yield "unscaled", observe_by_hand(source, MISTAKES["pixels"].broken(), seed)
    yield "wrong_sign", observe_by_hand(source, MISTAKES["sigmoid"].broken(), seed)


def healthy(source: str, seed: int) -> Iterator[tuple[str, Evidence]]:
    """Runs without a known fault: presets that shuffle, start scaled and are not slow by design, and some more."""
    base = {"data": source, "seed": seed, "device": "cpu", "bs": BS[source]}
    configs = {}
    for preset in PRESETS.values():
        config = preset.config
        if config and config.model != "resnet18" and config.shuffle and config.lr > 0.01 and config.init == "default":
            few = (FEW_OF_CNN if config.model == "cnn" else FEW)[source]
            configs[replace(config, epochs=few, **base)] = preset.id
    for settings in (
        {"model": "linear", "digits": "37", "lr": 1.0},
        {"model": "mlp30", "digits": "37", "lr": 0.1},
        {"model": "linear", "digits": "48", "lr": 1.0, "init": "randn"},
        {"model": "mlp128", "optimizer": "AdamW", "lr": 0.01, "schedule": "one-cycle"},
        {"model": "mlp392_30", "lr": 0.1, "momentum": 0.5},
    ):
        name = " ".join(map(str, settings.values()))
        configs[TrainConfig.from_dict({**base, "epochs": FEW[source], **settings})] = name
    for config, name in configs.items():
        yield name, observe(config)


def tally(source: str, seeds: Sequence[int]) -> tuple[dict[str, list[set[str]]], dict[str, list[set[str]]]]:
    """For each kind of fault, and for each healthy run, what was found in each of its runs."""
    counts = []
    for runs in (faulty, healthy):
        found = defaultdict(list)
        for seed in seeds:
            for name, evidence in runs(source, seed):
                found[name].append({finding.kind for finding in diagnose(evidence)})
        counts.append(found)
    return counts[0], counts[1]


def main() -> None:
    warnings.simplefilter("ignore")
    devices.use_threads()
    for source in [found.name for found in sources()]:
        faults, sound = tally(source, SEEDS)
        total = sum(map(len, sound.values()))
        heads = f"{'detector':14}{'faulty runs':>12}{'found':>8}{'healthy runs':>14}{'false alarms':>14}"
        print(f"\n{source}\n{heads}   what was said where it was missed")
        for kind, runs in faults.items():
            hits = sum(kind in found for found in runs)
            alarms = sum(kind in found for found_of in sound.values() for found in found_of)
            instead = [", ".join(sorted(found)) or "nothing" for found in runs if kind not in found]
            print(f"{kind:14}{len(runs):12}{hits:8}{total:14}{alarms:14}   {'; '.join(instead)}", flush=True)
        for name, found_of in sound.items():
            if any(found_of):
                print(f"  false alarm at {name}: {[sorted(found) for found in found_of]}")


if __name__ == "__main__":
    sys.exit(main())
