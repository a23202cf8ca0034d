"""A test set of the learner's own: digits kept with their label, alone or in the class's pool, and who reads them."""

import zlib
from collections.abc import Sequence

import numpy as np
import streamlit as st

from mnist_core.checkpoint import TrainedModel
from mnist_core.interpret.verdicts import right_by_model, right_by_similarity
from mnist_core.runs.examples import Example
from mnist_core.ui import lab
from mnist_core.ui.digit_wall import digit_wall
from mnist_core.ui.draw.looked_at import LookedAt
from mnist_core.ui.draw.picture import DRAW, put_known
from mnist_core.ui.draw.verdicts import SIMILARITY, ideals, models
from mnist_core.ui.examples import own, show_keep
from mnist_core.ui.source import show_source

MOST_READ = 100  # digits of each set: a resnet18 takes some 10 ms for each


def show_own(at: LookedAt | None, trained: TrainedModel) -> None:
    """The digits that are kept, what can be done with them, and how many each way reads right."""
    st.markdown(
        "The accuracy on MNIST's test images does not say how well *your* digits are read. Make a test set of your "
        "own: draw digits, say which they are, and keep them."
    )
    if at:
        show_keep(at.image, origin=at.origin, key=f"draw_keep_{zlib.crc32(at.image.tobytes())}")
    mine, pool = own(), lab.service().examples.pool()
    if mine:
        _show_mine(mine)
    if mine or pool:
        _show_who_is_right(mine, pool, trained)
    else:
        st.caption("You keep no digits yet.")


def _show_mine(mine: Sequence[Example]) -> None:
    """A wall of the kept digits, and what can be done with the one that is picked."""
    ids = [example.id for example in mine]
    picked = st.session_state.get("draw_kept")

    def pick(number: int) -> None:
        st.session_state.draw_kept = ids[number]

    st.markdown(
        f"**Digits that you keep: {len(mine)}**, the newest first. Choose one to change its label, share or delete it."
    )
    digit_wall(
        np.stack([example.image for example in mine]),  # n times (28, 28) -> (n, 28, 28)
        [f"a {example.label}, {example.origin}" + ", shared" * example.shared for example in mine],
        key="draw_own",
        label="Your digits",
        captions=[f"{example.label}" for example in mine],
        on_pick=pick,
        picked=ids.index(picked) if picked in ids else None,
    )
    if picked in ids:
        _show_picked(mine[ids.index(picked)])
    if not all(example.shared for example in mine):
        st.button(
            "Share all of them",
            icon=":material/group_add:",
            help="All who use this server can read them, without your name",
            on_click=_share_all,
            args=(mine,),
        )


def _show_picked(example: Example) -> None:
    kept, who = lab.service().examples, lab.learner()
    name = f"draw_kept_{example.id}"
    with st.container(border=True):
        st.segmented_control(
            "It is a",
            range(10),
            default=example.label,
            required=True,
            key=f"{name}_label",
            on_change=lambda: kept.relabel(who, example.id, st.session_state[f"{name}_label"]),
        )
        st.toggle(
            "Share it with all who use this server",
            example.shared,
            key=f"{name}_shared",
            on_change=lambda: kept.share(who, example.id, st.session_state[f"{name}_shared"]),
        )
        with st.container(horizontal=True):
            st.button("Put it on the pad", icon=":material/draw:", on_click=_put, args=(example,), key=f"{name}_put")
            st.button("Delete it", icon=":material/delete:", on_click=kept.delete, args=(who, example.id))


def _put(example: Example) -> None:
    put_known(example.image, f"One of the digits that you keep. Its label is **{example.label}**.")
    st.session_state.way = DRAW


def _share_all(mine: Sequence[Example]) -> None:
    for example in mine:
        if not example.shared:
            lab.service().examples.share(lab.learner(), example.id, True)


def _show_who_is_right(mine: Sequence[Example], pool: Sequence[Example], trained: TrainedModel) -> None:
    """A row for the chosen model and each other way, a column for each set that is not empty."""
    sets = {"Your digits": mine[:MOST_READ], "The pool": pool[:MOST_READ]}
    known = {"The model above": trained, SIMILARITY: None} | models()
    rows = [
        {"Way": name} | {title: _share(name, model, kept) for title, kept in sets.items() if kept}
        for name, model in known.items()
    ]
    st.markdown("**How many of them each way reads right**")
    st.table(rows, hide_index=True, alt="How many digits of each set each way reads right")
    if max(map(len, (mine, pool))) > MOST_READ:
        st.caption(f"Of each set the newest {MOST_READ}.")
    if not pool:
        st.caption("The pool holds the digits that learners on this server share. It is empty still.")
    show_source(right_by_model, right_by_similarity)


def _share(name: str, model: TrainedModel | None, kept: Sequence[Example]) -> str:
    images, labels = np.stack([example.image for example in kept]), np.array([example.label for example in kept])
    which = f"{model.config.to_json()} {model.card}" if model else name
    right = _right(which, images, labels, _model=model)
    return f"{right} of {len(kept)}, {right / len(kept):.0%}"


@st.cache_data(max_entries=200, show_spinner=False)
def _right(which: str, images: np.ndarray, labels: np.ndarray, _model: TrainedModel | None) -> int:
    """How many are right, remembered for a model that is the same and digits that are the same."""
    return right_by_model(images, labels, _model) if _model else right_by_similarity(images, labels, ideals())
