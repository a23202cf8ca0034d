"""Runs as files for other programs: CSV for a spreadsheet or pandas, logs for TensorBoard."""

import io
import json
import re
import tempfile
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from mnist_core.runs import compare
from mnist_core.runs.records import Curves, Run

MOST_POINTS = 1_000  # of a curve; TensorBoard itself draws no more
_WORDS = ["Run", "Tags", "Notes"]


def table_csv(runs: Sequence[Run]) -> str:
    """The table of one or more runs as CSV, a row each."""
    table = compare.table(runs)
    table[_WORDS] = table[_WORDS].map(_as_text)
    return table.to_csv()


def curves_csv(runs: Sequence[Run], curves: Mapping[str, Curves]) -> str:
    """Everything that the recorders saw as CSV: a row for each batch, and at the end of an epoch one for the epoch.

    Parameters
    ----------
    curves : id of a run -> what its recorder saw

    Returns
    -------
    str, with the columns run (its id), name, batch (from 1, over the whole run), loss, lr, momentum, norm, and epoch
    (from 1), train_loss, valid_loss, accuracy, seconds; those of the other kind of row are empty
    """
    frames = [part for run in runs for part in _frames(run, curves[run.id])]
    return pd.concat(frames, ignore_index=True).to_csv(index=False)


def _frames(run: Run, curves: Curves) -> list[pd.DataFrame]:
    named = {"run": run.id, "name": _as_text(run.label)}
    seen = {"loss": curves.losses, "lr": curves.lrs, "momentum": curves.momenta, "norm": curves.norms}
    columns = ["epoch", "train_loss", "valid_loss", "accuracy", "seconds"]
    batches = pd.DataFrame({"batch": np.arange(1, len(curves.losses) + 1), **seen}).assign(**named)
    epochs = pd.DataFrame(curves.epochs, columns=columns).assign(**named)
    epochs["batch"] = epochs["epoch"] * run.batches_an_epoch
    both = pd.concat([batches, epochs]).sort_values("batch", kind="stable").astype({"epoch": "Int64"})
    return [both[[*named, "batch", *seen, *columns]]]


def _as_text(words: str) -> str:
    """A learner's words so that no spreadsheet takes them for a formula: those of a shared run are a stranger's."""
    return f"'{words}" if words.startswith(("=", "+", "-", "@", "\t", "\r")) else words


def tensorboard_zip(runs: Sequence[Run], curves: Mapping[str, Curves]) -> bytes:
    """A zip archive with a folder for each run, to unpack and open with `tensorboard --logdir .`.

    A long curve is thinned out to `MOST_POINTS` of its batches; of the epochs none is left out.

    Parameters
    ----------
    curves : id of a run -> what its recorder saw
    """
    archive = io.BytesIO()
    with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        for run, label in zip(runs, compare.labels([[run] for run in runs]), strict=True):
            words = re.findall(r"[\w.]+", label[:100])
            _write_log(Path(folder) / "-".join([*words, run.id[:6]]), run, curves[run.id])
        for file in sorted(Path(folder).rglob("*")):
            packed.write(file, file.relative_to(folder))
    return archive.getvalue()


def _write_log(folder: Path, run: Run, curves: Curves) -> None:
    """One run as TensorBoard's events: curves against batches, and the settings with what came out."""
    from torch.utils.tensorboard import SummaryWriter  # slow

    every = max(1, -(-len(curves.losses) // MOST_POINTS))
    began = run.started or run.created
    pace = run.seconds / max(1, run.step)
    per_batch = {"loss": curves.losses, "lr": curves.lrs, "momentum": curves.momenta, "gradient_norm": curves.norms}
    with SummaryWriter(str(folder)) as log:
        for name, values in per_batch.items():
            for batch in range(0, len(values), every):
                if not np.isnan(values[batch]) or name == "loss":
                    log.add_scalar(f"batch/{name}", values[batch], batch + 1, walltime=began + pace * (batch + 1))
        for row in curves.epochs:
            batch = int(row["epoch"]) * run.batches_an_epoch
            for name in ("train_loss", "valid_loss", "accuracy"):
                log.add_scalar(f"epoch/{name}", row[name], batch, walltime=began + pace * batch)
        words = {"name": run.name, "tags": run.tags, "notes": run.notes, "state": run.state, "id": run.id}
        log.add_text("run", json.dumps(words | run.config.to_dict(), indent=1), walltime=began)
        if run.accuracy is not None:
            log.add_hparams(run.config.to_dict(), {"accuracy": run.accuracy}, run_name=".")
