"""The form in which a learner describes a run. Every field is in the page's link."""

from itertools import combinations
from typing import get_args

import streamlit as st

from mnist_core import data
from mnist_core.config import EPOCHS_RANGE, LR_RANGE, SEED_RANGE, TrainConfig
from mnist_core.options import MODEL_TITLES, OptimizerName, ScheduleName
from mnist_core.ui import lab
from mnist_core.ui.link import linked_selectbox

ALL = "0123456789"
PAIRS = ["37", "48", *map("".join, combinations(ALL, 2))]  # the write-ups' pairs stand first
DIGITS = {digits: TrainConfig(digits=digits).digits_title for digits in (ALL, *PAIRS)}
LRS = sorted({round(m * 10.0**e, 7) for e in range(-5, 2) for m in (1, 1.5, 2, 3, 5, 7)})
BATCH_SIZES = [2**k for k in range(3, 13)]
DEVICE_TITLES = {
    "auto": "The fastest there is",
    "cuda": "NVIDIA or AMD GPU (cuda)",
    "mps": "Apple GPU (mps)",
    "xpu": "Intel GPU (xpu)",
    "cpu": "CPU",
}


def train_form() -> TrainConfig:
    """Show the fields; what they say.

    Raises
    ------
    ConfigError
        If the values do not make a run; the fields themselves allow few such.
    """
    sources = {"mnist": "MNIST, 70,000 images"} if data.status().name == "mnist" else {}
    sources["digits"] = "Embedded digits, 1,797 images"
    source = linked_selectbox("Data", sources, key="data", default=next(iter(sources)))
    digits = linked_selectbox("Digits to tell apart", DIGITS, key="digits", default=ALL)
    model = linked_selectbox("Model", MODEL_TITLES, key="model", default="mlp128")
    lr = st.select_slider(
        "Learning rate, the size of a step", _lrs(), value=0.1, format_func=_lr_label, key="lr", **lab.BOUND
    )
    left, right = st.columns(2)
    with left:
        epochs = st.number_input("Epochs", *EPOCHS_RANGE, value=5, key="epochs", **lab.BOUND)
    with right:
        bs = st.select_slider("Batch size, images", BATCH_SIZES, value=256, key="bs", **lab.BOUND)
    with st.expander("More settings", icon=":material/tune:"):
        optimizer = st.selectbox("Optimiser", get_args(OptimizerName), key="optimizer", **lab.BOUND)
        schedule = st.segmented_control(
            "Learning-rate schedule",
            get_args(ScheduleName),
            default="constant",
            required=True,
            key="schedule",
            **lab.BOUND,
        )
        seed = st.number_input("Seed, for the start and the shuffling", *SEED_RANGE, value=42, key="seed", **lab.BOUND)
        shuffle = st.toggle("Shuffle the images in each epoch", value=True, key="shuffle", **lab.BOUND)
        devices = {name: DEVICE_TITLES[name] for name in ("auto", *(lab.devices() or ["cpu"]))}
        device = linked_selectbox("Device", devices, key="device", default="auto")
        st.caption(
            "An *accelerator* is a chip that does many sums at once: CUDA is NVIDIA's, MPS is Apple's, XPU is Intel's. "
            "Where there is none, the CPU is the fallback: it trains as well, but more slowly."
        )
    settings = {
        "data": source,
        "digits": digits,
        "model": model,
        "lr": lr,
        "epochs": epochs,
        "bs": bs,
        "optimizer": optimizer,
        "schedule": schedule,
        "seed": seed,
        "shuffle": shuffle,
        "device": device,
    }
    return TrainConfig.from_dict(settings)


def as_command(config: TrainConfig) -> str:
    """The same run from a shell: only what differs from the defaults is named."""
    default = TrainConfig(epochs=config.epochs).to_dict()
    options = [f"--{key.replace('_', '-')} {value}" for key, value in config.to_dict().items() if value != default[key]]
    return " ".join(["python -m mnist_core train", f"--epochs {config.epochs}", *options])


def _lr_label(lr: float) -> str:
    """The rate as the link writes it, since Streamlit compares the two letter by letter: 1e-3 is 0.001 too."""
    asked = st.query_params.get("lr", "")
    try:
        return asked if float(asked) == lr else f"{lr:g}"
    except ValueError:
        return f"{lr:g}"


def _lrs() -> list[float]:
    """The rates on the slider, and the one that a link asks for: 0.1445 is no round number, but somebody's result."""
    try:
        asked = float(st.query_params.get("lr", "0.1"))
    except ValueError:
        return LRS
    return sorted({*LRS, asked}) if LR_RANGE[0] <= asked <= LR_RANGE[1] else LRS
