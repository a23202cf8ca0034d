"""The lab as deploy/compose.yaml sets it up, on loopback: a real scheduler, real workers and a real PostgreSQL."""

import os
import shlex
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import psutil
import pytest
import yaml
from distributed import Client, Worker

from mnist_core import checkpoint
from mnist_core.config import TrainConfig
from mnist_core.runs.service import RunService
from mnist_core.training import train, weights_sha256
from tests.conftest import ROOT

SERVICES = yaml.safe_load((ROOT / "deploy/compose.yaml").read_text())["services"]
ME, OTHER = "me", "somebody else"
CONFIG = TrainConfig(data="digits", model="mlp128", epochs=12, bs=4, device="cpu")


class Cluster:
    """Services of the compose file, as processes: their own commands and environments, only the address is another."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = str(free.getsockname()[1])
        self.address = f"tcp://127.0.0.1:{self.port}"
        self.processes: list[subprocess.Popen[bytes]] = []
        self._folder = folder

    def start(self, service: str) -> None:
        command = SERVICES[service]["command"].replace("scheduler:8786", f"127.0.0.1:{self.port}")
        command = command.replace("8786", self.port) + " --host 127.0.0.1 --dashboard-address 127.0.0.1:0"
        ours = {name: value for name, value in os.environ.items() if not name.endswith("_NUM_THREADS")}
        image = {"PYTHONPATH": str(ROOT)}  # as in deploy/Dockerfile
        program, *arguments = shlex.split(command)
        with (self._folder / f"{service}.log").open("ab") as log:
            self.processes.append(
                subprocess.Popen(
                    [Path(sys.executable).with_name(program), *arguments],
                    cwd=self._folder,
                    env=ours | image | SERVICES[service]["environment"],
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                )
            )

    def kill(self, process: subprocess.Popen[bytes]) -> None:
        process.kill()
        process.wait()
        self.processes.remove(process)

    def close(self) -> None:
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            process.wait(timeout=30)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory) -> Iterator[Cluster]:
    """A scheduler and two workers."""
    cluster = Cluster(tmp_path_factory.mktemp("cluster"))
    for service in ("scheduler", "worker", "worker"):
        cluster.start(service)
    yield cluster
    cluster.close()


@pytest.fixture
def client(cluster) -> Iterator[Client]:
    """For looking at the cluster."""
    with Client(cluster.address, set_as_default=False, timeout=60) as client:
        client.wait_for_workers(2, timeout=60)
        yield client


@pytest.fixture
def service(cluster, client, postgres, monkeypatch) -> Iterator[RunService]:
    """The app's handle, set to that cluster and to a database of its own."""
    monkeypatch.setenv("MNIST_SCHEDULER", cluster.address)
    monkeypatch.setenv("MNIST_STORE", postgres.new_database())
    service = RunService()
    yield service
    service.close()


def wait(condition, seconds: float = 400) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "waited too long"
        time.sleep(0.01)


def at_work(client: Client) -> set[str]:
    """The addresses of the workers that hold a slice."""
    return {address for address, keys in client.processing().items() if any(map(is_slice, keys))}


def is_slice(key: object) -> bool:
    return str(key).startswith("run_slice")


def assert_equals_training_here(service: RunService, owner: str, run: str) -> None:
    """The run is done, and its curves and weights are, bit for bit, those of the same training in this process."""
    there = service.store.run(owner, run)
    losses: list[float] = []
    here = train(there.config, on_batches=lambda batches: losses.extend(batches.losses))
    assert (there.state, there.epochs_done, there.step) == ("done", there.config.epochs, there.steps)
    curves = service.store.curves(run)
    np.testing.assert_array_equal(curves.losses, np.array(losses, dtype=np.float32))
    assert [(row["train_loss"], row["valid_loss"], row["accuracy"]) for row in curves.epochs] == [
        (row.train_loss, row.valid_loss, row.accuracy) for row in here.epochs
    ]
    model = checkpoint.undump(service.store.checkpoint(run)).model
    assert weights_sha256(model) == weights_sha256(checkpoint.undump(here.state).model)


@pytest.mark.slow
def test_runs_on_a_cluster_lose_nothing_when_a_worker_is_killed(service, cluster, client):
    runs = {owner: service.submit(owner, replace(CONFIG, seed=seed)) for seed, owner in enumerate((ME, OTHER))}
    steps = service.store.run(ME, runs[ME]).steps
    pids = client.run(os.getpid)
    wait(lambda: service.store.run(ME, runs[ME]).step > steps // 4 and at_work(client))
    victim = pids[at_work(client).pop()]
    os.kill(victim, signal.SIGKILL)
    assert service.store.run(ME, runs[ME]).step < steps
    wait(lambda: not any(service.store.run(owner, run).active for owner, run in runs.items()))
    for owner, run in runs.items():
        assert_equals_training_here(service, owner, run)
    assert victim not in client.run(os.getpid).values()
    client.wait_for_workers(2, timeout=60)
    assert not at_work(client)


@pytest.mark.slow
def test_a_run_goes_on_when_scheduler_and_workers_are_started_again(service, cluster, client):
    run = service.submit(ME, CONFIG)
    wait(lambda: service.store.run(ME, run).step > service.store.run(ME, run).steps // 4)
    client.close()
    scheduler, *workers = cluster.processes
    cluster.kill(scheduler)
    for worker in workers:
        worker.wait(timeout=60)  # it ends by itself, for Docker to start it again
        cluster.processes.remove(worker)
    for name in ("scheduler", "worker", "worker"):
        cluster.start(name)
    wait(lambda: not service.store.run(ME, run).active)
    assert_equals_training_here(service, ME, run)


@pytest.mark.slow
def test_the_app_ends_and_leaves_no_slice_on_the_cluster(service, client):
    service.submit(ME, CONFIG)
    wait(lambda: at_work(client))
    conductor = psutil.Process(service._process.pid)
    service.close()
    assert not conductor.is_running()
    wait(lambda: not at_work(client) and not any(client.run(slices).values()), seconds=10)


def slices(dask_worker: Worker) -> list[str]:
    """What a worker itself says that it executes: a scheduler may think it free too early."""
    return [str(task.key) for task in dask_worker.state.executing if is_slice(task.key)]
