"""Files of models: each is opened by its real client, in a process where this lab is not to be found."""

import io
import json
import pickle
import pickletools
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch
from safetensors import safe_open

from mnist_core import shipped
from mnist_core.checkpoint import TrainedModel, dump, undump
from mnist_core.config import TrainConfig
from mnist_core.errors import ConfigError, LabError, ModelFileError
from mnist_core.export.classifier import output_per_class
from mnist_core.export.formats import FORMATS, write
from mnist_core.export.incoming import most_bytes, read_model
from mnist_core.export.parity import ask_client, compare, make_file
from mnist_core.interpret import logits, probabilities
from mnist_core.models import MODELS, new_model
from mnist_core.runs import imports
from mnist_core.runs.limits import Limits
from mnist_core.runs.store import Store

IMAGES = np.random.default_rng(0).integers(0, 256, (7, 28, 28), dtype=np.uint8)


def untrained(model: str, digits: str = "0123456789") -> TrainedModel:
    config = TrainConfig(model=model, digits=digits)
    return TrainedModel(new_model(config).eval(), config, {"accuracy": 0.5, "epochs_done": 3})


@pytest.mark.parametrize(
    ("name", "model", "digits"),
    [
        ("safetensors", "mlp30", "37"),
        ("safetensors", "cnn", "0123456789"),
        ("safetensors", "resnet18", "48"),
        ("onnx", "linear", "37"),
        ("onnx", "resnet18", "037"),
        ("fastai", "mlp30", "37"),
        ("fastai", "cnn", "0123456789"),
    ],
)
def test_a_file_says_elsewhere_what_the_lab_says(name, model, digits):
    trained = untrained(model, digits)
    data = dump(trained.model, trained.config, trained.card)
    file = make_file(name=name, model=data)
    proof = compare(name=name, model=data, file=file, image=IMAGES[0].tobytes())
    assert proof.classes == tuple(digits)
    assert proof.ours == pytest.approx(probabilities(trained, IMAGES[:1])[0])
    assert proof.theirs == pytest.approx(proof.ours, abs=FORMATS[name].tolerance, rel=0)
    assert proof.difference <= FORMATS[name].tolerance


