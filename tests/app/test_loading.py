"""Loading, through Home.py: each part before and after its answer, and what its widgets do."""

import json
import math

import pytest
from streamlit.testing.v1 import AppTest

from mnist_core.chapter import dealing, loading
from mnist_core.ui.data import current_data
from tests.conftest import ROOT

LESSONS = "mnist_core.ui.lessons.loading_"


@pytest.fixture(autouse=True)
def at_once(monkeypatch):
    """Experiments in this process, on few files: what the other process adds is tested elsewhere."""
    kept = {}

    def experiment(function, *, working, **arguments):
        key = (function.__name__, *sorted(arguments.items()))
        return kept.setdefault(key, None) or kept.update({key: function(**arguments)}) or kept[key]

    for module in ("batches", "files"):
        monkeypatch.setattr(f"{LESSONS}{module}.experiment", experiment)
    monkeypatch.setattr(f"{LESSONS}files.start", lambda function, **arguments: None)
    monkeypatch.setattr("mnist_core.ui.experiment.warm_up", lambda: None)
    monkeypatch.setattr(loading, "TRAINING_FILES", 200)
    monkeypatch.setattr(loading, "VALIDATION_FILES", 60)


def opened(part: str, **link: str) -> AppTest:
    app = AppTest.from_file(ROOT / "Home.py", default_timeout=120).run().switch_page("pages/7_loading.py")
    app.query_params.update({"loading_part": part, **link})
    app.run()
    assert not app.exception
    assert not app.error
    return app


def button(app, label):
    return next(button for button in app.button if button.label == label)


def words(app):
    return "\n".join(text.value for text in app.markdown)


def chart(app, key):
    """The options of a chart by its title's place among the charts."""
    return json.loads(app.get("echarts_chart")[key].proto.spec)


def component(app, name):
    return [json.loads(found.proto.json) for found in app.get("bidi_component") if found.proto.component_name == name]


def test_pairs_come_after_the_answer_and_any_letters_are_zipped():
    app = opened("Pairs")
    assert not app.text_input
    assert not app.code
    app.segmented_control(key="loading_zip").set_value("8 values").run()
    assert "Not quite: 4 pairs." in words(app)
    assert "[(1, 'a'), (2, 'b'), (3, 'c'), (4, 'd')]" in app.code[0].value
    app.text_input(key="loading_letters").set_value("xyzuvw").run()
    assert "[(1, 'x'), (2, 'y'), (3, 'z'), (4, 'u')]" in app.code[0].value
    assert "2 left over" in words(app)


def test_a_batch_has_the_shapes_that_torch_gives():
    app = opened("Pairs", loading_zip="4 pairs")
    app.slider(key="loading_bs").set_value(17).run()
    assert "# (17, 784)" in app.code[2].value
    assert "# torch.float32" in app.code[2].value
    assert "# (17, 1)" in app.code[2].value
    app.toggle(key="loading_shuffle").set_value(False).run()
    assert "only threes" in words(app)
    app.slider(key="loading_pair").set_value(app.slider(key="loading_pair").max).run()
    assert "tensor([0])" in app.code[1].value  # the last pair is a seven


def test_four_ways_show_the_code_first_and_the_measured_costs_after_the_answer():
    app = opened("Four ways", loading_way="ImageFolder")
    assert "def image_folder(" in app.code[0].value
    assert not app.table
    app.segmented_control(key="loading_fastest").set_value("DataBlock").run()
    assert "Not quite: By hand." in words(app)
    costs, batches, stages = app.table[0].value, *(table.value for table in app.dataframe)
    assert list(costs.index) == list(batches.index) == list(loading.WAYS)
    assert batches.loc["By hand", "xb"] == "Tensor (64, 784)"
    assert stages.loc["IntToFloatTensor", "Values"] == "0 to 1"
    assert "give the same batches" in words(app)
    before = chart(app, 0)["series"][0]["data"]
    app.slider(key="loading_epochs").set_value(40).run()
    after = chart(app, 0)["series"][0]["data"]
    assert all(late["value"] > early["value"] for early, late in zip(before, after, strict=True))


def test_the_folders_split_is_that_of_the_data():
    app = opened("Splits", loading_folder="testing")
    data = current_data()
    assert "**Right.**" in words(app)
    paths, counts = (table.value for table in app.table)
    assert set(paths["Goes to"]) == {"training", "validation"}
    assert counts.sum().tolist() == [len(data.train), len(data.valid)]


