"""One function trains everything: `train` takes a `TrainConfig` and gives epochs and a model.

It can pause after any batch and go on later from what it returned, and then ends with the same weights, bit for bit,
as if it had never paused (on the CPU): the shuffle follows from the seed and the epoch, the schedule from the step.
"""

import hashlib
import time
from collections.abc import Callable, Container
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Literal

import torch
import torch.nn.functional as F
from fastai.callback.core import Callback, CancelFitException
from torch import Tensor, nn

from mnist_core import devices
from mnist_core.chapter.losses import LOSSES
from mnist_core.checkpoint import TrainedModel, dump, is_finite, undump
from mnist_core.config import TrainConfig
from mnist_core.data import DigitData, load
from mnist_core.data.loader import make_dls
from mnist_core.learner import CALLBACKS, LeanLearner
from mnist_core.models import MODELS, new_model, parameter_count, precision
from mnist_core.optim import SCHEDULES, momentum, opt_func

REPORT_EVERY = 0.1  # seconds
MOST_SNAPSHOTS = 40
SNAPSHOT_BYTES = 20_000_000  # of all snapshots of a run together


@dataclass(frozen=True)
class Epoch:
    """One row of the recorder.

    Attributes
    ----------
    epoch : counted from 1
    train_loss : the recorder's smoothed training loss at the end of the epoch
    valid_loss, accuracy : over all validation images, not a mean of batches
    seconds : training and validation
    """

    epoch: int
    train_loss: float
    valid_loss: float
    accuracy: float
    seconds: float


@dataclass(frozen=True)
class Batches:
    """What happened since the last report.

    Attributes
    ----------
    step : batches trained before these, counted from the start of the run
    losses, lrs, momenta, norms : one value a batch: the loss of that batch alone, the learning rate and the momentum
        of its step, and the length of the gradient, over all parameters together
    """

    step: int
    losses: list[float] = field(default_factory=list)
    lrs: list[float] = field(default_factory=list)
    momenta: list[float] = field(default_factory=list)
    norms: list[float] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.losses)

    def extend(self, more: "Batches") -> None:
        """Add the batches that came next."""
        self.losses.extend(more.losses)
        self.lrs.extend(more.lrs)
        self.momenta.extend(more.momenta)
        self.norms.extend(more.norms)


@dataclass(frozen=True)
class Outcome:
    """How a training, or a slice of one, ended.

    Attributes
    ----------
    kind : "done"; "paused" (the time given was up at the end of an epoch, or `until` was reached); "stopped" (asked
        to, possibly within an epoch); "diverged" (the loss was no longer finite)
    epochs : the rows finished in this call
    epochs_done, step : counted from the start of the run
    state : the model with all that `train(..., resume=state)` needs, as the bytes of a file
    message : for "diverged", what happened and what to try
    snapshots : epoch -> the model after it, as the bytes of a file, for the epochs of this call that were to be kept
    """

    kind: Literal["done", "paused", "stopped", "diverged"]
    epochs: list[Epoch]
    epochs_done: int
    step: int
    state: bytes = field(repr=False)
    message: str = ""
    snapshots: dict[int, bytes] = field(default_factory=dict, repr=False)


