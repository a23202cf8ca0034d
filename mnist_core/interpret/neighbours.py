"""The training images nearest to an image, and how far is farther than usual.

How sure a model is does not tell whether there is a digit at all: its probabilities sum to 1 on a house too. The
distance to the nearest training image tells more often, and is no proof: `python -m benchmarks.drawing` prints how
many letters and drawings of other things each of the two finds.
"""

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from mnist_core.data import load
from mnist_core.data.types import DigitData
from mnist_core.images import to_mnist

USUAL = 0.99  # of validation images; so 1 of 100 digits is called unusual
_SOME = 1_000  # validation images are enough to tell
_CHUNK = 2_000  # training images made floats at a time: more would not fit into the processor's cache
_CANDIDATES = 300  # whole images that are compared at first; they suffice for nearly every digit
_ROUNDING = 0.05  # of the bounds, in grey levels squared: they are small differences of large numbers


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
    """The training images of some data, ready to be searched; about 10 ms for one image among 60,000.

    Images of half the side are searched first. Their distance is never more than that of the whole ones, since the
    square of a mean is at most the mean of the squares: what is farther away there than the k nearest of the whole
    images found so far cannot be nearer than they are.

    Parameters
    ----------
    data : DigitData
    """

    def __init__(self, data: DigitData) -> None:
        self._images = data.images
        self._train = np.sort(data.train)  # as they lie in memory
        chunks = np.array_split(self._train, -(-len(self._train) // _CHUNK))
        self._small = torch.cat([_halved(self._whole(chunk)) for chunk in chunks])  # (m, 196)
        self._squares = self._small.square().sum(1)  # (m,)

    def nearest(self, images: np.ndarray, k: int = 1) -> Neighbours:
        """The k training images nearest to each of `images`, by the distance of the baseline.

        Parameters
        ----------
        images : float32 array of shape (n, 28, 28), in [0, 1]
        """
        a = torch.from_numpy(255 * images).view(len(images), -1)  # (n, 28, 28) -> (n, 784)
        small = _halved(a)
        squared = self._squares - 2 * small @ self._small.T + small.square().sum(1, keepdim=True)  # (n, m)
        found = [self._search(image, bounds, k) for image, bounds in zip(a, 4 * squared / a.shape[1], strict=True)]
        indices, distances = zip(*found, strict=True)
        return Neighbours(np.stack(indices), np.stack(distances) / np.float32(255))

    def _search(self, image: Tensor, bounds: Tensor, k: int) -> tuple[np.ndarray, np.ndarray]:
        """Indices and distances of the k nearest; the square of each distance is at least its bound."""
        some = min(max(_CANDIDATES, k), len(bounds))
        while True:
            low, at = bounds.topk(some, largest=False)
            squared = (self._whole(self._train[at.numpy()]) - image).square().mean(1)
            best, order = squared.topk(k, largest=False)
            if some == len(bounds) or best[-1] < low[-1] - _ROUNDING:
                return self._train[at[order].numpy()], best.sqrt().numpy()
            some = min(10 * some, len(bounds))

    def _whole(self, indices: np.ndarray) -> Tensor:
        """Images as float32 of shape (len(indices), 784), in 0..255."""
        return torch.from_numpy(self._images[indices]).view(len(indices), -1).float()


def _halved(images: Tensor) -> Tensor:
    """(n, 784) -> (n, 196): the mean of each 2x2 pixels."""
    return F.avg_pool2d(images.view(-1, 1, 28, 28), 2).flatten(1)


def usual_distance(source: str) -> float:
    """How near the nearest training image is to `USUAL` of the validation images, RMSE; some seconds of work.

    They come through the steps of `images.to_mnist` first, as drawings do: these change other images than MNIST's.
    """
    data = load(source)
    some = data.valid[:: max(1, len(data.valid) // _SOME)]
    neighbours = Neighbourhood(data)
    results = np.stack([to_mnist(image).result for image in data.images[some]])
    parts = np.array_split(results, max(1, len(some) // 100))
    return float(np.quantile(np.concatenate([neighbours.nearest(part).distances[:, 0] for part in parts]), USUAL))
