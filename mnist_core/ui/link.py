"""A choice that belongs in the page's link.

Streamlit's `bind="query-params"` writes the label that is on the screen into the link. Where labels are sentences, or
two runs may have the same one, the link needs the option itself: `?model=cnn`, `?run=3f2a...`.
"""

import math
from collections import Counter
from collections.abc import Collection
from typing import Any

import streamlit as st


def drop_nonsense() -> None:
    """Take out of a link what Streamlit's own widgets stumble over: an empty value, and a number beyond all numbers.

    Called once by the frame, before any widget reads the link.
    """
    if "link_was_read" in st.session_state:
        return
    st.session_state.link_was_read = True
    nonsense = [key for key in st.query_params if any(map(_is_nonsense, st.query_params.get_all(key)))]
    for key in nonsense:
        del st.query_params[key]
    if nonsense:
        st.rerun()


def _is_nonsense(text: str) -> bool:
    try:
        return not text or math.isinf(float(text))
    except ValueError:
        return False


def linked_selectbox(label: str, options: dict[str, str], *, key: str, default: str, **more: Any) -> str:
    """A selectbox whose choice is in the link, and stays while the learner looks at other pages.

    Parameters
    ----------
    label : what is chosen
    options : what goes into the link -> what is on the screen
    key : of the widget and of the link's parameter; a value in the link that is no option is passed over, and left
        there: a run becomes one as soon as the browser has said whose page it is, a device once the workers tell
    default : chosen at first; the link does not name it
    """
    asked, kept = st.query_params.get(key), f"{key}_kept"
    # The widget's own value may be an old label, which the browser had still when a label changed.
    known = (asked, st.session_state.get(key), st.session_state.get(kept))
    chosen = next((option for option in known if option in options), default)
    if st.session_state.get(key) != chosen:
        st.session_state[key] = chosen
    st.session_state[kept] = chosen
    if st.session_state[key] != default:
        if asked != st.session_state[key]:  # writing sends the whole link, and may overtake another widget's new value
            st.query_params[key] = st.session_state[key]
    elif asked == default:
        del st.query_params[key]

    labels = _told_apart(options)
    shown = f"{key}_shown"
    if st.session_state.get(shown) != labels[st.session_state[key]]:
        st.session_state[shown] = labels[st.session_state[key]]
        st.session_state[key] = st.session_state[key]  # or the browser would go on showing the choice's old label

    def keep() -> None:
        if st.session_state[key] in options:  # else it is an old label that the browser still had
            choose(key, st.session_state[key])

    return st.selectbox(
        label,
        list(options),
        format_func=labels.__getitem__,
        key=key,
        on_change=keep,
        persist_state="session",
        **more,
    )


def linked_choice(options: Collection[str], *, key: str, default: str) -> str:
    """What a learner chose with `choose`, such as a picture that they pressed: in the link, and kept for other pages.

    Parameters
    ----------
    options : what may be chosen now; another choice is passed over, and stays until it is an option again
    default : where nothing was chosen; it may change from run to run
    """
    asked = st.query_params.get(key, "")
    chosen: str = asked if asked in options else st.session_state.get(key, "")
    if chosen not in options:
        return default
    if asked != chosen:
        st.query_params[key] = chosen
    return chosen


def choose(key: str, option: str) -> None:
    """Make a choice for the learner, before it is shown, or note the one that they made."""
    st.session_state[key] = st.query_params[key] = option


def _told_apart(options: dict[str, str]) -> dict[str, str]:
    """Labels of which no two are the same, since the browser sends a label back: the later of equal ones get a number.

    Counted from the last option on: where the newest comes first, a label stays as it is when another joins it.
    """
    seen: Counter[str] = Counter()
    labels = {}
    for option, label in reversed(options.items()):
        seen[label] += 1
        labels[option] = label if seen[label] == 1 else f"{label} ({seen[label]})"
    return {option: labels[option] for option in options}
