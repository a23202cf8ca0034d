"""Loading: how files become pairs, pairs become batches, and what goes wrong on the way."""

import streamlit as st

from mnist_core.ui.experiment import warm_up
from mnist_core.ui.lesson import show_parts
from mnist_core.ui.lessons import loading_batches, loading_files, loading_splits

warm_up()
st.title("Loading")
st.markdown(
    "A model learns from thousands of images, a few at a time. **Who opens the files, who shuffles, and who keeps some "
    "images apart to check with?** This page follows the images from their files to the batches that a model gets. "
    "Some well-known mistakes happen here, before any training has begun."
)

show_parts(
    "7_loading",
    {
        "Pairs": loading_batches.pairs,
        "Four ways": loading_files.four_ways,
        "Splits": loading_splits.splits,
        "Three sets": loading_splits.three_sets,
        "The batch dealer": loading_batches.batch_dealer,
        "Sorted or shuffled": loading_batches.sorted_or_shuffled,
        "The last batch": loading_batches.last_batch,
        "Export": loading_files.export,
    },
)
