"""fastai's `Learner` and `Recorder` with a leaner batch loop: the same events, the same numbers, less waiting.

On the chapter's models a batch takes about half a millisecond, and fastai spends nearly as much again on finding
out, for each of fifteen events, which callbacks want it. Here that is worked out once per fit.
`benchmarks/training.py` shows what it brings; a test holds it against the original, callback by callback.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from fastai.callback.core import Callback, CancelBatchException, TrainEvalCallback, event
from fastai.learner import Learner, Recorder
from torch import Tensor


class LeanRecorder(Recorder):
    """fastai's recorder; per batch it does only what its curves need."""

    name = "recorder"  # where fastai's own plots look for it

    def after_batch(self) -> None:
        learn = self.learn
        if not learn.training:
            for metric in self._valid_mets:
                metric.accumulate(learn)
            return
        smooth = self.smooth_loss
        smooth.accumulate(learn)
        self.lrs.append(learn.opt.opt.param_groups[-1]["lr"])
        self.losses.append(smooth.value)
        learn.smooth_loss = self.losses[-1]


class LeanLearner(Learner):
    """A `Learner` over a `TensorDataLoader`, whose batches lie on the model's device already.

    Parameters
    ----------
    precision : torch.dtype, of the forward pass; anything but float32 is done by autocast
    kwargs : as for `Learner`
    """

    def __init__(self, *args: Any, precision: torch.dtype = torch.float32, **kwargs: Any) -> None:
        self.precision = precision
        self._listeners: dict[str, list[Callable[[], None]]] | None = None
        super().__init__(*args, default_cbs=False, **kwargs)
        self.logger, self.create_mbar = lambda row: None, False

    def __call__(self, event_name: str) -> None:
        """Call what listens to an event, in fastai's order."""
        if self._listeners is None or event_name not in _INNER_EVENTS:
            super().__call__(event_name)
        else:
            for listener in self._listeners[event_name]:
                listener()

    def _do_epoch_train(self) -> None:
        self.dls.train.epoch = self.epoch
        with self._found_listeners(training=True):
            super()._do_epoch_train()

    def _do_epoch_validate(self, *args: Any, **kwargs: Any) -> None:
        with self._found_listeners(training=False):
            super()._do_epoch_validate(*args, **kwargs)

    @contextmanager
    def _found_listeners(self, *, training: bool) -> Iterator[None]:
        """Within it, who listens to the events of a batch is looked up instead of searched for."""
        self._listeners = {name: self._find_listeners(name, training) for name in _INNER_EVENTS}
        try:
            yield
        finally:
            self._listeners = None

    def _find_listeners(self, name: str, training: bool) -> list[Callable[[], None]]:
        """The callbacks' methods for one event, left out where `Callback.__call__` would have left them out."""
        active = (cb for cb in self.cbs.sorted("order") if cb.run and (cb.run_train if training else cb.run_valid))
        return [getattr(cb, name) for cb in active if name in vars(cb) or hasattr(type(cb), name)]

    def all_batches(self) -> None:
        """As fastai's, but for the batches that were trained before this part of a run and are left out."""
        self.n_iter, skip = len(self.dl), getattr(self.dl, "skip", 0)
        for _ in range(skip):
            self.pct_train += 1.0 / (self.n_iter * self.n_epoch)  # added up as it would have been, to the last bit
        for i, b in enumerate(self.dl, skip):
            self.one_batch(i, b)

    def one_batch(self, i: int, b: tuple[Tensor, Tensor]) -> None:
        self.iter, self.xb, self.yb = i, b[:1], b[1:]
        self._with_events(self._do_one_batch, "batch", CancelBatchException)

    def _do_one_batch(self) -> None:
        if self.precision is torch.float32:
            self.pred = self.model(*self.xb)
        else:
            with torch.autocast(self.xb[0].device.type, self.precision):
                self.pred = self.model(*self.xb)
            self.pred = self.pred.float()
        self("after_pred")
        self.loss_grad = self.loss_func(self.pred, *self.yb)
        self.loss = self.loss_grad.detach()
        self("after_loss")
        if self.training:
            self._do_grad_opt()


_INNER_EVENTS = frozenset(
    name
    for name in vars(event)
    if name.endswith(("_batch", "_pred", "_loss", "_backward", "_step")) and not name.startswith("_")
)

CALLBACKS: list[type[Callback]] = [TrainEvalCallback, LeanRecorder]
"""fastai's defaults without `CastToTensor` (our batches are plain tensors) and the progress bar."""
