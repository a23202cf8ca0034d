"""What was done in the lab as Jupyter notebooks that do it again, with the same numbers."""
