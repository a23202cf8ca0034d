"""A deck of labels dealt into batches, card by card: a Streamlit component of our own.

The cards keep their place on the page between reruns and fly to their new one, which no chart can do. Nothing goes back
to Python. The browser side is in `dealer.js`.
"""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import streamlit as st

_read = partial(Path.read_text, encoding="utf-8")
_HERE = Path(__file__).parent
_COMPONENT = st.components.v2.component(
    "dealer", html=_read(_HERE / "dealer.html"), css=_read(_HERE / "dealer.css"), js=_read(_HERE / "dealer.js")
)


def dealer(labels: Sequence[int], batches: Sequence[Sequence[int]], *, dealt: int, key: str, alt: str) -> None:
    """Show the deck and the batches dealt so far.

    Parameters
    ----------
    labels : the label on each card
    batches : the whole epoch: each batch as positions in `labels`
    dealt : how many of the batches are on the table; the other cards are still in the deck
    key : a dealer with the same key keeps its cards, and moves them
    alt : the same in words
    """
    _COMPONENT(
        key=key,
        data={"labels": list(labels), "batches": [list(batch) for batch in batches], "dealt": dealt, "alt": alt},
    )
