"""The form in which a learner describes a sweep. Every field is in the page's link."""

import functools
from typing import Any, get_args

import streamlit as st

from mnist_core.config import EPOCHS_RANGE, SEED_RANGE, TrainConfig
from mnist_core.models import new_model, parameter_count
from mnist_core.options import MODEL_TITLES, ModelName, OptimizerName
from mnist_core.sweeps import MOST_RUNS, Sweep, expected_seconds
from mnist_core.ui import lab
from mnist_core.ui.form import ALL, BATCH_SIZES, DIGITS, LRS, choose_data
from mnist_core.ui.link import linked_selectbox

GRID, RANDOM = "Grid", "Random search"
EXPLAINED = {
    GRID: "Every combination of the values.",
    RANDOM: "Each run draws its values, the rate evenly by powers of ten.",
}
RATES = ["10", "3", "1", "0.3", "0.1", "0.03", "0.01", "0.003", "0.001", "0.0001"]
FIRST_SEED = 42
MOST_SEEDS = 10


def sweep_form() -> Sweep:
    """Show the fields; what they say.

    Raises
    ------
    ConfigError
        If the values do not make a sweep.
    """
    kind = st.segmented_control(
        "Which runs", [GRID, RANDOM], default=GRID, required=True, key="sweep_kind", width="stretch", **lab.BOUND
    )
    st.caption(EXPLAINED[kind])
    values, more = _grid_fields() if kind == GRID else _random_fields()
    values["model"] = _several("Models", get_args(ModelName), ["linear", "mlp30"], "models")
    about_models = st.empty()
    epochs = st.number_input("Epochs of each run", *EPOCHS_RANGE, value=3, key="sweep_epochs", **lab.BOUND)
    with st.expander("More settings", icon=":material/tune:"):
        values["bs"] = _several("Batch sizes, images", BATCH_SIZES, [256], "batches")
        values["optimizer"] = _several("Optimisers", get_args(OptimizerName), ["SGD"], "optimizers")
        source = choose_data()
        digits = linked_selectbox("Digits to tell apart", DIGITS, key="digits", default=ALL)
    base = TrainConfig(data=source, digits=digits, epochs=epochs, seed=FIRST_SEED)
    sizes = {model: _parameters(TrainConfig(digits=digits, model=model)) for model in values["model"]}
    about_models.caption(". ".join(f"{model}: {MODEL_TITLES[model]}, {sizes[model]:,} parameters" for model in sizes))
    return Sweep(base, values, **more)


@functools.lru_cache(100)
def _parameters(config: TrainConfig) -> int:
    return parameter_count(new_model(config))


def _grid_fields() -> tuple[dict[str, Any], dict[str, Any]]:
    """The values of a grid's own settings, and the rest of its description."""
    rates = _several("Learning rates", RATES, ["1", "0.1", "0.01", "0.001"], "lrs")
    more = st.text_input("More learning rates, with spaces between", key="sweep_more_lrs", **lab.BOUND)
    seeds = st.number_input(
        "Seeds: how often each setting is tried", 1, MOST_SEEDS, value=3, key="sweep_seeds", **lab.BOUND
    )
    return {"lr": [*rates, *more.replace(",", " ").split()], "seed": range(FIRST_SEED, FIRST_SEED + seeds)}, {}


def _random_fields() -> tuple[dict[str, Any], dict[str, Any]]:
    """The same for a random search."""
    rates = st.select_slider(
        "Learning rates between", [f"{lr:g}" for lr in LRS], value=("0.001", "1"), key="sweep_between", **lab.BOUND
    )
    runs = st.number_input("Number of runs", 1, MOST_RUNS, value=24, key="sweep_runs", **lab.BOUND)
    seed = st.number_input("Seed of the draw", *SEED_RANGE, value=FIRST_SEED, key="sweep_draw", **lab.BOUND)
    return {"lr": rates}, {"kind": "random", "runs": runs, "draw_seed": seed}


def _several(label: str, options: Any, default: list[Any], name: str) -> list[Any]:
    return st.pills(
        label, options, selection_mode="multi", default=default, wrap=True, key=f"sweep_{name}", **lab.BOUND
    )


def announcement(sweep: Sweep) -> str:
    """What pressing the button begins, with the time where earlier runs tell it."""
    store = lab.service().store
    seconds = expected_seconds(sweep.configs(), store.runs(lab.learner()), store.slots())
    runs = "1 run" if sweep.count == 1 else f"{sweep.count} runs"
    return runs if seconds is None else f"{runs}, about {duration(seconds)} on this machine, going by earlier runs"


def duration(seconds: float) -> str:
    """A length of time as one says it: "40 seconds", "3 minutes"."""
    for unit, length in (("hour", 3600), ("minute", 60), ("second", 1)):
        if seconds >= 1.5 * length or length == 1:
            count = max(1, round(seconds / length))
            return f"{count} {unit}{'' if count == 1 else 's'}"
    raise AssertionError
