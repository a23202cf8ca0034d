"""The anatomy of a model against the model itself, run for real."""

import pytest
import torch
from torch import nn

from mnist_core.chapter import layers
from mnist_core.config import TrainConfig
from mnist_core.models import MODELS, new_model, parameter_count


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("outputs", [1, 10])
def test_shapes_and_parameters_are_those_of_the_real_model(name, outputs):
    rows = layers.anatomy_of(name, outputs)
    model = new_model(TrainConfig(model=name, digits="37" if outputs == 1 else "0123456789")).eval()
    assert sum(row.parameters for row in rows) == parameter_count(model)
    assert [row.parameters for row in rows] == [parameter_count(layer) for layer in model.children()]
    assert rows[-1].shape == (outputs,)
    if isinstance(model, nn.Sequential):
        x = torch.zeros(2, 1, 28, 28)
        for row, layer in zip(rows, model, strict=True):
            x = layer(x)
            assert x.shape[1:] == row.shape
    assert all(row.does for row in rows)


@pytest.mark.parametrize("size", [7, 14, 28])
@pytest.mark.parametrize("kernel", [1, 2, 3, 7])
@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("padding", [0, 1, 3])
def test_sliding_size_matches_torch_conv2d(size, kernel, stride, padding):
    conv = nn.Conv2d(1, 1, kernel, stride, padding)
    expected = conv(torch.zeros(1, 1, size, size)).shape[-1]
    assert layers.sliding_size(size, kernel=kernel, stride=stride, padding=padding) == expected


def test_the_cnn_as_the_page_tells_it():
    rows = layers.anatomy_of("cnn", 10)
    assert [row.kind for row in rows] == ["Conv2d", "MaxPool2d", "ReLU"] * 2 + ["Flatten", "Linear"]
    assert rows[0].does == "slides 16 kernels of 3x3 over 1 channel, stride 1, padding 1"
    assert rows[0].size == "(28 + 2*1 - 3) // 1 + 1 = 28"
    assert rows[1].size == "(28 + 2*0 - 2) // 2 + 1 = 14"
    assert rows[6].shape == (1568,)
    assert [row.size for row in rows[6:]] == ["", ""]


def test_looking_changes_neither_the_model_nor_the_global_random_state():
    model = nn.Sequential(nn.Flatten(), nn.Linear(784, 3)).train()
    before = torch.random.get_rng_state()
    layers.anatomy(model)
    layers.anatomy_of("resnet18", 10)
    assert model.training
    assert not model[0]._forward_hooks
    assert torch.equal(torch.random.get_rng_state(), before)
