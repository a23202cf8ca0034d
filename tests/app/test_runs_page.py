"""The Runs page on runs that were trained: its tables, curves, words and models are the store's."""

import base64
import json
import time

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from mnist_core import interpret
from mnist_core.checkpoint import TrainedModel, undump
from mnist_core.config import TrainConfig
from mnist_core.images import to_mnist
from mnist_core.models import new_model
from mnist_core.runs import compare
from mnist_core.ui import lab, scrubber
from tests.conftest import ROOT

LEARNER = "a learner of this file"
CONFIGS = [
    TrainConfig(data="digits", model="mlp30", epochs=3, bs=64, lr=lr, seed=seed)
    for lr, seed in ((0.1, 1), (0.1, 2), (0.01, 1))
]


def open_page(learner: str = LEARNER, runs: tuple[str, ...] = (), **state) -> AppTest:
    app = AppTest.from_file(str(ROOT / "Home.py"), default_timeout=60)
    app.session_state["learner"] = learner
    for key, value in state.items():
        app.session_state[key] = value
    app.run()
    if runs:
        app.query_params["run"] = list(runs)
    app.switch_page("pages/10_runs.py").run()
    assert not app.exception
    return app


def train(learner: str, *configs: TrainConfig) -> list[str]:
    service = lab.service()
    runs = [service.submit(learner, config) for config in configs]
    deadline = time.monotonic() + 90
    while any(service.store.run(learner, run).active for run in runs):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    return runs


@pytest.fixture(scope="module")
def trained(prepared) -> list[str]:
    """Two runs that differ in their seed, and a third with another learning rate."""
    AppTest.from_file(str(ROOT / "Home.py"), default_timeout=60).run()
    return train(LEARNER, *CONFIGS)


def words(page: AppTest) -> str:
    return "\n".join(element.value for kind in (page.markdown, page.caption, page.info) for element in kind)


def specs(page: AppTest) -> list[dict]:
    return [json.loads(element.proto.spec) for element in page.get("echarts_chart")]


def chart(page: AppTest, title: str) -> list[dict]:
    return next(spec for spec in specs(page) if spec["title"]["text"].startswith(title))["series"]


def ys(series: dict) -> list[float]:
    return [y for _, y in series["data"]]


def accuracies(run: str) -> list[float]:
    return [row["accuracy"] for row in lab.service().store.curves(run).epochs]


def weights(page: AppTest) -> tuple[np.ndarray, list[str]]:
    protos = [element.proto for element in page.get("bidi_component")]
    data = next(json.loads(p.json) for p in protos if p.component_name.endswith("weight_grid"))
    return np.frombuffer(base64.b64decode(data["values"]), "<f4").reshape(data["shape"]), data["names"]


def test_who_has_no_runs_is_told_where_to_train():
    page = open_page("somebody new")
    assert "You have not trained a model yet" in words(page)
    assert [link.proto.label for link in page.get("page_link")] == ["Train your first model"]
    assert not page.dataframe


def test_the_table_is_the_stores_and_a_search_narrows_it(trained):
    page = open_page()
    store = {run.id: run for run in lab.service().store.runs(LEARNER)}
    table = page.dataframe[0].value
    assert dict(table["Accuracy"]) == {run: store[run].accuracy for run in store}
    assert table.loc[trained[2], "Learning rate"] == 0.01
    assert "Select a run" in words(page)
    page.text_input(key="search").set_value("lr=0.1 seed=2").run()
    assert list(page.dataframe[0].value.index) == [trained[1]]
    page.text_input(key="search").set_value("resnet").run()
    assert "None of your 3 runs" in page.warning[0].value


def test_curves_and_words_of_several_runs_are_the_stores(trained):
    page = open_page(runs=tuple(trained))
    page.segmented_control(key="curve").set_value("accuracy").run()
    by_name = {series["name"]: ys(series) for series in chart(page, "Accuracy")}
    named = dict(zip(("lr 0.1, seed 1", "lr 0.1, seed 2", "lr 0.01, seed 1"), map(accuracies, trained), strict=True))
    assert by_name == named
    store = lab.service().store
    runs = [store.run(LEARNER, run) for run in trained]
    curves = {run: store.curves(run) for run in trained}
    assert compare.in_words(compare.Twins(runs[0], runs[2], "lr"), curves) in words(page)
    assert compare.seeds_in_words(runs[:2][::-1], curves) in words(page)


