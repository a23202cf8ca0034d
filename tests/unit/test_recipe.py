"""The training by hand against torch, and each of its switches against what the changed line means."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from mnist_core.chapter import recipe
from mnist_core.chapter.recipe import Recipe, train
from mnist_core.data import load

SMALL = Recipe(digits="0123456789", hidden=30, loss="cross_entropy", lr=0.05, epochs=2)


def torch_model(what: Recipe, seed: int = 0) -> tuple[nn.Sequential, torch.Generator]:
    """The same start in torch's own layers, and the generator that deals the images next."""
    generator = torch.Generator().manual_seed(seed)
    params = recipe.init_params(what, generator)
    layers: list[nn.Module] = []
    for weights, bias in zip(params[::2], params[1::2], strict=True):
        layer = nn.Linear(*weights.shape)
        layer.weight.data, layer.bias.data = weights.detach().T.clone(), bias.detach().clone()
        layers += [layer, nn.ReLU()]
    return nn.Sequential(*layers[:-1]), generator


@pytest.mark.parametrize("what", [SMALL, Recipe(epochs=2), replace(SMALL, shuffle=False)], ids=repr)
def test_training_matches_torch_layers_and_torch_sgd(what):
    ours = train("digits", what)
    model, generator = torch_model(what)
    digits = recipe.digits_for("digits", what)
    x, y = digits.x.float() / 255, digits.y
    loss_of = F.cross_entropy if len(what.digits) > 2 else recipe.LOSSES["mnist_loss"]
    optimizer, losses = torch.optim.SGD(model.parameters(), lr=what.lr), []
    for _ in range(what.epochs):
        order = torch.randperm(len(x), generator=generator) if what.shuffle else torch.arange(len(x))
        for rows in order.split(32):
            loss = loss_of(model(x[rows]), y[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
    np.testing.assert_allclose(ours.losses, losses, rtol=1e-3, atol=1e-5)
    preds = model(digits.valid_x.float() / 255)
    right = (preds.argmax(1) == digits.valid_y) if preds.shape[1] > 1 else ((preds > 0) == digits.valid_y)
    assert ours.accuracy == pytest.approx(right.float().mean().item())
    np.testing.assert_allclose(ours.weights.reshape(-1, 784), model[0].weight.detach(), atol=1e-4)


def test_same_recipe_gives_the_same_numbers_and_leaves_the_global_random_state_alone():
    before = torch.random.get_rng_state()
    one, two, other = (train("digits", SMALL, seed=seed) for seed in (1, 1, 2))
    assert np.array_equal(one.losses, two.losses)
    assert np.array_equal(one.weights, two.weights)
    assert not np.array_equal(one.losses, other.losses)
    assert torch.equal(torch.random.get_rng_state(), before)


def test_accuracy_is_measured_at_the_start_at_even_distances_and_at_the_end():
    steps = 2 * -(-len(load("digits").train) // 32)
    run = train("digits", SMALL)
    assert list(run.accuracies) == [steps * k // 20 for k in range(21)]
    assert len(run.losses) == steps
    assert run.accuracy == run.accuracies[steps]


def test_a_start_is_spread_as_nn_linear_spreads_it_or_with_std_1():
    generator = torch.Generator().manual_seed(0)
    scaled, _ = recipe.init_params(Recipe(), generator)
    wild, _ = recipe.init_params(Recipe(start="std 1"), generator)
    assert scaled.abs().max() <= 1 / 28
    assert scaled.std().item() == pytest.approx(nn.Linear(784, 100).weight.std().item(), rel=0.1)
    assert wild.std().item() == pytest.approx(1, rel=0.1)


def test_step_subtracts_or_replaces_and_empties_the_gradient_or_keeps_it():
    def stepped(**change: bool) -> tuple[float, torch.Tensor | None]:
        p = torch.tensor([2.0], requires_grad=True)
        p.grad = torch.tensor([3.0])
        recipe.step([p], Recipe(lr=0.5, **change))
        return p.item(), p.grad

    assert stepped() == (0.5, None)
    assert stepped(subtract=False) == (1.5, None)
    assert stepped(zero_grad=False) == (0.5, torch.tensor([3.0]))


def test_without_relu_two_layers_are_one_and_with_it_they_are_torchs():
    what = SMALL
    params = recipe.init_params(what, torch.Generator().manual_seed(0))
    xb = torch.rand(5, 784, generator=torch.Generator().manual_seed(1))
    torch.testing.assert_close(recipe.forward(xb, params, what), torch_model(what)[0](xb))
    w1, b1, w2, b2 = params
    merged = xb @ (w1 @ w2) + (b1 @ w2 + b2)
    torch.testing.assert_close(recipe.forward(xb, params, replace(what, relu=False)), merged)


def test_plain_softmax_loss_is_cross_entropy_until_the_outputs_grow():
    generator = torch.Generator().manual_seed(0)
    preds, yb = torch.randn(50, 10, generator=generator), torch.randint(0, 10, (50,), generator=generator)
    torch.testing.assert_close(recipe.plain_softmax_loss(preds, yb), F.cross_entropy(preds, yb))
    assert not recipe.plain_softmax_loss(100 * preds, yb).isfinite()
    assert F.cross_entropy(100 * preds, yb).isfinite()


def test_what_is_printed_are_probabilities_or_raw_outputs():
    run, raw = (train("digits", replace(SMALL, softmax=softmax)) for softmax in (True, False))
    assert run.printed.sum() == pytest.approx(1)
    np.testing.assert_allclose(torch.from_numpy(raw.printed).softmax(0), run.printed, atol=1e-6)
    one = train("digits", Recipe())
    assert one.printed.sum() == pytest.approx(1)
    assert one.label in (3, 7)


def test_an_earlier_training_goes_on_with_its_weights():
    again = train("digits", replace(SMALL, earlier_lr=0.05, lr=0.01))
    first = train("digits", SMALL)
    assert again.accuracies[0] == first.accuracy


def test_targets_and_labels_are_those_of_the_data():
    data = load("digits", digits="37")
    digits = recipe.digits_for("digits", Recipe())
    assert digits.y.shape == (len(data.train), 1)
    assert digits.y.ravel().tolist() == (data.labels[data.train] == 3).tolist()
    assert digits.bs == 32


def test_mnist_has_the_chapters_batches(real_mnist):
    assert recipe.digits_for("mnist", Recipe()).bs == 256
