"""Sweeps: which runs they are, what came out of them, and that they are queued, stopped and forgotten as one."""

import math
import uuid
from dataclasses import replace
from itertools import product
from statistics import mean

import numpy as np
import pytest
import sqlalchemy as sa

from mnist_core import sweeps
from mnist_core.config import TrainConfig
from mnist_core.errors import ConfigError
from mnist_core.runs.service import RunService
from mnist_core.runs.store import Store
from mnist_core.sweeps import MOST_RUNS, Sweep
from tests.unit.test_store import ME, OTHER, SERVER, made, store, take_turn

__all__ = ["store"]  # the fixture: SQLite, then PostgreSQL

BASE = TrainConfig(data="digits", epochs=1, bs=64)
VALUES = {"lr": [1, 0.1, 0.01, 0.001], "model": ["linear", "mlp30"], "seed": [1, 2, 3]}
SWEEP = Sweep(BASE, VALUES)


def add(store: Store, sweep: Sweep = SWEEP, owner: str = ME) -> str:
    return store.add_sweep(owner, sweep, [10 * config.epochs for config in sweep.configs()], SERVER)


def test_a_grid_is_every_combination_once():
    found = [(config.lr, config.model, config.seed) for config in SWEEP.configs()]
    assert sorted(found) == sorted(product(VALUES["lr"], VALUES["model"], VALUES["seed"]))
    assert len(found) == SWEEP.count == 24
    assert {replace(config, lr=0.1, model="linear", seed=1) for config in SWEEP.configs()} == {
        replace(BASE, lr=0.1, model="linear", seed=1)
    }
    assert [seed for *_, seed in found] == sorted(seed for *_, seed in found)  # each setting once before any twice
    assert SWEEP.title == "24 runs: 4 learning rates, 2 models, 3 seeds"
    assert SWEEP.shared == "Embedded digits, all ten digits, 1 epoch, batch size 64, optimiser SGD"


def test_a_random_search_draws_rates_evenly_over_the_powers_of_ten_and_the_same_again():
    sweep = Sweep(BASE, {"lr": [1e-4, 1], "bs": [16, 64]}, kind="random", runs=100, draw_seed=7)
    rates = [config.lr for config in sweep.configs()]
    assert all(1e-4 <= lr <= 1 for lr in rates)
    shares, _ = np.histogram(np.log10(rates), bins=[-4, -3, -2, -1, 0])
    assert all(15 <= share <= 35 for share in shares)  # 25 expected, with a spread of 4
    assert {config.bs for config in sweep.configs()} == {16, 64}
    assert sweep.configs() == sweep.configs() != replace(sweep, draw_seed=8).configs()


@pytest.mark.parametrize(
    "sweep", [SWEEP, Sweep(BASE), Sweep(BASE, {"lr": [0.01, 0.1445]}, kind="random", runs=5, draw_seed=3)]
)
def test_a_sweep_comes_back_from_json_as_it_was(sweep):
    assert Sweep.from_json(sweep.to_json()) == sweep
    assert Sweep.from_json(sweep.to_json()).configs() == sweep.configs()


@pytest.mark.parametrize(
    ("what", "sentence"),
    [
        ({"values": {"lr": ["fast"]}}, "'fast' is not a number"),
        ({"values": {"lr": [0.1, -1]}}, "learning rate -1 is out of range"),
        ({"values": {"model": ["gpt"]}}, "no model 'gpt'"),
        ({"values": {"bs": []}}, "Batch size has no value"),
        ({"values": {"epochs": [1, 2]}}, "cannot vary 'epochs'"),
        ({"values": {"seed": range(MOST_RUNS + 1)}}, f"have {MOST_RUNS + 1} runs"),
        ({"kind": "random", "values": {"lr": [0.1]}, "runs": 3}, "a lowest and a higher"),
        ({"kind": "random", "values": {"lr": [0.1, 1]}, "runs": 0}, "have 0 runs"),
        ({"kind": "evolution"}, "'evolution'"),
    ],
)
def test_what_is_no_sweep_is_said_in_a_sentence(what, sentence):
    with pytest.raises(ConfigError, match=sentence):
        Sweep(BASE, **what)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"base": 1}', '{"base": {}, "size": 3}'])
