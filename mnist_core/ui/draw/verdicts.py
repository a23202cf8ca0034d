"""One drawing, five verdicts: pixel similarity, linear, MLP, CNN and resnet18, side by side."""

import numpy as np
import streamlit as st

from mnist_core import shipped
from mnist_core.checkpoint import TrainedModel
from mnist_core.interpret.verdicts import Verdict, agreement, by_model, by_similarity
from mnist_core.ui import lab
from mnist_core.ui.draw.looked_at import LookedAt
from mnist_core.ui.prediction import percent
from mnist_core.ui.source import show_source

SIMILARITY = "Pixel similarity"
CHOICES = {"Linear": "shipped-linear", "MLP": "shipped-mlp128", "CNN": "shipped"}
RESNET = "ResNet-18"


@st.cache_resource
def ideals() -> np.ndarray:
    """The mean image of each digit over MNIST's training images; shared, never write into it."""
    return shipped.similarity()


def models() -> dict[str, TrainedModel]:
    """The models that know all ten digits, name -> model; a resnet18 only where there is one."""
    found = {name: lab.trained_model(choice) for name, choice in CHOICES.items()}
    resnet = _resnet()
    return found | ({RESNET: lab.trained_model(resnet)} if resnet else {})


def _resnet() -> str | None:
    """The choice of a resnet18: the one made on this machine, or else the learner's newest."""
    if "resnet18" in shipped.there():
        return "shipped-resnet18"
    own = lab.runs(sweeps=False).values()
    return next(
        (run.id for run in own if run.saved and run.config.model == "resnet18" and len(run.config.classes) == 10), None
    )


def show_verdicts(at: LookedAt) -> None:
    """What each way says, in a table and in a sentence."""
    known = models()
    verdicts = [by_similarity(SIMILARITY, at.image, ideals())]
    verdicts += [by_model(name, at.image, trained) for name, trained in known.items()]
    st.markdown(f"The same 28 x 28 numbers, read in {len(verdicts)} ways. **{agreement(verdicts)}**")
    st.table([_row(verdict) for verdict in verdicts], hide_index=True, alt="What each way says of your digit")
    st.caption(
        "Pixel similarity has no probability: it only measures how far your digit is from each ideal digit (RMSE), and "
        "the nearest is its answer. A distance says nothing of how likely an answer is. A model's probabilities are "
        "made by softmax, and their sum is 1."
    )
    if RESNET not in known:
        st.caption(
            "The fifth way, a ResNet-18, is too large to come with the lab. Train one on the page Train, or have it "
            "made: `python -m mnist_core models --make resnet18`."
        )
    show_source(by_similarity, by_model)


def _row(verdict: Verdict) -> dict[str, str]:
    return {
        "Way": verdict.way,
        "Says": f"**{verdict.digit}**",
        "How sure": _score(verdict, verdict.score),
        "Next": f"{verdict.second}: {_score(verdict, verdict.second_score)}",
    }


def _score(verdict: Verdict, score: float) -> str:
    return percent(score) if verdict.is_probability else f"distance {score:.3f}"
