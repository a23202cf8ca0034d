"""Losses, through Home.py: each part before and after its question, its numbers against torch, nonsense in the link."""

import re

import pytest
import torch
import torch.nn.functional as F
from streamlit.testing.v1 import AppTest

from mnist_core.chapter import activations, nudge
from mnist_core.data import load
from mnist_core.data.background import status
from tests.conftest import ROOT

HIDDEN = "Choose an answer, and the result appears."


def open_part(title: str, **link: str) -> AppTest:
    app = AppTest.from_file(ROOT / "Home.py", default_timeout=120).run().switch_page("pages/6_losses.py")
    app.query_params.update({"losses_part": title, **link})
    app.run()
    assert not app.exception
    assert not app.error
    return app


def said(app: AppTest) -> str:
    return "\n".join(text.value for text in [*app.markdown, *app.caption, *app.info, *app.warning])


def answer(app: AppTest, key: str, option: str) -> AppTest:
    assert HIDDEN in said(app)
    app.segmented_control(key=key).set_value(option).run()
    assert not app.exception
    assert HIDDEN not in said(app)
    return app


def column(app: AppTest, name: str, table: int = 0) -> list[str]:
    return app.table[table].value[name].tolist()


@pytest.fixture(scope="module")
def name() -> str:
    return status().name


def test_accuracy_has_no_slope_and_the_loss_has_the_one_of_autograd(name):
    app = open_part("Why not accuracy")
    assert not app.get("echarts_chart")
    answer(app, "losses_nudge", "It rises a little")
    assert "Not quite: Nothing at all." in said(app)
    model = nudge.train_linear37(name, loss="mnist_loss", epochs=10, lr=0.1)
    one = nudge.nudge(load(name, digits="37"), model, row=14, column=14, images=64)
    for change in (0.0, 2.0):
        app.slider(key="losses_change").set_value(change).run()
        accuracy, loss = map(float, column(app, "here"))
        assert (accuracy, loss) == pytest.approx((one.accuracy(change), one.loss(change)), abs=1e-4)
        accuracy, loss = map(float, column(app, "rise / run"))
        assert accuracy == 0
        assert loss == pytest.approx(nudge.loss_slope(one, change), abs=2e-3)
        backward = re.search(r"`backward` gives (-?[\d.]+\d)", said(app))[1]
        assert float(backward) == pytest.approx(nudge.loss_slope(one, change), abs=2e-4)
    assert len(app.get("echarts_chart")) == 2


def test_a_weight_without_ink_is_said_to_change_nothing():
    app = open_part("Why not accuracy", losses_row="0", losses_column="0", losses_nudge="Nothing at all")
    assert "has ink on this pixel" in said(app)
    assert not app.table


def test_the_sigmoid_is_torchs_and_its_mirror_learns_the_opposite():
    app = open_part("Sigmoid", losses_x="-1.5")
    expected = torch.sigmoid(torch.tensor(-1.5)).item()
    assert app.code[0].value == f"1 / (1 + exp(1.5)) = {expected:.6f}\ntorch.sigmoid(-1.5) = {expected:.6f}"
    app.toggle(key="losses_mirror").set_value(True).run()
    assert f"1 / (1 + exp(-1.5)) = {1 - expected:.6f}  # wrong" in app.code[0].value
    answer(app, "losses_sign", "It learns the opposite")
    right, wrong = re.search(r"is \*\*([\d.]+)\*\* with the right sign and \*\*([\d.]+)\*\*", said(app)).groups()
    assert float(right) > 0.95
    assert float(wrong) < 0.05


def test_mnist_loss_is_worked_as_in_the_chapter_and_breaks_beyond_1_without_the_sigmoid():
    app = open_part("mnist_loss")
    assert not app.table
    answer(app, "losses_worst", "The third")
    assert "Right." in said(app)
    assert column(app, "taken") == ["0.1", "0.4", "0.8"]
    assert "(0.1 + 0.4 + 0.8) / 3 = 0.4333" in app.code[1].value
    app.slider(key="losses_pred3").set_value(0.8).run()
    assert "= 0.2333" in app.code[1].value  # the chapter: better predictions, a lower loss
    app.slider(key="losses_pred1").set_value(3.0).run()
    assert app.warning[0].value.startswith("Prediction 1 is not between 0 and 1")
    app.toggle(key="losses_squeeze").set_value(True).run()
    assert not app.warning
    outputs = torch.tensor([3.0, 0.4, 0.8]).sigmoid()
    assert [float(x) for x in column(app, "prds")] == pytest.approx(outputs.tolist(), abs=1e-4)


