"""The models: name -> how it is built; what each is, in words, stands in `options.MODEL_TITLES`.

Every model takes float32 images of shape (n, 1, 28, 28) in [0, 1] and gives (n, outputs) logits.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor, nn

from mnist_core import devices
from mnist_core.config import TrainConfig


@dataclass(frozen=True)
class ModelInfo:
    """One line of the registry.

    Attributes
    ----------
    build : outputs -> a new model, its starting weights drawn from torch's global generator
    convolutional : whether bfloat16 and channels_last are worth trying
    """

    build: Callable[[int], nn.Module]
    convolutional: bool = False


def linear(outputs: int) -> nn.Module:
    """One weight per pixel and output: the chapter's first model."""
    return nn.Sequential(nn.Flatten(), nn.Linear(28 * 28, outputs))


def mlp(*hidden: int) -> Callable[[int], nn.Module]:
    """A builder of linear layers with a ReLU between them; `mlp(30)` is the chapter's `simple_net`."""

    def build(outputs: int) -> nn.Module:
        sizes = (28 * 28, *hidden)
        layers: list[nn.Module] = [nn.Flatten()]
        for size_in, size_out in pairwise(sizes):
            layers += [nn.Linear(size_in, size_out), nn.ReLU()]
        return nn.Sequential(*layers, nn.Linear(sizes[-1], outputs))

    return build


def cnn(outputs: int) -> nn.Module:
    """Two 3x3 convolutions, 1-16-32 channels, each followed by a 2x2 max-pool.

    Pooling before the ReLU gives the same numbers as after it, since ReLU keeps the order, on a quarter of the pixels.
    """
    return nn.Sequential(
        nn.Conv2d(1, 16, kernel_size=3, padding=1),  # (n, 1, 28, 28) -> (n, 16, 28, 28)
        nn.MaxPool2d(2),  # -> (n, 16, 14, 14)
        nn.ReLU(),
        nn.Conv2d(16, 32, kernel_size=3, padding=1),  # -> (n, 32, 14, 14)
        nn.MaxPool2d(2),  # -> (n, 32, 7, 7)
        nn.ReLU(),
        nn.Flatten(),  # -> (n, 1568)
        nn.Linear(32 * 7 * 7, outputs),
    )


def resnet18(outputs: int) -> nn.Module:
    """torchvision's resnet18, not pretrained; its first convolution takes one grey channel instead of three."""
    from torchvision.models import resnet18 as build

    model = build(num_classes=outputs)
    model.conv1 = nn.Conv2d(1, 64, kernel_size=7, stride=2, padding=3, bias=False)
    return model


MODELS: dict[str, ModelInfo] = {
    "linear": ModelInfo(linear),
    "mlp30": ModelInfo(mlp(30)),
    "mlp128": ModelInfo(mlp(128)),
    "mlp392_30": ModelInfo(mlp(392, 30)),
    "cnn": ModelInfo(cnn, convolutional=True),
    "resnet18": ModelInfo(resnet18, convolutional=True),
}


def to_input(images: Tensor) -> Tensor:
    """What every model takes, from grey bytes: uint8 (n, 28, 28) -> float32 (n, 1, 28, 28) in [0, 1]."""
    return images.float().div_(255).unsqueeze(1)


def new_model(config: TrainConfig) -> nn.Module:
    """A model with starting weights drawn from `config.seed`; the global random state is left as it was."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(config.seed)
        model = MODELS[config.model].build(config.outputs)
        if config.init == "randn":
            for p in model.parameters():
                nn.init.normal_(p)
        return model


def precision(config: TrainConfig, device: torch.device) -> torch.dtype:
    """The number format of the forward pass: for "auto", bfloat16 where convolutions gain by it."""
    if config.precision == "auto":
        fast = MODELS[config.model].convolutional and devices.has_fast_bf16(device)
        return torch.bfloat16 if fast else torch.float32
    return torch.bfloat16 if config.precision == "bf16" else torch.float32


def parameter_count(model: nn.Module) -> int:
    """How many numbers the model learns."""
    return sum(p.numel() for p in model.parameters())