def test_json_that_is_no_sweep_is_said_in_a_sentence(text):
    with pytest.raises(ConfigError, match="no description of a sweep"):
        Sweep.from_json(text)


def test_a_sweep_is_queued_whole_in_its_order_and_is_its_learners_alone(store):
    new = add(store)
    runs = store.runs_of_sweep(ME, new)
    assert [run.config for run in runs] == SWEEP.configs()
    assert {(run.state, run.sweep, run.steps) for run in runs} == {("queued", new, 10)}
    assert [store.place(run.id).position for run in runs] == list(range(1, 25))
    assert [(saved.id, saved.sweep) for saved in store.sweeps(ME)] == [(new, SWEEP)]
    for change in (store.pause_sweep, store.delete_sweep):
        change(OTHER, new)
    assert store.runs_of_sweep(ME, new) == runs
    assert (store.sweeps(OTHER), store.runs_of_sweep(OTHER, new)) == ([], [])


def test_a_sweep_is_queued_whole_or_not_at_all(store, monkeypatch):
    same = uuid.uuid4()
    monkeypatch.setattr(uuid, "uuid4", lambda: same)  # the second run cannot be written
    with pytest.raises(sa.exc.IntegrityError):
        add(store)
    assert (store.runs(ME), store.sweeps(ME)) == ([], [])


def test_a_sweep_rests_and_goes_on_but_what_has_ended_stays_ended(store):
    other = add(store, Sweep(BASE, {"seed": [8, 9]}))
    new = add(store, Sweep(BASE, {"seed": [1, 2, 3, 4]}))
    done, running, paused, waiting = (run.id for run in store.runs_of_sweep(ME, new))
    store.end_turn(run := store.claim(done, SERVER), "done", 1.0, made=made(run))
    held = store.claim(running, SERVER)
    store.pause(ME, paused)
    store.pause_sweep(ME, new)
    states = {run.id: (run.state, run.pause_at) for run in store.runs_of_sweep(ME, new)}
    assert states == {
        done: ("done", None),
        running: ("running", 0),
        paused: ("paused", None),
        waiting: ("paused", None),
    }
    store.end_turn(held, "stopped", 1.0, made=made(held))
    assert store.run(ME, running).state == "paused"
    assert {run.state for run in store.runs_of_sweep(ME, other)} == {"queued"}
    store.resume_sweep(ME, new, SERVER)
    assert [run.state for run in store.runs_of_sweep(ME, new)] == ["done", "queued", "queued", "queued"]
    assert {run.pause_at for run in store.runs_of_sweep(ME, new)} == {None}
    store.delete_sweep(ME, new)
    assert [saved.id for saved in store.sweeps(ME)] == [other]
    assert {run.sweep for run in store.runs(ME)} == {other}


def test_tables_and_words_are_the_stores_numbers(store):
    sweep = Sweep(BASE, {"lr": [0.1, 1], "model": ["linear", "mlp30"], "seed": [1, 2]})
    new = add(store, sweep)
    accuracies = {}
    for n, config in enumerate(sweep.configs()):
        run = store.claim(store.next_queued(), SERVER)
        assert run.config == config
        what = made(run)
        what.epochs[0]["accuracy"] = accuracies[config] = 0.5 + n / 100
        diverges = config.lr == 1 and (config.model == "mlp30" or config.seed == 2)
        store.end_turn(run, "diverged" if diverges else "done", 1.0, made=what)
        if n == 5:  # the second seed of mlp30 is still to come
            half = sweeps.results(sweep, store.runs_of_sweep(ME, new))
    runs = store.runs_of_sweep(ME, new)
    cell = lambda lr, model, *seeds: [accuracies[replace(BASE, lr=lr, model=model, seed=seed)] for seed in seeds]  # noqa: E731
    both = {model: cell(0.1, model, 1, 2) for model in ("linear", "mlp30")}
    row = {model: f"{mean(two):.4f} ({min(two):.4f} to {max(two):.4f})" for model, two in both.items()}
    (alone,) = cell(1, "linear", 1)
    assert sweeps.results(sweep, runs) == [
        {"Learning rate": "0.1", **row},
        {"Learning rate": "1", "linear": f"{alone:.4f}, 1 of 2 diverged", "mlp30": "diverged"},
    ]
    assert half[0]["mlp30"] == f"{both['mlp30'][0]:.4f}"
    assert sweeps.best(runs).accuracy == max(run.accuracy for run in runs if run.state == "done") == max(both["mlp30"])
    assert sweeps.progress(runs) == "5 done, 3 diverged"
    assert sweeps.results(sweep, [])[0] == {"Learning rate": "0.1", "linear": "-", "mlp30": "-"}
    assert sweeps.best([]) is None


