"""Every concept that the lab must teach is met on the page that the table names, and every question is answered."""

import ast
import re
from pathlib import Path

import pytest

from mnist_core.concepts import CONCEPTS, QUESTIONS, questions_of
from tests.conftest import ROOT
from tests.navigation import PAGES

WANTED = re.findall(r"^- (.+)$", (ROOT / "docs/concepts.md").read_text(), re.MULTILINE)
SMALL_WORDS = {"with", "from", "that", "and", "not"}


def imported(file: Path) -> list[Path]:
    """The modules of the library that a file imports or names to `show_source`."""
    text = file.read_text()
    names = set(re.findall(r'"(mnist_core[\w.]*):', text))
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    files = (ROOT / f"{name.replace('.', '/')}.py" for name in names if name.startswith("mnist_core"))
    return [found for found in files if found.exists() and found.name not in ("concepts.py", "lesson.py")]


def words_of(page: str) -> str:
    """What a page can say: its script, its lessons and the core modules that these use, in lower case."""
    script = ROOT / f"pages/{page}.py"
    lessons = [file for file in imported(script) if file.parent.name == "lessons"]
    files = {script, *lessons, *(other for file in [script, *lessons] for other in imported(file))}
    return "\n".join(file.read_text() for file in sorted(files)).lower()


def test_every_concept_has_one_page_and_no_page_has_another():
    taught = [concept for page in CONCEPTS.values() for concept in page]
    assert sorted(taught) == sorted(WANTED)


@pytest.mark.parametrize("page", CONCEPTS)
def test_a_page_meets_its_concepts_and_sums_them_up(page):
    assert f"pages/{page}.py" in {entry.file for entry in PAGES}
    assert re.search(rf'(wrap_up|show_parts)\(\s*"{page}"', (ROOT / f"pages/{page}.py").read_text())
    said = words_of(page)
    missing = [
        concept
        for concept in CONCEPTS[page]
        for word in re.findall(r"[\w.]{4,}", concept.lower())
        if word not in SMALL_WORDS and word.strip("_.")[:6] not in said
    ]
    assert not missing


def test_every_question_of_the_chapter_is_answered_by_a_page():
    assert sorted(QUESTIONS) == list(range(1, 38))
    assert sorted(number for page in CONCEPTS for number in questions_of(page)) == list(range(1, 38))
