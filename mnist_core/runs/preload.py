"""What a worker needs, imported once, in the process of which workers are copies. Only that process imports this.

Python looks for garbage while thousands of modules are made, and finds none: a third of the time that they take.
"""

import gc

gc.disable()

import distributed  # noqa: E402, F401
import torch._dynamo  # noqa: E402, F401  (the first optimiser would import it)

import mnist_core.training  # noqa: E402, F401

gc.freeze()  # what is there now is no garbage later either; and copies share what is never looked at
gc.enable()
