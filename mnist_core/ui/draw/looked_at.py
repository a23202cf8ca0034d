"""What the parts of the Draw page are about: a picture, what became of it, and the model that reads it."""

from dataclasses import dataclass

import numpy as np

from mnist_core.checkpoint import TrainedModel
from mnist_core.images import Picture, Steps


@dataclass(frozen=True)
class LookedAt:
    """A digit on the page.

    Attributes
    ----------
    trained : the model that the learner chose
    picture : as it was drawn, uploaded or photographed
    steps : its way to 28x28
    origin : where it comes from, in a word: "drawn", "uploaded" or "photographed"
    is_final : False while the pen is still down
    """

    trained: TrainedModel
    picture: Picture
    steps: Steps
    origin: str
    is_final: bool = True

    @property
    def image(self) -> np.ndarray:
        """What the model gets: float32 array of shape (28, 28), in [0, 1]."""
        return self.steps.result
