"""The seven steps: their numbers against the run, their lines of code against the source."""

import inspect
import re

import pytest

from mnist_core.chapter import gradients
from mnist_core.chapter.gradients import descend, f, mse, readable, roller_coaster
from mnist_core.chapter.seven_steps import STEPS, moments

TIME, SPEED = roller_coaster()
SOURCE = inspect.getsource(gradients.descend) + inspect.getsource(gradients.apply_step)


def of_step(run, name):
    return [moment for moment in moments(run) if STEPS[moment.step] == name]


@pytest.mark.parametrize(("steps", "rounds"), [(1, 1), (3, 3), (4, 4), (30, 4)])
def test_the_seven_steps_come_in_order_and_only_the_first_rounds_and_the_last_are_shown(steps, rounds):
    run = descend(TIME, SPEED, lr=1e-5, steps=steps)
    assert [moment.step for moment in moments(run)] == [0, *[1, 2, 3, 4, 5] * rounds, 6]
    assert [moment.title.split(":")[0] for moment in of_step(run, "Loss")][-1] == f"Round {steps} of {steps}"


def test_skipped_rounds_are_said_once():
    told = [moment.words for moment in moments(descend(TIME, SPEED, lr=1e-5, steps=30)) if "same way" in moment.words]
    assert len(told) == 1
    assert told[0].startswith("Rounds 4 to 29 ")
    assert not any("same way" in moment.words for moment in moments(descend(TIME, SPEED, lr=1e-5, steps=4)))


@pytest.mark.parametrize("lr", [1e-5, 1e5])
def test_every_line_of_code_is_one_that_ran(lr):
    for moment in moments(descend(TIME, SPEED, lr=lr, steps=100)):
        assert moment.code in SOURCE


def test_predictions_and_loss_are_those_of_the_parameters_shown():
    run = descend(TIME, SPEED, lr=1e-5, steps=10)
    for predicted, judged in zip(of_step(run, "Predict"), of_step(run, "Loss"), strict=True):
        preds = f(TIME, predicted.params)
        assert f"{readable(preds[0])} where {readable(SPEED[0])} was measured" in predicted.words
        assert judged.words.endswith(f"= {mse(preds, SPEED):,.5g}.")


def test_the_step_subtracts_rate_times_gradient_and_the_next_round_begins_there():
    run = descend(TIME, SPEED, lr=1e-5, steps=3)
    predicted = of_step(run, "Predict")
    for k, step in enumerate(of_step(run, "Step")):
        assert step.before is not None
        assert step.before.tolist() == run.params[k].tolist()
        assert step.params.tolist() == (run.params[k] - 1e-5 * run.grads[k]).tolist()
        lines = step.words.removesuffix(".").splitlines()[1:]
        for line, before, grad in zip(lines, run.params[k].tolist(), run.grads[k].tolist(), strict=True):
            numbers = [float(number) for number in re.findall(r"-?[\d.]+(?:e[-+]\d+)?", line.replace(",", ""))]
            assert numbers == pytest.approx([before, 1e-5, grad, before - 1e-5 * grad], rel=1e-3)
        if k < 2:
            assert predicted[k + 1].params.tolist() == step.params.tolist()


def test_the_gradient_says_for_each_number_which_way_lowers_the_loss():
    run = descend(TIME, SPEED, lr=1e-5, steps=1, seed=3)
    (gradient,) = of_step(run, "Gradient")
    for name, slope in zip("abc", run.grads[0], strict=True):
        assert f"{'less' if slope > 0 else 'more'} {name}" in gradient.words


def test_a_run_that_explodes_stops_because_it_must():
    stop = moments(descend(TIME, SPEED, lr=1e5, steps=100))[-1]
    assert stop.code == "if not loss.isfinite():"
    assert "we must stop" in stop.words
