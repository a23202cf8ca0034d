"""Loop, through Home.py: each part before and after its question, its numbers, and nonsense in the link."""

import pytest
import torch
from streamlit.testing.v1 import AppTest

from mnist_core.chapter import loop
from mnist_core.data import load
from tests.conftest import ROOT

RIGHT_ORDER = ["predict", "measure the loss", "find the gradients", "take the step", "zero the gradients"]


def page(**query) -> AppTest:
    app = AppTest.from_file(ROOT / "Home.py", default_timeout=60).run().switch_page("pages/8_loop.py")
    app.query_params.update(query)
    app.run()
    assert not app.exception, app.exception
    return app


def said(app) -> str:
    return "\n".join(text.value for text in app.markdown)


def source(app) -> str:
    return "\n".join(code.value for code in app.code)


def test_by_hand_shows_the_step_after_the_answer_and_its_numbers_are_those_of_the_walk():
    app = page()
    assert not app.get("echarts_chart")
    app.segmented_control(key="loop_untouched").set_value("All of them").run()
    assert "**Not quite: Those of empty pixels.**" in said(app)
    data = load(digits="37")
    lr = loop.setting_for(data).lr
    train_dl, _ = loop.make_dls(data, seed=0)
    step = loop.take_step(loop.joined(loop.start(data, seed=0)), *next(train_dl.dealt(0)), lr=lr)
    assert f"from {step.loss:.4f} to **{step.loss_after:.4f}**" in said(app)
    assert loop.step_in_numbers(step, loop.strongest_pixels(step)) in source(app)
    assert f"{int(step.blank.sum())} of the 784 pixels are 0" in said(app)


def test_the_buttons_take_a_batch_and_an_epoch_and_stop_at_the_end():
    app = page(loop_untouched="None")
    an_epoch = len(loop.make_dls(load(digits="37"))[0])
    slider = app.slider(key="loop_batch")
    button(app, "One batch").click().run()
    assert f"**Epoch 1, batch 2 of {an_epoch}.**" in said(app)
    button(app, "One epoch").click().run()
    assert f"**Epoch 2, batch 2 of {an_epoch}.**" in said(app)
    app.slider(key="loop_batch").set_value(slider.max).run()
    button(app, "One epoch").click().run()
    assert f"**Epoch 8, batch {an_epoch} of {an_epoch}.**" in said(app)
    button(app, "Start again").click().run()
    assert f"**Epoch 1, batch 1 of {an_epoch}.**" in said(app)


def test_another_rate_and_another_start_are_another_walk():
    app = page(loop_untouched="None", loop_seed="4")
    few = loop.setting_for(load(digits="37")) == loop.FEW
    assert any("20 times smaller than the chapter's" in caption.value for caption in app.caption) == few
    data = load(digits="37")
    walk = loop.walk(data.source.name, lr=0.3, epochs=1, seed=4)
    app.select_slider(key="loop_lr").set_value(0.3).run()
    app.slider(key="loop_batch").set_value(len(loop.make_dls(data)[0]) + 1).run()
    assert f"found {walk.accuracies[1]:.2%} of the validation images right" in said(app)


def test_the_right_order_is_run_and_trains():
    app = page(loop_part="In order")
    assert any(caption.value == "5 lines are missing." for caption in app.caption)
    app.multiselect(key="loop_order").set_value(RIGHT_ORDER).run()
    assert "**Your loop trains.**" in said(app)
    data = load(digits="37")
    walk = loop.walk(data.source.name, lr=loop.setting_for(data).lr, epochs=3, seed=0)
    assert f"and printed {', '.join(map(str, walk.accuracies[1:]))}." in said(app)
    assert "before they are calculated" not in said(app)
    app.multiselect(key="loop_order").set_value([RIGHT_ORDER[-1], *RIGHT_ORDER[:-1]]).run()
    assert "**Your loop trains.**" in said(app)
    assert "before they are calculated" in said(app)


