"""Which accelerators this machine has, and how best to use each."""

import os
from collections.abc import Callable

import torch

from mnist_core.errors import ConfigError
from mnist_core.settings import whole


def available() -> list[str]:
    """The devices that torch can train on here, the one to prefer first: cuda, mps, xpu, then cpu."""
    accelerators: dict[str, Callable[[], bool]] = {
        "cuda": torch.cuda.is_available,
        "mps": torch.backends.mps.is_available,
        "xpu": torch.xpu.is_available,
    }
    return [name for name, found in accelerators.items() if found()] + ["cpu"]


def resolve(name: str) -> torch.device:
    """The device of that name, or the preferred one for "auto".

    Raises
    ------
    ConfigError
        If this machine has no such device.
    """
    here = available()
    if name != "auto" and name not in here:
        raise ConfigError(f"This machine has no {name}: choose {' or '.join(here)}.")
    return torch.device(here[0] if name == "auto" else name)


def has_fast_bf16(device: torch.device) -> bool:
    """Whether bfloat16 arithmetic is done in hardware, and so is faster than float32."""
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    if device.type == "cpu":
        capabilities = torch.cpu.get_capabilities()
        return bool(capabilities.get("avx512_bf16") or capabilities.get("amx_bf16"))
    return False


def use_threads() -> None:
    """Give torch `MNIST_THREADS` CPU threads, by default one.

    The models are so small that a second thread costs more in waiting than it saves; the same number
    everywhere also keeps results equal bit for bit.
    """
    torch.set_num_threads(whole("MNIST_THREADS", 1, high=os.cpu_count()))
