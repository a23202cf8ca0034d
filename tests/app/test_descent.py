"""Descent, through Home.py: the bet, the step in numbers, the words for a rate, and the other parts of the page."""

import json

import pytest
import torch
from streamlit.testing.v1 import AppTest

from mnist_core.chapter import gradients, minibatch, write_up
from mnist_core.chapter.gradients import descend, roller_coaster
from mnist_core.ui.source import source_key
from tests.conftest import ROOT


def open_page(**link: str) -> AppTest:
    app = AppTest.from_file(ROOT / "Home.py", default_timeout=60).run().switch_page("pages/5_descent.py")
    app.query_params.update(link)
    return app.run()


@pytest.fixture
def app() -> AppTest:
    return open_page()


def component(app, name="descent_plot") -> dict:
    """What the browser gets to draw."""
    protos = [element.proto for element in app.get("bidi_component")]
    return json.loads(next(proto.json for proto in protos if proto.component_name == name))


def rest(app, at, key="descent_plot", name="descent_plot") -> AppTest:
    """Let the player rest at a moment, as its JavaScript reports it."""
    app.session_state[key] = {"rest": {"nonce": component(app, name)["nonce"], "at": at}}
    return app.run()


def texts(app) -> str:
    return "\n".join(text.value for text in [*app.markdown, *app.caption])


def test_without_a_bet_only_the_start_is_shown(app):
    shown = component(app)
    assert len(shown["paths"][0]["params"]) == len(shown["ticks"]) == 1
    assert not app.code
    assert not app.info


def test_after_the_bet_the_browser_gets_the_numbers_of_the_run(app):
    app.segmented_control(key="descent_bet").set_value("It converges").run()
    run = descend(*roller_coaster(), lr=1e-5, steps=30)
    (path,) = component(app)["paths"]
    torch.testing.assert_close(torch.tensor(path["params"]), run.params, rtol=1e-5, atol=1e-5)
    torch.testing.assert_close(torch.tensor(path["losses"]), run.losses, rtol=1e-5, atol=1e-5)
    assert path["words"] == "The run converged. Your bet was right."


def test_where_the_player_rests_is_shown_in_numbers_and_kept_in_the_link(app):
    app.segmented_control(key="descent_bet").set_value("It converges").run()
    run = descend(*roller_coaster(), lr=1e-5, steps=30)
    rest(app, 11)
    assert f"a: {run.params[11, 0]:.6g} - 1e-05 * {run.grads[11, 0]:.6g} = {run.params[12, 0]:.6g}" in app.code[0].value
    assert f"{run.losses[11] ** 0.5:,.4g}" in texts(app)
    assert app.query_params["descent_at"] in ("11", ["11"])
    assert component(app)["at"] == 11
    again = open_page(descent_bet="It converges", descent_at="11")
    assert again.code[0].value == app.code[0].value


@pytest.mark.parametrize(
    ("lr", "word", "right_bet"),
    [
        (1e-7, "Too slow", "It converges"),
        (1e-5, "Good", "It converges"),
        (3e-5, "Oscillates", "It oscillates"),
        (5e-5, "Diverges", "It diverges"),
        (1e5, "Diverges", "It diverges"),
    ],
)
def test_every_kind_of_rate_is_named_in_words_and_the_bet_is_scored(app, lr, word, right_bet):
    app.select_slider(key="descent_lr").set_value(lr).run()
    for bet in ("It converges", "It oscillates", "It diverges"):
        app.segmented_control(key="descent_bet").set_value(bet).run()
        assert not app.info  # the answer comes with the last step
        verdict = "right" if bet == right_bet else "wrong"
        words = component(app)["paths"][0]["words"]
        assert words.endswith(f"Your bet was {verdict}.")
        assert ("slowly" in words) == (word == "Too slow")
        rest(app, len(component(app)["ticks"]) - 1)
        assert not app.exception
        assert app.info[0].value.startswith(f"**{word}.**")


def test_a_changed_rate_starts_again_without_the_old_bet(app):
    app.segmented_control(key="descent_bet").set_value("It diverges").run()
    rest(app, 30)
    app.select_slider(key="descent_lr").set_value(1e-6).run()
    assert component(app)["at"] == 0
    assert app.segmented_control(key="descent_bet").value is None


def test_just_show_me_shows_the_whole_of_each_run(app):
    app.segmented_control(key="descent_bet").set_value("Just show me").run()
    app.select_slider(key="descent_lr").set_value(1e-6).run()
    assert component(app)["at"] == 30
    assert app.info[0].value.startswith("**Too slow.**")


@pytest.mark.parametrize("message", [None, "5", {"at": 5}, {"nonce": 1, "at": "5"}, {"nonce": 99, "at": 5}])
def test_a_message_that_is_none_of_the_players_is_passed_over(app, message):
    app.segmented_control(key="descent_bet").set_value("It converges").run()
    app.session_state["descent_plot"] = {"rest": message}
    app.run()
    assert not app.exception
    assert component(app)["at"] == 0


