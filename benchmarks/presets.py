"""The experiments of the write-ups once more: `python -m benchmarks.presets [ID ...]`.

Trains each preset as it stands (or those named, or with --cheap the cheap ones) and prints the published accuracy,
ours, whether they agree, and whether ours is what it has been before. What is no training of a model is computed too.
"""

import argparse
import sys
import time
from collections.abc import Sequence

from mnist_core import devices
from mnist_core.chapter import baseline
from mnist_core.data import load
from mnist_core.presets import PRESETS, Preset
from mnist_core.training import train


def main(chosen: Sequence[Preset]) -> bool:
    """Print the table; whether all came out as before."""
    devices.use_threads()
    print(f"{'experiment':24}{'published':>10}{'here':>8}{'agrees':>8}{'as before':>11}{'seconds':>9}")
    same = []
    for preset in chosen:
        began = time.perf_counter()
        here = measure(preset)
        took = time.perf_counter() - began
        published = "-" if preset.published is None else f"{preset.published:.4f}"
        agrees = {None: "-", True: "yes", False: "no"}[preset.agrees(here)]
        same.append(preset.reproduces(here))
        before = "yes" if same[-1] else "NO"
        print(f"{preset.id:24}{published:>10}{here:8.4f}{agrees:>8}{before:>11}{took:9.1f}", flush=True)
    return all(same)


def measure(preset: Preset) -> float:
    """The accuracy that an experiment gives here, on MNIST."""
    if preset.config is None:
        distance = {"similarity-l1": "L1", "similarity-l2": "RMSE"}[preset.id]
        return baseline.score(load("mnist"), baseline.measure("mnist")[distance], (3, 7)).accuracy
    return train(preset.config).epochs[-1].accuracy


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition(":")[0])
    parser.add_argument("ids", nargs="*", choices=[*PRESETS, []], metavar="ID")
    parser.add_argument("--cheap", action="store_true")
    args = parser.parse_args()
    wanted = [PRESETS[name] for name in args.ids or PRESETS]
    sys.exit(not main([preset for preset in wanted if preset.cheap or not args.cheap]))
