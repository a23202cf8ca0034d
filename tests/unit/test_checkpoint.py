import pickle

import pytest
import torch
from safetensors.torch import save

from mnist_core import checkpoint
from mnist_core.config import TrainConfig
from mnist_core.errors import ModelFileError
from mnist_core.models import new_model

CONFIG = TrainConfig(model="mlp30", digits="37")


@pytest.fixture
def data() -> bytes:
    return checkpoint.dump(new_model(CONFIG), CONFIG, {"accuracy": 0.5}, {"memory": torch.arange(3.0)})


def test_a_model_comes_back_as_it_was_saved(data):
    trained = checkpoint.undump(data)
    assert (trained.config, trained.card, trained.classes) == (CONFIG, {"accuracy": 0.5}, (3, 7))
    assert torch.equal(trained.extra["memory"], torch.arange(3.0))
    assert not trained.model.training
    for ours, original in zip(trained.model.parameters(), new_model(CONFIG).parameters(), strict=True):
        assert torch.equal(ours, original)


def test_what_is_not_our_model_is_refused_in_one_sentence(data, tmp_path):
    strangers = {
        "empty": b"",
        "text": b"not a model at all",
        "a pickle": pickle.dumps({"weights": [1, 2]}),
        "somebody's safetensors": save({"weight": torch.zeros(2)}),
        "cut": data[: len(data) // 2],
        "length of a terabyte": (10**12).to_bytes(8, "little") + data[8:],
        "other model": data.replace(b"mlp30", b"mlp31"),
        "missing tensors": data.replace(b"model.1.weight", b"model.9.weight"),
    }
    for name, content in strangers.items():
        file = tmp_path / "model.safetensors"
        file.write_bytes(content)
        with pytest.raises(ModelFileError) as caught:
            checkpoint.read(file)
        assert str(caught.value).startswith("model.safetensors is"), name
        assert "\n" not in str(caught.value), name


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ModelFileError, match=r"nowhere\.safetensors cannot be read"):
        checkpoint.read(tmp_path / "nowhere.safetensors")


def test_is_finite_sees_one_bad_number():
    model = new_model(CONFIG)
    assert checkpoint.is_finite(model)
    model[1].weight.data[3, 5] = float("nan")
    assert not checkpoint.is_finite(model)


def test_a_batch_norm_that_has_seen_infinity_is_not_finite():
    model = new_model(TrainConfig(model="resnet18"))
    assert checkpoint.is_finite(model)
    model.bn1.running_var[0] = torch.inf
    assert not checkpoint.is_finite(model)
