"""Runs side by side: what counts as the same settings, and that curves, tables and words say what the store says."""

import json
from dataclasses import replace

import numpy as np
import pytest

from mnist_core.config import TrainConfig
from mnist_core.runs import compare
from mnist_core.runs.records import Curves, Run
from mnist_core.runs.store import Store

NONE = np.zeros(0, np.float32)


@pytest.fixture
def a_run(tmp_path):
    """Make runs as the store gives them, then changed as told."""
    store = Store(f"sqlite:///{tmp_path / 'runs.sqlite'}")

    def make(changed: dict | None = None, **settings) -> Run:
        config = TrainConfig(**{"data": "digits", "epochs": 3, **settings})
        run = store.run("me", store.submit("me", config, 10 * config.epochs, "server"))
        return replace(run, **({"state": "done"} | (changed or {})))

    return make


def curves(*accuracies: float, seconds: float = 1.0) -> Curves:
    rows = [
        {"epoch": epoch, "train_loss": 2 / epoch, "valid_loss": 1 / epoch, "accuracy": accuracy, "seconds": seconds}
        for epoch, accuracy in enumerate(accuracies, start=1)
    ]
    return Curves(NONE, NONE, NONE, NONE, rows)


def test_a_row_of_the_table_is_what_the_store_says(a_run):
    run = a_run({"accuracy": 0.123456789, "seconds": 12.5, "tags": "a, b"}, lr=0.1445, seed=7, optimizer="Adam")
    row = compare.table([run, a_run()]).loc[run.id]
    assert (row["Accuracy"], row["Training, seconds"], row["Tags"]) == (0.123456789, 12.5, "a, b")
    assert (row["Learning rate"], row["Seed"], row["Optimiser"], row["Loss"]) == (0.1445, 7, "Adam", "cross_entropy")
    assert row["Begun"].timestamp() == pytest.approx(run.created, abs=1e-6)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", "abc"),
        ("BEST", "a"),  # its name
        ("tuesday", "b"),  # a tag of it
        ("blurred", "c"),  # its notes
        ("cnn", "b"),
        ("hidden units", "ac"),  # the model in words
        ("lr=0.1", "a"),  # and not 0.15
        ("0.1", "ab"),
        ("mlp128 3 and 7", "c"),
        ("seed=42 best", "a"),
        ("nowhere", ""),
    ],
)
def test_search_finds_the_runs_that_have_every_word(a_run, text, found):
    runs = {
        "a": a_run({"name": "My best"}, lr=0.1),
        "b": a_run({"tags": "demo, Tuesday"}, lr=0.15, model="cnn", seed=1),
        "c": a_run({"notes": "Weights look blurred"}, lr=0.02, digits="37"),
    }
    wanted = [run for name, run in runs.items() if name in found]
    assert compare.search(runs.values(), text) == wanted


def test_runs_that_differ_in_their_seed_only_are_one_group(a_run):
    by_hand = {"changes": "[[5, 0.01]]"}
    runs = [a_run(), a_run(lr=0.2), a_run(seed=1), a_run(by_hand, seed=2), a_run(seed=3, loss="cross_entropy")]
    groups = compare.by_seed(runs)
    assert groups == [[runs[0], runs[2], runs[4]], [runs[1]], [runs[3]]]


def test_a_band_is_the_mean_and_the_range_after_each_epoch_that_all_have_finished(a_run):
    runs = [a_run(seed=seed) for seed in range(3)]
    accuracies = [(0.5, 0.7, 0.9), (0.4, 0.8), (0.6, 0.6, 0.95)]
    seen = {
        run.id: curves(*values, seconds=seconds)
        for run, values, seconds in zip(runs, accuracies, (1.0, 2.0, 6.0), strict=True)
    }
    band = compare.band(runs, seen, "accuracy")
    table = np.array([values[:2] for values in accuracies])
    np.testing.assert_array_equal(band.xs, [1, 2])
    np.testing.assert_array_equal(band.mean, table.mean(0))
    np.testing.assert_array_equal(band.low, table.min(0))
    np.testing.assert_array_equal(band.high, table.max(0))
    np.testing.assert_array_equal(compare.band(runs, seen, "accuracy", "batches").xs, [10, 20])
    np.testing.assert_array_equal(compare.band(runs, seen, "accuracy", "seconds").xs, [3, 6])


def test_a_run_alone_is_its_own_curve_and_one_without_epochs_an_empty_one(a_run):
    run, fresh = a_run(), a_run()
    band = compare.band([run], {run.id: curves(0.1, 0.2, 0.3)}, "valid_loss")
    assert band.mean.tolist() == band.low.tolist() == band.high.tolist() == [1, 1 / 2, 1 / 3]
    assert len(compare.band([run, fresh], {run.id: curves(0.1), fresh.id: curves()}, "accuracy", "seconds").xs) == 0


