"""Runs survive: at random moments workers, conductor and app are killed, the disk is full, the database goes away.

The moments are drawn from a seed, which a failure shows. `KILLS=500 python -m pytest tests/faults/test_kills.py` goes
on for longer, `SEED=...` repeats or varies.
"""

import os
import random
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from mnist_core import checkpoint
from mnist_core.config import TrainConfig
from mnist_core.errors import StoreError
from mnist_core.runs.records import ACTIVE
from mnist_core.runs.store import Store
from mnist_core.training import train, weights_sha256
from tests.conftest import ROOT

ME = "me"
KILLS = int(os.environ.get("KILLS", "60"))
SEED = int(os.environ.get("SEED", "0"))
RUNS = [TrainConfig(data="digits", model=model, epochs=30, bs=4) for model in ("mlp128", "mlp30", "linear")]
APP = "import sys; from mnist_core.runs.service import RunService; lab = RunService(); sys.stdin.read()"


class Lab:
    """An app with its conductor and workers, as processes to be killed, and a look into its store from outside."""

    def __init__(self, home: Path, store: str | None = None) -> None:
        self.environment = os.environ | {"MNIST_HOME": str(home), "MNIST_RESUME": "auto"}
        self.environment["MNIST_STORE"] = store or f"sqlite:///{home / 'runs.sqlite'}"
        self.store = Store(self.environment["MNIST_STORE"])
        self.ended: dict[psutil.Process, float] = {}
        self.saved: dict[str, int] = {}
        self.harm = 0
        self.start()

    def start(self) -> None:
        command = [sys.executable, "-c", APP]
        self.app = psutil.Popen(
            command, cwd=ROOT, env=self.environment, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL
        )

    def conductor(self) -> psutil.Process | None:
        return next(iter(self.app.children()), None)

    def workers(self) -> list[psutil.Process]:
        conductor = self.conductor()
        try:
            return [each for each in conductor.children(recursive=True) if "spawn_main" in each.cmdline()[-2]]
        except (AttributeError, IndexError, psutil.NoSuchProcess):  # none yet, or no longer
            return []

    def kill_worker(self, chance: random.Random) -> None:
        if workers := self.workers():
            self._kill([chance.choice(workers)])

    def kill_conductor(self, _: random.Random) -> None:
        if conductor := self.conductor():
            below = conductor.children(recursive=True)
            self._kill([conductor], below)

    def kill_app(self, _: random.Random) -> None:
        below = self.app.children(recursive=True)
        self._kill([self.app], below)
        self.start()

    def kill_everything(self, _: random.Random) -> None:
        self._kill([self.app, *self.app.children(recursive=True)])
        self.start()

    def fill_disk(self, chance: random.Random) -> None:
        """No file of the conductor may grow for a while."""
        if conductor := self.conductor():
            try:
                conductor.rlimit(psutil.RLIMIT_FSIZE, (1, -1))
                self.harm += 1
                time.sleep(chance.uniform(0.2, 2))
                conductor.rlimit(psutil.RLIMIT_FSIZE, (-1, -1))
            except psutil.NoSuchProcess:
                pass

    def _kill(self, doomed: list[psutil.Process], ending: list[psutil.Process] = ()) -> None:
        for process in doomed:
            try:
                process.kill()
                self.harm += 1
            except psutil.NoSuchProcess:
                continue
        self.ended |= dict.fromkeys([*doomed, *ending], time.monotonic())

    def look(self) -> None:
        """Nothing that was saved is lost, and nobody lives on whose parent has been dead for 10 seconds."""
        for process, since in list(self.ended.items()):
            if not process.is_running() or process.status() == psutil.STATUS_ZOMBIE:
                del self.ended[process]
            else:
                assert time.monotonic() - since < 10, process
        try:
            for run in self.store.runs(ME):
                saved = run.saved or 0
                assert saved >= self.saved.get(run.id, 0)
                self.saved[run.id] = saved
                if run.state == "interrupted":  # its worker was killed three times in one turn
                    self.store.resume(ME, run.id, "nobody")
                whole = [row["epoch"] for row in self.store.curves(run.id).epochs]
                assert whole[: saved // run.batches_an_epoch] == [*range(1, saved // run.batches_an_epoch + 1)]
        except StoreError:
            pass  # away for a moment, as was wished

    def finish(self, runs: list[str]) -> None:
        """All runs end as if nothing had happened."""
        until = time.monotonic() + 240
        while any(self.store.run(ME, run).state in (*ACTIVE, "interrupted") for run in runs):
            assert time.monotonic() < until, [self.store.run(ME, run) for run in runs]
            self.look()
            time.sleep(0.2)
        for run in (self.store.run(ME, run) for run in runs):
            assert (run.state, run.message, run.epochs_done) == ("done", "", run.config.epochs)
            assert len(self.store.curves(run.id).losses) == run.steps
            model = checkpoint.undump(self.store.checkpoint(run.id)).model
            assert weights_sha256(model) == in_one_go(run.config)

    def close(self) -> None:
        below = self.app.children(recursive=True)
        self._kill([self.app], below)
        _, alive = psutil.wait_procs(self.ended, timeout=10)
        assert not [each for each in alive if each.status() != psutil.STATUS_ZOMBIE]


def in_one_go(config: TrainConfig) -> str:
    return weights_sha256(checkpoint.undump(train(config).state).model)


def torment(lab: Lab, events: dict[Callable[[random.Random], None], int], pause: float) -> None:
    """Let these events happen so many times each, in random order at random moments, while three runs train."""
    chance = random.Random(SEED)
    runs = [lab.store.submit(ME, config, config.epochs * 361, "nobody") for config in RUNS]
    order = [event for event, times in events.items() for _ in range(times)]
    chance.shuffle(order)
    try:
        for event in order:
            time.sleep(chance.uniform(0, pause))
            event(chance)
            lab.look()
        lab.finish(runs)
        print(f"{len(order)} events, {lab.harm} processes harmed")
    except BaseException:
        print(f"seed {SEED}, {[event.__name__ for event in order]}")
        raise
    finally:
        lab.close()


@pytest.mark.slow
def test_no_saved_epoch_no_run_and_no_process_is_left_behind_whatever_is_killed(tmp_path):
    lab = Lab(tmp_path)
    events = {
        lab.kill_worker: KILLS // 3,
        lab.kill_app: KILLS // 10,
        lab.kill_conductor: KILLS // 10,
        lab.kill_everything: 1,
        lab.fill_disk: KILLS // 10,
    }
    torment(lab, events, pause=3)


@pytest.mark.slow
def test_a_database_that_drops_connections_restarts_or_refuses_to_write_loses_nothing(tmp_path, postgres):
    url = postgres.new_database()
    name = url.rpartition("/")[2]

    def drop_connections(_: random.Random) -> None:
        postgres.execute(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")

    def refuse_to_write(chance: random.Random) -> None:
        postgres.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
        drop_connections(chance)
        time.sleep(chance.uniform(0.2, 2))
        postgres.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = off")
        drop_connections(chance)

    def crash(_: random.Random) -> None:
        postgres.control("restart", "-m", "immediate")

    lab = Lab(tmp_path, url)
    torment(lab, {drop_connections: KILLS // 4, refuse_to_write: KILLS // 20, crash: 2, lab.kill_worker: 2}, pause=1)
