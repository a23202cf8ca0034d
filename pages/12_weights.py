"""Weights."""

import streamlit as st

st.title("Weights")