def test_twins_are_one_setting_apart_by_what_it_does(a_run):
    base = a_run()
    other = {
        "rate": a_run(lr=0.2),
        "seed": a_run(seed=1),
        "two": a_run(lr=0.3, bs=64),
        "same": a_run(loss="cross_entropy", split_seed=7),  # what "auto" stands for, and a seed of no random split
        "shuffle": a_run(shuffle=False),
        "by hand": a_run({"changes": "[[5, 0.01]]"}),
    }
    found = {name: [pair.setting for pair in compare.twins([base, run], of=base)] for name, run in other.items()}
    assert found == {
        "rate": ["lr"],
        "seed": [],
        "two": [],
        "same": [],
        "shuffle": ["shuffle"],
        "by hand": ["changes"],
    }
    assert len(compare.twins([base, *other.values()])) == 3 + 3  # the first, and its likeness, each with three


def test_the_better_of_twins_comes_first_and_the_difference_is_that_of_the_printed_numbers(a_run):
    small, large = a_run(lr=0.01), a_run(lr=0.1)
    seen = {small.id: curves(0.5, 0.6, 0.89345), large.id: curves(0.5, 0.6, 0.92144)}
    (pair,) = compare.twins([small, large])
    assert compare.in_words(pair, seen) == (
        "Two runs differ only in the learning rate: 0.1 reached 0.9214, 0.01 reached 0.8934: "
        "2.80 percentage points more, after 3 epochs."
    )


@pytest.mark.parametrize(
    ("settings", "changed", "reached", "said"),
    [
        ({"lr": 0.2}, {}, ((0.9,), (0.5, 0.6, 0.95)), ["0.1 reached 0.9000, 0.2 reached 0.5000", "after 1 epoch."]),
        ({"lr": 0.2}, {}, ((0.9,), (0.9,)), ["no difference, after 1 epoch"]),
        ({"lr": 0.2}, {}, ((0.9,), (0.905,)), ["0.50 percentage points more", "may be chance"]),
        ({"lr": 9.0}, {"state": "diverged"}, ((0.9,) * 2, (0.1,)), ["9 reached 0.1000 and later diverged", "1 epoch."]),
        ({"lr": 9.0}, {"state": "diverged"}, ((0.9,), ()), ["0.1 (done) and 9 (diverged). Not both have finished"]),
        ({"epochs": 5}, {}, ((0.9,) * 3, (0.95,) * 5), ["5 reached 0.9500, 3 reached 0.9000", "5 epochs and 3 epochs"]),
        ({"shuffle": False}, {}, ((0.9,), (0.5,)), ["the shuffling: on reached 0.9000, off reached 0.5000"]),
        ({}, {"changes": "[[5, 0.01]]"}, ((0.9,), (0.5,)), ["set by hand: the run without reached 0.9000"]),
    ],
)
def test_what_is_said_of_twins(a_run, settings, changed, reached, said):
    runs = [a_run(), a_run(changed, **settings)]
    (pair,) = compare.twins(runs)
    words = compare.in_words(pair, {run.id: curves(*values) for run, values in zip(runs, reached, strict=True)})
    assert all(part in words for part in said), words
    assert ("chance" in words) == ("may be chance" in said)


def test_what_chance_does_is_told_by_the_runs_of_several_seeds(a_run):
    runs = [a_run(seed=1), a_run(seed=2)]
    words = compare.seeds_in_words(runs, {runs[0].id: curves(0.91), runs[1].id: curves(0.93)})
    assert "2 runs differ in their seed only: after 1 epoch their accuracy is 0.9100 to 0.9300, 0.9200 on aver" in words
    assert "Not all of them have" in compare.seeds_in_words(runs, {runs[0].id: curves(0.9), runs[1].id: curves()})


def test_labels_tell_runs_apart_by_what_they_do_not_share(a_run):
    runs = [a_run(lr=0.1), a_run(lr=0.2), a_run({"name": "Mine"}, lr=0.3), a_run(lr=0.1), a_run(lr=0.2, seed=1)]
    alone = [[run] for run in runs]
    assert compare.labels(alone[:4]) == ["lr 0.1", "lr 0.2", "Mine", "lr 0.1 (2)"]
    assert compare.labels([alone[0], [runs[1], runs[4]]]) == ["lr 0.1, seed 42", "lr 0.2, mean of 2 seeds"]
    assert compare.labels([[a_run(model="cnn")], [a_run()]]) == ["cnn", "mlp128"]


def test_every_setting_of_a_run_has_its_words(a_run):
    assert set(compare.SETTINGS) == {*json.loads(TrainConfig().to_json()), "changes", "parent", "examples"}
