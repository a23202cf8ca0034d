"""The model of this app: a picture of one digit -> how likely each digit is."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from mnist_form import to_mnist

_SESSION = onnxruntime.InferenceSession(Path(__file__).with_name("model.onnx"), providers=["CPUExecutionProvider"])
CLASSES: list[str] = json.loads(_SESSION.get_modelmeta().custom_metadata_map["classes"])


def read_digit(picture: Any) -> tuple[np.ndarray, dict[str, float]]:
    """What the model gets of a picture, and what it says.

    Parameters
    ----------
    picture : an image of Pillow, the bytes of an image file, or a uint8 array of shape (height, width)

    Returns
    -------
    the pixels, uint8 array of shape (28, 28), 0 is ground and 255 is ink; and class -> probability

    Raises
    ------
    ImageError
        If no digit can be made of the picture; the text says why.
    """
    pixels = np.rint(255 * to_mnist(picture).result).astype(np.uint8)
    [says] = _SESSION.run(["probabilities"], {"images": pixels[None]})  # (28, 28) -> (1, 28, 28); gives (1, k)
    return pixels, dict(zip(CLASSES, says[0].tolist(), strict=True))


def enlarged(pixels: np.ndarray) -> np.ndarray:
    """The same picture for the screen, each pixel a square: shape (28, 28) -> (224, 224)."""
    return np.kron(pixels, np.ones((8, 8), np.uint8))
