"""A model with an output for each digit, which is what other programs expect."""

import torch
from torch import Tensor, nn

from mnist_core.checkpoint import TrainedModel
from mnist_core.models import new_model, to_input


def output_per_class(trained: TrainedModel) -> nn.Module:
    """A model whose softmax gives the probability of each class; for all but one output it is a copy of the model.

    A model with one output z says sigmoid(z) for the first of two digits. Its last layer gets a second row of zeros,
    so that it gives (z, 0): the softmax of that is exp(z) / (exp(z) + 1), which is sigmoid(z), and the rest for the
    second digit.
    """
    model = new_model(trained.config)
    model.load_state_dict(trained.model.state_dict())
    if trained.config.outputs == 1:
        name, last = [(name, layer) for name, layer in model.named_modules() if isinstance(layer, nn.Linear)][-1]
        model.set_submodule(name, _with_zeros(last))
    return model.eval()


def _with_zeros(layer: nn.Linear) -> nn.Linear:
    """A linear layer with one output more, which is always 0."""
    wider = nn.utils.skip_init(nn.Linear, layer.in_features, layer.out_features + 1)
    with torch.no_grad():
        wider.weight.copy_(torch.cat([layer.weight, torch.zeros(1, layer.in_features)]))
        wider.bias.copy_(torch.cat([layer.bias, torch.zeros(1)]))
    return wider


class FromBytes(nn.Module):
    """The whole way: uint8 images of shape (n, 28, 28), 0 ground and 255 ink -> probabilities of shape (n, k)."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, images: Tensor) -> Tensor:
        return self.model(to_input(images)).softmax(dim=1)
