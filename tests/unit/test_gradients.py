"""The roller coaster against linear algebra, and the words against the runs they describe."""

import numpy as np
import pytest
import torch

from mnist_core.chapter import gradients
from mnist_core.chapter.gradients import descend, explain, forecast, largest_stable_lr, mse, outcome, roller_coaster

TIME, SPEED = roller_coaster()


def test_gradient_matches_the_closed_form():
    run = descend(TIME, SPEED, lr=1e-5, steps=5)
    x = gradients.powers(TIME)
    for params, grad in zip(run.params.double(), run.grads.double(), strict=True):
        torch.testing.assert_close(grad, 2 / 20 * x.T @ (x @ params - SPEED.double()), rtol=1e-4, atol=1e-2)


def test_path_matches_torch_sgd():
    run = descend(TIME, SPEED, lr=1e-5, steps=20, seed=3)
    params = run.params[0].clone().requires_grad_()
    optimizer = torch.optim.SGD([params], lr=1e-5)
    for _ in range(20):
        optimizer.zero_grad()
        mse(gradients.f(TIME, params), SPEED).backward()
        optimizer.step()
    assert torch.equal(run.params[-1], params.detach())


def test_same_seed_gives_the_same_run_bit_for_bit_and_leaves_the_global_random_state_alone():
    before = torch.random.get_rng_state()
    one, two = (descend(*roller_coaster(), lr=1e-5, steps=10, seed=7) for _ in range(2))
    assert torch.equal(one.params, two.params)
    assert torch.equal(torch.random.get_rng_state(), before)
    assert not torch.equal(descend(TIME, SPEED, lr=1e-5, steps=10, seed=8).params, one.params)


def test_curvatures_match_autograd_hessian():
    hessian = torch.autograd.functional.hessian(
        lambda p: mse(gradients.f(TIME.double(), p), SPEED.double()), torch.zeros(3, dtype=torch.float64)
    )
    torch.testing.assert_close(gradients.curvatures(TIME), torch.linalg.eigvalsh(hessian))


@pytest.mark.parametrize("centred", [False, True])
@pytest.mark.parametrize("seed", range(5))
def test_runs_just_below_the_largest_stable_rate_come_down_and_just_above_it_blow_up(centred, seed):
    time, speed = roller_coaster(centred=centred)
    limit = largest_stable_lr(time)
    below = descend(time, speed, lr=0.97 * limit, steps=500, seed=seed)
    assert outcome(below) == "oscillated"
    assert outcome(descend(time, speed, lr=1.03 * limit, steps=500, seed=seed)) == "diverged"


@pytest.mark.parametrize("centred", [False, True])
@pytest.mark.parametrize("share", [0.001, 0.01, 0.1, 0.3, 0.45, 0.6, 0.9, 1.2, 3, 1e6])
def test_forecast_agrees_with_what_the_run_did(centred, share):
    time, speed = roller_coaster(centred=centred)
    lr = share * largest_stable_lr(time)
    did = {"too slow": "converged", "good": "converged", "oscillates": "oscillated", "diverges": "diverged"}
    for seed in range(5):
        assert did[forecast(time, lr=lr, steps=50)] == outcome(descend(time, speed, lr=lr, steps=50, seed=seed))


def test_chapter_rate_settles_in_the_valley_and_the_printed_rate_explodes():
    assert forecast(TIME, lr=1e-5, steps=30) == "good"
    exploded = descend(TIME, SPEED, lr=1e5, steps=100)
    assert exploded.overflowed
    assert exploded.steps < 10
    assert "no longer fits" in explain(exploded)


def test_first_step_of_the_write_up_follows_from_the_root_of_the_loss():
    """Published: 152.6150, then 152.3409 at 1e-5. The root of mse falls by lr * |gradient|**2, to first order."""
    drops = []
    for seed in range(2000):
        params = torch.randn(3, generator=torch.Generator().manual_seed(seed)).requires_grad_()
        loss = mse(gradients.f(TIME, params), SPEED).sqrt()
        if abs(loss.item() - 152.6) < 5:
            loss.backward()
            drops.append(1e-5 * (params.grad**2).sum().item())
    assert drops
    assert all(abs(drop - (152.6150 - 152.3409)) < 0.02 for drop in drops)


def test_centred_times_reach_the_best_curve_that_the_chapter_times_do_not():
    def final_and_best(centred, lr):
        time, speed = roller_coaster(centred=centred)
        run = descend(time, speed, lr=lr, steps=300)
        return run, gradients.lowest_loss(time, speed)

    run, best = final_and_best(centred=True, lr=0.5)
    assert run.losses[-1].item() == pytest.approx(best, rel=0.01)
    assert "best curve" not in explain(run)
    run, best = final_and_best(centred=False, lr=1e-5)
    assert run.losses[-1] > 50 * best
    assert f"The best curve has a loss of {best:.3g}" in explain(run)


def test_a_rate_too_small_to_change_a_32_bit_loss_does_not_diverge():
    time, speed = roller_coaster(centred=True)
    assert {outcome(descend(time, speed, lr=1e-8, steps=5, seed=seed)) for seed in range(10)} == {"converged"}


def test_lowest_loss_matches_numpy_polyfit():
    residuals = np.polyfit(TIME.numpy(), SPEED.double().numpy(), 2, full=True)[1]
    assert gradients.lowest_loss(TIME, SPEED) == pytest.approx(residuals[0] / 20, rel=1e-6)


