"""What a trained model makes of images, and why: predictions, weights, activations, mistakes."""

from mnist_core.interpret.predict import Evaluation, evaluate, logits, probabilities
from mnist_core.interpret.weights import WeightImages, weight_images

__all__ = ["Evaluation", "WeightImages", "evaluate", "logits", "probabilities", "weight_images"]
