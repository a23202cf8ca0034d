"""A tone at the end of each epoch, the higher the better the model: a Streamlit component of our own.

For who cannot see the curve, or looks elsewhere. The browser makes the sound; nothing is fetched.
"""

from pathlib import Path

import streamlit as st

_COMPONENT = st.components.v2.component("tone", js=(Path(__file__).parent / "tone.js").read_text(encoding="utf-8"))


def tone(epoch: int, accuracy: float | None, *, key: str) -> None:
    """Sound once when another epoch has ended; silent when it is shown for the first time.

    Parameters
    ----------
    epoch : how many have ended
    accuracy : after the last of them, 0 to 1
    """
    _COMPONENT(key=key, data={"epoch": epoch, "accuracy": accuracy})
