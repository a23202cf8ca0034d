"""What a trained model makes of images, and why: predictions, weights, activations, mistakes."""

from mnist_core.interpret.activations import Activations, activations, firing_shares
from mnist_core.interpret.arithmetic import WeightedSum, weighted_sum
from mnist_core.interpret.attribution import Attribution, integrated_gradients
from mnist_core.interpret.predict import Evaluation, evaluate, logits, probabilities
from mnist_core.interpret.weights import (
    LayerWeights,
    WeightImages,
    as_images,
    change,
    first_layer,
    layer_weights,
    layers_with_weights,
    strongest_first,
    weight_images,
    with_weight,
)

__all__ = [
    "Activations",
    "Attribution",
    "Evaluation",
    "LayerWeights",
    "WeightImages",
    "WeightedSum",
    "activations",
    "as_images",
    "change",
    "evaluate",
    "firing_shares",
    "first_layer",
    "integrated_gradients",
    "layer_weights",
    "layers_with_weights",
    "logits",
    "probabilities",
    "strongest_first",
    "weight_images",
    "weighted_sum",
    "with_weight",
]