def test_runs_of_several_seeds_become_their_mean_with_a_band(trained):
    page = open_page(runs=tuple(trained))
    page.segmented_control(key="curve").set_value("accuracy").run()
    page.toggle(key="together").set_value(True).run()
    assert not page.exception
    mean, low, high = (series for series in chart(page, "Accuracy") if "mean of 2 seeds" in series["name"])
    both = np.array([accuracies(run) for run in trained[:2]])
    np.testing.assert_allclose(ys(mean), both.mean(0))
    np.testing.assert_allclose(ys(low), both.min(0))
    np.testing.assert_allclose(np.add(ys(low), ys(high)), both.max(0))  # stacked on the lowest


def test_one_slider_rewinds_curves_weights_and_what_is_said_of_the_learners_drawing(trained):
    drawing = np.zeros((140, 140), np.uint8)
    drawing[30:110, 60:80] = 255
    message = {"nonce": 0, "size": 140, "img": base64.b64encode(drawing.tobytes()).decode(), "strokes": []}
    page = open_page(runs=(trained[0],), pad_kept={"nonce": 0, "message": message})
    assert ys(chart(page, "Accuracy")[0]) == accuracies(trained[0])
    store = lab.service().store
    models = [
        TrainedModel(new_model(CONFIGS[0]).eval(), CONFIGS[0], {}),
        *(undump(store.snapshot(trained[0], epoch)) for epoch in (1, 2)),
        undump(store.checkpoint(trained[0])),
    ]
    answers = []
    for epoch, model in enumerate(models):
        page.select_slider(key=f"after_{trained[0]}").set_value(epoch).run()
        assert not page.exception
        images, names = weights(page)
        every = interpret.weight_images(model)
        np.testing.assert_array_equal(images, every.images[[every.names.index(name) for name in names]])
        bars = next(spec["series"][0] for spec in specs(page) if spec["series"][0]["type"] == "bar")
        says = interpret.probabilities(model, to_mnist(drawing).result[None])[0]
        np.testing.assert_allclose([bar["value"] for bar in bars["data"]], 100 * says, rtol=1e-5)
        for title in ("Loss", "Accuracy"):
            assert chart(page, title)[0]["markLine"]["data"] == [{"xAxis": epoch}]
        answers.append(words(page))
    assert "Before the first batch" in answers[0]
    assert f"Epoch 2: training loss {store.curves(trained[0]).epochs[1]['train_loss']:.4f}" in answers[2]


def test_without_a_drawing_a_validation_image_is_shown(trained):
    assert "from the validation images." in words(open_page(runs=(trained[0],)))


def test_a_run_of_which_no_model_was_kept_shows_its_random_start(trained, monkeypatch):
    monkeypatch.setattr(scrubber, "kept_epochs", lambda run: [0])
    page = open_page(runs=(trained[0],))
    assert "What you see is the random start" in words(page)
    start = interpret.weight_images(TrainedModel(new_model(CONFIGS[0]), CONFIGS[0], {}))
    np.testing.assert_array_equal(weights(page)[0][0], start.images[start.names.index(weights(page)[1][0])])


def test_a_name_and_tags_are_kept_and_shown_at_once(trained):
    page = open_page(runs=(trained[1],))
    page.text_input(key=f"name_{trained[1]}").set_value("The second seed").run()
    page.text_input(key=f"tags_{trained[1]}").set_value("demo").run()
    row = page.dataframe[0].value.loc[trained[1]]
    assert (row["Run"], row["Tags"]) == ("The second seed", "demo")
    lab.service().describe(LEARNER, trained[1], name="", tags="")


def test_a_shared_run_can_be_seen_but_not_changed_by_another(trained):
    store = lab.service().store
    store.mark(LEARNER, trained[2], "shared", True)
    page = open_page("a stranger", runs=(trained[2],))
    assert list(page.dataframe[0].value.index) == [trained[2]]
    assert "Its owner alone can change it" in words(page)
    assert not [button for button in page.button if "elete" in button.label]
    assert not [field for field in page.text_input if field.key != "search"]
    store.mark(LEARNER, trained[2], "shared", False)
    assert "You have not trained a model yet" in words(open_page("a stranger", runs=(trained[2],)))


def test_several_runs_are_deleted_after_a_question_and_no_other():
    learner = "who tidies up"
    runs = train(learner, *(TrainConfig(data="digits", model="linear", epochs=1, seed=seed) for seed in (1, 2, 3)))
    page = open_page(learner, runs=tuple(runs[:2]))
    assert len(lab.service().store.runs(learner)) == 3
    assert "Delete 2 runs?" in words(page)
    page.button(key="delete_them").click().run()
    assert not page.exception
    assert [run.id for run in lab.service().store.runs(learner)] == [runs[2]]
    assert list(page.dataframe[0].value.index) == [runs[2]]
