"""What lessons are made of: parts under tabs, a question before a result, an experiment in another process."""

import os

import pytest
from streamlit.testing.v1 import AppTest

from mnist_core.ui.source import source_key


def lesson():
    import streamlit as st

    from mnist_core.errors import LabError
    from mnist_core.ui.lesson import ask, show_parts

    def first():
        st.text("the first part")
        if ask("Which is larger?", ["1", "2"], right="2", because="One more than 1.", key="toy_answer"):
            st.text("the result")

    def second():
        st.text("the second part")

    def broken():
        raise LabError("There are no images of 3.")

    show_parts("2_tensors", {"First": first, "Second": second, "Broken": broken, "Last": second})


@pytest.fixture
def app() -> AppTest:
    return AppTest.from_function(lesson, default_timeout=60)


def texts(app):
    assert not app.exception
    return [text.value for text in app.text]


def test_only_the_open_part_runs_and_its_button_opens_the_next(app):
    assert texts(app.run()) == ["the first part"]
    app.button[0].click().run()
    assert texts(app) == ["the second part"]


def test_a_link_opens_its_part_and_an_unknown_one_the_first(app):
    app.query_params["tensors_part"] = "Second"
    assert texts(app.run()) == ["the second part"]
    other = AppTest.from_function(lesson, default_timeout=60)
    other.query_params["tensors_part"] = "Third"
    assert texts(other.run()) == ["the first part"]


@pytest.mark.parametrize(("answer", "verdict"), [("2", "**Right.**"), ("1", "**Not quite: 2.**")])
def test_the_result_is_shown_after_any_answer_and_the_answer_is_judged(app, answer, verdict):
    app.run().segmented_control(key="toy_answer").set_value(answer).run()
    assert texts(app) == ["the first part", "the result"]
    assert any(f"{verdict} One more than 1." in text.value for text in app.markdown)


def test_what_a_part_cannot_put_right_is_a_sentence_in_its_place(app):
    app.query_params["tensors_part"] = "Broken"
    app.run()
    assert not app.exception
    assert [error.value for error in app.error] == ["There are no images of 3."]


def test_an_experiment_runs_in_a_process_of_its_own():
    def script():
        import os

        import streamlit as st

        from mnist_core.ui.experiment import experiment

        st.text(experiment(os.getpid, working="Looking"))

    app = AppTest.from_function(script, default_timeout=60).run()
    assert not app.exception
    assert int(app.text[0].value) != os.getpid()


def test_code_is_sent_when_it_is_asked_for():
    app = AppTest.from_string(
        "from mnist_core.chapter.losses import sigmoid\n"
        "from mnist_core.ui.source import show_source\n"
        "show_source(sigmoid, 'mnist_core.chapter.losses:mnist_loss')"
    ).run()
    assert not app.code
    app.session_state[source_key("mnist_core.chapter.losses.sigmoid", "mnist_core.chapter.losses.mnist_loss")] = True
    app.run()
    assert [code.value.partition("(")[0] for code in app.code] == ["def sigmoid", "def mnist_loss"]
