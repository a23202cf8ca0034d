import numpy as np
import pytest
import torch
from sklearn.metrics import accuracy_score, recall_score

from mnist_core import checkpoint, interpret
from mnist_core.config import TrainConfig
from mnist_core.data import load
from mnist_core.errors import DataError
from mnist_core.models import new_model
from mnist_core.training import train

pytestmark = pytest.mark.both_sources


def untrained(**options) -> checkpoint.TrainedModel:
    config = TrainConfig(**options)
    return checkpoint.TrainedModel(new_model(config).eval(), config, {})


@pytest.fixture
def images() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (7, 28, 28), dtype=np.uint8)


def test_probabilities_are_the_softmax_of_the_logits(images):
    trained = untrained(model="mlp30")
    expected = torch.softmax(trained.model(torch.from_numpy(images).float().div(255).unsqueeze(1)), 1)
    np.testing.assert_allclose(interpret.probabilities(trained, images), expected.detach(), atol=1e-6)


def test_one_output_is_the_probability_of_the_first_digit(images):
    trained = untrained(model="linear", digits="37")
    first = interpret.logits(trained.model, images).sigmoid().numpy()
    chances = interpret.probabilities(trained, images)
    assert chances.shape == (7, 2)
    np.testing.assert_allclose(chances, np.hstack([first, 1 - first]))


def test_bytes_and_floats_of_one_image_are_read_alike(images):
    trained = untrained(model="cnn")
    as_floats = (images / 255).astype(np.float32)
    np.testing.assert_allclose(
        interpret.probabilities(trained, images), interpret.probabilities(trained, as_floats), atol=1e-6
    )


@pytest.mark.parametrize("digits", ["37", "0123456789"])
def test_evaluation_matches_scikit_learn_and_the_recorder(source, digits):
    config = TrainConfig(data=source, digits=digits, model="linear", epochs=1)
    outcome = train(config)
    trained = checkpoint.undump(outcome.state)
    data = load(source)
    result = interpret.evaluate(trained, data)
    mine = data.select(digits)
    labels = mine.labels[mine.valid]
    preds = np.array(trained.classes)[interpret.probabilities(trained, mine.images[mine.valid]).argmax(1)]
    assert result.images == len(labels)
    assert result.accuracy == pytest.approx(accuracy_score(labels, preds)) == outcome.epochs[-1].accuracy
    recalls = recall_score(labels, preds, average=None, labels=trained.classes)
    assert list(result.per_class.values()) == pytest.approx(list(recalls))


@pytest.mark.parametrize(
    ("options", "shape"),
    [
        ({"model": "linear"}, (10, 28, 28)),
        ({"model": "linear", "digits": "37"}, (1, 28, 28)),
        ({"model": "mlp30"}, (30, 28, 28)),
        ({"model": "cnn"}, (16, 3, 3)),
        ({"model": "resnet18"}, (64, 7, 7)),
    ],
    ids=str,
)
def test_weight_images_are_the_first_layers_weights(options, shape):
    layer = interpret.weight_images(untrained(**options))
    assert layer.images.shape == shape
    assert len(layer.names) == shape[0]


def test_a_linear_models_images_times_the_pixels_give_its_logits(images):
    trained = untrained(model="linear")
    weights = interpret.weight_images(trained).images
    bias = trained.model[1].bias.detach().numpy()
    by_hand = np.einsum("nij,kij->nk", images / 255, weights) + bias
    np.testing.assert_allclose(interpret.logits(trained.model, images), by_hand, atol=1e-4)


def test_hidden_units_come_strongest_first_under_their_own_numbers():
    trained = untrained(model="mlp30")
    layer = interpret.weight_images(trained)
    norms = np.linalg.norm(layer.images, axis=(1, 2))
    assert (np.diff(norms) <= 0).all()
    weight = trained.model[1].weight.detach().numpy()
    number = int(layer.names[0].removeprefix("unit "))
    np.testing.assert_array_equal(layer.images[0].ravel(), weight[number])


def test_evaluation_on_data_without_the_models_digits_is_refused():
    with pytest.raises(DataError, match="no validation images of 3 and 7"):
        interpret.evaluate(untrained(model="linear", digits="37"), load("digits", digits="48"))
