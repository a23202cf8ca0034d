"""Bets on a run: made before it, decided after it, counted over time."""

import pandas as pd
import streamlit as st

from mnist_core.bets import Bet, bet_on, calibration, score
from mnist_core.runs.records import Run
from mnist_core.ui import lab

CLAIMS = {"none": "No bet", "reaches": "It reaches an accuracy of", "learns": "It learns at all"}


def ask_bet() -> Bet | None:
    """Let the learner bet on the run that is about to begin."""
    with st.expander("Bet first: what will come out?", icon=":material/casino:"):
        claim = st.segmented_control(
            "What will happen", list(CLAIMS), format_func=CLAIMS.__getitem__, default="none", key="claim"
        )
        if claim not in ("reaches", "learns"):
            st.caption("Who foretells a result before seeing it learns more from it than who only looks.")
            return None
        accuracy = 0.0
        if claim == "reaches":
            accuracy = st.number_input("At least, %", 10.0, 100.0, 95.0, 0.5, key="bet_accuracy") / 100
        chance = st.slider("How likely is that? %", 0, 100, 70, 5, key="bet_chance") / 100
        st.caption("0 % means certainly not, 100 % certainly. A model learns if it ends better than guessing.")
        return Bet("reaches" if claim == "reaches" else "learns", accuracy, chance)


def show_bet(run: Run) -> None:
    """The bet on a run, and what came of it."""
    if not (bet := bet_on(run)):
        return
    happened = bet.came_true(run)
    said = f"Your bet: with a chance of {bet.chance:.0%} it {bet.words}."
    if happened is None:
        st.info(f"{said} It is decided when the run has ended.", icon=":material/casino:")
        return
    verdict = "It did" if happened else "It did not"
    st.info(
        f"{said} **{verdict}.** Your score is {score(bet.chance, happened):.2f}: 0 is best, 0.25 is what a coin gets, "
        "1 is worst.",
        icon=":material/casino:",
    )


def show_calibration() -> None:
    """How good this learner's bets have been so far; nothing before one is decided."""
    own = [run for run in lab.runs().values() if run.owner == lab.learner()]
    if not (found := calibration(own)):
        return
    with st.expander("Your bets so far", icon=":material/casino:"):
        st.markdown(
            f"{found.bets} decided, mean score {found.score:.2f}; a coin would get 0.25. Who is well *calibrated* sees "
            "come true about as many bets as the chances say: of those given 80 %, four in five."
        )
        table = {
            "You said": [f"{each.low:.0%} to {each.high:.0%}" for each in found.bins],
            "Bets": [each.bets for each in found.bins],
            "On average you said": [f"{each.said:.0%}" for each in found.bins],
            "It happened": [f"{each.happened:.0%}" for each in found.bins],
        }
        st.dataframe(pd.DataFrame(table), hide_index=True, width="stretch")
