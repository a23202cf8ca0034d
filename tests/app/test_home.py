"""Home, and the line about the data that every page shows."""

from types import SimpleNamespace

import pytest
from streamlit.testing.v1 import AppTest

from mnist_core.data import background, prepare_mnist
from mnist_core.ui import data as ui_data
from tests.conftest import ROOT
from tests.navigation import PAGES


@pytest.fixture
def found(monkeypatch) -> list[str]:
    """The devices that the workers report; empty while they warm up. No workers are started."""
    devices: list[str] = []
    lab = SimpleNamespace(devices=lambda: devices or None)
    monkeypatch.setattr("mnist_core.ui.lab.service", lambda: lab)
    return devices


@pytest.fixture
def app(new_home, found, monkeypatch) -> AppTest:
    """The app on a new machine; nothing is prepared in the background."""
    monkeypatch.setattr(ui_data, "start_preparing", lambda: None)
    ui_data._start_once.clear()
    return AppTest.from_file(str(ROOT / "Home.py"), default_timeout=60)


def text(app: AppTest) -> str:
    return "\n".join(element.value for element in (*app.markdown, *app.caption))


def tell(stage: str, done: int = 0, total: int = 0, message: str = "") -> None:
    background.home().mkdir(exist_ok=True)
    background._write(background._Report(stage, done, total, message))


def test_home_shows_the_path_and_a_link_to_every_other_page(app):
    app.run()
    assert not app.exception
    for number, name in enumerate(("Digit", "Tensor", "Prediction", "Loss", "Gradient", "Better model"), start=1):
        assert f"**{number}. {name}**" in text(app)
    assert len(app.get("image")) == 6
    linked = {link.proto.page for link in app.get("page_link")}
    assert linked == {page.url_path for page in PAGES if page.url_path}


def test_the_button_leads_to_the_first_lesson(app):
    app.run()
    app.button[0].click().run()
    assert not app.exception
    assert "Pixels" in app.title[0].value or "pixel" in text(app).lower()


def test_a_new_machine_says_which_digits_it_uses_and_how_far_mnist_is(app):
    tell("decoding", 45, 100)
    app.run()
    assert "Data: 1,797 digits from scikit-learn. MNIST is being decoded: 45%" in text(app)
    assert not [button for button in app.button if button.label == "Try again"]


def test_a_failure_is_said_with_its_reason_and_tried_again_on_a_button(app, monkeypatch):
    started = []
    monkeypatch.setattr("mnist_core.ui.data.start_preparing", lambda: started.append(tell("finding")))
    app.run()
    tell("failed", message="There is no network here.")
    app.run()
    assert "MNIST could not be fetched." in text(app)
    assert "There is no network here." in text(app)
    next(button for button in app.button if button.label == "Try again").click().run()
    assert len(started) == 2
    assert "MNIST is being looked for." in text(app)


def test_a_home_that_cannot_be_written_to_is_said(app, tmp_path, monkeypatch):
    assert "temporary" not in text(app.run())
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("MNIST_HOME", str(tmp_path / "file/home"))
    monkeypatch.setattr("mnist_core.paths._temporary", lambda: tmp_path / "temporary")
    assert "kept in a temporary one" in text(app.run())


def test_the_page_goes_over_to_mnist_once_it_is_ready(app, real_mnist, monkeypatch):
    tell("decoding", 1, 2)
    app.run()
    assert "scikit-learn" in text(app)
    monkeypatch.setenv("MNIST_PATH", str(real_mnist))
    prepare_mnist()
    app.run()
    assert "Data: MNIST, 70,000 images." in text(app)
    assert not app.exception


def test_the_device_is_said_in_words_once_the_workers_know_it(app, found):
    assert "Looking for an accelerator." in text(app.run())
    found.append("cpu")
    assert "Training will run on the CPU" in text(app.run())
    found.insert(0, "cuda")
    assert "Training will run on the GPU (cuda)." in text(app.run())