def test_a_client_has_no_way_to_this_lab(tmp_path):
    command = [sys.executable, "-I", "-c", "import mnist_core"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "No module named 'mnist_core'" in done.stderr
    assert all("mnist_core" not in form.client_file.read_text() for form in FORMATS.values())


def test_fastais_file_names_nothing_of_ours():
    with zipfile.ZipFile(io.BytesIO(write("fastai", untrained("resnet18", "37")))) as packed:
        [program] = [name for name in packed.namelist() if name.endswith("data.pkl")]
        pickled = packed.read(program)
    named = {argument for code, argument, _ in pickletools.genops(pickled) if code.name == "GLOBAL"}
    assert "fastai.learner Learner" in named
    assert b"mnist_core" not in pickled


def test_a_path_in_fastais_file_can_be_opened_by_another_system():
    from mnist_core.export.fastai_file import _PortablePickler

    file = io.BytesIO()
    _PortablePickler(file).dump({"path": Path("a/b")})
    assert type(Path()).__name__.encode() not in file.getvalue()
    assert pickle.loads(file.getvalue()) == {"path": Path("a/b")}


@pytest.mark.parametrize("model", [name for name in MODELS if name != "resnet18"])
def test_two_outputs_say_what_one_said(model):
    trained = untrained(model, "37")
    z = logits(trained.model, IMAGES)  # (7, 1)
    two = logits(output_per_class(trained), IMAGES)  # (7, 2)
    torch.testing.assert_close(two, torch.cat([z, torch.zeros_like(z)], dim=1))
    torch.testing.assert_close(two.softmax(dim=1)[:, 0], z.sigmoid()[:, 0])


def test_onnx_takes_any_number_of_images_and_names_its_classes():
    trained = shipped.load("cnn")
    session = onnxruntime.InferenceSession(write("onnx", trained), providers=["CPUExecutionProvider"])
    assert json.loads(session.get_modelmeta().custom_metadata_map["classes"]) == list("0123456789")
    for n in (1, 2, 7):
        [said] = session.run(["probabilities"], {"images": IMAGES[:n]})
        np.testing.assert_allclose(said, probabilities(trained, IMAGES[:n]), atol=1e-5)


def test_the_card_in_a_safetensors_file_says_what_it_is(tmp_path):
    trained = untrained("mlp30", "37")
    file = tmp_path / "model.safetensors"
    file.write_bytes(write("safetensors", trained))
    with safe_open(file, framework="np") as opened:
        card = json.loads(opened.metadata()["card"])
    assert (card["classes"], card["outputs"], card["parameters"]) == (["3", "7"], 1, 784 * 30 + 30 + 30 + 1)
    assert (card["accuracy"], card["epochs_done"], card["data"]) == (0.5, 3, "MNIST")
    assert card["config"] == trained.config.to_dict()
    assert card["preprocessing"]["divide by"] == 255


def test_an_exported_safetensors_file_comes_back_and_is_written_the_same_again():
    trained = untrained("mlp30", "37")
    back = undump(write("safetensors", trained))
    again = undump(write("safetensors", back))
    assert (back.config, again.config, again.card) == (trained.config, trained.config, back.card)
    for name, weights in trained.model.state_dict().items():
        assert torch.equal(again.model.state_dict()[name], weights)


def test_a_file_that_a_client_cannot_open_gets_one_sentence_with_its_reason():
    with pytest.raises(LabError, match=r"onnx_client.py could not open model.onnx \(.+\)"):
        ask_client(FORMATS["onnx"], b"nonsense", IMAGES[0])


def test_an_unknown_format_is_named():
    with pytest.raises(ConfigError, match="no format 'keras'"):
        write("keras", untrained("linear"))


@pytest.mark.parametrize(
    ("changes", "card", "reason"),
    [
        ({"data": "/etc"}, {}, "trained on images of its owner's"),
        ({}, {"accuracy": 2.0}, "accuracy of 2.0, which cannot be"),
        ({}, {"epochs_done": 10**9}, "1000000000 epochs"),
        ({}, {"epochs_done": None}, "None epochs"),
    ],
)
def test_what_a_stranger_wrote_into_a_file_is_checked(changes, card, reason):
    config = replace(TrainConfig(model="linear"), **changes)
    data = dump(new_model(config), config, {"accuracy": 0.5, "epochs_done": 3} | card)
    with pytest.raises(ModelFileError, match=reason):
        read_model(data, "a.safetensors", parameters=10_000)


def test_a_file_larger_than_any_model_here_is_not_read():
    with pytest.raises(ModelFileError, match="more than a model of this server can have"):
        read_model(bytes(most_bytes(100) + 1), "large.safetensors", parameters=100)


def test_a_model_that_is_not_finite_is_refused():
    trained = untrained("linear")
    trained.model[1].weight.data[0, 0] = float("nan")
    with pytest.raises(ModelFileError, match="not finite"):
        read_model(write("safetensors", trained), "nan.safetensors", parameters=10_000)


def test_a_run_beyond_the_limits_of_a_server_is_refused():
    config = TrainConfig(model="linear", epochs=50)
    limits = Limits(epochs=10, parameters=10_000, waiting=1, kept_runs=1, kept_bytes=1)
    with pytest.raises(ConfigError, match="50 epochs are more than this server allows"):
        imports.read_model(limits, dump(new_model(config), config, {"accuracy": 0.5, "epochs_done": 3}), "a")


def test_a_model_of_mnist_comes_in_where_mnist_is_not(new_home):
    store = Store()
    limits = Limits(epochs=100, parameters=10_000, waiting=1, kept_runs=10, kept_bytes=10**9)
    run = imports.add_model(store, limits, "me", write("safetensors", shipped.load("linear")), "from home.safetensors")
    [kept] = store.runs("me")
    assert (kept.id, kept.name, kept.state) == (run, "from home", "done")
    assert kept.saved == kept.step == kept.steps == kept.config.epochs
    back = undump(store.checkpoint(run))
    np.testing.assert_array_equal(probabilities(back, IMAGES), probabilities(shipped.load("linear"), IMAGES))


@pytest.mark.parametrize("name", FORMATS)
def test_no_file_tells_the_folder_of_a_learners_own_pictures(name):
    config = TrainConfig(data="/home/anna/secret/my digits.zip", model="mlp30", digits="37")
    data = write(name, TrainedModel(new_model(config).eval(), config, {}))
    assert b"secret" not in data
    assert name == "fastai" or b"own pictures, my digits.zip" in data
