from typing import get_args

import pytest
import torch
import torch.nn.functional as F

from mnist_core import options
from mnist_core.chapter.losses import LOSSES
from mnist_core.config import TrainConfig
from mnist_core.models import MODELS, new_model, parameter_count, to_input
from mnist_core.optim import OPTIMIZERS, SCHEDULES


def test_the_names_on_offer_are_those_of_the_registries():
    assert get_args(options.ModelName) == tuple(MODELS) == tuple(options.MODEL_TITLES)
    assert get_args(options.LossName) == tuple(LOSSES)
    assert get_args(options.OptimizerName) == tuple(OPTIMIZERS)
    assert get_args(options.ScheduleName) == tuple(SCHEDULES)


# 784 * 10 + 10; 784 * 30 + 30 + 30 * 10 + 10; ...; the CNN: 16 * 9 + 16 + 32 * 16 * 9 + 32 + 1568 * 10 + 10
COUNTS = {"linear": 7_850, "mlp30": 23_860, "mlp128": 101_770, "mlp392_30": 319_820, "cnn": 20_490}


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("digits", ["37", "0123456789"])
def test_a_model_takes_images_and_gives_one_number_per_output(name, digits):
    config = TrainConfig(model=name, digits=digits)
    model = new_model(config).eval()
    assert model(torch.zeros(2, 1, 28, 28)).shape == (2, config.outputs)
    if name in COUNTS and len(digits) == 10:
        assert parameter_count(model) == COUNTS[name]


def test_pooling_before_relu_gives_the_write_ups_numbers():
    model = new_model(TrainConfig(model="cnn"))
    first, second, last = model[0], model[3], model[7]
    xb = torch.rand(8, 1, 28, 28)
    written = F.max_pool2d(F.relu(first(xb)), 2)
    written = F.max_pool2d(F.relu(second(written)), 2)
    assert torch.equal(model(xb), last(written.flatten(1)))


def test_starting_weights_follow_from_the_seed_and_leave_the_global_state_alone():
    before = torch.random.get_rng_state()
    one, same, other = (new_model(TrainConfig(seed=seed)) for seed in (1, 1, 2))
    assert torch.equal(one[1].weight, same[1].weight)
    assert not torch.equal(one[1].weight, other[1].weight)
    assert torch.equal(torch.random.get_rng_state(), before)


def test_randn_draws_every_parameter_with_a_spread_of_1():
    for name in ("linear", "mlp128"):
        model = new_model(TrainConfig(model=name, init="randn"))
        for p in model.parameters():
            assert p.std().item() == pytest.approx(1, abs=5 / p.numel() ** 0.5)
            assert p.mean().item() == pytest.approx(0, abs=5 / p.numel() ** 0.5)


def test_input_is_the_bytes_over_255():
    images = torch.arange(256, dtype=torch.uint8).repeat(49)[: 16 * 784].view(16, 28, 28)
    xb = to_input(images)
    assert (xb.shape, xb.dtype) == ((16, 1, 28, 28), torch.float32)
    assert torch.equal(xb.view(16, 28, 28), images.float() / 255)
