"""Descent."""

import streamlit as st

st.title("Descent")
