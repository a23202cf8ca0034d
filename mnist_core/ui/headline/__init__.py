"""The one line that a page answers with: large, and said by a screen reader as soon as it changes.

Why our own: what Streamlit writes is changed in silence, so who does not see the page would not hear the answer. While
the answer is not final, as during a stroke, it is shown and not said.
"""

from functools import partial
from pathlib import Path

import streamlit as st

_read = partial(Path.read_text, encoding="utf-8")
_HERE = Path(__file__).parent
_COMPONENT = st.components.v2.component(
    "headline",
    html='<p role="status"></p>',
    css=_read(_HERE / "headline.css"),
    js=_read(_HERE / "headline.js"),
)


def headline(text: str, *, is_final: bool = True, key: str = "headline") -> None:
    """Show a line, and say it when it is final."""
    _COMPONENT(key=key, data={"text": text, "busy": not is_final})
