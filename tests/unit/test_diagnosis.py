"""The detectors: each finds its fault on real trainings, leaves healthy ones alone, and says the curves' numbers."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from benchmarks.diagnosis import BS, observe, observe_by_hand
from mnist_core import diagnosis
from mnist_core.chapter import recipe
from mnist_core.chapter.mistakes import MISTAKES, THREE_SEVEN
from mnist_core.config import TrainConfig
from mnist_core.diagnosis import Evidence, dead_shares, diagnose, unscaled_input
from mnist_core.runs.records import Curves


def kinds(evidence: Evidence) -> list[str]:
    return [finding.kind for finding in diagnose(evidence)]


def settings(source: str, **more) -> TrainConfig:
    """A short run; MNIST has 23 times as many batches an epoch as the embedded digits."""
    epochs = 1 if source == "mnist" else 8
    return TrainConfig(**{"data": source, "model": "mlp30", "epochs": epochs, "bs": BS[source], **more})


@pytest.mark.both_sources
@pytest.mark.parametrize(
    ("kind", "faults"),
    [
        ("nan", {"model": "mlp392_30", "lr": 100, "init": "randn"}),
        ("too_high", {"lr": 10}),
        ("too_high", {"model": "linear", "lr": 20}),
        ("too_low", {"lr": 0.008}),
        ("not_learning", {"lr": 1e-6}),
        ("sorted", {"model": "linear", "shuffle": False}),
        ("unscaled", {"model": "mlp128", "init": "randn", "lr": 0.01}),
        ("dead", {"lr": 10}),
    ],
    ids=str,
)
def test_a_detector_finds_its_fault(source, kind, faults):
    evidence = observe(settings(source, **faults))
    findings = {finding.kind: finding for finding in diagnose(evidence)}
    assert kind in findings
    assert len(findings.keys() - {"dead", "unscaled"}) <= 1
    assert findings[kind].cures
    for cure in findings[kind].cures:
        assert cure.config != evidence.config


@pytest.mark.both_sources
@pytest.mark.parametrize(("kind", "mistake"), [("nan", "softmax"), ("wrong_sign", "sigmoid"), ("unscaled", "pixels")])
def test_a_fault_that_no_setting_makes_is_found_by_its_numbers(source, kind, mistake):
    right, broken = MISTAKES[mistake].right, MISTAKES[mistake].broken()
    right, broken = (replace(what, epochs=2 if source == "mnist" else 6) for what in (right, broken))
    assert kind in kinds(observe_by_hand(source, broken, 0))
    assert kind not in kinds(observe_by_hand(source, right, 0))


@pytest.mark.both_sources
def test_overfitting_is_found_on_few_images_only(source):
    few = settings(source, model="mlp392_30", lr=0.01, optimizer="AdamW", epochs=30, bs=16)
    assert "overfitting" in kinds(observe(few, 100))


@pytest.mark.both_sources
@pytest.mark.parametrize(
    "config",
    [
        {"model": "linear", "lr": 0.1},
        {"model": "mlp30", "lr": 0.2},
        {"model": "mlp128", "lr": 0.1445},
        {"model": "mlp128", "optimizer": "AdamW", "lr": 0.01, "schedule": "one-cycle"},
        {"model": "linear", "digits": "37", "lr": 1.0},
        {"model": "mlp30", "digits": "37", "lr": 0.3},
    ],
    ids=str,
)
def test_nothing_stands_out_in_a_healthy_run(source, config):
    assert kinds(observe(settings(source, **config))) == []


def made_up(train: list[float], valid: list[float] = (), *, accuracy: float = 0.9, **config) -> Evidence:
    """A run of given losses of batches, and of epochs of which the last has this accuracy."""
    epochs = [
        {"epoch": n, "train_loss": train[n - 1], "valid_loss": loss, "accuracy": accuracy}
        for n, loss in enumerate(valid or [1.0], 1)
    ]
    losses = np.array(train, np.float32)
    unknown = np.full(len(losses), np.nan, np.float32)
    return Evidence(TrainConfig(**config), Curves(losses, unknown, unknown, unknown, epochs), "done", 1000, 0.1)


@pytest.mark.parametrize(
    ("train", "valid", "overfits"),
    [
        ([0.9, 0.5, 0.3, 0.2, 0.1, 0.05], [0.8, 0.4, 0.41, 0.5, 0.6, 0.7], True),
        ([0.9, 0.5, 0.3, 0.2, 0.1, 0.05], [0.8, 0.4, 0.41, 0.4, 0.41, 0.42], False),  # flat
        ([0.9, 0.5, 0.3, 0.2, 0.1, 0.05], [0.8, 0.4, 0.41, 0.4, 0.41, 0.7], False),  # one epoch of bad luck
        ([0.9, 0.5, 0.6, 0.7, 0.8, 0.9], [0.8, 0.4, 0.5, 0.6, 0.7, 0.8], False),  # both rise
        ([0.9, 0.5, 0.1], [0.8, 0.4, 0.7], False),  # too few
        ([0.03, 0.02, 0.01, 0.009, 0.008, 0.007], [0.01, 0.004, 0.005, 0.006, 0.007, 0.008], False),  # next to nothing
    ],
)
def test_overfitting_is_a_validation_loss_that_rises_for_good_while_the_training_loss_falls(train, valid, overfits):
    found = diagnosis.overfitting(made_up(train, valid))
    assert bool(found) == overfits
    if found:
        assert "fell from 0.5 after epoch 2 to 0.05" in found.words
        assert "rose from 0.4 to 0.7" in found.words
        assert found.cures[0].config.epochs == 2


def test_the_words_say_the_curves_own_numbers():
    evidence = observe(TrainConfig(data="digits", model="mlp30", lr=0.01, epochs=8, bs=64))
    (found,) = diagnose(evidence)
    full = np.delete(evidence.curves.losses, slice(evidence.every - 1, None, evidence.every))
    first, last = (np.median(np.array_split(full, 8)[part]) for part in (0, -1))
    assert f"from {first:.3g} in the first eighth of the batches to {last:.3g} in the last" in found.words
    assert found.cures[0].config == replace(evidence.config, lr=0.1)

    evidence = observe(TrainConfig(data="digits", model="mlp30", lr=10, epochs=3, bs=64))
    found = diagnose(evidence)[0]
    assert f"thrown up to {evidence.curves.losses.max():,.0f}" in found.words
    assert f"{evidence.curves.epochs[-1]['accuracy']:.1%}" in found.words


def test_a_nan_is_named_by_its_batch():
    found = diagnosis.not_a_number(made_up([2.3, 5.0, float("nan")]))
    assert "2.3 at the first batch" in found.words
    assert "at batch 3" in found.words
    assert found.cures[0].config.lr == pytest.approx(0.01)
    (at_once,) = diagnose(made_up([float("nan")]))
    assert "from the first batch on" in at_once.words


def test_a_run_that_has_only_begun_is_left_alone():
    nothing = Curves(*[np.empty(0, np.float32)] * 4, epochs=[])
    assert diagnose(Evidence(TrainConfig(), nothing, "queued", 235, 0.1)) == []
    begun = observe(TrainConfig(data="digits", model="mlp30", lr=0.01, epochs=8, bs=64))
    assert kinds(begun) == ["too_low"]
    assert kinds(replace(begun, state="running")) == []
    cycle = replace(begun.config, schedule="one-cycle")
    assert kinds(replace(begun, config=cycle, state="paused")) == []


def test_cures_stay_within_what_a_run_can_be_given():
    low = made_up([2.3] * 100, accuracy=0.1, lr=1e-7, init="randn")
    for lr in (1e-7, 100.0):
        for finding in diagnose(replace(low, lr=lr)):
            assert all(isinstance(cure.config, TrainConfig) for cure in finding.cures)
    slow = replace(made_up([*np.linspace(2.3, 2.0, 100)], epochs=900), lr=0.001)
    assert diagnosis.too_low(slow).cures[1].config.epochs == 1000


@pytest.mark.parametrize("divide", [True, False])
def test_a_batch_of_unscaled_pixels_is_told_from_a_scaled_one(divide):
    what = replace(THREE_SEVEN, divide=divide)
    xb = recipe.to_floats(recipe.digits_for("digits", what).x[:64], what)
    found = unscaled_input(xb)
    assert (found is None) == divide
    if found:
        assert f"largest value {xb.max():.3g}" in found.words


def test_dead_units_are_those_that_are_0_for_all_images_and_the_model_is_not_touched():
    images = np.random.default_rng(0).integers(0, 256, (50, 28, 28), dtype=np.uint8)
    model = nn.Sequential(
        nn.Conv2d(1, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(4 * 26 * 26, 10), nn.ReLU(), nn.Linear(10, 2)
    )
    with torch.no_grad():
        for layer, units in ((0, 1), (3, 7)):
            model[layer].weight.abs_()
            model[layer].bias[:] = 1.0
            model[layer].weight[:units] = 0.0
            model[layer].bias[:units] = -1.0
    assert dead_shares(model, images) == pytest.approx([1 / 4, 7 / 10])
    assert not any(module._forward_hooks for module in model.modules())
    assert dead_shares(nn.Sequential(nn.Flatten(), nn.Linear(784, 10)), images) == []
