"""The lean learner against fastai's own: same data, same start, so the same numbers."""

import pytest
import torch
from fastai.callback.core import Callback
from fastai.callback.schedule import ParamScheduler, combined_cos
from fastai.learner import Learner

from mnist_core.chapter.losses import LOSSES
from mnist_core.config import TrainConfig
from mnist_core.data import load
from mnist_core.data.loader import make_dls
from mnist_core.learner import CALLBACKS, LeanLearner
from mnist_core.models import new_model
from mnist_core.optim import opt_func


class Witness(Callback):
    """Notes the order of the events it sees."""

    order = 80

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.seen = []

    def before_batch(self):
        self.seen.append(("before_batch", self.learn.training))

    def after_loss(self):
        self.seen.append(("after_loss", self.learn.loss.item()))

    def after_step(self):
        self.seen.append(("after_step", self.learn.iter))

    def after_batch(self):
        self.seen.append(("after_batch", self.learn.training))


def fit(learner, config, **options):
    device = torch.device("cpu")
    loss_func, metric = LOSSES[config.loss_name]
    learn = learner(
        make_dls(load(config.data, digits=config.digits), config, device),
        new_model(config),
        loss_func=loss_func,
        opt_func=opt_func(config, device),
        metrics=[metric],
        **options,
    )
    witness = Witness()
    schedule = ParamScheduler({"lr": combined_cos(0.25, config.lr / 25, config.lr, config.lr / 1e5)})
    with learn.no_logging(), learn.no_mbar():
        learn.fit(2, config.lr, cbs=[witness, schedule])
    return learn, witness


class OneOrder(Callback):
    """fastai's learner does not tell our loader which epoch it is."""

    def before_epoch(self):
        self.learn.dls.train.epoch = self.learn.epoch


@pytest.mark.parametrize("digits", ["37", "0123456789"])
def test_lean_learner_matches_fastais_learner(digits):
    config = TrainConfig(data="digits", digits=digits, model="mlp30", bs=64)
    lean, seen = fit(LeanLearner, config, cbs=CALLBACKS)
    original, expected = fit(Learner, config, cbs=OneOrder)
    for ours, theirs in zip(lean.model.parameters(), original.model.parameters(), strict=True):
        assert torch.equal(ours, theirs)
    assert [list(row) for row in lean.recorder.values] == [list(row) for row in original.recorder.values]
    assert lean.recorder.lrs == original.recorder.lrs
    assert torch.equal(torch.stack(lean.recorder.losses), torch.stack(original.recorder.losses))
    assert lean.recorder.iters == original.recorder.iters
    assert seen.seen == expected.seen
