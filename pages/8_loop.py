"""Loop: the training loop by hand, then with less and less of it written by oneself."""

import streamlit as st

from mnist_core.ui.experiment import warm_up
from mnist_core.ui.lesson import show_parts
from mnist_core.ui.lessons.loop import by_hand, in_order
from mnist_core.ui.lessons.loop_ladder import four_climbs, own_learner, the_learner
from mnist_core.ui.lessons.mistakes import break_it
from mnist_core.ui.lessons.nonlinearity import nonlinearity, simple_net

warm_up()

st.title("Loop")
st.markdown(
    "You know the loss, the gradient and the batches. Training is nothing more than using them again and again. "
    "**What exactly happens in that loop, and who writes it for you?**"
)

show_parts(
    "8_loop",
    {
        "By hand": by_hand,
        "In order": in_order,
        "Four climbs": four_climbs,
        "Learner": the_learner,
        "Nonlinearity": nonlinearity,
        "simple_net": simple_net,
        "MNISTLearner": own_learner,
        "Break it": break_it,
    },
)
