"""Pixels."""

import streamlit as st

st.title("Pixels")
