"""Loading: four ways over the same files, what their batches hold, and which learners can be exported."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import torch
from fastai.vision.all import PILImageBW, load_learner
from PIL import Image

from mnist_core.chapter import four_ways, loading
from mnist_core.chapter.loading import WAYS
from mnist_core.data import load


@pytest.fixture(scope="module", autouse=True)
def few_files():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loading, "TRAINING_FILES", 300)
        patch.setattr(loading, "VALIDATION_FILES", 100)
        yield


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("png")
    loading.write_files(load("digits"), folder)
    return folder


@pytest.fixture(scope="module")
def reports():
    return loading.measure_ways(data="digits", bs=64)


@pytest.fixture(scope="module")
def exports():
    return loading.try_exports(data="digits", epochs=1, samples=4)


def test_files_hold_the_images_in_mnists_layout(folder):
    data = load("digits")
    files = sorted(folder.rglob("*.png"))
    assert len(list((folder / "training").rglob("*.png"))) == 300
    assert len(list((folder / "testing").rglob("*.png"))) == 100
    for file in files[::100]:
        row = int(file.stem)
        assert np.array_equal(np.asarray(Image.open(file)), data.images[row])
        assert file.parent.name == str(data.labels[row])


def test_data_with_fewer_images_give_fewer_files(tmp_path, monkeypatch):
    monkeypatch.setattr(loading, "TRAINING_FILES", 100)
    data = load("digits", digits="3")
    assert loading.write_files(data, tmp_path) == (100, len(data.valid))


@pytest.mark.parametrize("way", WAYS.values())
def test_every_way_hands_out_the_images_of_the_files_with_their_labels(folder, way):
    data = load("digits")
    dls = getattr(four_ways, way)(folder, bs=50)
    expected = Counter((data.images[int(file.stem)].tobytes(), file.parent.name) for file in folder.glob("testing/*/*"))
    found = Counter()
    for xb, yb in dls.valid:
        images = (torch.as_tensor(xb).view(-1, 28, 28) * 255).round().to(torch.uint8).numpy()
        found.update((image.tobytes(), str(label)) for image, label in zip(images, yb.tolist(), strict=True))
    assert found == expected


@pytest.mark.parametrize("way", WAYS.values())
def test_every_way_shuffles_the_training_batches(folder, way):
    _, yb = getattr(four_ways, way)(folder, bs=100).train.one_batch()
    assert len(yb.unique()) > 5


def test_reports_say_what_batches_look_like(reports):
    hand, *others = reports
    assert [report.way for report in reports] == list(WAYS)
    assert hand.shape == (64, 784)
    assert {report.shape for report in others} == {(64, 1, 28, 28)}
    assert {(report.dtype, report.low, report.high) for report in reports} == {("float32", 0.0, 1.0)}
    assert [report.images for report in reports[:2]] == [reports[0].files] * 2
    assert [report.images for report in reports[2:]] == [reports[0].files // 64 * 64] * 2  # fastai drops what is left


def test_rates_and_seconds_follow_from_what_was_measured(reports):
    for report in reports:
        assert report.ready_seconds > 0
        assert report.rate * report.pass_seconds == pytest.approx(report.images)
        assert report.seconds(3) - report.seconds(1) == pytest.approx(2 * report.pass_seconds)


@pytest.mark.parametrize(("way", "times"), list(zip(WAYS.values(), (0, 1, 1, 1), strict=True)))
def test_by_hand_no_file_is_opened_in_a_pass_and_otherwise_each_is(folder, way, times, monkeypatch):
    dls = getattr(four_ways, way)(folder, bs=50)
    opened, really_open = [], Image.open
    monkeypatch.setattr(Image, "open", lambda *args, **kwargs: opened.append(1) or really_open(*args, **kwargs))
    images = loading._pass(dls)
    assert len(opened) == pytest.approx(times * images, abs=times * 50)


def test_a_file_goes_through_item_transforms_and_then_batch_transforms():
    stages = loading.follow_a_file(data="digits", bs=8)
    assert [(stage.step, stage.of) for stage in stages] == [
        ("get_image_files", "file"),
        ("PILImageBW.create", "item"),
        ("Resize", "item"),
        ("ToTensor", "item"),
        ("one batch", "batch"),
        ("IntToFloatTensor", "batch"),
    ]
    before, after = stages[-2:]
    assert (before.dtype, before.high, after.dtype, after.high) == ("uint8", 255.0, "float32", 1.0)
    assert before.shape == after.shape == (8, 1, 28, 28)


def test_the_third_and_the_fourth_way_do_the_same_to_a_batch(folder):
    transforms = [
        [type(transform).__name__ for transform in getattr(four_ways, way)(folder, bs=8).train.after_batch.fs]
        for way in ("data_block", "data_block_batch_tfms")
    ]
    assert transforms == [["IntToFloatTensor"], ["IntToFloatTensor"]]


def test_only_datablocks_are_exported_and_the_others_say_why(exports):
    assert [report.error for report in exports] == [
        "AttributeError: 'list' object has no attribute 'new_empty'",
        "AttributeError: 'ImageFolder' object has no attribute 'new_empty'",
        "",
        "",
    ]


def test_a_loaded_learner_knows_its_classes_and_predicts_files(exports):
    for report in exports[2:]:
        assert report.vocab == tuple("0123456789")
        assert report.size > 4 * 7850  # its weights alone
        assert len(report.predictions) == 4
        for prediction in report.predictions:
            assert prediction.file.startswith(f"testing/{prediction.label}/")
            assert prediction.digit == report.vocab[prediction.index]
            assert prediction.index == np.argmax(prediction.probabilities)
            assert sum(prediction.probabilities) == pytest.approx(1, abs=1e-5)


def test_an_export_follows_from_its_arguments(exports):
    again = loading.try_exports(data="digits", epochs=1, samples=4)
    assert [[p.probabilities for p in report.predictions] for report in again] == [
        [p.probabilities for p in report.predictions] for report in exports
    ]


@pytest.mark.filterwarnings("ignore:load_learner")
def test_the_function_of_the_space_reads_an_image_as_gradio_gives_it(folder):
    report = loading.try_export("DataBlock", four_ways.data_block, folder, epochs=1, samples=1)
    learn_inf = load_learner(folder / "learner.pkl")
    image = report.predictions[0].image
    with learn_inf.no_bar():
        digit, _, probs = learn_inf.predict(PILImageBW.create(image))
    assert digit == report.predictions[0].digit
    assert probs.tolist() == pytest.approx(report.predictions[0].probabilities, abs=1e-6)
