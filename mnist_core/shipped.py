"""The model that comes with the lab, so that a drawing can be read before anyone has trained anything.

Remade by the command in `COMMAND`; a test evaluates it on MNIST's test images.
"""

from pathlib import Path

from mnist_core import checkpoint

PATH = Path(__file__).parent / "shipped" / "cnn.safetensors"
COMMAND = (
    "python -m mnist_core train --data mnist --model cnn --optimizer AdamW --schedule one-cycle "
    "--lr 0.01 --bs 64 --epochs 4 --seed 42 --out mnist_core/shipped/cnn.safetensors"
)


def load() -> checkpoint.TrainedModel:
    """The shipped model."""
    return checkpoint.read(PATH)
