"""The form in which a learner describes a run. Every field is in the page's link."""

from itertools import combinations
from typing import Any, get_args

import streamlit as st

from mnist_core import data
from mnist_core.config import EPOCHS_RANGE, LR_RANGE, SEED_RANGE, SHIFT_RANGE, SMOOTHING_RANGE, WD_RANGE, TrainConfig
from mnist_core.options import MODEL_TITLES, ScheduleName
from mnist_core.ui import lab
from mnist_core.ui.link import choose, linked_selectbox

ALL = "0123456789"
PAIRS = ["37", "48", *map("".join, combinations(ALL, 2))]  # the write-ups' pairs stand first
DIGITS = {digits: TrainConfig(digits=digits).digits_title for digits in (ALL, *PAIRS)}
LRS = sorted({round(m * 10.0**e, 7) for e in range(-5, 2) for m in (1, 1.5, 2, 3, 5, 7)})
BATCH_SIZES = [2**k for k in range(3, 13)]
LOSS_TITLES = {
    "auto": "mnist_loss for two digits, else cross-entropy",
    "mnist_loss": "mnist_loss, the chapter's, for two digits",
    "cross_entropy": "Cross-entropy",
}
OPTIMIZER_TITLES = {
    "SGD": "SGD, with momentum if wished",
    "BasicOptim": "BasicOptim, the chapter's own",
    "Adam": "Adam",
    "AdamW": "AdamW",
}
INIT_TITLES = {
    "default": "Scaled to the layer, as torch does",
    "randn": "randn: all with a spread of 1, as the chapter's init_params",
}
SPLIT_TITLES = {
    "official": "The official test images",
    "random": "A random fifth of all images",
    "sampler": "A random fifth of the training images",
}
PRECISION_TITLES = {
    "auto": "What is fastest for the model here",
    "fp32": "float32, 32 bits each",
    "bf16": "bfloat16, 16 bits each",
}
LINKED = {"data", "digits", "model", "loss", "optimizer", "init", "split", "precision", "device"}
"""The fields whose options go into the link by their own names."""
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
    source = choose_data()
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
        more = _more_settings(digits)
    settings = {"data": source, "digits": digits, "model": model, "lr": lr, "epochs": epochs, "bs": bs, **more}
    return TrainConfig.from_dict(settings)


def choose_data() -> str:
    """Let the learner choose the data, MNIST if it is ready."""
    sources = {"mnist": "MNIST, 70,000 images"} if data.status().name == "mnist" else {}
    sources["digits"] = "Embedded digits, 1,797 images"
    return linked_selectbox("Data", sources, key="data", default=next(iter(sources)))


def fill(config: TrainConfig) -> None:
    """Set the fields to a run's settings; to be called before they are shown, as in a button's callback."""
    for name, value in config.to_dict().items():
        if name in LINKED:
            choose(name, value)
        else:
            st.session_state[name] = value


def _more_settings(digits: str) -> dict[str, Any]:
    """The settings that a first run does without."""
    losses = {name: LOSS_TITLES[name] for name in LOSS_TITLES if name != "mnist_loss" or len(digits) == 2}
    loss = linked_selectbox("Loss", losses, key="loss", default="auto")
    optimizer = linked_selectbox("Optimiser", OPTIMIZER_TITLES, key="optimizer", default="SGD")
    momentum = 0.0
    if optimizer == "SGD":
        momentum = st.slider(
            "Momentum, the share of the last step that is kept", 0.0, 0.99, 0.0, 0.01, key="momentum", **lab.BOUND
        )
    wd = 0.01
    if optimizer == "AdamW":
        wd = st.slider(
            "Weight decay: each step shrinks every weight by this share of the rate",
            *WD_RANGE,
            value=0.01,
            step=0.01,
            key="wd",
            **lab.BOUND,
        )
    schedule = st.segmented_control(
        "Learning-rate schedule",
        get_args(ScheduleName),
        default="constant",
        required=True,
        key="schedule",
        **lab.BOUND,
    )
    init = linked_selectbox("Random start of the weights", INIT_TITLES, key="init", default="default")
    seed = st.number_input("Seed, for the start and the shuffling", *SEED_RANGE, value=42, key="seed", **lab.BOUND)
    shuffle = st.toggle("Shuffle the images in each epoch", value=True, key="shuffle", **lab.BOUND)
    split = linked_selectbox("Images for validation", SPLIT_TITLES, key="split", default="official")
    split_seed = 42
    if split != "official":
        split_seed = st.number_input("Seed of the split", *SEED_RANGE, value=42, key="split_seed", **lab.BOUND)
    shift = st.slider(
        "Augmentation: move each image by up to so many pixels", *SHIFT_RANGE, value=0, key="shift", **lab.BOUND
    )
    smoothing = 0.0
    if loss == "cross_entropy" or (loss == "auto" and len(digits) > 2):
        smoothing = st.slider(
            "Label smoothing, the share of the target spread over all digits",
            *SMOOTHING_RANGE,
            value=0.0,
            step=0.01,
            key="label_smoothing",
            **lab.BOUND,
        )
    precision = linked_selectbox("Numbers of the forward pass", PRECISION_TITLES, key="precision", default="auto")
    devices = {name: DEVICE_TITLES[name] for name in ("auto", *(lab.devices() or ["cpu"]))}
    device = linked_selectbox("Device", devices, key="device", default="auto")
    st.caption(
        "An *accelerator* is a chip that does many sums at once: CUDA is NVIDIA's, MPS is Apple's, XPU is Intel's. "
        "Where there is none, the CPU is the fallback: it trains as well, but more slowly."
    )
    return {
        "loss": loss,
        "optimizer": optimizer,
        "momentum": momentum,
        "wd": wd,
        "schedule": schedule,
        "init": init,
        "seed": seed,
        "shuffle": shuffle,
        "split": split,
        "split_seed": split_seed,
        "shift": shift,
        "label_smoothing": smoothing,
        "precision": precision,
        "device": device,
    }


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
    """The rates on the slider, and the one that a link or a preset asks for: 0.1445 is no round number."""
    kept = st.session_state.get("lr", 0.1)
    try:
        asked = float(st.query_params.get("lr", "0.1"))
    except ValueError:
        asked = 0.1
    return sorted({*LRS, kept, asked} if LR_RANGE[0] <= asked <= LR_RANGE[1] else {*LRS, kept})
