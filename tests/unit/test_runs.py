"""Runs as a learner meets them: submitted, watched, stopped, kept apart, and found again after a restart."""

import time
from dataclasses import replace

import numpy as np
import pytest
import sqlalchemy as sa

from mnist_core import checkpoint, paths
from mnist_core.config import TrainConfig
from mnist_core.errors import ConfigError, RunError
from mnist_core.runs.service import RunService
from mnist_core.runs.store import Store
from mnist_core.training import train, weights_sha256

ME, OTHER = "me", "somebody else"
SHORT = TrainConfig(data="digits", model="mlp30", epochs=3, bs=64)
LONG = TrainConfig(data="digits", model="mlp128", epochs=1000, bs=8)


@pytest.fixture(scope="module")
def service():
    service = RunService()
    yield service
    service.close()


@pytest.fixture
def store(tmp_path) -> Store:
    return Store(f"sqlite:///{tmp_path / 'runs.sqlite'}")


def wait(condition, seconds: float = 90) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "waited too long"
        time.sleep(0.02)


def test_a_run_through_workers_and_store_equals_the_same_run_in_this_process(service):
    run = service.submit(ME, SHORT)
    wait(lambda: not service.store.run(ME, run).active)
    told, seen = [], service.store.curves(run)
    outcome = train(SHORT, on_batches=lambda batches: told.extend(batches.losses))
    done = service.store.run(ME, run)
    assert (done.state, done.epochs_done, done.step) == ("done", 3, done.steps)
    np.testing.assert_array_equal(seen.losses, np.array(told, dtype=np.float32))
    assert set(seen.lrs) == {np.float32(SHORT.lr)}
    assert [(r["train_loss"], r["valid_loss"], r["accuracy"]) for r in seen.epochs] == [
        (r.train_loss, r.valid_loss, r.accuracy) for r in outcome.epochs
    ]
    model = checkpoint.undump(service.store.checkpoint(run)).model
    assert weights_sha256(model) == weights_sha256(checkpoint.undump(outcome.state).model)


def test_stop_keeps_the_partial_model_and_may_be_pressed_twice(service):
    run = service.submit(ME, LONG)
    wait(lambda: service.store.run(ME, run).step)
    service.stop(ME, run, wait=10)
    service.stop(ME, run)
    stopped = service.store.run(ME, run)
    assert stopped.state == "stopped"
    assert 0 < stopped.step < stopped.steps
    assert len(service.store.curves(run).losses) == stopped.step
    assert checkpoint.undump(service.store.checkpoint(run)).card["step"] == stopped.step


def test_a_run_that_waits_can_be_stopped_too(service):
    runs = [service.submit(ME, replace(LONG, seed=seed)) for seed in range(6)]
    for run in reversed(runs):
        service.stop(ME, run, wait=10)
    assert {service.store.run(ME, run).state for run in runs} == {"stopped"}


def test_a_short_run_does_not_wait_for_long_ones_to_end(service):
    long = [service.submit(ME, replace(LONG, seed=seed)) for seed in range(4)]
    short = service.submit(OTHER, SHORT)
    wait(lambda: service.store.run(OTHER, short).state == "done")
    assert all(service.store.run(ME, run).active for run in long)
    for run in long:
        service.stop(ME, run, wait=10)


def test_train_pressed_twice_is_one_run(service):
    run = service.submit(ME, LONG)
    assert service.submit(ME, LONG) == run
    other = service.submit(OTHER, LONG)
    assert other != run
    service.stop(OTHER, other, wait=10)
    service.stop(ME, run, wait=10)
    again = service.submit(ME, LONG)
    assert again != run
    service.stop(ME, again, wait=10)


def test_bad_settings_are_refused_before_anything_is_queued(service):
    before = len(service.store.runs(ME))
    with pytest.raises(ConfigError, match="more than the"):
        service.submit(ME, TrainConfig(data="digits", bs=10_000))
    assert len(service.store.runs(ME)) == before


def test_a_restarted_server_finds_its_runs_and_goes_on_with_the_unfinished(service):
    first = RunService()
    run = first.submit(ME, TrainConfig.from_dict({**LONG.to_dict(), "epochs": 12, "bs": 4}))
    wait(lambda: first.store.run(ME, run).epochs_done)
    first.close()
    second = RunService()
    try:
        wait(lambda: not second.store.run(ME, run).active)
        again = second.store.run(ME, run)
        assert (again.state, again.epochs_done) == ("done", 12)
        assert len(second.store.curves(run).losses) == again.steps
        whole = train(again.config)
        model = checkpoint.undump(second.store.checkpoint(run)).model
        assert weights_sha256(model) == weights_sha256(checkpoint.undump(whole.state).model)
    finally:
        second.close()


