"""Runs as a learner meets them: submitted, watched, stopped, kept apart, and found again after a restart."""

import json
import time
from dataclasses import replace

import numpy as np
import pytest

from mnist_core import checkpoint
from mnist_core.config import TrainConfig
from mnist_core.errors import ConfigError
from mnist_core.interpret import probabilities
from mnist_core.runs import examples
from mnist_core.runs.limits import Limits
from mnist_core.runs.records import Start
from mnist_core.runs.service import RunService
from mnist_core.runs.store import Store
from mnist_core.training import load_data, snapshot_epochs, start_from, train, weights_sha256

ME, OTHER = "me", "somebody else"
SHORT = TrainConfig(data="digits", model="mlp30", epochs=3, bs=64)
MANY_SLICES = TrainConfig(data="digits", model="mlp128", epochs=12, bs=4)
LONG = TrainConfig(data="digits", model="mlp128", epochs=1000, bs=8)


@pytest.fixture(scope="module")
def service():
    service = RunService()
    yield service
    service.close()


def wait(condition, seconds: float = 90) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "waited too long"
        time.sleep(0.02)


def test_a_run_through_workers_and_store_equals_the_same_run_in_this_process(service):
    run = service.submit(ME, SHORT)
    wait(lambda: not service.store.run(ME, run).active)
    assert_as_in_one_go(service.store, run)


def test_a_model_is_trained_on_with_digits_that_a_learner_kept(service):
    """Examples that contradict all other images are learned: they are dealt as often as was asked."""
    first = train(SHORT)
    parent = checkpoint.undump(first.state)
    odd = np.random.default_rng(0).integers(0, 256, (2, 28, 28), dtype=np.uint8)
    for image in odd:
        service.examples.keep(ME, image, 4)
    kept = service.examples.of(ME)
    config = replace(SHORT, epochs=2, lr=0.1)
    extra = examples.pack(kept, times=50)
    run = service.train_on(ME, config, Start("shipped", start_from(parent.model, config), extra, len(kept)))
    wait(lambda: not service.store.run(ME, run).active)
    done, state = service.store.run(ME, run), checkpoint.undump(service.store.checkpoint(run))
    assert done.state == "done"
    images = np.stack([each.image for each in kept])
    data = load_data(config).with_more(images, np.array([4, 4]), times=50)
    here = train(config, data, resume=start_from(parent.model, config))
    assert done.steps == here.step
    assert weights_sha256(state.model) == weights_sha256(checkpoint.undump(here.state).model)
    assert (probabilities(state, images).argmax(1) == 4).all()
    assert (probabilities(parent, images).argmax(1) != 4).any()
    assert done.accuracy > 0.5  # and the others are not forgotten
    begun = checkpoint.undump(service.store.snapshot(run, 0))
    assert weights_sha256(begun.model) == weights_sha256(parent.model)


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