@pytest.mark.parametrize(("at", "kept"), [(-3, 0), (10**9, 30)])
def test_a_place_outside_the_run_is_its_nearest_end(app, at, kept):
    app.segmented_control(key="descent_bet").set_value("It converges").run()
    assert component(rest(app, at))["at"] == kept


def test_the_seed_gives_the_start_that_torch_gives(app):
    app.number_input(key="descent_seed").set_value(7).run()
    start = torch.randn(3, generator=torch.Generator().manual_seed(7))
    torch.testing.assert_close(torch.tensor(component(app)["paths"][0]["params"][0]), start, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("lr", ["0", "-1e-5", "nan", "fast"])
def test_nonsense_in_the_url_falls_back_to_what_the_widgets_allow(lr):
    app = open_page(
        descent_lr=lr,
        descent_steps="1000000",
        descent_seed="x",
        descent_centred="2",
        descent_at="-5",
        descent_bet="It sings",
        descent_part="Nowhere",
    )
    assert not app.exception
    assert app.select_slider(key="descent_lr").value == 1e-5
    assert app.slider(key="descent_steps").value in (30, 100)
    assert component(app)["at"] == 0


def test_seven_steps_come_after_the_answer_with_the_numbers_of_the_run():
    app = open_page(descent_part="Seven steps")
    assert len(app.get("bidi_component")) == 1  # the frame's own
    app.segmented_control(key="descent_sign").set_value("a shrinks").run()
    run = descend(*roller_coaster(), lr=1e-5, steps=30)
    assert run.grads[0, 0] > 0  # so a shrinks
    assert "**Right.**" in texts(app)
    shown = component(app, "descent_steps")
    assert [moment["step"] for moment in shown["moments"]] == [0, *[1, 2, 3, 4, 5] * 4, 6]
    assert f"to {run.losses[-1]:,.5g}." in shown["moments"][-1]["words"]
    names = ("roller_coaster", "init_params", "f", "mse", "apply_step", "descend", "readable")
    app.session_state[source_key(*(f"mnist_core.chapter.gradients.{name}" for name in names))] = True
    app.run()
    assert all(moment["code"] in source(app) for moment in shown["moments"])


def source(app) -> str:
    return "\n".join(code.value for code in app.code)


def test_mini_batches_compares_both_for_the_same_number_of_gradients():
    app = open_page(descent_part="Mini-batches")
    assert not app.table
    app.segmented_control(key="descent_batch_bet").set_value("All 20 at once").run()
    assert "**Not quite: Batches of 5.**" in texts(app)
    few = minibatch.descend_in_batches(*roller_coaster(centred=True), lr=0.1, bs=5, epochs=10)
    table = app.table[0].value
    assert table.loc["Batches of 5"].tolist() == ["20", "4", "40", gradients.readable(few.losses[-1])]
    assert table.loc["All 20 at once"].tolist()[:3] == ["20", "1", "10"]
    app.slider(key="descent_batch_bs").set_value(20).run()
    assert app.table[0].value.index.tolist() == ["All 20 at once"]
    app.slider(key="descent_batch_bs").set_value(1).run()
    whole, few = component(app)["paths"]
    assert (len(whole["x"]), len(few["x"]), len(few["seen"])) == (11, 201, 200)


def test_your_own_fit_has_the_loss_of_the_dragged_curve_and_of_the_machine():
    app = open_page(descent_part="Your own fit")
    time, speed = roller_coaster()
    level = speed.mean().round().item()
    assert app.metric[0].value == gradients.readable(((speed - level) ** 2).mean())
    assert not app.get("echarts_chart")
    app.session_state["descent_hand_plot"] = {
        "moved": {"nonce": 0, "seq": 1, "positions": [[1.0, 56.0], [9.5, 1.0], [18.0, 56.0]]}
    }
    app.run()
    by_hand = 55 / 8.5**2 * (time - 9.5) ** 2 + 1
    assert app.metric[0].value == gradients.readable(((by_hand - speed) ** 2).mean())
    app.segmented_control(key="descent_hand_bet").set_value("No").run()
    assert "**Right.**" in texts(app)
    assert app.get("echarts_chart")
    assert gradients.readable(gradients.lowest_loss(time, speed)) in texts(app)


def test_the_misprint_is_told_with_the_printed_numbers_and_ours():
    app = open_page(descent_part="A misprint")
    for printed in ("152.615", "152.341", "125.38"):
        assert printed in texts(app)
    assert not app.table
    app.segmented_control(key="descent_misprint").set_value("No").run()
    assert "**Right.**" in texts(app)
    ours = write_up.reproduce(gradients.rmse)
    assert app.table[0].value.loc["Here, root of mse"].tolist() == [f"{loss:,.2f}" for loss in ours.values()]
