import pytest

from mnist_core.config import TrainConfig
from mnist_core.errors import ConfigError


def test_json_gives_the_same_run_back():
    config = TrainConfig(digits="73", model="cnn", lr=0.1445, epochs=20, optimizer="AdamW", schedule="one-cycle")
    assert TrainConfig.from_json(config.to_json()) == config != TrainConfig()


def test_text_from_a_link_becomes_numbers():
    config = TrainConfig.from_dict({"lr": "0.5", "epochs": "3", "shuffle": "false", "model": "CNN", "digits": "7733"})
    assert (config.lr, config.epochs, config.shuffle, config.model, config.digits) == (0.5, 3, False, "cnn", "37")


def test_two_digits_get_one_output_and_mnist_loss_unless_asked_otherwise():
    assert (TrainConfig(digits="37").loss_name, TrainConfig(digits="37").outputs) == ("mnist_loss", 1)
    assert (TrainConfig().loss_name, TrainConfig().outputs) == ("cross_entropy", 10)
    assert TrainConfig(digits="37", loss="cross_entropy").outputs == 2


def test_the_chapters_name_for_its_network_is_understood():
    assert TrainConfig(model="simple_net").model == "mlp30"


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("lr", 0, "learning rate 0 is out of range"),
        ("lr", -1, "learning rate -1 is out of range"),
        ("lr", float("nan"), "learning rate nan is out of range"),
        ("lr", 1e9, "from 1e-07 to 100"),
        ("lr", "fast", "'fast' is not a number"),
        ("epochs", 0, "number of epochs 0 is out of range: choose one from 1 to 1,000"),
        ("epochs", 1_000_000, "1,000,000 is out of range"),
        ("epochs", 2.5, "2.5 is not a whole number"),
        ("epochs", float("inf"), "not a whole number"),
        ("bs", 10**9, "batch size 1,000,000,000 is out of range"),
        ("model", "gpt", "no model 'gpt': choose one of linear, mlp30"),
        ("digits", "3", "name at least two"),
        ("digits", "3x", "'3x' cannot be told apart"),
        ("digits", "", "name at least two"),
        ("device", "tpu", "no device 'tpu'"),
        ("seed", -1, "seed -1 is out of range"),
        ("shuffle", "maybe", "either true or false"),
        ("loss", "mnist_loss", "10 were chosen"),
        ("data", "", "No data were named"),
        ("momentum", 1.0, "momentum 1 is out of range"),
        ("wd", -0.1, "weight decay -0.1 is out of range"),
    ],
)
def test_a_bad_value_is_named_with_the_way_out(field, value, said):
    with pytest.raises(ConfigError) as caught:
        TrainConfig.from_dict({field: value})
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_unknown_setting_and_broken_json_are_named():
    with pytest.raises(ConfigError, match="'batch' is no setting"):
        TrainConfig.from_dict({"batch": 1})
    for text in ("{", "[]", "3"):
        with pytest.raises(ConfigError, match="JSON"):
            TrainConfig.from_json(text)


def test_a_batch_larger_than_the_data_is_refused():
    TrainConfig(bs=100).check_fits(100)
    with pytest.raises(ConfigError, match="at most 99"):
        TrainConfig(bs=100).check_fits(99)