def test_a_run_rests_goes_on_by_a_batch_or_an_epoch_and_ends_with_the_weights_of_one_that_did_not(service):
    run = service.submit(ME, MANY_SLICES)
    every = service.store.run(ME, run).batches_an_epoch
    wait(lambda: service.store.run(ME, run).step)
    service.pause(ME, run, wait=10)
    service.pause(ME, run)
    step = service.store.run(ME, run).saved
    for more in (1, every - (step + 1) % every, every):
        service.resume(ME, run, more, wait=20)
        step += more
        rests = service.store.run(ME, run)
        assert (rests.state, rests.saved, rests.epochs_done) == ("paused", step, step // every)
        assert len(service.store.curves(run).losses) == step
    service.resume(ME, run)
    wait(lambda: service.store.run(ME, run).state == "done")
    assert_as_in_one_go(service.store, run)


def test_another_rate_counts_at_once_and_is_kept_with_the_run(service):
    run = service.submit(ME, LONG)
    wait(lambda: service.store.run(ME, run).step)
    with pytest.raises(ConfigError, match="learning rate"):
        service.set_lr(ME, run, -1)
    service.set_lr(ME, run, 0.025)
    wait(lambda: np.float32(0.025) in service.store.curves(run).lrs, seconds=5)
    service.stop(ME, run, wait=10)
    (step, lr), lrs = *json.loads(service.store.run(ME, run).changes), service.store.curves(run).lrs
    assert lr == 0.025
    assert set(lrs[:step]) == {np.float32(0.1)} and set(lrs[step:]) == {np.float32(0.025)}


def test_a_run_keeps_models_of_its_epochs_and_what_its_learner_writes_on_it(service):
    run = service.submit(ME, replace(SHORT, epochs=50))
    service.describe(ME, run, name="  mine ", notes="two\nlines")
    service.describe(OTHER, run, name="not mine")
    wait(lambda: not service.store.run(ME, run).active)
    ended = service.store.run(ME, run)
    assert (ended.name, ended.notes, ended.tags) == ("mine", "two\nlines", "")
    assert ended.title.startswith("mine, ")
    assert service.store.snapshot_epochs(run) == sorted(snapshot_epochs(50, 23_860))
    last = checkpoint.undump(service.store.snapshot(run, 50))
    final = checkpoint.undump(service.store.checkpoint(run))
    assert weights_sha256(last.model) == weights_sha256(final.model)


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


def test_limits_are_said_before_anything_is_queued(service, monkeypatch):
    for name, value in {"EPOCHS": "2", "PARAMETERS": "1000", "WAITING": "1"}.items():
        monkeypatch.setenv(f"MNIST_MAX_{name}", value)
    monkeypatch.setattr(service, "limits", Limits.from_environment())
    small = TrainConfig(data="digits", digits="37", model="linear", epochs=2)
    for config, said in [
        (replace(small, epochs=3), "3 epochs are more than this server allows: choose at most 2"),
        (replace(small, model="mlp30"), "mlp30 has 23,581 parameters, and this server allows 1,000"),
    ]:
        with pytest.raises(ConfigError, match=said):
            service.submit("careful", config)
    run = service.store.submit("careful", LONG, steps=10, server="elsewhere")
    with pytest.raises(ConfigError, match="1 of your runs have not ended"):
        service.submit("careful", small)
    service.store.delete("careful", run)


@pytest.mark.parametrize(("name", "value"), [("MNIST_MAX_EPOCHS", "many"), ("MNIST_RESUME", "perhaps")])
def test_a_wrong_setting_is_named(name, value, monkeypatch):
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigError, match=f"{name} is '{value}'"):
        RunService()


def test_a_run_is_deleted_while_it_trains_and_its_worker_is_free_again(service):
    runs = [service.submit(ME, replace(LONG, seed=seed)) for seed in range(6)]
    wait(lambda: service.store.run(ME, runs[0]).step)
    for run in runs:
        service.delete(ME, run)
        service.delete(ME, run)
    assert not [run for run in service.store.runs(ME) if run.active]
    after = service.submit(ME, SHORT)
    wait(lambda: service.store.run(ME, after).state == "done", seconds=20)


@pytest.mark.parametrize("setting", ["ask", "auto"])
def test_a_restarted_server_finds_its_runs_and_goes_on_with_the_unfinished(setting, new_home, monkeypatch):
    monkeypatch.setenv("MNIST_RESUME", setting)
    first = RunService()
    run = first.submit(ME, MANY_SLICES)
    wait(lambda: first.store.run(ME, run).saved)
    first.close()
    left, curves = first.store.run(ME, run), first.store.curves(run)
    assert left.step == left.saved == len(curves.losses)
    assert left.epochs_done == len(curves.epochs)
    second = RunService()
    try:
        if setting == "ask":
            assert left.state == "interrupted"
            second.resume(OTHER, run)
            assert second.store.run(ME, run).state == "interrupted"
            second.resume(ME, run)
        wait(lambda: second.store.run(ME, run).state == "done")
        assert_as_in_one_go(second.store, run)
    finally:
        second.close()


def test_a_run_goes_on_when_the_conductor_is_killed_wherever_the_app_was_started(new_home, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    service = RunService()
    try:
        run = service.submit(ME, MANY_SLICES)
        wait(lambda: service.store.run(ME, run).saved)
        service._process.kill()
        wait(lambda: not service.store.run(ME, run).active)
        assert_as_in_one_go(service.store, run)
    finally:
        service.close()


def assert_as_in_one_go(store: Store, run: str) -> None:
    """The weights, the losses and the table are those of the same training in this process."""
    done, curves, told = store.run(ME, run), store.curves(run), []
    outcome = train(done.config, on_batches=lambda batches: told.extend(batches.losses))
    assert (done.state, done.epochs_done, done.step) == ("done", done.config.epochs, done.steps)
    np.testing.assert_array_equal(curves.losses, np.array(told, dtype=np.float32))
    assert set(curves.lrs) == {np.float32(done.config.lr)}
    assert [(r["train_loss"], r["valid_loss"], r["accuracy"]) for r in curves.epochs] == [
        (r.train_loss, r.valid_loss, r.accuracy) for r in outcome.epochs
    ]
    model = checkpoint.undump(store.checkpoint(run)).model
    assert weights_sha256(model) == weights_sha256(checkpoint.undump(outcome.state).model)
