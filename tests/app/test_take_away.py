"""Take it away: the file that is offered, what the same model says elsewhere, and what is brought back in."""

import io
import pickle
import zipfile

import pytest
from streamlit.testing.v1 import AppTest

from mnist_core import shipped
from mnist_core.checkpoint import TrainedModel
from mnist_core.config import TrainConfig
from mnist_core.export.formats import write
from mnist_core.models import new_model
from mnist_core.ui import lab
from tests.conftest import ROOT

DIGITS = TrainConfig(data="digits", model="mlp30", digits="37")


@pytest.fixture
def app() -> AppTest:
    return AppTest.from_file(str(ROOT / "Home.py"), default_timeout=90).run()


def open_page(app: AppTest, part: str = "Model file", **query: str) -> AppTest:
    for name, value in query.items():
        app.query_params[name] = value
    app.query_params["deploy_part"] = part
    app.switch_page("pages/15_deploy.py").run()
    assert not app.exception, app.exception
    return app


def said(app: AppTest) -> str:
    return "\n".join(element.value for element in (*app.markdown, *app.info, *app.success, *app.error))


def press(app: AppTest, label: str) -> AppTest:
    next(button for button in app.button if button.label.startswith(label)).click().run()
    assert not app.exception, app.exception
    return app


def upload(app: AppTest, name: str, data: bytes) -> AppTest:
    app.file_uploader[0].upload(name, data, "application/octet-stream").run()
    assert not app.exception, app.exception
    return app


def test_a_model_opened_in_a_new_python_says_what_it_says_here(app):
    open_page(app)
    press(app, "Open model.safetensors")
    assert "The same answer" in said(app)
    table = app.table[0].value
    assert list(table["Digit"].astype(str)) == list("0123456789")
    assert list(table["In this lab"]) == list(table["In the new Python"])


def test_another_image_is_not_shown_with_the_answer_to_the_last(app):
    press(open_page(app), "Open model.safetensors")
    next(group for group in app.button_group if group.label == "Digit to look at").set_value("7").run()
    assert "The same answer" not in said(app)


def test_a_file_comes_back_as_a_run_that_the_pages_open(app):
    trained = TrainedModel(new_model(DIGITS).eval(), DIGITS, {"accuracy": 0.75, "epochs_done": 5})
    upload(open_page(app, "Bring one in"), "my model.safetensors", write("safetensors", trained))
    assert "75.00% of its validation images" in said(app)
    press(app, "Add it to my runs")
    assert "Add it to my runs" not in [button.label for button in app.run().button]  # so that it comes in once
    [run] = lab.service().store.runs(app.session_state.learner)
    assert (run.label, run.state, run.accuracy, run.epochs_done, run.config) == ("my model", "done", 0.75, 5, DIGITS)
    assert run.step == run.saved == run.steps > 0
    for page in ("9_train", "10_runs", "12_weights", "13_mistakes", "14_draw", "15_deploy"):
        app.query_params["run"] = run.id
        app.switch_page(f"pages/{page}.py").run()
        assert not app.exception, (page, app.exception)
        assert not app.error, (page, said(app))


def zipped() -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("model/data.pkl", pickle.dumps({}))
    return archive.getvalue()


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("a.pkl", pickle.dumps({"a": 1}), "is a pickle, which can run any program"),
        ("learner.pkl", zipped(), "is a zip archive, as the .pkl"),
        ("model.onnx", b"\x08\x0a pytorch", "is an ONNX file"),
        ("model.safetensors", b"Not a model, but a text.", "is no safetensors file"),
        ("model.safetensors", b"", "is empty"),
    ],
)
def test_what_is_no_model_of_ours_is_refused_with_its_reason(app, name, data, reason):
    upload(open_page(app, "Bring one in"), name, data)
    assert [reason in error.value for error in app.error] == [True]
    assert not [button for button in app.button if button.label == "Add it to my runs"]


def test_a_cut_file_is_refused(app):
    upload(open_page(app, "Bring one in"), "half.safetensors", write("safetensors", shipped.load("linear"))[:9_000])
    assert "half.safetensors is damaged or from another version" in app.error[0].value


def test_each_change_to_the_failed_export_is_shown_for_what_it_does(app):
    open_page(app, "When it fails", take_cure="The loss")
    assert "Not quite: The data." in said(app)
    table = app.table[0].value
    works = table["Export"] == "works"
    assert list(works) == list(table["Changed"].str.contains("data"))
    assert list(table["What predict gives"][works] == "probabilities") == [
        "loss" in changed for changed in table["Changed"][works]
    ]
    assert "This looks like nonsense." in said(app)
    app.segmented_control(key="take_attempt").set_value("nothing").run()
    assert "'ImageFolder' object has no attribute 'new_empty'" in app.code[0].value
