"""The command line, called as a shell would call it, apart from one test that really goes through a shell."""

import json
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from mnist_core import checkpoint
from mnist_core.__main__ import main
from mnist_core.config import TrainConfig
from mnist_core.data import load
from mnist_core.export.notebooks.run import run_notebook
from mnist_core.runs.store import Store
from mnist_core.training import weights_sha256

QUICK = ["train", "--data", "digits", "--model", "mlp30", "--epochs", "2", "--bs", "64", "--quiet"]


def call(capsys, *arguments: str) -> tuple[int, str, str]:
    try:
        status = main(list(arguments))
    except SystemExit as stop:  # argparse
        status = stop.code
    said = capsys.readouterr()
    return status, said.out, said.err


def test_train_prints_one_object_with_everything_about_the_run(capsys, tmp_path):
    file = tmp_path / "kept" / "model.safetensors"
    status, out, _ = call(capsys, *QUICK, "--lr", "0.5", "--json", "--out", str(file))
    report = json.loads(out.splitlines()[-1])
    assert status == 0
    assert report["config"]["lr"] == 0.5
    assert [sorted(row) for row in report["epochs"]] == [
        ["accuracy", "epoch", "seconds", "train_loss", "valid_loss"]
    ] * 2
    assert report["accuracy"] == report["epochs"][-1]["accuracy"] > 0.3
    assert report["parameters"] == 23_860
    assert report["seconds"] > 0
    assert report["weights_sha256"] == weights_sha256(checkpoint.read(file).model)


def test_the_same_command_gives_the_same_weights_and_another_seed_others(capsys):
    hashes = [json.loads(call(capsys, *QUICK, "--json", "--seed", seed)[1])["weights_sha256"] for seed in "112"]
    assert hashes[0] == hashes[1] != hashes[2]