def test_a_run_between_two_of_its_turns_is_in_training(store):
    new = add(store, Sweep(replace(BASE, epochs=3), {"seed": [1, 2, 3]}))
    first = store.claim(store.next_queued(), SERVER)
    store.claim(store.next_queued(), SERVER)
    store.end_turn(first, "paused", 1.0, made=made(first))
    assert store.run(ME, first.id).state == "queued"
    assert sweeps.progress(store.runs_of_sweep(ME, new)) == "2 training, 1 waiting"


def test_the_time_follows_from_earlier_runs_of_the_same_kind_or_is_not_told(store):
    add(store, Sweep(BASE, {"model": ["linear"]}))
    take_turn(store, "done")  # an epoch in a second
    earlier = store.runs(ME)
    wanted = Sweep(replace(BASE, epochs=3), {"model": ["linear"], "lr": [0.1, 1], "seed": [1, 2]}).configs()
    assert sweeps.expected_seconds(wanted, earlier, 2) == pytest.approx(4 * 3 / 2)
    assert sweeps.expected_seconds(wanted[:1], earlier, 2) == pytest.approx(3)  # one run is not shared by two workers
    assert sweeps.expected_seconds(wanted, earlier, 0) is None
    assert sweeps.expected_seconds([replace(wanted[0], bs=16)], earlier, 2) is None
    assert sweeps.expected_seconds(wanted, [], 2) is None


@pytest.fixture
def service(tmp_path, monkeypatch):
    monkeypatch.setenv("MNIST_HOME", str(tmp_path))
    monkeypatch.setattr(RunService, "ring", lambda self: None)  # nothing trains
    service = RunService()
    yield service
    service.close()


def test_24_runs_are_submitted_and_the_same_sweep_only_once(service):
    new = service.submit_sweep(ME, SWEEP)
    runs = service.store.runs_of_sweep(ME, new)
    images = 1797 - 1797 // 5
    assert {run.steps for run in runs} == {math.ceil(images / 64)}
    assert len(runs) == 24
    assert service.submit_sweep(ME, Sweep(BASE, {**VALUES, "lr": VALUES["lr"][::-1]})) == new
    service.stop_sweep(ME, new)
    assert {run.state for run in service.store.runs_of_sweep(ME, new)} == {"paused"}
    service.resume_sweep(ME, new)
    assert {run.state for run in service.store.runs_of_sweep(ME, new)} == {"queued"}
    service.delete_sweep(ME, new)
    assert service.store.runs(ME) == []


@pytest.mark.parametrize(
    ("limit", "sweep", "sentence"),
    [
        ("MNIST_MAX_WAITING=23", SWEEP, "24 runs, and this server has room for 23"),
        ("MNIST_KEEP_RUNS=20", SWEEP, "room for 20"),
        ("MNIST_MAX_PARAMETERS=10000", SWEEP, "choose a smaller model"),
        ("MNIST_MAX_EPOCHS=2", Sweep(replace(BASE, epochs=3), VALUES), "at most 2"),
        ("MNIST_MAX_EPOCHS=2", Sweep(BASE, {"bs": [64, 4096]}), "more than the"),
    ],
)
def test_a_sweep_beyond_a_limit_is_refused_whole_in_a_sentence(monkeypatch, service, limit, sweep, sentence):
    monkeypatch.setenv(*limit.split("="))
    service.limits = service.limits.from_environment()
    with pytest.raises(ConfigError, match=sentence):
        service.submit_sweep(ME, sweep)
    assert (service.store.runs(ME), service.store.sweeps(ME)) == ([], [])
