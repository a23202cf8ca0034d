"""`TrainConfig`: the one description of a training run, from which it can be repeated bit for bit.

It travels as JSON (store, command line, model card) and as URL parameters; whatever arrives from
outside is checked here and nowhere else.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal, get_args

from mnist_core.errors import ConfigError
from mnist_core.options import (
    MODEL_ALIASES,
    DeviceName,
    InitName,
    LossName,
    ModelName,
    OptimizerName,
    Precision,
    ScheduleName,
    SplitName,
)

LR_RANGE = (1e-7, 100.0)
EPOCHS_RANGE = (1, 1000)
BS_RANGE = (1, 70_000)
SEED_RANGE = (0, 2**31 - 1)
SHIFT_RANGE = (0, 4)
WD_RANGE = (0.0, 1.0)
SMOOTHING_RANGE = (0.0, 0.5)


@dataclass(frozen=True)
class TrainConfig:
    """A training run: data, model, loss, optimiser and how long.

    Attributes
    ----------
    data : "mnist", "digits" (the embedded ones), or the path of a folder or archive of class folders
    digits : the digits to tell apart, e.g. "37" or "0123456789"; kept sorted and without repeats
    model : a name in `mnist_core.models.MODELS`
    loss : "auto" is `mnist_loss` (one output) for two digits and cross-entropy otherwise
    lr : learning rate, the step size of SGD, in (0, 100]
    epochs : passes over the training images, 1 to 1000
    bs : batch size in images, at most the number of training images
    optimizer, schedule : names in `mnist_core.options`
    momentum : of SGD, in [0, 1)
    wd : weight decay of AdamW, 0 to 1: each step also makes every weight smaller by this share of the learning rate
    split, split_seed : which images are for validation; see `mnist_core.data.load`
    shuffle : whether each epoch deals the batches anew
    init : how weights start: "default" is torch's own, scaled to the size of a layer; "randn" draws all with a
        standard deviation of 1, as the chapter's `init_params`
    shift : augmentation: each time an image is dealt for training it is moved by up to so many pixels, 0 to 4
    label_smoothing : of cross-entropy, 0 to 0.5: this share of the target is spread over all classes
    precision : "auto" is bfloat16 for the convolutional models where it is faster, float32 otherwise
    seed : of the starting weights and of the shuffling
    device : "auto" is the first accelerator found, then the CPU

    Raises
    ------
    ConfigError
        If a value is outside what is allowed; the sentence names the value and the way out.
    """

    data: str = "mnist"
    digits: str = "0123456789"
    model: ModelName = "mlp128"
    loss: LossName | Literal["auto"] = "auto"
    lr: float = 0.1
    epochs: int = 5
    bs: int = 256
    optimizer: OptimizerName = "SGD"
    schedule: ScheduleName = "constant"
    momentum: float = 0.0
    wd: float = 0.01
    split: SplitName = "official"
    split_seed: int = 42
    shuffle: bool = True
    init: InitName = "default"
    shift: int = 0
    label_smoothing: float = 0.0
    precision: Precision | Literal["auto"] = "auto"
    seed: int = 42
    device: DeviceName | Literal["auto"] = "auto"

    def __post_init__(self) -> None:
        put = lambda name, value: object.__setattr__(self, name, value)  # noqa: E731  (frozen: set once, here)
        if not self.data:
            raise ConfigError('No data were named: use "mnist", "digits" or the path of your own images.')
        put("digits", _digits(self.digits))
        put("model", MODEL_ALIASES.get(str(self.model), self.model))
        for name, allowed in _CHOICES.items():
            put(name, _choice(name, getattr(self, name), allowed))
        put("lr", _number("learning rate", self.lr, LR_RANGE))
        put("momentum", _number("momentum", self.momentum, (0.0, 0.999)))
        put("wd", _number("weight decay", self.wd, WD_RANGE))
        put("epochs", _whole("number of epochs", self.epochs, EPOCHS_RANGE))
        put("bs", _whole("batch size", self.bs, BS_RANGE))
        put("seed", _whole("seed", self.seed, SEED_RANGE))
        put("split_seed", _whole("split seed", self.split_seed, SEED_RANGE))
        put("shift", _whole("shift in pixels", self.shift, SHIFT_RANGE))
        put("label_smoothing", _number("label smoothing", self.label_smoothing, SMOOTHING_RANGE))
        put("shuffle", _truth("shuffle", self.shuffle))
        if self.loss_name == "mnist_loss" and len(self.digits) != 2:
            raise ConfigError(
                f"mnist_loss tells two digits apart, and {len(self.digits)} were chosen: "
                "choose two digits, or cross_entropy as the loss."
            )
        if self.loss_name == "mnist_loss" and self.label_smoothing:
            raise ConfigError("Label smoothing goes with cross_entropy: choose that loss, or a smoothing of 0.")

    @property
    def classes(self) -> tuple[int, ...]:
        """The digits to tell apart, ascending; with one output the first is 1 and the second 0, as 3 and 7 were."""
        return tuple(int(d) for d in self.digits)

    @property
    def digits_title(self) -> str:
        """The digits in words: "All ten" or "3 and 7"."""
        if len(self.digits) == 10:
            return "All ten"
        return f"{', '.join(self.digits[:-1])} and {self.digits[-1]}"

    @property
    def loss_name(self) -> LossName:
        """The loss itself, with "auto" resolved."""
        if self.loss == "auto":
            return "mnist_loss" if len(self.digits) == 2 else "cross_entropy"
        return self.loss

    @property
    def outputs(self) -> int:
        """How many numbers the model gives for one image."""
        return 1 if self.loss_name == "mnist_loss" else len(self.digits)

    def check_fits(self, train_images: int) -> None:
        """Raise `ConfigError` if a batch is larger than the training data."""
        if self.bs > train_images:
            raise ConfigError(
                f"A batch of {self.bs:,} images is more than the {train_images:,} training images there are: "
                f"choose a batch size of at most {train_images:,}."
            )

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    def to_json(self) -> str:
        return json.dumps(self.to_dict(), sort_keys=True)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "TrainConfig":
        """Read a mapping, such as URL parameters: text becomes numbers where numbers are meant."""
        known = {f.name for f in fields(cls)}
        unknown = sorted(set(values) - known)
        if unknown:
            raise ConfigError(f"{unknown[0]!r} is no setting of a run; the settings are {', '.join(sorted(known))}.")
        return cls(**values)

    @classmethod
    def from_json(cls, text: str) -> "TrainConfig":
        try:
            values = json.loads(text)
        except ValueError as error:
            raise ConfigError(
                f"These run settings are not valid JSON ({error}): copy them from the run again."
            ) from None
        if not isinstance(values, dict):
            raise ConfigError('Run settings are one JSON object, such as {"model": "linear"}.')
        return cls.from_dict(values)


_CHOICES = {
    "model": get_args(ModelName),
    "loss": ("auto", *get_args(LossName)),
    "optimizer": get_args(OptimizerName),
    "schedule": get_args(ScheduleName),
    "split": get_args(SplitName),
    "init": get_args(InitName),
    "precision": ("auto", *get_args(Precision)),
    "device": ("auto", *get_args(DeviceName)),
}


def _digits(value: object) -> str:
    text = str(value)
    chosen = "".join(sorted(set(text)))
    if not chosen or not set(chosen) <= set("0123456789") or len(chosen) < 2:
        raise ConfigError(f'The digits {text!r} cannot be told apart: name at least two of 0 to 9, such as "37".')
    return chosen


def _choice(name: str, value: object, allowed: tuple[str, ...]) -> str:
    for option in allowed:
        if str(value).lower() == option.lower():
            return option
    raise ConfigError(f"There is no {name} {value!r}: choose one of {', '.join(allowed)}.")


def _number(name: str, value: Any, bounds: tuple[float, float]) -> float:
    low, high = bounds
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise ConfigError(f"The {name} {value!r} is not a number: choose one from {low:g} to {high:g}.") from None
    if not math.isfinite(number) or not low <= number <= high:
        raise ConfigError(f"The {name} {number:g} is out of range: choose one from {low:g} to {high:g}.")
    return number


def _whole(name: str, value: Any, bounds: tuple[int, int]) -> int:
    low, high = bounds
    try:
        number = int(value)
        exact = float(value) == number
    except (TypeError, ValueError, OverflowError):
        exact = False
    if not exact:
        raise ConfigError(f"The {name} {value!r} is not a whole number: choose one from {low:,} to {high:,}.")
    if not low <= number <= high:
        raise ConfigError(f"The {name} {number:,} is out of range: choose one from {low:,} to {high:,}.")
    return number


def _truth(name: str, value: object) -> bool:
    words = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
    try:
        return words[str(value).lower()]
    except KeyError:
        raise ConfigError(f"{name} is either true or false, not {value!r}.") from None
