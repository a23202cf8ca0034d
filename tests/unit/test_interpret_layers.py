"""The weights of every layer, what a layer does to an image, and its arithmetic, each against torch."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from mnist_core import checkpoint, interpret
from mnist_core.config import TrainConfig
from mnist_core.interpret.weights import near_square
from mnist_core.models import MODELS, new_model, to_input


def untrained(model: str, **options) -> checkpoint.TrainedModel:
    config = TrainConfig(model=model, **options)
    return checkpoint.TrainedModel(new_model(config).eval(), config, {})


@pytest.fixture
def image() -> np.ndarray:
    """Ink in the middle, as a digit has."""
    image = np.zeros((28, 28), np.float32)
    image[6:22, 8:20] = np.random.default_rng(0).random((16, 12), dtype=np.float32)
    return image


@pytest.mark.parametrize("model", MODELS)
def test_the_arithmetic_of_every_layer_gives_what_torch_gives(model, image):
    trained = untrained(model)
    for name in interpret.layers_with_weights(trained.model):
        layer = interpret.layer_weights(trained, name)
        last = len(layer.names) - 1
        found = interpret.weighted_sum(trained, layer, last, image)
        down, across = found.outputs.shape
        for row, column in {(0, 0), (down // 2, across // 2), (down - 1, across - 1)}:
            assert found.total(row, column) == pytest.approx(found.outputs[row, column], abs=1e-4), (name, row, column)


def test_the_last_layers_sum_is_the_models_logit(image):
    for model in ("linear", "mlp128", "cnn", "resnet18"):
        trained = untrained(model)
        layer = interpret.layer_weights(trained, list(interpret.layers_with_weights(trained.model))[-1])
        logit = trained.model(torch.from_numpy(image)[None, None])[0, 7].item()
        assert interpret.weighted_sum(trained, layer, 7, image).total() == pytest.approx(logit, abs=1e-4)


def test_the_nine_products_of_a_window_are_those_of_torchs_unfold(image):
    trained = untrained("cnn")
    found = interpret.weighted_sum(trained, interpret.layer_weights(trained, "0"), 5, image)
    windows = F.unfold(torch.from_numpy(image)[None, None], 3, padding=1)[0].T  # (784, 9)
    expected = windows * trained.model[0].weight[5].flatten()
    np.testing.assert_allclose(found.products(11, 9).ravel(), expected[11 * 28 + 9].detach(), atol=1e-6)


def test_a_layer_behind_flatten_has_a_weight_for_each_pixel_of_each_channel(image):
    trained = untrained("cnn")
    layer = interpret.layer_weights(trained, "7")
    assert layer.weights.shape == (10, 32, 7, 7)
    assert layer.names[3] == "digit 3"
    before = trained.model[:6](torch.from_numpy(image)[None, None])[0].detach().numpy()  # (32, 7, 7)
    logits = np.einsum("nchw,chw->n", layer.weights, before) + layer.bias
    np.testing.assert_allclose(logits, interpret.logits(trained.model, image[None])[0], atol=1e-5)


@pytest.mark.parametrize(
    ("model", "name", "shape"),
    [
        ("mlp392_30", "1", (392, 28, 28)),
        ("mlp392_30", "3", (30, 14, 28)),  # a row of 392 numbers, laid out
        ("cnn", "3", (16, 3, 3)),  # of one filter, an image for each channel that comes in
        ("resnet18", "fc", (10, 16, 32)),
    ],
)
def test_weights_have_the_form_of_what_they_multiply(model, name, shape):
    images = interpret.as_images(interpret.layer_weights(untrained(model), name), 1)
    assert images.images.shape == shape
    assert len(images.names) == shape[0]


def test_the_change_is_what_a_step_has_done():
    trained = untrained("mlp30")
    start = interpret.layer_weights(untrained("mlp30"), "3")
    layer = trained.model[3]
    with torch.no_grad():
        layer.weight[2, 5] += 0.25
        layer.bias[1] -= 0.5
    change = interpret.change(start, interpret.layer_weights(trained, "3"))
    expected = np.zeros((10, 1, 5, 6))
    expected[2, 0, 0, 5] = 0.25
    np.testing.assert_allclose(change.weights, expected, atol=1e-7)
    np.testing.assert_allclose(change.bias, -0.5 * np.eye(10)[1], atol=1e-7)


def test_another_weight_is_set_in_a_copy_and_moves_its_logit_by_its_input(image):
    trained = untrained("linear")
    before = interpret.logits(trained.model, image[None])[0]
    weight = interpret.layer_weights(trained, "1").weights[4, 0, 12, 10]
    place = {"output": 4, "channel": 0, "row": 12, "column": 10}
    changed = interpret.with_weight(trained, "1", **place, value=float(weight) + 2)
    moved = interpret.logits(changed.model, image[None])[0] - before
    np.testing.assert_allclose(moved, 2 * image[12, 10] * np.eye(10)[4], atol=1e-5)
    assert torch.equal(interpret.logits(trained.model, image[None])[0], before)


@pytest.mark.parametrize(("model", "name", "place"), [("cnn", "3", (7, 3, 2, 1)), ("cnn", "7", (9, 31, 6, 0))])
def test_a_weight_has_the_same_place_for_reading_and_for_setting(model, name, place):
    trained = untrained(model)
    where = dict(zip(("output", "channel", "row", "column"), place, strict=True))
    changed = interpret.layer_weights(interpret.with_weight(trained, name, **where, value=9.0), name)
    assert np.argwhere(changed.weights == 9).tolist() == [list(place)]


@pytest.mark.parametrize("model", ["cnn", "resnet18"])
def test_activations_are_what_the_layers_put_out_one_after_the_other(model, image):
    trained = untrained(model)
    x = torch.from_numpy(image)[None, None]
    seen = interpret.activations(trained.model, image)
    if model == "cnn":
        for layer, found in zip(trained.model, seen, strict=True):
            x = layer(x)
            np.testing.assert_allclose(found.values, x[0].detach(), atol=1e-6)
    else:
        relu = next(found for found in seen if found.name == "bn1")  # which the ReLU behind it writes over
        expected = trained.model.bn1(trained.model.conv1(x))[0].detach()
        np.testing.assert_allclose(relu.values, expected, atol=1e-6)
    np.testing.assert_allclose(seen[-1].values, interpret.logits(trained.model, image[None])[0], atol=1e-5)


def test_firing_shares_count_the_images_on_which_a_unit_is_above_0():
    trained = untrained("mlp30")
    with torch.no_grad():
        trained.model[1].bias[4] = -1000
        trained.model[1].bias[6] = 1000
    images = np.random.default_rng(1).integers(0, 256, (50, 28, 28), dtype=np.uint8)
    hidden = trained.model[:3](to_input(torch.from_numpy(images)))  # (50, 30)
    shares = interpret.firing_shares(trained.model, images)
    np.testing.assert_allclose(shares["2"], (hidden > 0).float().mean(0), atol=1e-7)
    assert (shares["2"][4], shares["2"][6]) == (0, 1)
    assert len(interpret.firing_shares(untrained("cnn").model, images)["5"]) == 32  # a channel is one unit


def test_looking_leaves_the_model_as_it_was(image):
    trained = untrained("mlp30")
    interpret.activations(trained.model, image)
    interpret.layer_weights(trained, "3")
    assert not any(module._forward_hooks for module in trained.model.modules())


@pytest.mark.parametrize("model", ["linear", "mlp30", "cnn"])
def test_integrated_gradients_are_those_of_a_plain_loop(model, image):
    trained, steps = untrained(model), 60  # more than go into one batch
    found = interpret.integrated_gradients(trained.model, image, 2, steps=steps)
    mean = torch.zeros(28, 28)
    for step in range(steps):
        x = (torch.from_numpy(image) * (step + 0.5) / steps).requires_grad_()
        trained.model(x[None, None])[0, 2].backward()
        mean += x.grad / steps
    np.testing.assert_allclose(found.pixels, image * mean.numpy(), atol=1e-6)


def test_a_linear_models_attributions_are_weight_times_pixel_and_complete_after_one_step(image):
    trained = untrained("linear")
    found = interpret.integrated_gradients(trained.model, image, 3, steps=1)
    weights = trained.model[1].weight[3].view(28, 28).detach().numpy()
    np.testing.assert_allclose(found.pixels, weights * image, atol=1e-6)
    assert abs(found.gap) < 1e-5
    assert found.baseline == pytest.approx(trained.model[1].bias[3].item())


def test_the_gap_to_completeness_shrinks_with_the_steps(image):
    bent = nn.Sequential(nn.Flatten(), nn.Linear(784, 1), nn.Tanh())
    nn.init.constant_(bent[1].weight, 3 / image.sum().item())  # tanh goes from 0 to 3, so well into its bend
    nn.init.zeros_(bent[1].bias)
    gaps = [abs(interpret.integrated_gradients(bent, image, 0, steps=steps).gap) for steps in (1, 8, 200)]
    assert gaps[0] > 10 * gaps[1] > 10 * gaps[2]


def test_numbers_are_laid_out_as_nearly_square_as_they_divide():
    assert [near_square(count) for count in (1, 7, 30, 392)] == [(1, 1), (1, 7), (5, 6), (14, 28)]
