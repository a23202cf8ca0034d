"""The learning-rate finder: fastai's own numbers, a model left as it was, and losses that are no numbers."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from fastai.callback.schedule import minimum, slide, steep, valley

from mnist_core import finder
from mnist_core.checkpoint import dump
from mnist_core.config import TrainConfig
from mnist_core.errors import ConfigError
from mnist_core.finder import MEANINGS, Found, Search, find_lr
from mnist_core.models import new_model
from mnist_core.training import load_data, make_learner, train

SMALL = TrainConfig(data="digits", model="mlp30", bs=64)


@pytest.fixture(scope="module")
def found() -> Found:
    return find_lr(SMALL, [1, 2])


def test_suggestions_and_curve_are_fastais(found, tmp_path):
    learn = make_learner(replace(SMALL, seed=2), load_data(SMALL))
    learn.path = tmp_path
    theirs = learn.lr_find(show_plot=False, suggest_funcs=(valley, slide, minimum, steep))
    assert found.searches[1].suggestions == theirs._asdict()
    assert found.searches[1].lrs.tolist() == learn.recorder.lrs
    assert found.searches[1].losses.tolist() == [loss.item() for loss in learn.recorder.losses]
    assert list(MEANINGS) == list(theirs._fields)


def test_searches_are_repeated_bit_for_bit_and_differ_from_seed_to_seed(found):
    one, two = found.searches
    again = find_lr(SMALL, [1]).searches[0]
    assert again.suggestions == one.suggestions
    assert np.array_equal(again.losses, one.losses)
    assert one.losses[0] != two.losses[0]


@pytest.mark.parametrize(
    "config",
    [SMALL, replace(SMALL, optimizer="AdamW"), replace(SMALL, digits="37", momentum=0.9), replace(SMALL, model="cnn")],
    ids=str,
)
def test_the_model_is_afterwards_what_it_was_bit_for_bit(config):
    learn = make_learner(config, load_data(config))
    before = {name: value.clone() for name, value in learn.model.state_dict().items()}
    finder.find(learn)
    after = learn.model.state_dict()
    assert before.keys() == after.keys()
    assert all(torch.equal(before[name], after[name]) for name in before)


def test_a_search_from_a_saved_model_starts_at_its_loss_and_leaves_its_file_as_it_was():
    outcome = train(replace(SMALL, epochs=5))
    kept = bytes(bytearray(outcome.state))
    fresh, trained = (find_lr(SMALL, [1], start).searches[0] for start in (None, outcome.state))
    assert trained.losses[0] < 0.5 < fresh.losses[0]
    assert outcome.state == kept


def test_a_saved_model_of_another_kind_is_refused():
    other = replace(SMALL, digits="37")
    with pytest.raises(ConfigError, match="mlp30 for the digits 37, and the settings ask for mlp30 for 0123456789"):
        find_lr(SMALL, [1], dump(new_model(other), other, {}))


@pytest.mark.parametrize("good_batches", [0, 1, 12, 27, 60, 100])
def test_a_loss_that_becomes_nan_leaves_fewer_suggestions_but_no_error_and_the_model_as_it_was(good_batches):
    learn = make_learner(SMALL, load_data(SMALL))
    before = {name: value.clone() for name, value in learn.model.state_dict().items()}
    right, seen = learn.loss_func, iter(range(good_batches))
    learn.loss_func = lambda *args: right(*args) * (1.0 if next(seen, None) is not None else float("nan"))
    suggestions = finder.find(learn)
    assert all(torch.equal(before[name], value) for name, value in learn.model.state_dict().items())
    # fastai passes over the first 10 batches, and judges what comes before the first NaN.
    enough = good_batches - 10 >= finder.FEWEST
    assert [rate is not None for rate in suggestions.values()] == [enough] * 4


def test_an_infinite_loss_from_the_first_batch_on_gives_no_suggestion():
    learn = make_learner(SMALL, load_data(SMALL))
    right = learn.loss_func
    learn.loss_func = lambda *args: right(*args) * float("inf")
    assert set(finder.find(learn).values()) == {None}


def test_a_search_that_ends_after_a_few_batches_gives_no_suggestion():
    learn = make_learner(SMALL, load_data(SMALL))
    right, seen = learn.loss_func, iter(range(5))
    learn.loss_func = lambda *args: right(*args) * (1.0 if next(seen, None) is not None else 1e4)
    assert set(finder.find(learn).values()) == {None}
    assert len(learn.recorder.losses) < 10


def test_the_middle_of_the_seeds_is_taken_of_those_that_suggest_anything():
    lrs, losses = np.array([1e-3, 1e-2, 1e-1]), np.array([3.0, 2.0, 1.0])
    found = Found(tuple(Search(0, lrs, losses, dict.fromkeys(MEANINGS, rate)) for rate in (0.01, None, 0.1, 0.0123)))
    assert found.suggested("steep") == [0.01, 0.1, 0.0123]
    assert found.median("steep") == 0.012
    assert found.points("steep")[1] == pytest.approx([2.0, 1.0, 2.0 - 0.0023 / 0.09])
    assert Found(found.searches[1:2]).median("steep") is None


def test_what_the_search_does_not_look_at_does_not_make_it_another_one():
    changed = replace(SMALL, lr=0.7, epochs=9, schedule="one-cycle")
    assert finder.subject(changed) == finder.subject(SMALL)
    assert finder.search(changed).suggestions == finder.search(SMALL).suggestions