def test_a_wrong_order_is_run_too_and_its_error_is_explained():
    app = page(loop_part="In order", loop_order=["measure the loss", *RIGHT_ORDER[:1], *RIGHT_ORDER[2:]])
    assert "**Your loop stops in its first batch.**" in said(app)
    assert "NameError: name 'preds' is not defined" in source(app)


def test_four_climbs_end_alike_and_their_code_stands_side_by_side():
    app = page(loop_part="Four climbs")
    assert not app.table
    app.segmented_control(key="loop_best").set_value("All the same").run()
    assert "**Right.**" in said(app)
    table = app.table[0].value
    assert list(table.columns) == ["By hand", "BasicOptim", "torch SGD", "Learner"]
    assert len(set(table.loc["Accuracy after epoch 5"])) == 1
    assert all(float(difference) < 1e-5 for difference in table.loc["Largest difference of a weight"])
    assert list(app.table[1].value["numbers"]) == [784, 1]
    assert "def by_hand" in source(app)
    assert "def with_basic_optim" in source(app)
    app.segmented_control(key="loop_rung").set_value("Learner").run()
    assert "def with_basic_optim" not in source(app)
    assert "learn.fit(epochs, lr=lr)" in source(app)


def test_the_learner_shows_its_recorder_and_the_rate_that_was_suggested():
    app = page(loop_part="Learner", loop_learner_epochs="3")
    assert not app.table
    app.segmented_control(key="loop_first_rate").set_value("A small part of it").run()
    assert "**Right.** A new model" in said(app)
    assert f"began at the rate {loop.setting_for(load(digits='37')).lr / 25:.3g}, rose to" in said(app)
    assert [len(table.value) for table in app.table] == [3, 3]
    assert len(app.get("echarts_chart")) == 3
    assert "It suggests a rate" in said(app)


def test_the_learner_of_ones_own_waits_for_the_bet_and_then_shows_its_table():
    app = page(loop_part="MNISTLearner", loop_own_lr="0.01")
    assert "epoch  train  valid" not in source(app)
    app.segmented_control(key="loop_own_bet").set_value("50 to 90").run()
    rows = next(code.value for code in app.code if code.value.startswith("epoch  train")).splitlines()
    assert len(rows) == 6
    accuracy = float(rows[-1].split()[3])
    right = "Fewer than 50" if accuracy < 0.5 else "50 to 90" if accuracy <= 0.9 else "More than 90"
    assert ("**Right.**" if right == "50 to 90" else f"**Not quite: {right}.**") in said(app)
    label = load().labels[load().valid[0]]
    assert f"the label is **{label}**" in said(app)


def test_a_link_with_a_bet_shows_the_result_at_once():
    app = page(loop_part="MNISTLearner", loop_own_lr="0.1", loop_own_bet="More than 90")
    assert "of the validation images were right" in said(app)
    assert any(code.value.startswith("epoch  train") for code in app.code)


@pytest.mark.parametrize("part", ["By hand", "In order", "Four climbs", "Learner", "MNISTLearner", "Nowhere"])
def test_nonsense_in_the_link_falls_back(part):
    nonsense = ["loop_lr", "loop_seed", "loop_batch", "loop_untouched", "loop_best", "loop_climb_lr", "loop_own_bet"]
    more = ["loop_climb_epochs", "loop_rung", "loop_order", "loop_first_rate", "loop_own_lr", "loop_own_epochs"]
    app = page(loop_part=part, **dict.fromkeys(nonsense, "77777"), **dict.fromkeys(more, "lorem"))
    assert not app.error
    if part in ("By hand", "Nowhere"):
        assert app.select_slider(key="loop_lr").value == loop.setting_for(load(digits="37")).lr


def test_the_page_draws_no_random_numbers_of_the_server():
    before = torch.random.get_rng_state()
    page(loop_untouched="None")
    assert torch.equal(torch.random.get_rng_state(), before)


def button(app, label):
    return next(button for button in app.button if button.label == label)
