"""ONNX: the calculation itself as a file, for programs without Python and torch."""

import contextlib
import io
import json

import torch

from mnist_core.checkpoint import TrainedModel
from mnist_core.export.card import card
from mnist_core.export.classifier import FromBytes, output_per_class


def to_onnx(trained: TrainedModel) -> bytes:
    """An ONNX file: input "images", uint8 (n, 28, 28); output "probabilities", float32 (n, k); any n.

    Division by 255 and softmax are inside. Its metadata hold the card, and the names of the k classes as JSON.
    """
    example = torch.zeros(2, 28, 28, dtype=torch.uint8)
    with contextlib.redirect_stdout(io.StringIO()):  # torch says how far it is
        program = torch.onnx.export(
            FromBytes(output_per_class(trained)).eval(),
            (example,),
            input_names=["images"],
            output_names=["probabilities"],
            dynamic_shapes=({0: torch.export.Dim("n")},),
            dynamo=True,
            verbose=False,
        )
    assert program is not None
    for node in program.model.graph.all_nodes():
        node.metadata_props.clear()  # torch's notes on our source code, with this machine's folders
    program.model.metadata_props.update({key: json.dumps(value) for key, value in card(trained).items()})
    return program.model_proto.SerializeToString()
