"""The training images nearest to an image, and how far is farther than usual.

How sure a model is does not tell whether there is a digit at all: its probabilities sum to 1 on a house too. The
distance to the nearest training image tells more often, and is no proof: `python -m benchmarks.drawing` prints how
many letters and drawings of other things each of the two finds.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from mnist_core.data import load
from mnist_core.data.types import DigitData

USUAL = 0.99  # of validation images; so 1 of 100 digits is called unusual
_SOME = 1_000  # validation images are enough to tell
_CHUNK = 2_000  # training images made floats at a time: more would not fit into the processor's cache


@dataclass(frozen=True)
class Neighbours:
    """The nearest training images, the nearest first.

    Attributes
    ----------
    indices : int64 array of shape (n, k), into the images of the data
    distances : float32 array of shape (n, k), RMSE in [0, 1]
    """

    indices: np.ndarray
    distances: np.ndarray


class Neighbourhood:
    """The training images of some data, ready to be searched; about 30 ms for one image among 60,000.

    Parameters
    ----------
    data : DigitData
    """

    def __init__(self, data: DigitData) -> None:
        self._images = data.images
        self._train = np.sort(data.train)  # as they lie in memory
        self._squares = torch.cat([part.square().sum(1) for part in self._parts()])  # (n,)

    def nearest(self, images: np.ndarray, k: int = 1) -> Neighbours:
        """The k training images nearest to each of `images`.

        The distance is that of the baseline, of which only one term differs from one training image to the next:
        |a - b|^2 = |a|^2 - 2 a.b + |b|^2.

        Parameters
        ----------
        images : float32 array of shape (n, 28, 28), in [0, 1]
        """
        a = torch.from_numpy(255 * images).view(len(images), -1)  # (n, 28, 28) -> (n, 784)
        products = torch.cat([a @ part.T for part in self._parts()], dim=1)
        squared, at = (self._squares - 2 * products).topk(k, dim=1, largest=False)  # (n, k)
        distances = ((squared + a.square().sum(1, keepdim=True)).clamp(min=0) / a.shape[1]).sqrt() / 255
        return Neighbours(self._train[at.numpy()], distances.numpy())

    def _parts(self) -> Iterator[Tensor]:
        """The training images in chunks, float32 of shape (m, 784) in 0..255."""
        for start in range(0, len(self._train), _CHUNK):
            part = self._images[self._train[start : start + _CHUNK]]
            yield torch.from_numpy(part).view(len(part), -1).float()


def usual_distance(source: str) -> float:
    """How near the nearest training image is to `USUAL` of the validation images, RMSE; some seconds of work."""
    data = load(source)
    some = data.valid[:: max(1, len(data.valid) // _SOME)]
    neighbours = Neighbourhood(data)
    parts = np.array_split(data.images[some] / np.float32(255), max(1, len(some) // 100))
    return float(np.quantile(np.concatenate([neighbours.nearest(part).distances[:, 0] for part in parts]), USUAL))
