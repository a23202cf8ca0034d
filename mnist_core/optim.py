"""Optimisers and schedules: what turns a gradient into a step."""

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import torch
from fastai.callback.schedule import ParamScheduler, combined_cos
from fastai.optimizer import OptimWrapper
from torch import Tensor

from mnist_core.config import TrainConfig


class BasicOptim(torch.optim.Optimizer):
    """The chapter's optimiser in the form in which torch and fastai take one: a step against the gradient, no more.

    Parameters
    ----------
    params : what `model.parameters()` gives
    lr : learning rate
    """

    def __init__(self, params: Iterable[Tensor], lr: float = 0.1) -> None:
        super().__init__(params, {"lr": lr})

    def step(self, closure: None = None) -> None:  # type: ignore[override]
        for group in self.param_groups:
            for p in group["params"]:
                p.data -= p.grad.data * group["lr"]


OPTIMIZERS: dict[str, Callable[..., torch.optim.Optimizer]] = {
    "SGD": torch.optim.SGD,
    "BasicOptim": BasicOptim,
    "Adam": torch.optim.Adam,
    "AdamW": torch.optim.AdamW,
}

SCHEDULES: dict[str, Callable[[TrainConfig], list[ParamScheduler]]] = {
    "constant": lambda config: [],
    "one-cycle": lambda config: [_one_cycle(config)],
}


def opt_func(config: TrainConfig, device: torch.device) -> partial[OptimWrapper]:
    """What fastai's `Learner` calls to make the optimiser: torch's own, in its fused form where there is one."""
    own = {"SGD": {"momentum": config.momentum}, "AdamW": {"weight_decay": config.wd}}
    options: dict[str, Any] = {**own.get(config.optimizer, {})}
    if config.optimizer != "BasicOptim":
        options["fused"] = device.type in ("cpu", "cuda", "mps")
    return partial(OptimWrapper, opt=OPTIMIZERS[config.optimizer], **options)


def momentum(opt: torch.optim.Optimizer) -> float:
    """The momentum of an optimiser's next step; for Adam and AdamW the first of their betas, which does the same."""
    group = opt.param_groups[-1]
    return group["betas"][0] if "betas" in group else group.get("momentum", 0.0)


def _one_cycle(config: TrainConfig) -> ParamScheduler:
    """As fastai's `fit_one_cycle`: the rate rises to `lr` for a quarter of the run, then falls; momentum mirrors it."""
    rates = {"lr": combined_cos(0.25, config.lr / 25, config.lr, config.lr / 1e5)}
    momenta = {} if config.optimizer == "BasicOptim" else {"mom": combined_cos(0.25, 0.95, 0.85, 0.95)}
    return ParamScheduler(rates | momenta)
