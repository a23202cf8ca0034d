"""The concepts of the chapter, each with the page that teaches it and its meaning in a sentence; and the questionnaire."""

CONCEPTS: dict[str, dict[str, str]] = {}
"""Page (its file without the ending) -> concept -> what it means."""

QUESTIONS: dict[int, tuple[str, str]] = {}
"""Number in the chapter's questionnaire -> (page that answers it, the question in our words)."""


def questions_of(page: str) -> dict[int, str]:
    """The questions that a page answers, number -> text."""
    return {number: text for number, (answers, text) in QUESTIONS.items() if answers == page}
