"""Which data the pages use, and the line that says so."""

import streamlit as st

from mnist_core import paths
from mnist_core.data import DataStatus, DigitData, load, start_preparing, status
from mnist_core.ui.live import live

_TICK_SECONDS = 1.0


def current_data() -> DigitData:
    """MNIST once it is ready, the embedded digits until then. Shared by all sessions: never write into its arrays."""
    return _load(status().name)


@st.cache_resource(show_spinner=False)
def _load(name: str) -> DigitData:
    return load(name)


def data_note() -> None:
    """Say in one line which data is in use; follow the preparation of MNIST, and rerun the page when it is ready."""
    _start_once()
    live(_note, while_true=lambda: status().stage not in ("ready", "failed"), every=_TICK_SECONDS)


@st.cache_resource(show_spinner=False)
def _start_once() -> None:
    start_preparing()


def _note() -> None:
    now = status()
    source = current_data().source
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", key="data-note"):
        st.caption(f"Data: {source.title}{_short(now)}", width="content")
        with st.popover("Why these?", type="tertiary"):
            st.markdown(f"**{source.title}**: {source.detail}.")
            st.markdown(now.why)
            if now.name == "mnist":
                st.markdown(now.message)
            else:
                st.markdown(
                    f"**MNIST**, the chapter's 70,000 digits, is not ready. {now.message}\n\n"
                    "To use your own copy, set the environment variable `MNIST_PATH` to `mnist_png.tgz` "
                    "or to its folder, and start the lab again."
                )
        if now.stage == "failed" and st.button("Try again", icon=":material/refresh:", type="tertiary"):
            start_preparing()
            st.rerun()
    if paths.is_temporary():
        st.caption(
            "The lab cannot write to its own folder. Your runs are kept in a temporary one and may be lost. To keep "
            "them, name another folder in the environment variable `MNIST_HOME`, and start the lab again."
        )


def _short(now: DataStatus) -> str:
    """What follows the name of the data in the line."""
    if now.name == "mnist":
        return f", {now.message}"
    return ". MNIST could not be fetched." if now.stage == "failed" else f". {now.message}"
