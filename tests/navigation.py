"""The pages of the lab as tests address them."""

from typing import NamedTuple

from mnist_core.ui.contents import CONTENTS


class Page(NamedTuple):
    """One page of the navigation."""

    file: str
    title: str
    url_path: str  # "" for the first, whose own address is not used


PAGES = [
    Page(entry.file, entry.title, entry.address if section else "")
    for section, entries in CONTENTS.items()
    for entry in entries
]
LESSONS = [page for page in PAGES if page.url_path.startswith(("see-", "learn-"))]
