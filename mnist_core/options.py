"""The names a learner can choose from, without the libraries behind them.

Kept apart from `models`, `losses` and `optim` so that a form or a command line can offer them
without importing torch; a test holds each list against its registry.
"""

from typing import Literal

ModelName = Literal["linear", "mlp30", "mlp128", "mlp392_30", "cnn", "resnet18"]
LossName = Literal["mnist_loss", "cross_entropy"]
OptimizerName = Literal["SGD", "BasicOptim", "Adam", "AdamW"]
InitName = Literal["default", "randn"]
ScheduleName = Literal["constant", "one-cycle"]
SplitName = Literal["official", "random", "sampler"]
Precision = Literal["fp32", "bf16"]
DeviceName = Literal["cuda", "mps", "xpu", "cpu"]

MODEL_TITLES = {
    "linear": "Linear, no hidden layer",
    "mlp30": "MLP with 30 hidden units",
    "mlp128": "MLP with 128 hidden units",
    "mlp392_30": "MLP with 392 and 30 hidden units",
    "cnn": "CNN with 16 and 32 filters of 3x3",
    "resnet18": "ResNet-18, slow on a CPU",
}

MODEL_ALIASES = {"simple_net": "mlp30"}  # the chapter's own name for 784-30-1
