"""The pages of the lab, read from Home.py without running it."""

import ast
from typing import NamedTuple

from tests.conftest import ROOT


class Page(NamedTuple):
    """One page of the navigation."""

    file: str
    title: str
    url_path: str


def _pages() -> list[Page]:
    calls = [node for node in ast.walk(ast.parse((ROOT / "Home.py").read_text())) if isinstance(node, ast.Call)]
    pages = []
    for call in calls:
        if ast.unparse(call.func) == "st.Page":
            options = {keyword.arg: ast.literal_eval(keyword.value) for keyword in call.keywords}
            pages.append(Page(ast.literal_eval(call.args[0]), options["title"], _address(options)))
    return pages


def _address(options: dict) -> str:
    """The address of a page; the default page's own is not used."""
    return "" if options.get("default") else options.get("url_path", "")


PAGES = _pages()
