"""The six pictures of Home: real numbers, the same as torch would give."""

import numpy as np
import torch
from torch.nn import functional as F

from mnist_core.data import load
from mnist_core.journey import bars_svg, enlarged, numbers_svg, signed_colours, travel


def test_gradient_and_losses_match_torch():
    data = load("digits")
    way = travel(data, seed=7)
    followed = data.train[data.labels[data.train] == 3][0]
    rows = [followed, *data.train]
    x = torch.tensor(data.images[rows].reshape(-1, 784) / 255)
    y = torch.tensor(data.labels[rows])
    weights = torch.tensor(np.random.default_rng(7).normal(0, 0.05, (784, 10)), requires_grad=True)
    optimizer = torch.optim.SGD([weights], lr=0.2)
    for step in range(way.steps):
        optimizer.zero_grad()
        F.cross_entropy(x @ weights, y).backward()
        if step == 0:
            assert np.allclose(way.gradient, weights.grad[:, 3].reshape(28, 28))
            assert np.isclose(way.loss_before, F.cross_entropy((x @ weights)[:1], y[:1]).item())
        optimizer.step()
    assert np.allclose(way.after, F.softmax((x @ weights)[0], dim=0).detach())
    assert way.digit == 3
    assert way.images == len(rows)


def test_the_model_gets_better_on_either_data():
    way = travel(load("auto"))
    assert way.loss_after < way.loss_before / 2
    assert way.after.argmax() == way.digit
    assert np.isclose(way.before.sum(), 1)


def test_pictures_show_the_values_they_are_made_of():
    image = np.arange(784).reshape(28, 28).astype(np.uint8)
    assert (enlarged(image)[::6, ::6] == image).all()
    assert f">{image[11, 11]}<" in numbers_svg(image)
    assert bars_svg(np.eye(10)[4], 4).count(">100%<") == 1
    values = np.zeros((28, 28))
    values[0, 0], values[0, 1] = -2, 1
    colours = signed_colours(values)[::6, ::6]
    assert colours[0, 0].tolist() == [80, 170, 255]
    assert colours[0, 1].tolist() == [127, 75, 20]
    assert not colours[1:].any()