def test_a_run_goes_on_when_the_conductor_is_killed_wherever_the_app_was_started(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    service = RunService()
    try:
        run = service.submit(ME, TrainConfig.from_dict({**LONG.to_dict(), "epochs": 12, "bs": 4}))
        wait(lambda: service.store.run(ME, run).epochs_done)
        service._process.kill()
        wait(lambda: not service.store.run(ME, run).active)
        assert service.store.run(ME, run).state == "done"
    finally:
        service.close()


def test_a_learner_meets_only_their_own_runs(store):
    mine = store.submit(ME, SHORT, steps=10)
    assert [run.id for run in store.runs(ME)] == [mine]
    assert store.runs(OTHER) == []
    with pytest.raises(RunError, match="no run"):
        store.run(OTHER, mine)
    store.request_stop(OTHER, mine)
    assert not store.run(ME, mine).want_stop
    assert store.run(ME, mine).saved is None
    store.end_slice(mine, "done", model=b"model", epochs_done=1, step=10)
    assert store.run(ME, mine).saved == 10
    store.delete(OTHER, mine)
    assert store.checkpoint(mine) == b"model"
    store.delete(ME, mine)
    assert store.runs(ME) == []
    assert store.checkpoint(mine) is None


def test_a_retried_slice_replaces_what_its_first_try_said(store):
    run = store.submit(ME, SHORT, steps=10)
    blob = lambda *values: np.array(values, dtype=np.float32).tobytes()  # noqa: E731
    store.add_losses(run, 0, blob(5, 4), blob(1, 1))
    store.add_losses(run, 2, blob(3), blob(1))
    store.add_losses(run, 1, blob(9, 8, 7), blob(2, 2, 2))
    store.add_losses(run, 0, blob(5, 4, 3), blob(1, 1, 1))
    assert store.curves(run).losses.tolist() == [5, 4, 3]
    assert store.run(ME, run).step == 3


def test_the_run_with_the_fewest_turns_is_next(store):
    runs = [store.submit(ME, SHORT, steps=10) for _ in range(3)]
    order = []
    for _ in range(6):
        run = store.next_queued()
        store.claim(run, "server")
        store.end_slice(run, "queued")
        order.append(run)
    assert order == runs * 2


def test_a_large_checkpoint_lies_in_a_file_that_goes_with_its_run(store, monkeypatch):
    monkeypatch.setattr("mnist_core.runs.store.LARGE", 100)
    run = store.submit(ME, SHORT, steps=10)
    store.end_slice(run, "done", model=b"x" * 1000)
    file = paths.home() / "checkpoints" / f"{run}.safetensors"
    assert file.read_bytes() == store.checkpoint(run) == b"x" * 1000
    store.delete(ME, run)
    assert not file.exists()


def test_a_large_checkpoint_that_is_gone_is_said(store, monkeypatch):
    monkeypatch.setattr("mnist_core.runs.store.LARGE", 100)
    run = store.submit(ME, SHORT, steps=10)
    store.end_slice(run, "done", model=b"x" * 1000)
    (store.files / f"{run}.safetensors").unlink()
    with pytest.raises(RunError, match="cannot be read"):
        store.checkpoint(run)


def test_a_store_from_a_newer_lab_is_refused(tmp_path, monkeypatch):
    url = f"sqlite:///{tmp_path / 'runs.sqlite'}"
    monkeypatch.setattr("mnist_core.runs.store.VERSION", 99)
    Store(url)
    monkeypatch.undo()
    with pytest.raises(RunError, match="newer lab"):
        Store(url)


def test_an_epoch_whose_loss_is_no_number_comes_back_as_one(store):
    run = store.submit(ME, SHORT, steps=10)
    store.add_epoch(run, {"epoch": 1, "train_loss": 1.0, "valid_loss": np.nan, "accuracy": 0.1, "seconds": 1.0})
    assert np.isnan(store.curves(run).epochs[0]["valid_loss"])


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("sqlite:////nowhere/runs.sqlite", "unable to open"),
        ("nonsense", "MNIST_STORE names no database"),
        ("foo://bar", "MNIST_STORE names no database"),
    ],
)
def test_a_store_that_cannot_be_opened_is_named(url, said):
    with pytest.raises(RunError, match=said):
        Store(url)


def test_a_full_disk_is_one_sentence(store):
    with store._db.connect() as db:
        db.execute(sa.text("PRAGMA max_page_count = 1"))  # no more than there are
    with pytest.raises(RunError, match="database or disk is full"):
        for _ in range(100):
            store.submit(ME, SHORT, steps=10)
