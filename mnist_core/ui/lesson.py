"""What every lesson page is made of: parts under tabs, a question before each result, and what was learned at the end.

Only the open part runs, and a widget within it reruns that part alone, so that a long page answers as fast as a short
one. The open part and every answer are in the page's link.
"""

from collections.abc import Callable, Mapping, Sequence

import streamlit as st

from mnist_core import concepts
from mnist_core.errors import LabError
from mnist_core.ui.contents import entry_after

_NEXT = ":material/arrow_forward:"


def show_parts(page: str, parts: Mapping[str, Callable[[], None]]) -> None:
    """The parts of a lesson as tabs, with a way from each to the next and from the last to the next page.

    Parameters
    ----------
    page : the page's file without its ending; `?tensors_part=Slices` in the link opens a part of "2_tensors"
    parts : title of a part, a word or two -> what draws it; a `LabError` is said in its place
    """
    key = f"{page.partition('_')[2]}_part"

    @st.fragment
    def lesson() -> None:
        tabs = st.tabs(list(parts), key=key, on_change="rerun", bind="query-params")
        for tab, show, after in zip(tabs, parts.values(), [*list(parts)[1:], None], strict=True):
            if not tab.open:
                continue
            with tab:
                try:
                    show()
                except LabError as error:
                    st.error(str(error), icon=":material/error:")
                if after:
                    choice = {key: after}
                    st.button(f"Next: {after}", icon=_NEXT, on_click=st.session_state.update, args=(choice,))
                elif following := entry_after(f"pages/{page}.py"):
                    st.page_link(following.file, label=f"Next page: {following.title}", icon=_NEXT)

    lesson()
    wrap_up(page)


def ask(question: str, options: Sequence[str], *, right: str | Callable[[], str], because: str, key: str) -> bool:
    """One question before a result is shown, and after the answer whether it was right, and why.

    Parameters
    ----------
    question : what to predict
    options : a few words each, since the chosen one stands in the page's link
    right : the right one, computed where it can be; where that takes long, a function that is called after the answer
    because : the reason, one or two sentences, shown after any answer

    Returns
    -------
    bool, whether there is an answer: show the result then
    """
    answer = st.segmented_control(question, options, key=key, bind="query-params", persist_state="session")
    if answer is None:
        st.caption("Choose an answer, and the result appears.")
        return False
    right = right if isinstance(right, str) else right()
    verdict = ":material/check: **Right.**" if answer == right else f":material/close: **Not quite: {right}.**"
    st.markdown(f"{verdict} {because}")
    return True


def wrap_up(page: str) -> None:
    """The words that a page has taught, and the questions of the chapter that it answers.

    Parameters
    ----------
    page : the page's file without its ending, e.g. "2_tensors"
    """
    with st.expander("The words of this page", icon=":material/menu_book:"):
        st.markdown("\n".join(f"- **{name}**: {meaning}" for name, meaning in concepts.CONCEPTS[page].items()))
        if questions := concepts.questions_of(page):
            st.markdown("After this page you can answer these questions of the chapter's questionnaire:")
            st.markdown("\n".join(f"- {number}: {text}" for number, text in questions.items()))
