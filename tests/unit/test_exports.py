"""Exports, read back by pandas and by TensorBoard: every number is the recorder's."""

import io
import zipfile
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from mnist_core.config import TrainConfig
from mnist_core.runs import exports
from mnist_core.runs.records import Curves, Run
from mnist_core.runs.store import Store


@pytest.fixture
def runs(tmp_path) -> list[Run]:
    store = Store(f"sqlite:///{tmp_path / 'runs.sqlite'}")
    ids = [store.submit("me", TrainConfig(data="digits", epochs=2, lr=lr), 10, "server") for lr in (0.1, 0.3)]
    runs = [replace(store.run("me", run), accuracy=1 / 3, step=10, seconds=5.0, started=1e9) for run in ids]
    return [runs[0], replace(runs[1], name='=HYPERLINK("x")', notes='Über, "alles"\n3 < 7')]


def recorded(seed: int, batches: int = 10) -> Curves:
    values = np.random.default_rng(seed).random((4, batches), dtype=np.float32)
    values[2, :3] = np.nan  # momenta that an older lab did not keep
    rows = [
        {"epoch": epoch, "train_loss": 1 / 3 / epoch, "valid_loss": 1 / 7, "accuracy": epoch / 3, "seconds": 0.1}
        for epoch in (1, 2)
    ]
    return Curves(*values, epochs=rows)


def test_curves_as_csv_hold_every_batch_and_epoch_to_the_last_digit(runs):
    curves = {run.id: recorded(seed) for seed, run in enumerate(runs)}
    table = pd.read_csv(io.StringIO(exports.curves_csv(runs, curves)))
    for run in runs:
        mine = table[table.run == run.id]
        assert mine.batch.tolist() == [*range(1, 6), 5, *range(6, 11), 10]  # 5 batches an epoch
        batches, epochs = mine[mine.epoch.isna()], mine[mine.epoch.notna()]
        seen = curves[run.id]
        for name, values in {"loss": seen.losses, "lr": seen.lrs, "momentum": seen.momenta, "norm": seen.norms}.items():
            np.testing.assert_array_equal(batches[name].astype("float32"), values)
        for row, kept in zip(epochs.to_dict("records"), seen.epochs, strict=True):
            assert {name: row[name] for name in kept} == kept


def test_a_run_that_has_not_begun_has_no_rows(runs):
    none = np.zeros(0, np.float32)
    assert len(pd.read_csv(io.StringIO(exports.curves_csv(runs[:1], {runs[0].id: Curves(*[none] * 4, [])})))) == 0


def test_the_table_as_csv_holds_the_settings_and_no_formula(runs):
    table = pd.read_csv(io.StringIO(exports.table_csv(runs)), index_col="id")
    assert table["Learning rate"].tolist() == [0.1, 0.3]
    assert table["Accuracy"].tolist() == [1 / 3] * 2
    assert table.loc[runs[1].id, "Notes"] == runs[1].notes
    assert table.loc[runs[1].id, "Run"] == "'" + runs[1].name  # a spreadsheet would have called a stranger's address


def test_tensorboard_opens_its_logs_and_finds_every_curve(runs, tmp_path):
    long = 2 * exports.MOST_POINTS
    curves = {runs[0].id: recorded(0), runs[1].id: recorded(1, long)}
    with zipfile.ZipFile(io.BytesIO(exports.tensorboard_zip(runs, curves))) as archive:
        archive.extractall(tmp_path)
    short, thinned = (EventAccumulator(str(next(tmp_path.glob(f"*{run.id[:6]}")))).Reload() for run in runs)

    def scalars(log: EventAccumulator, tag: str) -> tuple[list[int], list[float]]:
        events = log.Scalars(tag)
        return [event.step for event in events], [event.value for event in events]

    seen = curves[runs[0].id]
    assert scalars(short, "batch/loss") == (list(range(1, 11)), seen.losses.tolist())
    assert scalars(short, "batch/gradient_norm") == (list(range(1, 11)), seen.norms.tolist())
    assert scalars(short, "batch/momentum") == (list(range(4, 11)), seen.momenta[3:].tolist())
    steps, accuracies = scalars(short, "epoch/accuracy")
    assert (steps, accuracies) == ([5, 10], [np.float32(row["accuracy"]) for row in seen.epochs])
    assert scalars(thinned, "batch/loss") == (list(range(1, long, 2)), curves[runs[1].id].losses[::2].tolist())
    assert "_hparams_/session_start_info" in short.summary_metadata  # its table of settings and results
