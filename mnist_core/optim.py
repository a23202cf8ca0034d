"""Optimisers and schedules: what turns a gradient into a step."""

from collections.abc import Callable
from functools import partial

import torch
from fastai.callback.schedule import ParamScheduler, combined_cos
from fastai.optimizer import OptimWrapper

from mnist_core.config import TrainConfig

OPTIMIZERS: dict[str, Callable[..., torch.optim.Optimizer]] = {
    "SGD": torch.optim.SGD,
    "Adam": torch.optim.Adam,
    "AdamW": torch.optim.AdamW,
}

SCHEDULES: dict[str, Callable[[TrainConfig], list[ParamScheduler]]] = {
    "constant": lambda config: [],
    "one-cycle": lambda config: [_one_cycle(config.lr)],
}


def opt_func(config: TrainConfig, device: torch.device) -> partial[OptimWrapper]:
    """What fastai's `Learner` calls to make the optimiser: torch's own, in its fused form where there is one."""
    options = {"momentum": config.momentum} if config.optimizer == "SGD" else {}
    fused = device.type in ("cpu", "cuda", "mps")
    return partial(OptimWrapper, opt=OPTIMIZERS[config.optimizer], fused=fused, **options)


def _one_cycle(lr: float) -> ParamScheduler:
    """As fastai's `fit_one_cycle`: the rate rises to `lr` for a quarter of the run, then falls; momentum mirrors it."""
    return ParamScheduler(
        {"lr": combined_cos(0.25, lr / 25, lr, lr / 1e5), "mom": combined_cos(0.25, 0.95, 0.85, 0.95)}
    )