def test_softmax_of_two_does_not_see_what_is_added_to_both():
    app = open_part("Two outputs and more", losses_act3="1.5", losses_act7="-0.5")
    expected = [f"{p:.4f}" for p in torch.tensor([1.5, -0.5]).softmax(0).tolist()]
    assert column(app, "softmax") == [*expected, "1.0000"]
    answer(app, "losses_both", "The same")
    app.slider(key="losses_add").set_value(7.0).run()
    assert column(app, "softmax", 1) == [*expected, "1.0000"]
    assert column(app, "activation", 1) == ["8.5", "6.5", ""]
    assert f"**{torch.tensor(2.0, dtype=torch.float64).sigmoid().item():.6f}**" in said(app)


@pytest.mark.parametrize(("model", "kind"), [("Linear model", "Any"), ("CNN", "The worst")])
def test_the_columns_of_a_batch_end_in_torchs_cross_entropy(name, model, kind):
    app = open_part("Cross-entropy", losses_model=model, losses_kind=kind, losses_batch="2")
    assert not app.table
    data = load(name)
    logits = activations.validation_logits(name, model={"Linear model": "linear", "CNN": "cnn"}[model])
    labels = torch.from_numpy(data.labels[activations.some_validation(data)])
    chosen = activations.choose_batch(logits, labels, number=2, hard=kind == "The worst")
    losses = F.cross_entropy(logits[chosen].double(), labels[chosen], reduction="none")
    answer(app, "losses_costly", str(losses.argmax().item() + 1))
    assert "Right." in said(app)
    assert column(app, "label") == [str(label) for label in labels[chosen].tolist()]
    assert [float(x) for x in column(app, "loss")] == pytest.approx(losses.tolist(), abs=2e-4)
    ours, function, module = re.findall(r"= ([\d.]+)$", app.code[0].value, re.MULTILINE)
    assert ours == function == module
    assert float(ours) == pytest.approx(losses.mean().item(), abs=2e-4)
    slip = next(code.value for code in app.code if "no log" in code.value)
    assert float(slip.split("=")[1].split("#")[0]) == pytest.approx(-(-losses).exp().mean().item(), abs=2e-4)
    app.segmented_control(key="losses_apart").set_value(4).run()
    assert [float(x) for x in column(app, "softmax", 1)] == pytest.approx(
        logits[chosen][3].softmax(0).tolist(), abs=2e-4
    )


def test_flat_loss_is_asked_when_its_box_is_opened():
    app = open_part("Cross-entropy", losses_costly="1")
    assert "multi-target" not in "".join(code.value for code in app.code)
    app.session_state["losses_flat"] = True
    app.run()
    assert not app.exception
    shown = next(
        code.value for code in app.code if "CrossEntropyLossFlat" in code.value and "multi-target" in code.value
    )
    assert shown.split()[-1] == re.search(r"= ([\d.]+)$", app.code[0].value, re.MULTILINE)[1]


def test_plain_softmax_breaks_and_log_sum_exp_does_not(name):
    app = open_part("When softmax breaks")
    answer(app, "losses_exp", "Infinite")
    assert "Right." in said(app)
    assert "88.72" in said(app)
    assert "inf" in column(app, "exp(x)")
    assert "nan" in column(app, "softmax")
    assert "nan" not in column(app, "log_softmax")
    scratch = activations.scratch_logits(load(name))
    assert f"**{F.cross_entropy(scratch.logits, scratch.labels).item():.4g}**" in said(app)
    app.select_slider(key="losses_scale").set_value(0.01).run()
    assert column(app, "its log") == column(app, "log_softmax")
    assert "In **0** of 256 images" in said(app)


def test_only_the_loss_sees_louder_outputs_and_logits_are_no_probabilities(name):
    app = open_part("Loss against metric")
    assert not app.metric
    answer(app, "losses_times3", "Both")
    assert "Not quite: Only the loss." in said(app)
    before = [metric.value for metric in app.metric]
    app.select_slider(key="losses_factor").set_value(5.0).run()
    after = [metric.value for metric in app.metric]
    assert before[0] == after[0]
    assert float(before[1]) < float(after[1])
    row = activations.validation_logits(name, model="cnn")[0]
    assert f"The smallest is {row.min():.2f} and the largest {row.max():.2f}" in said(app)


@pytest.mark.parametrize("part", ["Why not accuracy", "Cross-entropy", "When softmax breaks", "Loss against metric"])
def test_nonsense_in_the_link_falls_back(part):
    numbers = ("row", "column", "images", "change", "batch", "scale", "row_shown", "factor", "logit_image", "apart")
    answers = ("nudge", "costly", "exp", "times3", "model", "kind")
    for nonsense in ("-7", "1e9", "nan", "x"):
        link = {f"losses_{key}": nonsense for key in (*numbers, *answers)}
        assert "Losses" in open_part(part, **link).title[0].value


def test_a_part_that_does_not_exist_opens_the_first():
    assert "linear model that tells" in said(open_part("Nowhere"))
