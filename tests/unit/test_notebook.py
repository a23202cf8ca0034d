"""Notebooks of runs, executed by Jupyter's own client where the lab cannot be imported: they give the lab's numbers."""

import json
import shutil
import subprocess
import sys
from dataclasses import replace

import nbformat
import numpy as np
import pytest
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell
from PIL import Image

from mnist_core import presets, training
from mnist_core.config import TrainConfig
from mnist_core.data import load
from mnist_core.errors import LabError
from mnist_core.export.notebooks.lesson import lesson_notebook
from mnist_core.export.notebooks.run import run_notebook

DIGITS = {
    "the chapter's own loop": {
        "model": "linear",
        "digits": "37",
        "lr": 1.0,
        "init": "randn",
        "optimizer": "BasicOptim",
        "shuffle": False,
    },
    "momentum and a random split": {
        "model": "mlp30",
        "lr": 0.2,
        "bs": 64,
        "momentum": 0.5,
        "split": "random",
        "split_seed": 7,
    },
    "the fast recipe": {
        "model": "cnn",
        "digits": "1478",
        "lr": 0.005,
        "bs": 32,
        "optimizer": "AdamW",
        "schedule": "one-cycle",
        "shift": 1,
        "label_smoothing": 0.1,
        "seed": 3,
    },
}


def config_of(options: dict) -> TrainConfig:
    return TrainConfig.from_dict({"data": "digits", "epochs": 2, "device": "cpu"} | options)


def executed(kernel: NotebookClient, config: TrainConfig, *, before: str = "") -> list[dict[str, float]]:
    """The rows that the plain notebook has computed at its end; `before` runs before it."""
    notebook = nbformat.reads(run_notebook(config), as_version=4)
    no_lab = "%reset -f\nimport importlib.util\nassert importlib.util.find_spec('mnist_core') is None\n"
    notebook.cells.insert(0, new_code_cell(no_lab + before))
    notebook.cells.append(new_code_cell("import json\nprint(json.dumps(rows))"))
    kernel.nb = notebook
    kernel.reset_execution_trackers()
    for index, cell in enumerate(notebook.cells):
        kernel.execute_cell(cell, index)
    return json.loads(notebook.cells[-1].outputs[-1]["text"])


def assert_same(rows: list[dict[str, float]], config: TrainConfig) -> None:
    data = training.load_data(config)
    epochs = training.train(config, data).epochs
    assert len(rows) == len(epochs) == config.epochs
    for row, epoch in zip(rows, epochs, strict=True):
        assert round(row["accuracy"] * len(data.valid)) == round(epoch.accuracy * len(data.valid))
        assert row["valid_loss"] == pytest.approx(epoch.valid_loss, abs=1e-5)
        assert row["train_loss"] == pytest.approx(epoch.train_loss, abs=1e-5)


@pytest.mark.parametrize("options", DIGITS.values(), ids=DIGITS)
def test_plain_notebook_gives_the_numbers_of_the_run_where_the_lab_is_not(kernel, options):
    config = config_of(options)
    assert_same(executed(kernel, config), config)


@pytest.fixture
def small_mnist(source, tmp_path, monkeypatch) -> str:
    """An archive laid out as MNIST, with few of the images, since to unpack all takes half a minute."""
    data = load(source, digits="37")
    for part, rows in (("training", data.train[::12]), ("testing", data.valid[::4])):
        for row in rows.tolist():
            folder = tmp_path / "mnist_png" / part / str(data.labels[row])
            folder.mkdir(parents=True, exist_ok=True)
            Image.fromarray(data.images[row]).save(folder / f"{row}.png")
    archive = shutil.make_archive(str(tmp_path / "small"), "gztar", tmp_path, "mnist_png")
    monkeypatch.setenv("MNIST_PATH", archive)
    monkeypatch.setenv("MNIST_HOME", str(tmp_path / "home"))
    return archive


def test_plain_notebook_reads_an_archive_laid_out_as_mnist_and_gives_the_numbers_of_the_run(kernel, small_mnist):
    config = config_of({"data": "mnist", "digits": "37", "bs": 16, "schedule": "one-cycle"})
    assert_same(executed(kernel, config, before=f"%env MNIST_PATH={small_mnist}"), config)


@pytest.mark.parametrize("name", ["mnist", "digits"])
def test_plain_notebook_of_a_lesson_has_the_images_that_the_lessons_have(small_mnist, name):
    names: dict = {"__name__": "notebook"}
    for cell in nbformat.reads(
        lesson_notebook((), "# The images\nprint(len(data.train))", data=name), as_version=4
    ).cells:
        if cell.cell_type == "code":
            exec(cell.source, names)
    for digits in ("0123456789", "7"):
        here, there = load(name, digits=digits), names["load"](name, digits=digits)
        for rows in ("train", "valid"):
            ours, theirs = getattr(here, rows), getattr(there, rows)
            assert np.array_equal(here.images[ours], there.images[theirs])
            assert np.array_equal(here.labels[ours], there.labels[theirs])


def test_notebook_with_the_lab_gives_the_numbers_of_the_run(monkeypatch):
    monkeypatch.setenv("MPLBACKEND", "agg")
    config = config_of({"model": "linear", "optimizer": "Adam", "lr": 0.01})
    cells = nbformat.reads(run_notebook(config, with_lab=True), as_version=4).cells
    names: dict = {}
    exec("\n".join(cell.source for cell in cells if cell.cell_type == "code"), names)  # the lab is importable here
    assert_same([vars(row) for row in names["rows"]], config)


def variants() -> list[TrainConfig]:
    """Every experiment of the write-ups and every recipe, and what none of them has."""
    seen = [preset.config for preset in presets.PRESETS.values() if preset.config]
    seen += [recipe.config for recipe in presets.RECIPES.values()]
    rare = {"data": "digits", "digits": "37", "loss": "cross_entropy", "optimizer": "BasicOptim"}
    seen.append(TrainConfig.from_dict({**rare, "schedule": "one-cycle", "shuffle": False, "shift": 2}))
    seen.append(TrainConfig.from_dict({"model": "cnn", "device": "cuda", "precision": "bf16", "optimizer": "Adam"}))
    seen.append(TrainConfig.from_dict({"model": "resnet18", "device": "mps", "digits": "123"}))
    return seen


def test_notebooks_define_every_name_they_use_and_use_every_name_they_import(tmp_path):
    for number, config in enumerate(variants()):
        for with_lab in (False, True):
            (tmp_path / f"{number}_{with_lab}.ipynb").write_bytes(run_notebook(config, with_lab=with_lab))
    command = [sys.executable, "-m", "ruff", "check", "--isolated", "--select", "F,E9", str(tmp_path)]
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stdout


def test_notebook_is_the_same_bytes_each_time_and_valid():
    once, again = (run_notebook(config_of({})) for _ in range(2))
    assert once == again
    nbformat.validate(nbformat.reads(once, as_version=4))


def test_device_is_settled_when_the_notebook_is_written(monkeypatch):
    config = TrainConfig(model="cnn", device="auto")
    monkeypatch.setattr("mnist_core.devices.available", lambda: ["cuda", "cpu"])
    assert run_notebook(config) == run_notebook(replace(config, device="cuda"))
    assert run_notebook(config) != run_notebook(replace(config, device="cpu"))


def test_own_pictures_are_refused_in_a_plain_notebook_and_named():
    config = TrainConfig(data="/home/me/my pictures.zip")
    with pytest.raises(LabError, match=r"/home/me/my pictures\.zip.*uses the lab"):
        run_notebook(config)
    assert b"my pictures.zip" in run_notebook(config, with_lab=True)