def train(
    config: TrainConfig,
    data: DigitData | None = None,
    *,
    resume: bytes | None = None,
    seconds: float | None = None,
    until: int | None = None,
    lr: float | None = None,
    snapshots: bool = False,
    on_batches: Callable[[Batches], None] = lambda batches: None,
    on_epoch: Callable[[Epoch], None] = lambda epoch: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> Outcome:
    """Train as the configuration says, to the end or for as long as allowed.

    Parameters
    ----------
    config : TrainConfig
    data : what to train on; by default it is loaded as `config` says
    resume : the `state` of an earlier `Outcome` of the same configuration, of kind "paused" or "stopped"
    seconds : pause at the end of the epoch in which this time is up
    until : pause when so many batches of the run have been trained, at least one of them now
    lr : learning rate from here on, in place of the configuration's
    snapshots : whether to keep the model after each of `snapshot_epochs`
    on_batches, on_epoch : called about every 0.1 s and after each epoch
    should_stop : asked before each batch, of training and of validation

    Raises
    ------
    ConfigError
        If the batch is larger than the data, or the machine has no such device.
    DataError
        If the data cannot be had.
    """
    devices.use_threads()
    learn = make_learner(config, data or load_data(config))
    card = _restore(learn, undump(resume)) if resume else {}
    kept = snapshot_epochs(config.epochs, parameter_count(learn.model)) if snapshots else frozenset()
    told: dict[str, Any] = {"on_batches": on_batches, "on_epoch": on_epoch, "should_stop": should_stop}
    report = Report(config, card, seconds=seconds, until=until, kept=kept, **told)
    now = replace(config, lr=lr or config.lr)
    learn.fit(now.epochs, now.lr, cbs=[report, *SCHEDULES[now.schedule](now)], start_epoch=report.first)
    return report.outcome(learn)


def start_from(model: nn.Module, config: TrainConfig) -> bytes:
    """What `train` resumes to train a model on as a new run: its weights, and nothing of how it came to them."""
    card = {"epochs_done": 0, "step": 0, "smooth_count": 0, "accuracy": None}
    return dump(model, config, card, {"smooth_val": torch.tensor(0.0)})


def snapshot_epochs(epochs: int, parameters: int) -> frozenset[int]:
    """After which epochs, counted from 1, the model of a run is kept: evenly spread, the last among them, as many as
    `MOST_SNAPSHOTS` and `SNAPSHOT_BYTES` allow; for a large model none.
    """
    room = min(epochs, MOST_SNAPSHOTS, SNAPSHOT_BYTES // (4 * parameters))
    return frozenset(round(n * epochs / room) for n in range(1, room + 1))


def load_data(config: TrainConfig) -> DigitData:
    """The images that a configuration asks for."""
    return load(config.data, digits=config.digits, split=config.split, split_seed=config.split_seed)


def make_learner(config: TrainConfig, data: DigitData) -> LeanLearner:
    """A fastai `Learner` with a new model, ready to fit."""
    config.check_fits(len(data.train))
    device = devices.resolve(config.device)
    model = new_model(config).to(device)
    if MODELS[config.model].convolutional:
        model = model.to(memory_format=torch.channels_last)  # 1.4 to 2.6 times faster on a CPU
    loss_func: Callable[..., Tensor]
    loss_func, metric = LOSSES[config.loss_name]
    if config.label_smoothing:
        loss_func = partial(F.cross_entropy, label_smoothing=config.label_smoothing)
    return LeanLearner(
        make_dls(data, config, device),
        model,
        loss_func=loss_func,
        opt_func=opt_func(config, device),
        metrics=[metric],
        cbs=CALLBACKS,
        precision=precision(config, device),
    )


def weights_sha256(model: nn.Module) -> str:
    """A fingerprint of the weights: SHA-256 over the float32 bytes of the parameters in order."""
    digest = hashlib.sha256()
    for value in model.parameters():
        digest.update(value.detach().cpu().float().contiguous().numpy().tobytes())
    return digest.hexdigest()


class Report(Callback):
    """Tells what happens while a model trains, and ends it in time: asked to, time up, or the loss not finite."""

    order = 70  # after the recorder and the schedule

    def __init__(
        self,
        config: TrainConfig,
        card: dict[str, Any],
        *,
        seconds: float | None,
        until: int | None,
        kept: Container[int],
        on_batches: Callable[[Batches], None],
        on_epoch: Callable[[Epoch], None],
        should_stop: Callable[[], bool],
    ) -> None:
        self.config, self.resumed, self.reached = config, bool(card), card.get("accuracy")
        self.first = self.done = card.get("epochs_done", 0)
        self.batches = Batches(card.get("step", 0))
        self.spent = card.get("epoch_seconds", 0.0)  # on the epoch within which the part before ended
        self.deadline = time.monotonic() + seconds if seconds is not None else float("inf")
        self.until = float("inf") if until is None else until
        self.kept, self.snapshots = kept, dict[int, bytes]()
        self.on_batches, self.on_epoch, self.should_stop = on_batches, on_epoch, should_stop
        self.kind: Literal["done", "paused", "stopped", "diverged"] = "done"
        self.rows: list[Epoch] = []
        self.reported = self.began = time.monotonic()

    @property
    def step(self) -> int:
        return self.batches.step + len(self.batches)

    def before_fit(self) -> None:
        self.last_finite = _copy(self.learn.model)
        if self.resumed:  # the recorder has just forgotten the smoothed loss that the first part ended with
            self.learn.recorder.smooth_loss.count = self.learn.smooth_count
            self.learn.recorder.smooth_loss.val = self.learn.smooth_val

    def before_train(self) -> None:
        self.began, self.spent = time.monotonic() - self.spent, 0.0
        self.learn.dls.train.skip = self.step - self.done * len(self.learn.dls.train)

    def before_batch(self) -> None:
        if self.should_stop():
            self._end("stopped")

    def after_loss(self) -> None:
        if self.learn.training and not torch.isfinite(self.learn.loss):
            self._note(float("nan"))
            self._end("diverged")

    def before_step(self) -> None:
        grads = [p.grad for p in self.learn.model.parameters() if p.grad is not None]
        self._note(torch.nn.utils.get_total_norm(grads).item())

    def after_batch(self) -> None:
        if not self.learn.training:
            return
        if time.monotonic() - self.reported >= REPORT_EVERY:
            self._flush()
            if is_finite(self.learn.model):
                self.last_finite = _copy(self.learn.model)
        if self.step >= self.until and self.learn.iter + 1 < self.learn.n_iter:
            self._end("paused")

    def after_epoch(self) -> None:
        if self.learn.epoch < self.first:
            return  # an epoch of an earlier part, skipped by fastai's SkipToEpoch
        self._flush()
        train_loss, valid_loss, accuracy = self.learn.recorder.values[-1]
        images = len(self.learn.dls.valid.images)
        accuracy = round(accuracy * images) / images  # a share of whole images again, after float32
        self.done += 1
        row = Epoch(self.done, train_loss, valid_loss, accuracy, time.monotonic() - self.began)
        self.began = time.monotonic()
        self.rows.append(row)
        if self.done in self.kept:
            self.snapshots[self.done] = dump(self.learn.model, self.config, {"accuracy": accuracy, "epoch": self.done})
        self.on_epoch(row)
        if self.done < self.learn.n_epoch and (time.monotonic() > self.deadline or self.step >= self.until):
            self._end("paused")

    def _note(self, norm: float) -> None:
        opt = self.learn.opt.opt
        self.batches.losses.append(self.learn.loss.item())
        self.batches.lrs.append(opt.param_groups[-1]["lr"])
        self.batches.momenta.append(momentum(opt))
        self.batches.norms.append(norm)

    def _flush(self) -> None:
        if len(self.batches):
            self.on_batches(self.batches)
            self.batches = Batches(self.step)
        self.reported = time.monotonic()

    def _end(self, kind: Literal["paused", "stopped", "diverged"]) -> None:
        self.kind = kind
        self._flush()
        raise CancelFitException

    def outcome(self, learn: LeanLearner) -> Outcome:
        message = ""
        if self.kind == "diverged":
            message = (
                f"The loss was no longer a finite number at batch {self.step:,}: the steps were too large for this "
                f"model. The last finite weights are kept. Try a learning rate of {self.config.lr / 10:g} or less."
            )
            if not is_finite(learn.model):
                learn.model.load_state_dict(self.last_finite)
        smooth = learn.recorder.smooth_loss
        card = {
            "epochs_done": self.done,
            "step": self.step,
            "smooth_count": smooth.count,
            "accuracy": self.rows[-1].accuracy if self.rows else self.reached,
        }
        if self.step > self.done * len(learn.dls.train):
            card["epoch_seconds"] = time.monotonic() - self.began
        extra = {"smooth_val": smooth.val, **_optimizer_tensors(learn)}
        state = dump(learn.model, self.config, card, extra)
        return Outcome(self.kind, self.rows, self.done, self.step, state, message, self.snapshots)


def _copy(model: nn.Module) -> dict[str, Tensor]:
    return {name: value.clone() for name, value in model.state_dict().items()}


def _optimizer_tensors(learn: LeanLearner) -> dict[str, Tensor]:
    """The optimiser's memory (momentum, Adam's averages): "opt.0.exp_avg" belongs to the first parameter."""
    state = learn.opt.opt.state_dict()["state"]
    return {
        f"opt.{index}.{name}": value
        for index, values in state.items()
        for name, value in values.items()
        if isinstance(value, Tensor)
    }


def _restore(learn: LeanLearner, saved: TrainedModel) -> dict[str, Any]:
    """Put a saved state into a fresh learner; gives the card that came with it."""
    learn.model.load_state_dict(saved.model.state_dict())
    learn.create_opt()
    state = learn.opt.opt.state_dict()
    params = list(learn.model.parameters())
    memory: dict[int, dict[str, Tensor]] = {}
    for key, value in saved.extra.items():
        if key.startswith("opt."):
            _, index, name = key.split(".", 2)
            memory.setdefault(int(index), {})[name] = _laid_out_like(params[int(index)], value)
    learn.opt.opt.load_state_dict({**state, "state": memory})
    learn.smooth_count, learn.smooth_val = saved.card["smooth_count"], saved.extra["smooth_val"]
    return saved.card


def _laid_out_like(parameter: Tensor, value: Tensor) -> Tensor:
    """The value with the parameter's order in memory: the fused optimisers walk both side by side."""
    return torch.empty_like(parameter).copy_(value) if value.shape == parameter.shape else value
