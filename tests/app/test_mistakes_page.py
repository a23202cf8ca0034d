"""The Mistakes page, through Home.py: its numbers are the model's, each part opens its images, links are kind."""

import base64
import json
import re
import time
from functools import cache

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from scipy.stats import binomtest
from sklearn.metrics import confusion_matrix, precision_score, recall_score
from streamlit.testing.v1 import AppTest

from mnist_core import checkpoint, interpret, shipped
from mnist_core.config import TrainConfig
from mnist_core.data import DigitData, load
from mnist_core.ui import lab
from mnist_core.ui.data import current_data
from tests.conftest import MNIST, ROOT


def page(part: str = "Matrix", **query) -> AppTest:
    app = AppTest.from_file(str(ROOT / "Home.py"), default_timeout=120).run().switch_page("pages/13_mistakes.py")
    app.query_params.update({"mistakes_part": part, **query})
    app.run()
    assert not app.exception, app.exception
    assert not app.error, app.error[0].value
    return app


def said(app: AppTest) -> str:
    return "\n".join(element.value for element in (*app.markdown, *app.caption, *app.info))


def sent(app: AppTest, name: str) -> dict:
    """What a component was given."""
    return next(
        json.loads(each.proto.json) for each in app.get("bidi_component") if each.proto.component_name.endswith(name)
    )


@cache
def expected() -> tuple[DigitData, np.ndarray, np.ndarray, np.ndarray]:
    """The data, the labels of its validation images, what the shipped CNN says of them, and torch's loss of each."""
    data = current_data()
    labels = data.labels[data.valid]
    out = interpret.logits(shipped.load().model, data.images[data.valid])
    return data, labels, out.argmax(1).numpy(), F.cross_entropy(out, torch.from_numpy(labels), reduction="none").numpy()


def run_of(app: AppTest, **options) -> str:
    """The id of a finished run of this learner."""
    service, learner = lab.service(), app.session_state.learner
    run = service.submit(learner, TrainConfig(data="digits", epochs=1, **options))
    wait_for(run, learner)
    return run


def wait_for(run: str, learner: str) -> None:
    deadline = time.monotonic() + 90
    while lab.service().store.run(learner, run).active and time.monotonic() < deadline:
        time.sleep(0.1)


def test_it_opens_on_the_shipped_models_matrix_and_its_most_frequent_mistake():
    app = page()
    _, labels, preds, _ = expected()
    table = confusion_matrix(labels, preds)
    assert sent(app, "confusion_matrix")["texts"] == [str(count) for count in table.ravel()]
    assert f"{(labels == preds).mean():.2%} of {len(labels):,} images are right" in said(app)
    picked = sent(app, "confusion_matrix")["picked"]
    mistakes = np.where(np.eye(10, dtype=bool), 0, table)
    assert mistakes.ravel()[picked] == mistakes.max()
    assert len(sent(app, "digit_wall")["names"]) == mistakes.max()
    app.segmented_control(key="mistakes_numbers").set_value("Rates, %").run()
    assert sent(app, "confusion_matrix")["texts"][0] == f"{100 * table[0, 0] / table[0].sum():.1f}"


def test_data_are_named_and_whether_the_model_has_seen_them():
    words = said(page())
    assert ("MNIST's test images. The model was not trained on them" in words) == bool(MNIST)
    assert ("trained on other data" in words) == (not MNIST)


def test_a_link_opens_a_cell_and_an_image_in_it():
    data, labels, preds, losses = expected()
    places = np.flatnonzero((labels == 1) & (preds == 1))
    worst = places[np.argsort(-losses[places])]
    index = int(data.valid[worst[1]])
    app = page(mistakes_cell="11", mistakes_image=str(index))
    total = int((labels == 1).sum())
    assert f"The model got **{len(places):,} of {total:,} ones** right" in said(app)
    assert sent(app, "digit_wall")["picked"] == 1
    assert f"Image {index:,} of" in said(app)
    assert "That is right." in said(app)


def test_a_cell_without_images_says_so():
    _, labels, preds, _ = expected()
    row, column = np.argwhere(confusion_matrix(labels, preds) == 0)[0]
    app = page(mistakes_cell=f"{row}{column}")
    assert "The model took **0 of" in said(app)
    assert "This cell has no images." in said(app)


def test_top_losses_are_torchs_highest_with_predicted_and_actual():
    _, labels, preds, losses = expected()
    captions = sent(page("Top losses"), "digit_wall")["captions"]
    worst = np.argsort(-losses)[: len(captions)]
    assert len(captions) == 60
    first = worst[0]
    assert captions[0].startswith(f"predicted {preds[first]} (")
    assert captions[0].endswith(f"%), actual {labels[first]}, loss {losses[first]:.2f}")
    told = [float(caption.rsplit(" ", 1)[1]) for caption in captions]
    np.testing.assert_allclose(told, losses[worst], atol=0.006)


def test_each_digit_has_scikit_learns_precision_and_recall_and_its_mistakes():
    _, labels, preds, _ = expected()
    app = page("Each digit")
    table = app.table[0].value
    assert list(table["Precision"]) == [f"{share:.1%}" for share in precision_score(labels, preds, average=None)]
    assert list(table["Recall"]) == [f"{share:.1%}" for share in recall_score(labels, preds, average=None)]
    assert list(table["Images"]) == [f"{count:,}" for count in np.bincount(labels)]
    for digit in range(10):
        app.segmented_control(key="mistakes_digit").set_value(digit).run()
        for kind, places in (
            ("Missed", (labels == digit) & (preds != digit)),
            ("False alarms", (labels != digit) & (preds == digit)),
        ):
            app.segmented_control(key="mistakes_kind").set_value(kind).run()
            if places.any():
                assert len(sent(app, "digit_wall")["names"]) == places.sum()
            else:
                assert "There are none." in said(app)


