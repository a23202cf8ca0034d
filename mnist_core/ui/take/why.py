"""The part of Take it away that does a failed export again, and finds out what each of its three cures was good for."""

import streamlit as st

from mnist_core.chapter import export_story
from mnist_core.chapter.export_story import Attempt
from mnist_core.ui.data import current_data
from mnist_core.ui.experiment import experiment, start
from mnist_core.ui.lab import BOUND
from mnist_core.ui.lesson import ask
from mnist_core.ui.source import show_source

_CHANGES = {
    "The data": ("data", "`ImageFolder` became a `DataBlock`."),
    "The model": ("model", "`nn.Sequential` became a class of its own, with the same layers."),
    "The loss": ("loss", "`nn.CrossEntropyLoss` became fastai's `CrossEntropyLossFlat`."),
}


def show_why() -> None:
    """Part "When it fails"."""
    st.markdown(
        "Somebody who worked through this chapter trained a good model. Then `learn.export()` ended with an error. "
        "They changed three things at once, and it worked:"
    )
    st.markdown("\n".join(f"- **{name}**: {what}" for name, (_, what) in _CHANGES.items()))
    data = current_data().source.name
    start(export_story.try_changes, data=data)
    if not ask(
        "If you change three things at once, you do not know which one helped. Which one made the export work?",
        [*_CHANGES, "Only all three together"],
        right=lambda: _cure(_attempts(data)),
        because="Here each change is made alone and with the others, always with the same weights.",
        key="take_cure",
    ):
        return
    attempts = _attempts(data)
    _show_all(attempts)
    _show_one(attempts)
    st.page_link(
        "pages/7_loading.py",
        label="Which ways of loading can be exported, on Loading",
        icon=":material/style:",
        query_params={"loading_part": "Export"},
    )
    st.page_link(
        "pages/14_draw.py",
        label="The raw outputs of a drawing, on Draw",
        icon=":material/draw:",
        query_params={"draw_part": "Raw outputs"},
    )
    show_source(export_story.try_changes, "mnist_core.chapter.export_story:_attempt")


def _attempts(data: str) -> tuple[Attempt, ...]:
    return experiment(
        export_story.try_changes, working="Training a linear model and exporting it eight times", data=data
    )


def _changed(attempt: Attempt) -> list[str]:
    return [name for name, (field, _) in _CHANGES.items() if getattr(attempt, field)]


def _cure(attempts: tuple[Attempt, ...]) -> str:
    """The one change that is enough for an export, if there is one."""
    alone = [_changed(each) for each in attempts if len(_changed(each)) == 1 and not each.error]
    return alone[0][0] if len(alone) == 1 else "Only all three together"


def _title(attempt: Attempt) -> str:
    return " + ".join(name.removeprefix("The ") for name in _changed(attempt)) or "nothing"


def _show_all(attempts: tuple[Attempt, ...]) -> None:
    st.table(
        [
            {
                "Changed": _title(each),
                "Export": "fails" if each.error else "works",
                "What predict gives": ""
                if each.error
                else "probabilities"
                if each.gives_probabilities
                else "raw outputs",
            }
            for each in attempts
        ],
        hide_index=True,
        alt="For each choice of changes: whether the export works, and what the exported learner gives",
    )
    st.markdown(
        "The error comes from the **data**. fastai's file also holds the way from a picture to the model's input. To "
        "keep this way without the pictures, `export` asks the data for an empty copy of themselves, `new_empty`. "
        "torchvision's `ImageFolder` cannot make one, fastai's own data can. The write-up also split the images in "
        "another way; here the split stays, so that cannot be it."
    )


def _show_one(attempts: tuple[Attempt, ...]) -> None:
    """One attempt as it looks in Python."""
    titles = {_title(each): each for each in attempts}
    first = next(title for title, each in titles.items() if not each.error)
    chosen = titles[
        st.segmented_control("Look at one", list(titles), default=first, required=True, key="take_attempt", **BOUND)
    ]
    if chosen.error:
        st.code(f'learn.export("learner.pkl")\n{chosen.error}', language=None, wrap_lines=True)
        return
    st.code(
        'learn.export("learner.pkl")\n'
        'learn_inf = load_learner("learner.pkl")\n'
        'digit, index, probs = learn_inf.predict("a picture of an 8.png")\n'
        f"digit  # {chosen.digit}\nindex  # {chosen.index}\nprobs  # {chosen.probs}",
        wrap_lines=True,
    )
    if chosen.gives_probabilities:
        st.markdown(
            f"`probs` are ten numbers between 0 and 1 that add up to {sum(chosen.outputs):.4f}: probabilities. "
            "`CrossEntropyLossFlat` knows the softmax that belongs to it, and `predict` asks the loss for it."
        )
    else:
        st.markdown(
            f"This looks like nonsense. `probs` go from {min(chosen.outputs):.2f} to {max(chosen.outputs):.2f}: they "
            "are *logits*, the model's raw outputs. `predict` asks the loss how to make probabilities and an answer of "
            "them. torch's `nn.CrossEntropyLoss` does not know: it does the softmax inside. So fastai takes each of "
            'the ten outputs for a position in the list of the classes, and gives ten "digits". The largest output '
            f"is number {chosen.outputs.index(max(chosen.outputs))}, counted from 0: that is the model's real answer."
        )
