"""Small folders and archives in MNIST's form."""

import tarfile
from pathlib import Path

import numpy as np
from PIL import Image


def save_mnist_like(folder: Path, count: int = 40, **options) -> dict[str, np.ndarray]:
    """Pictures in MNIST's folders, numbered against the order of the classes; their arrays by name."""
    rng = np.random.default_rng(0)
    arrays = {}
    for part in ("training", "testing"):
        for number in range(count):
            image = rng.integers(0, 256, (28, 28), np.uint8) if number % 2 else np.full((28, 28), number, np.uint8)
            name = f"{part}/{9 - number % 10}/{number}.png"
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(image).save(folder / name, **options)
            arrays[name] = image
    return arrays


def pack(folder: Path, archive: Path) -> Path:
    with tarfile.open(archive, "w:gz") as tar:
        tar.add(folder, "mnist_png")
    return archive
