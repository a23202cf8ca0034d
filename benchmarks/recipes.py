"""How few epochs the small CNN needs: `python -m benchmarks.recipes [--seeds 3]`.

The lab's own recipes and the write-up's best one train the same 1-16-32 CNN on MNIST, each with several seeds, in one
process. Printed are the mean, lowest and highest accuracy on the 10,000 test images after the last epoch, what is
asked, and the time that a run took.
"""

import argparse
import statistics
import sys
import time
from dataclasses import replace

from mnist_core import devices
from mnist_core.config import TrainConfig
from mnist_core.presets import PRESETS, RECIPES
from mnist_core.training import load_data, train

THEIRS = PRESETS["cnn-000-f"]


def main(seeds: int) -> bool:
    """Print the table; whether every mean is what is asked."""
    devices.use_threads()
    data = load_data(TrainConfig())
    print(f"{'recipe':34}{'epochs':>7}{'mean':>8}{'lowest':>8}{'highest':>8}{'seconds':>9}   asked: at least")
    reached = []
    asked: dict[str, tuple[TrainConfig, float | None]] = {
        recipe.title: (recipe.config, recipe.at_least) for recipe in RECIPES.values()
    }
    assert THEIRS.config
    for title, (config, at_least) in (asked | {f"the write-up's: {THEIRS.title}": (THEIRS.config, None)}).items():
        accuracies, took = [], []
        for seed in range(seeds):
            began = time.perf_counter()
            accuracies.append(train(replace(config, seed=seed), data).epochs[-1].accuracy)
            took.append(time.perf_counter() - began)
        mean = statistics.mean(accuracies)
        figures = f"{mean:8.4f}{min(accuracies):8.4f}{max(accuracies):8.4f}{statistics.median(took):9.1f}"
        goal = "-" if at_least is None else f"{at_least:.3f}: {'reached' if mean >= at_least else 'MISSED'}"
        print(f"{title:34}{config.epochs:7}{figures}   {goal}", flush=True)
        reached.append(at_least is None or mean >= at_least)
    return all(reached)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition(":")[0])
    parser.add_argument("--seeds", type=int, default=3)
    sys.exit(not main(parser.parse_args().seeds))