@pytest.mark.parametrize("lr", [1e-5, 3e-5, 5e-5, 1e5])
def test_loss_surface_agrees_with_mse_and_holds_start_and_lowest_point(lr):
    run = descend(TIME, SPEED, lr=lr, steps=30)
    surface = gradients.loss_surface(run)
    for i, j in [(0, 0), (7, 30), (40, 12)]:
        params = torch.tensor([surface.a[j], surface.b[i], surface.c])
        assert surface.losses[i, j].item() == pytest.approx(mse(gradients.f(TIME, params), SPEED).item(), rel=1e-3)
    for point in (run.params[0, :2], surface.lowest):
        assert surface.a[0] < point[0] < surface.a[-1]
        assert surface.b[0] < point[1] < surface.b[-1]
    assert surface.c == run.params[0 if outcome(run) == "diverged" else -1, 2]


def test_a_surface_holds_the_near_points_of_the_path_and_numpys_losses():
    path = torch.tensor([[1.0, -20.0, 25.0], [0.5, -5.0, 25.0], [9999.0, 0.0, 25.0]])
    surface = gradients.surface_under(path, TIME, SPEED, c=25, size=5)
    t, y = TIME.double().numpy(), SPEED.double().numpy()
    for i, b in enumerate(surface.b.tolist()):
        for j, a in enumerate(surface.a.tolist()):
            expected = np.mean((np.polyval([a, b, 25], t) - y) ** 2)
            assert surface.losses[i, j].item() == pytest.approx(expected, rel=1e-9)
    lowest = np.linalg.lstsq(np.stack([t**2, t], axis=1), y - 25, rcond=None)[0]
    np.testing.assert_allclose(surface.lowest, lowest, rtol=1e-6)
    for a, b in [*path[:2, :2].tolist(), lowest]:
        assert surface.a[0] < a < surface.a[-1]
        assert surface.b[0] < b < surface.b[-1]
    assert surface.a[-1] < 10


def test_rmse_is_the_root_that_numpy_gives():
    preds, targets = torch.tensor([1.0, 2.0, 4.0]), torch.tensor([1.0, 4.0, 1.0])
    assert gradients.rmse(preds, targets).item() == pytest.approx(np.sqrt((0 + 4 + 9) / 3))


def test_a_run_can_begin_anywhere_and_leaves_its_start_alone():
    start = torch.tensor([0.0, 0.0, 27.0])
    run = descend(TIME, SPEED, lr=1e-5, steps=3, start=start)
    assert torch.equal(run.params[0], start)
    assert start.tolist() == [0, 0, 27]
    assert not start.requires_grad


def test_params_through_three_points_match_numpy_polyfit():
    times, speeds = [1.0, 9.5, 18.0], [56.0, -3.0, 40.0]
    expected = np.polyfit(times, speeds, 2)
    np.testing.assert_allclose(gradients.params_through(times, speeds), expected, rtol=1e-5, atol=1e-5)


def test_loss_and_grad_match_autograd_and_leave_the_parameters_alone():
    params = torch.tensor([0.7, -14.0, 70.0])
    loss, grad = gradients.loss_and_grad(params, TIME, SPEED)
    expected = torch.func.grad(lambda p: mse(gradients.f(TIME, p), SPEED))(params)
    torch.testing.assert_close(grad, expected)
    assert loss == mse(gradients.f(TIME, params), SPEED)
    assert params.tolist() == torch.tensor([0.7, -14.0, 70.0]).tolist()


def test_gradient_of_the_best_curve_is_nothing():
    _, grad = gradients.loss_and_grad(gradients.best_params(TIME, SPEED).float(), TIME, SPEED)
    assert grad.abs().max() < 0.05  # of the 57,000 that the random start has


@pytest.mark.parametrize(
    ("value", "text"), [(-77377.6, "-77,380"), (0.00012346, "0.0001235"), (1.5e12, "1.5e+12"), (7.30497, "7.305")]
)
def test_readable_has_four_digits_and_no_exponent_below_a_million(value, text):
    assert gradients.readable(value) == gradients.readable(torch.tensor(value, dtype=torch.float64)) == text


def test_distance_in_words_is_the_root_of_the_loss_or_says_that_there_is_none():
    run = descend(TIME, SPEED, lr=1e5, steps=100)
    assert f"{run.losses[0] ** 0.5:,.4g}" in gradients.distance_in_words(run, 0)
    assert "no longer fits" in gradients.distance_in_words(run, run.steps)


def test_the_words_about_the_limits_have_the_numbers_of_numpy():
    x = np.vander(TIME.double().numpy(), 3)
    flat, _, steep = np.linalg.eigvalsh(2 / 20 * x.T @ x)
    best = np.polyfit(TIME.numpy(), SPEED.double().numpy(), 2, full=True)[1][0] / 20
    words = gradients.limits_in_words(descend(TIME, SPEED, lr=1e-5, steps=1))
    for number in (f"bends with {steep:,.5g}", f"**{2 / steep:.3g}**", f"with {flat:.3g}: {steep / flat:,.0f} times"):
        assert number in words
    assert f"{1 / (1e-5 * flat):,.0f} steps" in words
    assert words.endswith(f"a loss of {best:.3g}.")
