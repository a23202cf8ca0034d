"""What a tensor is, as badges: shown beside every tensor."""

import streamlit as st
from torch import Tensor


def badges(t: Tensor, *, name: str = "") -> None:
    """Rank, shape, dtype and device of a tensor in one line.

    Parameters
    ----------
    t : any Tensor
    name : of the variable, shown before the badges
    """
    facts = [f"rank {t.ndim}", f"shape {tuple(t.shape)}", str(t.dtype), f"on {t.device}"]
    st.markdown(" ".join([f"`{name}`" if name else "", *(f":blue-badge[{fact}]" for fact in facts)]))
