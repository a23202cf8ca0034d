"""The models that come with the lab are what the README's table says they are."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
import torch

from mnist_core import interpret, shipped
from mnist_core.__main__ import main
from mnist_core.chapter.baseline import mean_digit, rmse, stacked
from mnist_core.chapter.tensors import to_unit
from mnist_core.data import load
from mnist_core.errors import DataError, ModelFileError

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
TABLE = {name: float(accuracy) for name, accuracy in re.findall(r"^\| `(\w+)` \|.*\| (0\.\d{4}) \|", README, re.M)}
MODELS = [name for name in shipped.SMALL if name in shipped.MODELS]


def test_all_that_come_along_stand_in_the_readme_and_are_small():
    assert set(shipped.SMALL) <= set(TABLE)
    assert sum(shipped.path(name).stat().st_size for name in shipped.SMALL) <= 3_000_000


@pytest.mark.parametrize("name", MODELS)
def test_a_shipped_model_reads_as_many_test_images_as_its_card_and_the_readme_say(name, real_mnist):
    trained = shipped.load(name)
    result = interpret.evaluate(trained, load("mnist"))
    assert result.images == 10_000
    assert result.accuracy == pytest.approx(trained.card["accuracy"], abs=0.0005)  # the CNN was trained in bfloat16
    assert TABLE[name] == round(trained.card["accuracy"], 4)
    assert trained.config == shipped.MODELS[name]


def test_the_shipped_ideal_digits_are_the_means_of_the_training_images(real_mnist):
    data, means = load("mnist"), torch.from_numpy(shipped.similarity())
    torch.testing.assert_close(means, torch.stack([mean_digit(stacked(data, digit)) for digit in range(10)]))
    valid_x = to_unit(torch.from_numpy(data.images[data.valid]))
    preds = torch.stack([rmse(valid_x, mean) for mean in means]).argmin(0).numpy()
    assert TABLE["similarity"] == round(float(np.mean(preds == data.labels[data.valid])), 4)


def test_what_is_not_there_is_named_with_the_way_to_make_it(tmp_path, monkeypatch):
    monkeypatch.setenv("MNIST_HOME", str(tmp_path))
    assert shipped.there() == MODELS
    with pytest.raises(ModelFileError, match="models --make resnet18"):
        shipped.load("resnet18")
    with pytest.raises(DataError, match=r"'lenet'.* choose from similarity, linear"):
        shipped.make("lenet")


def test_the_command_line_lists_them_and_makes_them_anew(tmp_path, monkeypatch, capsys, real_mnist):
    monkeypatch.setattr(shipped, "_FOLDER", tmp_path)
    assert main(["models", "--json", "--quiet", "--make", "similarity", "mlp128"]) == 0
    (made,) = json.loads(capsys.readouterr().out)
    assert made["name"] == "mlp128"
    assert made["accuracy"] == pytest.approx(TABLE["mlp128"], abs=0.002)
    assert made["file"] == str(tmp_path / "mlp128.safetensors")
    assert (tmp_path / "similarity.safetensors").read_bytes() == (
        Path(shipped.__file__).parent / "shipped" / "similarity.safetensors"
    ).read_bytes()
