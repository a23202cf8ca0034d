"""Mini-batches against torch's own optimiser and data loader, and against plain gradient descent."""

import pytest
import torch
from torch.utils.data import DataLoader, TensorDataset

from mnist_core.chapter import gradients, minibatch
from mnist_core.chapter.gradients import f, mse, roller_coaster
from mnist_core.chapter.minibatch import descend_in_batches, shuffled_batches, steps_per_epoch

TIME, SPEED = roller_coaster(centred=True)


@pytest.mark.parametrize("bs", [1, 3, 20])
def test_path_matches_torch_sgd_on_the_same_batches(bs):
    run = descend_in_batches(TIME, SPEED, lr=0.1, bs=bs, epochs=2, seed=3, shuffle_seed=5)
    params = run.params[0].clone().requires_grad_()
    optimizer = torch.optim.SGD([params], lr=0.1)
    generator = torch.Generator().manual_seed(5)
    for batch in (batch for _ in range(2) for batch in shuffled_batches(20, bs, generator)):
        optimizer.zero_grad()
        mse(f(TIME[batch], params), SPEED[batch]).backward()
        optimizer.step()
    torch.testing.assert_close(run.params[-1], params.detach(), rtol=1e-5, atol=1e-5)


def test_batches_of_everything_are_plain_gradient_descent():
    run = descend_in_batches(TIME, SPEED, lr=0.1, bs=20, epochs=10)
    plain = gradients.descend(TIME, SPEED, lr=0.1, steps=10)
    torch.testing.assert_close(run.params, plain.params, rtol=1e-4, atol=1e-4)  # the points come in another order
    torch.testing.assert_close(run.losses, plain.losses, rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(run.seen, plain.losses[:-1], rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("bs", range(1, 22))
def test_an_epoch_deals_every_point_once_in_as_many_batches_as_torch_makes(bs):
    batches = shuffled_batches(20, bs, torch.Generator().manual_seed(0))
    assert sorted(torch.cat(batches).tolist()) == list(range(20))
    assert len(batches) == steps_per_epoch(20, bs) == len(DataLoader(TensorDataset(TIME), batch_size=bs))


def test_each_epoch_is_dealt_in_a_new_order_that_its_seed_repeats():
    one = torch.Generator().manual_seed(1)
    first, second = (torch.cat(shuffled_batches(20, 5, one)) for _ in range(2))
    assert not torch.equal(first, second)
    assert torch.equal(first, torch.cat(shuffled_batches(20, 5, torch.Generator().manual_seed(1))))


def test_same_seeds_give_the_same_run_bit_for_bit_and_leave_the_global_random_state_alone():
    before = torch.random.get_rng_state()
    one, two = (descend_in_batches(TIME, SPEED, lr=0.1, bs=5, epochs=3, shuffle_seed=7) for _ in range(2))
    assert torch.equal(one.params, two.params)
    assert torch.equal(torch.random.get_rng_state(), before)
    other = descend_in_batches(TIME, SPEED, lr=0.1, bs=5, epochs=3, shuffle_seed=8)
    assert not torch.equal(one.params, other.params)


def test_rows_losses_and_epochs_belong_together():
    run = descend_in_batches(TIME, SPEED, lr=0.1, bs=6, epochs=3)
    assert run.steps == 12
    assert run.epochs[::4] == [0, 1, 2, 3]
    for params, loss in zip(run.params, run.losses, strict=True):
        assert loss == mse(f(TIME, params), SPEED)


def test_the_smaller_the_batch_the_lower_the_loss_at_a_small_rate():
    losses = [descend_in_batches(TIME, SPEED, lr=0.02, bs=bs, epochs=10).losses[-1].item() for bs in (1, 2, 5, 10, 20)]
    assert losses == sorted(losses)


def test_near_the_floor_small_batches_tremble_and_the_whole_data_do_not():
    best = gradients.lowest_loss(TIME, SPEED)

    def rises(bs):
        losses = descend_in_batches(TIME, SPEED, lr=0.5, bs=bs, epochs=100).losses[-20:]
        return int((losses.diff() > 0.01 * best).sum())

    assert rises(1) > 3
    assert rises(20) == 0


def test_a_run_that_explodes_stops_at_its_first_loss_that_is_no_number():
    run = descend_in_batches(TIME, SPEED, lr=1e9, bs=5, epochs=10)
    assert not run.losses[-1].isfinite()
    assert run.losses[:-1].isfinite().all()
    assert run.steps < 40


def test_the_lower_one_is_named():
    whole, few = (descend_in_batches(TIME, SPEED, lr=0.1, bs=bs, epochs=10) for bs in (20, 5))
    gone = descend_in_batches(TIME, SPEED, lr=1e9, bs=1, epochs=10)
    assert minibatch.lower(whole, few) == minibatch.lower(few, whole) == "Batches of 5"
    assert minibatch.lower(whole, gone) == minibatch.lower(gone, whole) == "All 20 at once"
    assert minibatch.lower(whole, whole) == "The same"


def test_the_surface_under_both_holds_both_paths_and_the_best_curve():
    whole, few = (descend_in_batches(TIME, SPEED, lr=0.1, bs=bs, epochs=10) for bs in (20, 5))
    surface = minibatch.surface_under_both(whole, few, TIME, SPEED)
    best = gradients.best_params(TIME, SPEED)
    torch.testing.assert_close(surface.lowest, best[:2], rtol=1e-6, atol=1e-6)
    for a, b, _ in torch.cat([whole.params, few.params, best[None].float()]):
        assert surface.a[0] < a < surface.a[-1]
        assert surface.b[0] < b < surface.b[-1]
