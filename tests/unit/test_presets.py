"""The experiments of the write-ups: each is a valid run, and agrees or not by the stated tolerance."""

from dataclasses import replace

import pytest

from mnist_core.data import load
from mnist_core.presets import PRESETS
from mnist_core.training import train


def test_every_experiment_has_its_figures_and_a_reason_where_they_do_not_agree():
    for preset in PRESETS.values():
        low, high = preset.reproduced
        assert 0 < low <= high < 1
        assert (preset.config is None) == bool(preset.page)
        agrees = preset.agrees((low + high) / 2)
        assert agrees is not False or preset.why, preset.id
        assert preset.reproduces(low) and preset.reproduces(high)
        assert not preset.reproduces(low - 0.02) and not preset.reproduces(high + 0.02)


def test_a_run_is_an_experiment_whatever_its_seed_and_device():
    preset = PRESETS["linear-000"]
    assert preset.is_run(replace(preset.config, seed=7, device="cpu"))
    assert not preset.is_run(replace(preset.config, lr=0.2))
    assert not PRESETS["similarity-l1"].is_run(preset.config)


def test_the_published_figures_that_cannot_be_had_are_told_apart_from_those_that_can():
    missed = {name for name, preset in PRESETS.items() if preset.agrees(sum(preset.reproduced) / 2) is False}
    assert missed == {"similarity-l1", "scratch-004", "cnn-000-c"}


@pytest.mark.slow
@pytest.mark.parametrize(
    "name",
    ["linear-scratch-37", "linear-basicoptim-37", "simple-net-37", "linear-scratch-48-c", "scratch-004-ten-times"],
)
def test_a_cheap_experiment_comes_out_as_before(real_mnist, name):
    preset = PRESETS[name]
    data = load("mnist", digits=preset.config.digits, split=preset.config.split, split_seed=preset.config.split_seed)
    assert preset.reproduces(train(preset.config, data).epochs[-1].accuracy)
