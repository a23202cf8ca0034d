"""What it costs to train through engine and store: `python -m benchmarks.engine [PART ...]`.

Printed are, each measured in one run on this machine: the time of a run through the lab's service against the same
training in a bare process; Train pressed to the first losses in the store, warm and from a cold start; stop, cancel
and delete until the store says so; and how long eight runs take with one, two and more workers. The parts are
overhead, first, endings, cold and workers; without a name, all.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import psutil

from mnist_core import data
from mnist_core.config import TrainConfig
from mnist_core.runs.service import RunService

ME = "benchmark"
ROUNDS = 3
EPOCHS = {"linear": 40, "mlp128": 20, "cnn": 4}
OVERHEAD_AT_MOST = 1.10
LONG = TrainConfig(model="mlp128", epochs=1000, device="cpu")
IN_PROCESS = """
import sys, time
from mnist_core.config import TrainConfig
from mnist_core.training import load_data, train
config = TrainConfig.from_json(sys.argv[1])
data = load_data(config)
train(TrainConfig(data="digits", epochs=1))
began = time.monotonic()
train(config, data)
print(time.monotonic() - began)
"""


def main(wanted: list[str]) -> None:
    """Measure the parts that are named, or all."""
    source = data.load("auto").source.name
    print(f"data: {source}, {os.cpu_count()} cores")
    warm = {"overhead": overhead, "first": first_losses, "endings": endings}
    if not wanted or warm.keys() & wanted:
        with service() as runs:
            wait(runs.devices)
            finish(runs, replace(LONG, data=source, epochs=1))
            for name, part in warm.items():
                if not wanted or name in wanted:
                    part(runs, source)
    for name, part in {"cold": cold_start, "workers": workers}.items():
        if not wanted or name in wanted:
            part(source)


def overhead(runs: RunService, source: str) -> None:
    """The same training in a bare process and through the service, in turn, so that a slow minute strikes both."""
    print(f"{'model':8} {'in-process s':>13} {'service s':>10} {'ratio':>7}   asked: at most {OVERHEAD_AT_MOST}")
    for model, epochs in EPOCHS.items():
        config = TrainConfig(data=source, model=model, epochs=epochs, device="cpu")
        bare, through = [], []
        for _ in range(ROUNDS):
            bare.append(in_process(config))
            through.append(timed(lambda config=config: finish(runs, config)))
        ours, alone = statistics.median(through), statistics.median(bare)
        print(f"{model:8} {alone:13.2f} {ours:10.2f} {ours / alone:7.2f}", flush=True)


def in_process(config: TrainConfig) -> float:
    command = [sys.executable, "-W", "ignore", "-c", IN_PROCESS, config.to_json()]
    done = subprocess.run(
        command, capture_output=True, text=True, check=True, env=os.environ | {"OMP_NUM_THREADS": "1"}
    )
    return float(done.stdout)


def first_losses(runs: RunService, source: str) -> None:
    seconds = []
    for seed in range(20):
        seconds.append(timed(lambda seed=seed: begin(runs, replace(LONG, data=source, seed=seed))))
        stop_all(runs)
    report("Train to first losses in the store, warm", seconds, "under 1 s")


def cold_start(source: str) -> None:
    """From a service that has nothing running yet; Train is pressed at once."""

    def start() -> None:
        with service() as runs:
            begin(runs, replace(LONG, data=source))
            stop_all(runs)

    report("Train to first losses in the store, from a cold start", [timed(start) for _ in range(ROUNDS)], "under 8 s")


def endings(runs: RunService, source: str) -> None:
    """Stop a run that trains, cancel one that waits behind others, delete one that trains."""
    slots = psutil.cpu_count() or 1
    seconds: dict[str, list[float]] = {"stop": [], "cancel": [], "delete": []}
    for seed in range(0, 200, 20):
        config = replace(LONG, data=source, seed=seed)
        for kind, end in (("stop", runs.stop), ("delete", runs.delete)):
            run = begin(runs, replace(config, seed=seed + len(kind)))
            seconds[kind].append(timed(lambda end=end, run=run: end(ME, run)))
            wait(lambda run=run: run not in [each.id for each in runs.store.runs(ME) if each.active])
        behind = [runs.submit(ME, replace(config, seed=seed + n)) for n in range(slots + 2)][-1]
        seconds["cancel"].append(timed(lambda behind=behind: runs.stop(ME, behind)))
        assert runs.store.run(ME, behind).state == "stopped"
        stop_all(runs)
    for kind, each in seconds.items():
        report(kind, each, "median under 0.2 s")


def workers(source: str) -> None:
    print(f"\n{'workers':8} {'eight runs of mlp128 s':>24} {'memory of all workers, MB':>28}")
    for count in (1, 2, 3, 4):
        os.environ["MNIST_WORKERS"] = str(count)
        with service() as runs:
            wait(lambda runs=runs: runs.devices())
            time.sleep(5)  # for the other workers to be warm as well
            configs = [replace(LONG, data=source, epochs=5, seed=seed) for seed in range(8)]

            def all_of_them(runs: RunService = runs, configs: list[TrainConfig] = configs) -> None:
                for config in configs:
                    runs.submit(ME, config)
                wait(lambda: not any(run.active for run in runs.store.runs(ME)))

            seconds = timed(all_of_them)
            print(f"{count:8} {seconds:24.1f} {memory() / 1e6:28.0f}", flush=True)
    del os.environ["MNIST_WORKERS"]


def memory() -> int:
    """Bytes that the processes below the conductor have for themselves."""
    return sum(each.memory_full_info().uss for each in psutil.Process().children(recursive=True))


@contextmanager
def service() -> Iterator[RunService]:
    """The lab's runs in a store of their own; the decoded data stay where they are."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["MNIST_STORE"] = f"sqlite:///{folder}/runs.sqlite"
        runs = RunService()
        try:
            yield runs
        finally:
            runs.close()


def begin(runs: RunService, config: TrainConfig) -> str:
    run = runs.submit(ME, config)
    wait(lambda: runs.store.run(ME, run).step)
    return run


def finish(runs: RunService, config: TrainConfig) -> None:
    run = runs.submit(ME, config)
    wait(lambda: not runs.store.run(ME, run).active)
    assert runs.store.run(ME, run).state == "done"
    runs.delete(ME, run)


def stop_all(runs: RunService) -> None:
    for run in runs.store.runs(ME):
        runs.stop(ME, run.id, wait=10)


def wait(condition: Callable[[], object], seconds: float = 600) -> None:
    until = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > until:
            sys.exit("Nothing has happened for ten minutes.")
        time.sleep(0.005)


def timed(work: Callable[[], object]) -> float:
    began = time.monotonic()
    work()
    return time.monotonic() - began


def report(what: str, seconds: list[float], asked: str) -> None:
    print(f"{what}: median {statistics.median(seconds):.3f} s, worst {max(seconds):.3f} s; asked: {asked}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