@pytest.mark.parametrize("way", ["At random", "By a sampler"])
def test_a_seed_gives_its_split_again_and_another_seed_another(way):
    app = opened("Splits", loading_split=way)
    assert not app.table
    app.segmented_control(key="loading_same_seed").set_value("All").run()
    assert "Not quite: None." in words(app)
    data = current_data()
    n = len(data.train) + len(data.valid)
    train, valid = dealing.random_split(n, valid_pct=0.2, seed=42)
    assert f"{len(train):,} images for training, {len(valid):,} for validation" in words(app)
    assert "0 images change sides" in words(app)
    assert app.table[0].value.sum().tolist() == [len(train), len(valid)]
    walls = component(app, "digit_wall")
    app.number_input(key="loading_split_seed").set_value(7).run()
    assert component(app, "digit_wall") != walls
    app.slider(key="loading_share").set_value(50).run()
    assert app.table[0].value.sum().tolist() == [n - n // 2, n // 2]


def test_three_sets_tell_luck_from_skill():
    app = opened("Three sets")
    assert not app.get("echarts_chart")
    app.segmented_control(key="loading_coins").set_value("100 %").run()
    assert "Not quite: About 50 %." in words(app)
    valid, test = chart(app, 0)["series"]
    assert valid["data"][-1][1] > 0.55 > test["data"][-1][1]
    assert "test_x" in app.info[0].value


def test_the_dealer_deals_batch_by_batch_and_counts_the_epoch():
    app = opened("The batch dealer")
    assert not component(app, "dealer")
    app.segmented_control(key="loading_first").set_value("2").run()
    assert "**Right.**" in words(app)
    assert component(app, "dealer")[0]["dealt"] == 0
    button(app, "Deal a batch").click().run()
    assert component(app, "dealer")[0]["dealt"] == 1
    assert "Batch 1 holds 0, 0, 0, 0, 0, 0, 1, 1, 1, 1: 2 different." in words(app)
    button(app, "To the end of the epoch").click().run()
    assert "That is one epoch" in words(app)
    button(app, "Deal a batch").click().run()
    assert "Epoch 2: 1 of 6 batches" in words(app)
    button(app, "To the end of the epoch").click().run()
    button(app, "Deal a batch").click().run()
    assert "Epoch 2: 6 of 6 batches" in words(app)
    app.toggle(key="loading_mix").set_value(True).run()
    dealt = component(app, "dealer")[0]["batches"]
    assert dealt == dealing.deal(60, bs=10, shuffle=True, seed=0, epochs=2)[1]
    app.slider(key="loading_cards").set_value(30).run()
    assert component(app, "dealer")[0]["dealt"] == 0
    button(app, "Gather all").click().run()
    assert app.slider(key="loading_dealt").value == 0


@pytest.mark.parametrize("digits", ["All ten", "3 and 7"])
def test_sorted_batches_are_predicted_then_seen(digits):
    app = opened("Sorted or shuffled", loading_task=digits)
    assert not app.metric
    key = f"loading_order_{'37' if '3' in digits else '0123456789'}"
    app.segmented_control(key=key).set_value("About 90 %").run()
    assert f"Not quite: About {'50' if '3' in digits else '10'} %." in words(app)
    in_order, shuffled = (float(metric.value) for metric in app.metric)
    assert shuffled > in_order + 0.4
    data = current_data()
    train = len(data.select("37").train) if "3" in digits else len(data.train)
    losses = chart(app, 0)["series"][0]["data"]
    assert len(losses) == math.ceil(train / (256 if data.source.name == "mnist" else 32))


def test_the_mean_of_unequal_batches_is_not_the_accuracy():
    app = opened("The last batch")
    assert not app.metric
    app.segmented_control(key="loading_mean").set_value("Never").run()
    n = len(current_data().valid)
    for bs in (25, 299):
        app.slider(key="loading_last_bs").set_value(bs).run()
        mean, true, difference = (float(metric.value) for metric in app.metric)
        assert mean - true == pytest.approx(difference, abs=1e-5)
        assert f"**{n % bs or bs} of {bs}** images" in words(app)
    assert mean != true
    app.toggle(key="loading_last_mix").set_value(True).run()
    assert float(app.metric[1].value) == true  # the order of the images changes the batches, not the accuracy


def test_export_shows_the_real_errors_and_what_a_loaded_learner_says():
    app = opened("Export")
    assert not app.code
    app.segmented_control(key="loading_export").set_value("All four").run()
    assert "Not quite: Only the DataBlocks." in words(app)
    assert "'list' object has no attribute 'new_empty'" in app.code[0].value
    assert "'ImageFolder' object has no attribute 'new_empty'" in app.code[1].value
    assert "# ['0', '1'," in app.code[2].value
    assert "pickle" in app.warning[0].value
    assert "gr.Interface" in app.code[3].value
    file = app.segmented_control(key="loading_file")
    file.set_value(file.options[-1]).run()
    assert file.options[-1] in app.code[2].value


@pytest.mark.parametrize("part", ["Pairs", "Splits", "The batch dealer", "The last batch", "nonsense"])
def test_nonsense_in_the_link_falls_back(part):
    nonsense = {
        "loading_zip": "4 pairs",
        "loading_letters": "a" * 500,
        "loading_pair": "99999999",
        "loading_bs": "0",
        "loading_seed": "-1",
        "loading_split": "By magic",
        "loading_folder": "elsewhere",
        "loading_same_seed": "None",
        "loading_share": "101",
        "loading_first": "2",
        "loading_deck": "x",
        "loading_cards": "1e9",
        "loading_dealt": "4711",
        "loading_mix": "perhaps",
        "loading_mean": "Never",
        "loading_last_bs": "-3",
    }
    opened(part, **nonsense)
