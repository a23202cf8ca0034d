"""Signing in and out, on a server whose owner has set up Streamlit's `st.login`; elsewhere nothing is shown."""

import streamlit as st


def show_account() -> None:
    """In the sidebar: who has signed in, or the way to do so."""
    signed_in = st.user.get("is_logged_in")
    if signed_in is None:
        return
    with st.sidebar:
        if signed_in:
            st.text(f"Signed in as {st.user.get('name') or st.user.get('email') or 'a learner'}")
            st.button("Sign out", icon=":material/logout:", on_click=st.logout)
        else:
            st.caption("Sign in to find your runs again on another computer.")
            st.button("Sign in", icon=":material/login:", on_click=st.login)
