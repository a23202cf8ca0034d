"""The part of Take it away that tells of two exports that went wrong, and sends to the pages where both can be seen."""

import streamlit as st


def show_why() -> None:
    """Part "When it fails"."""
    st.subheader("The export that failed")
    st.markdown(
        "Somebody who worked through this chapter loaded the images with `ImageFolder` and trained a good model. Then "
        "`learn.export()` ended with `'ImageFolder' object has no attribute 'new_empty'`. The reason: fastai's file "
        "also holds the way from a picture to the model's input. It keeps this way by asking the data for an empty "
        "copy of themselves. torchvision's `ImageFolder` cannot make one. A `DataBlock` can."
    )
    st.page_link(
        "pages/7_loading.py",
        label="See it fail, and the cure, on Loading",
        icon=":material/style:",
        query_params={"loading_part": "Export"},
    )
    st.subheader("The answer that looked like nonsense")
    st.markdown(
        "A model's last layer gives *logits*: numbers of any size, also negative ones. They are no probabilities. Only "
        "the softmax turns them into numbers between 0 and 1 that add up to 1. Each file says whether the softmax is "
        "inside, and each program above ends with probabilities."
    )
    st.page_link(
        "pages/14_draw.py",
        label="See the raw outputs of a drawing on Draw",
        icon=":material/draw:",
        query_params={"draw_part": "Raw outputs"},
    )
