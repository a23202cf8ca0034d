"""The traced calculations against a plain backward and cases worked by hand; gradients that add up."""

import pytest
import torch

from mnist_core.chapter import autograd
from mnist_core.chapter.autograd import CALCULATIONS, chain, descend_square, grads_of_calls, order, trace

every_calculation = pytest.mark.parametrize("name", CALCULATIONS)


@every_calculation
def test_gradients_are_those_of_a_plain_backward(name):
    """The code on the screen, run as it stands, gives the gradients of the picture."""
    calculation = CALCULATIONS[name]
    traced = trace(calculation)
    names = {"tensor": torch.tensor}
    exec(autograd.as_code(calculation, traced, {}), names)
    for learned in calculation.learned:
        assert torch.equal(names[learned].grad, traced.grads[learned])
    assert torch.equal(names["loss"].detach(), traced.values["loss"])


@every_calculation
@pytest.mark.parametrize("w", [-5.0, 0.0, 2.5])
def test_a_gradient_is_the_one_behind_it_times_the_factor_and_the_chain_multiplies_them_all(name, w):
    calculation = CALCULATIONS[name]
    traced = trace(calculation, **({"w": w} if "w" in calculation.given else {}))
    for (operation, source), factor in traced.factors.items():
        torch.testing.assert_close(traced.grads[source], traced.grads[operation] * factor)
    for learned in calculation.learned:
        product = torch.ones(())
        for factor in chain(calculation, traced, learned):
            product = product * factor
        torch.testing.assert_close(traced.grads[learned], product)


def test_the_line_by_hand():
    """w*x + b - t = 3*2 + 1 - 5 = 2; the loss is 4, its slope 2*2, times x for w."""
    traced = trace(CALCULATIONS["line"])
    assert {name: value.item() for name, value in traced.values.items()} == {
        **{"w": 3, "x": 2, "b": 1, "t": 5},
        **{"wx": 6, "preds": 7, "diff": 2, "loss": 4},
    }
    grads = {"w": 8, "b": 4, "wx": 4, "preds": 4, "diff": 4, "loss": 1}
    assert {name: grad.item() for name, grad in traced.grads.items()} == grads
    assert order(CALCULATIONS["line"], traced) == [["loss"], ["diff"], ["preds"], ["wx", "b"], ["w"]]


def test_the_chapters_first_example():
    traced = trace(CALCULATIONS["squares"])
    assert traced.values["loss"] == 125
    assert traced.grads["xt"].tolist() == [6, 8, 20]


def test_the_chain_takes_the_sigmoid_and_the_linear_function():
    """One write-up has the gradient come from the derivative of the sigmoid and not of the linear function."""
    calculation = CALCULATIONS["sigmoid"]
    traced = trace(calculation)
    preds = 1 / (1 + torch.exp(torch.tensor(0.5)))  # w*x + b = 3 * -0.5 + 1
    torch.testing.assert_close(traced.grads["w"], -preds * (1 - preds) * -0.5)
    assert len(chain(calculation, traced, "w")) == 4


@every_calculation
def test_every_step_fills_something_and_in_the_end_all_is_filled(name):
    calculation = CALCULATIONS[name]
    traced = trace(calculation)
    steps = 2 * len(calculation.operations) + 1
    seen = [autograd.filled(calculation, traced, step) for step in range(-1, steps + 1)]
    sizes = [len(values) + len(grads) for values, grads in seen]
    assert sizes == sorted(set(sizes))
    assert {*seen[-1][0]} == {*traced.values}
    assert {*seen[-1][1]} == {*traced.grads}
    for step in range(steps + 1):
        said = autograd.step_in_words(calculation, traced, step)
        new = {*seen[step + 1][1]} - {*seen[step][1]}
        assert all(autograd.words(traced.grads[name]) in said for name in new)


def test_a_nudge_moves_the_loss_by_the_gradient():
    before, after = autograd.nudged(CALCULATIONS["line"], "w", by=0.01, w=3.0, b=1.0)
    assert (before, after) == pytest.approx((4, 2.02**2))


def test_words_of_numbers():
    assert autograd.words(torch.tensor(0.123456)) == "0.1235"
    assert autograd.words(torch.tensor([9.0, 16.0])) == "[9, 16]"


def test_gradients_add_up_unless_they_are_set_to_zero():
    assert grads_of_calls(3.0, calls=4, zero_grad=False) == [6, 12, 18, 24]
    assert grads_of_calls(3.0, calls=4, zero_grad=True) == [6, 6, 6, 6]


@pytest.mark.parametrize("lr", [0.01, 0.1, 0.9])
def test_descent_matches_torch_sgd(lr):
    x = torch.tensor(3.0, requires_grad=True)
    optimizer = torch.optim.SGD([x], lr=lr)
    path = [x.item()]
    for _ in range(20):
        optimizer.zero_grad()
        (x**2).backward()
        optimizer.step()
        path.append(x.item())
    assert descend_square(3.0, lr=lr, steps=20).tolist() == pytest.approx(path, rel=1e-5)


@pytest.mark.parametrize("lr", [0.01, 0.1, 0.5])
def test_descent_without_zero_grad_is_sgd_with_full_momentum_and_never_settles(lr):
    x = torch.tensor(3.0, requires_grad=True)
    optimizer = torch.optim.SGD([x], lr=lr, momentum=1.0)
    path = [x.item()]
    for _ in range(60):
        optimizer.zero_grad()
        (x**2).backward()
        optimizer.step()
        path.append(x.item())
    forgetful = descend_square(3.0, lr=lr, steps=60, zero_grad=False)
    assert forgetful.tolist() == pytest.approx(path, abs=1e-3)
    assert forgetful[-30:].abs().max() > 2
    assert autograd.times_over_the_bottom(forgetful) > 1


def test_times_over_the_bottom_by_hand():
    assert autograd.times_over_the_bottom(torch.tensor([3.0, 1.0, -1.0, -2.0, 0.0, 0.5, 0.0, 0.2])) == 2


def test_only_methods_with_an_underscore_change_the_tensor():
    calls = {call.code: call for call in autograd.in_place_calls()}
    assert {code: call.is_same for code, call in calls.items()} == {code: "_(" in code for code in calls}
    assert calls["t.sub(1)"].after == "tensor([5., 7.])"
    assert calls["t.sub_(1)"].after == "tensor([4., 6.])"
    assert "in-place" in autograd.refusal()