def test_calibration_says_how_sure_the_model_is_and_how_often_right():
    data, labels, preds, _ = expected()
    app = page("Calibration")
    chances = interpret.probabilities(shipped.load(), data.images[data.valid]).max(axis=1)
    assert f"On average the model is {chances.mean():.2%} sure, and {(labels == preds).mean():.2%}" in said(app)
    assert sum(int(count.replace(",", "")) for count in app.table[0].value["Images"]) == len(labels)
    wrong = 0
    for row in app.selectbox(key="mistakes_sure").options:
        app.selectbox(key="mistakes_sure").select(row).run()
        wrong += int(re.search(r"([\d,]+) wrong of", said(app))[1].replace(",", ""))
        assert not app.exception
    assert wrong == (labels != preds).sum()


def test_ten_digits_are_one_of_each_and_others_can_be_dealt():
    _, labels, preds, _ = expected()
    app = page("Ten digits", **({"mistakes_ten": "At random"} if MNIST else {}))
    assert len(sent(app, "digit_wall")["names"]) == 10
    before = sent(app, "digit_wall")["sprite"]
    press(app, "Deal others")
    assert app.number_input(key="mistakes_deal").value == 2
    assert sent(app, "digit_wall")["sprite"] != before
    assert "all one can say of your model" not in said(app)  # it would give the answer away
    app.segmented_control(key="mistakes_ten_guess").set_value("99%").run()
    right = (labels == preds).sum()
    low, high = binomtest(int(right), len(labels)).proportion_ci(method="wilson")
    assert f"it lies between **{low:.2%} and {high:.2%}**" in said(app)
    assert "Not quite: 72%." in said(app)
    all_right = np.prod([(preds[labels == digit] == digit).mean() for digit in range(10)])
    assert f"**{100 * all_right:.0f} of 100 deals**" in said(app)


def test_the_write_ups_places_show_each_digit_once(real_mnist):
    app = page("Ten digits")
    assert "8,500, 9,999" in said(app)
    assert [name.split(" by its label")[0] for name in sent(app, "digit_wall")["names"]] == [
        *(f"A {digit}" for digit in range(8)), "An 8", "A 9",
    ]  # fmt: skip


@pytest.mark.parametrize("part", ["Matrix", "Top losses", "Each digit", "Calibration", "Ten digits", "Nowhere"])
def test_nonsense_in_the_link_is_passed_over(part):
    page(
        part,
        mistakes_cell="zz",
        mistakes_image="-7",
        mistakes_digit="77",
        mistakes_kind="x",
        mistakes_numbers="<b>",
        mistakes_ten="?",
        mistakes_deal="-3",
        run="nobody",
    )


def test_a_model_of_two_digits_is_judged_on_its_own_validation_images_of_these():
    app = page("Each digit", mistakes_digit="9", mistakes_cell="94")
    app.query_params["run"] = run_of(app, model="linear", digits="37")
    app.run()
    assert not app.exception, app.exception
    assert "of 71 images are right" in said(app)
    assert "kept apart for validation" in said(app)
    assert list(app.table[0].value["Digit"]) == ["3", "7"]
    for part in ("Matrix", "Top losses", "Calibration", "Ten digits"):
        app.query_params["mistakes_part"] = part
        app.run()
        assert not app.exception, app.exception
        assert not app.error


def press(app: AppTest, label: str) -> None:
    next(button for button in app.button if button.label == label).click().run()
    assert not app.exception, app.exception
    assert not app.error


def test_an_image_is_kept_with_another_label_and_the_model_trained_on_with_it():
    app = page()
    parent = run_of(app, model="linear")
    app.query_params.update({"run": parent, "mistakes_part": "Top losses"})
    app.run()
    assert "The model was not trained on them." in said(app)
    label = next(group for group in app.segmented_control if group.label == "Which digit is it really?")
    label.set_value((int(label.value) + 1) % 10).run()
    press(app, "Keep it")
    service, learner = lab.service(), app.session_state.learner
    (kept,) = service.examples.of(learner)
    data = load("digits")
    index = int(re.search(r"image ([\d,]+) of", kept.origin)[1].replace(",", ""))
    np.testing.assert_array_equal(kept.image, data.images[index])
    assert kept.label == (data.labels[index] + 1) % 10

    press(app, "Train it on")
    child = next(run.id for run in service.store.runs(learner) if run.parent == parent)
    wait_for(child, learner)
    app.query_params["run"] = child
    app.run()
    assert "also trained on 1 kept digit:" in said(app)
    models = (checkpoint.undump(service.store.checkpoint(run)) for run in (parent, child))
    before, after = (interpret.evaluate(model, data).right for model in models)
    assert f"Before it was trained on, {(~before).sum()} were wrong. Of these, {(~before & after).sum()} are" in said(
        app
    )
    assert f"Of those that were right, {(before & ~after).sum()} are wrong now." in said(app)


def test_an_image_opens_on_the_canvas():
    data, _, _, losses = expected()
    app = page("Top losses")
    press(app, "Open on the canvas")
    pixels = np.frombuffer(base64.b64decode(app.session_state["pad_kept"]["message"]["img"]), np.uint8)
    image = data.images[data.valid[losses.argmax()]]
    np.testing.assert_array_equal(pixels.reshape(28, 5, 28, 5)[:, 2, :, 2], image)
