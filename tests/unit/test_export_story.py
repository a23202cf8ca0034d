"""The write-up's failed export: which of its three changes cured what."""

import pytest
import torch

from mnist_core.chapter import export_story, loading
from mnist_core.chapter.export_story import Attempt


@pytest.fixture(scope="module")
def attempts() -> dict[tuple[bool, bool, bool], Attempt]:
    """(data, model, loss) -> what came of it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loading, "TRAINING_FILES", 300)
        patch.setattr(loading, "VALIDATION_FILES", 100)
        return {(each.data, each.model, each.loss): each for each in export_story.try_changes(data="digits", epochs=1)}


def test_the_data_alone_decide_whether_the_export_works(attempts):
    assert len(attempts) == 8
    for (data, _, _), attempt in attempts.items():
        assert attempt.error == ("" if data else "AttributeError: 'ImageFolder' object has no attribute 'new_empty'")
        assert bool(attempt.outputs) == data


def test_the_loss_alone_decides_whether_predict_gives_probabilities_of_the_same_outputs(attempts):
    for model in (False, True):
        raw, shares = attempts[True, model, False], attempts[True, model, True]
        assert not raw.gives_probabilities
        assert shares.gives_probabilities
        assert torch.tensor(raw.outputs).softmax(0).tolist() == pytest.approx(shares.outputs, abs=1e-6)
        assert raw.index == raw.probs, "fastai took the outputs for positions"
        assert shares.index.startswith("tensor(") or shares.index.startswith("TensorBase(")
    assert attempts[True, False, True].outputs == attempts[True, True, True].outputs
