"""Where one can go with a run: the pages that do something with it, each opened on this run."""

import streamlit as st

from mnist_core.ui.contents import CONTENTS

_WAYS = {
    "pages/9_train.py": "See it on Train",
    "pages/10_runs.py": "Wind it back, compare it",
    "pages/12_weights.py": "See its weights",
    "pages/13_mistakes.py": "See its mistakes",
    "pages/14_draw.py": "Draw a digit for it",
    "pages/15_deploy.py": "Take it away",
}


def show_ways_on(run: str, *, besides: str) -> None:
    """Links to the pages that a run can be taken to, but for the one that shows them.

    Parameters
    ----------
    run : id of the run
    besides : the file of the page that shows the links, e.g. "pages/9_train.py"
    """
    entries = [entry for section in CONTENTS.values() for entry in section if entry.file in _WAYS]
    with st.container(horizontal=True):
        for entry in entries:
            if entry.file != besides:
                st.page_link(
                    entry.file,
                    label=_WAYS[entry.file],
                    icon=entry.icon,
                    query_params={"run": run},
                    width="content",
                )