def test_two_digits_train_the_chapters_one_output(capsys):
    report = json.loads(call(capsys, *QUICK, "--digits", "37", "--json")[1])
    assert report["parameters"] == 784 * 30 + 30 + 30 + 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["train", "--lr", "0"], "learning rate 0 is out of range"),
        (["train", "--lr", "nan"], "learning rate nan"),
        (["train", "--epochs", "0"], "number of epochs 0"),
        (["train", "--data", "digits", "--bs", "5000"], "at most 1,4"),
        (["train", "--data", "/nowhere"], "/nowhere"),
        (["train", "--out", "/proc/nothing/model.safetensors"], "choose another place"),
        (["train", "--out", "tests"], "it is a folder"),
        (["train", "--model"], "expected one argument"),
        (["predict", "/nowhere.png"], "/nowhere.png cannot be read"),
        (["predict", "README.md"], "README.md"),
        (["evaluate", "--model", "a" * 300], "neither a file nor the id"),
        (["evaluate", "--model", "nothing"], "neither a file nor the id"),
        (["evaluate", "--model", "README.md"], "no model that this lab wrote"),
        (["fly"], "invalid choice"),
        ([], "required"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_mistake_gives_one_line_and_status_2(capsys, arguments, said):
    status, out, err = call(capsys, *arguments)
    assert status == 2
    assert out == ""
    assert said in err
    assert len(err.splitlines()) == 1


def test_predict_reads_pictures_with_the_shipped_model(capsys, tmp_path):
    data = load("digits")
    files, digits = [], []
    for index in data.valid[:5]:
        file = tmp_path / f"{index}.png"
        Image.fromarray(255 - np.asarray(data.images[index])).resize((200, 200)).save(
            file
        )  # black on white, as on paper
        files.append(str(file))
        digits.append(int(data.labels[index]))
    status, out, _ = call(capsys, "predict", *files, "--json")
    answers = json.loads(out)
    assert status == 0
    assert [answer["file"] for answer in answers] == files
    for answer in answers:
        assert sum(answer["probabilities"].values()) == pytest.approx(1, abs=1e-5)
        assert answer["probabilities"][str(answer["digit"])] == max(answer["probabilities"].values())
    right = sum(answer["digit"] == digit for answer, digit in zip(answers, digits, strict=True))
    assert right >= 3  # another world than MNIST, and still


def test_predict_names_the_file_among_many_that_is_no_digit(capsys, tmp_path):
    Image.new("L", (50, 50)).save(tmp_path / "blank.png")
    status, _, err = call(capsys, "predict", str(tmp_path / "blank.png"))
    assert status == 2
    assert "blank.png cannot be read: " in err


@pytest.mark.parametrize("split", ["official", "random"])
def test_evaluate_gives_the_accuracy_that_training_gave(capsys, tmp_path, split):
    file = tmp_path / "model.safetensors"
    options = ["--split", split, "--split-seed", "7"]
    trained = json.loads(call(capsys, *QUICK, *options, "--json", "--out", str(file))[1])
    result = json.loads(call(capsys, "evaluate", "--model", str(file), "--data", "digits", "--json")[1])
    assert result["accuracy"] == pytest.approx(trained["accuracy"])
    assert result["images"] == len(load("digits", split=split, split_seed=7).valid)
    assert set(result["per_class"]) == set("0123456789")


def test_data_says_what_there_is(capsys, real_mnist):
    load("mnist")
    found = {source["name"]: source for source in json.loads(call(capsys, "data", "--json")[1])}
    assert found["mnist"]["verified"] is True
    assert found["digits"]["verified"] is None


def test_from_a_real_shell_progress_and_answer_go_separate_ways():
    command = [sys.executable, "-m", "mnist_core", *QUICK[:-1], "--epochs", "1", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["outcome"] == "done"
    assert "Traceback" not in done.stderr


def test_a_model_leaves_as_a_file_and_comes_back_as_a_run(capsys, tmp_path, new_home):
    file = tmp_path / "two.safetensors"
    assert call(capsys, *QUICK, "--digits", "37", "--out", str(file))[0] == 0
    run = json.loads(call(capsys, "import", str(file), "--json")[1])["run"]
    [kept] = json.loads(call(capsys, "runs", "--json")[1])
    assert (kept["id"], kept["state"], kept["config"]["digits"]) == (run, "done", "37")
    assert kept["title"].startswith("two, ")
    again = tmp_path / "again.safetensors"
    assert call(capsys, "export", run, "--out", str(again))[0] == 0
    assert weights_sha256(checkpoint.read(again).model) == weights_sha256(checkpoint.read(file).model)


def test_a_run_leaves_as_a_notebook_unless_its_settings_do_not_repeat_it(capsys, tmp_path, new_home):
    store = Store()
    config = TrainConfig(data="digits", model="linear", epochs=1)
    run = store.submit("me", config, 6, "server")
    file = tmp_path / "run.ipynb"
    assert call(capsys, "notebook", run, "--out", str(file))[0] == 0
    assert file.read_bytes() == run_notebook(config)
    assert call(capsys, "notebook", run, "--with-lab", "--out", str(file))[0] == 0
    assert file.read_bytes() == run_notebook(config, with_lab=True)
    store.set_lr("me", run, 0.5)
    store.claim(run, "server")
    status, _, err = call(capsys, "notebook", run, "--out", str(tmp_path / "none.ipynb"))
    assert (status, "learning rate was changed by hand" in err) == (2, True)
    assert not (tmp_path / "none.ipynb").exists()


def test_only_models_of_ours_come_in_and_only_known_formats_go_out(capsys, tmp_path):
    pickled = tmp_path / "learner.pkl"
    pickled.write_bytes(b"\x80\x02}.")
    status, _, err = call(capsys, "import", str(pickled))
    assert (status, "learner.pkl is a pickle" in err) == (2, True)
    status, _, err = call(capsys, "export", "cnn", "--format", "keras", "--out", str(tmp_path / "x"))
    assert (status, "no format 'keras'" in err) == (2, True)
