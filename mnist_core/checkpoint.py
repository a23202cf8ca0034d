"""Trained models as files: safetensors with the run's settings in its header. No pickle is written or read.

The same form serves the model that ships with the lab, the checkpoints of a run and the models a learner keeps.
"""

import json
import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor, nn

from mnist_core import __version__
from mnist_core.config import TrainConfig
from mnist_core.errors import LabError, ModelFileError
from mnist_core.models import new_model

FORMAT = "mnist-lab model"
_HEADER_LIMIT = 1_000_000  # bytes; ours are under 10,000


@dataclass(frozen=True)
class TrainedModel:
    """A model and everything needed to say what it is.

    Attributes
    ----------
    model : nn.Module in eval mode, on the CPU
    config : the run that made it
    card : what it reached, e.g. {"accuracy": 0.991, "epochs_done": 2}
    extra : tensors and numbers that only a resumed run needs
    """

    model: nn.Module
    config: TrainConfig
    card: dict[str, Any]
    extra: dict[str, Tensor] = field(default_factory=dict)

    @property
    def classes(self) -> tuple[int, ...]:
        return self.config.classes


def dump(model: nn.Module, config: TrainConfig, card: dict[str, Any], extra: dict[str, Tensor] | None = None) -> bytes:
    """The file's bytes. Tensors are moved to the CPU and made contiguous."""
    tensors = {f"model.{name}": value for name, value in model.state_dict().items()}
    tensors |= {f"extra.{name}": value for name, value in (extra or {}).items()}
    header = {"format": FORMAT, "version": __version__, "config": config.to_json(), "card": json.dumps(card)}
    return save({name: value.detach().cpu().contiguous() for name, value in tensors.items()}, header)


def undump(data: bytes, name: str = "this file") -> TrainedModel:
    """The model in the bytes of a file.

    Raises
    ------
    ModelFileError
        If they are not a model that the lab wrote, or do not fit together.
    """
    header = _header(data)
    if header.get("format") != FORMAT:
        raise ModelFileError(f"{name} is no model that this lab wrote: choose a .safetensors file that it saved.")
    try:
        config = TrainConfig.from_json(header["config"])
        tensors = load(data)
        model = new_model(config)
        model.load_state_dict({key[6:]: value for key, value in tensors.items() if key.startswith("model.")})
        extra = {key[6:]: value for key, value in tensors.items() if key.startswith("extra.")}
        return TrainedModel(model.eval(), config, json.loads(header["card"]), extra)
    except (KeyError, TypeError, ValueError, RuntimeError, SafetensorError, LabError) as error:
        reason = (str(error).strip() or type(error).__name__).splitlines()[0][:200]
        raise ModelFileError(f"{name} is damaged or from another version ({reason}): save it again.") from None


def read(path: Path) -> TrainedModel:
    """The model in a file; see `undump`."""
    try:
        return undump(path.read_bytes(), path.name)
    except OSError as error:
        raise ModelFileError(f"{path} cannot be read ({error.strerror}): check the path of the model.") from None


def is_finite(model: nn.Module) -> bool:
    """Whether every number of the model is finite, the statistics of a batch norm included."""
    return all(math.isfinite(value.sum().item()) for value in model.state_dict().values())


def _header(data: bytes) -> dict[str, str]:
    """The text part of a safetensors file: 8 bytes of length, then JSON. Anything else gives an empty one."""
    length = int.from_bytes(data[:8], "little")
    if len(data) < 8 or length > min(len(data) - 8, _HEADER_LIMIT):
        return {}
    try:
        header = json.loads(data[8 : 8 + length])
    except (ValueError, RecursionError):
        return {}
    metadata = header.get("__metadata__", {}) if isinstance(header, dict) else {}
    return metadata if isinstance(metadata, dict) else {}
