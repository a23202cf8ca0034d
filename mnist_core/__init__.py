"""The library behind the lab: everything a page computes, usable from a notebook without Streamlit."""

__version__ = "0.1.0"
