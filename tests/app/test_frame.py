"""The frame without a browser: what it imports and how pages are addressed."""

import re
import subprocess
import sys
from pathlib import Path

from tests.conftest import ROOT
from tests.navigation import PAGES

IMPORTS_OF_HOME = """
import sys
from streamlit.testing.v1 import AppTest
home = AppTest.from_file("Home.py", default_timeout=60).run()
assert not home.exception, home.exception
assert home.title, "Home shows no title"
print(*sorted({"torch", "fastai"} & set(sys.modules)))
"""


def test_home_is_shown_without_torch_and_fastai():
    command = [sys.executable, "-c", IMPORTS_OF_HOME]
    process = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert process.returncode == 0, process.stderr
    assert process.stdout.strip() == ""


def test_every_page_file_is_in_the_navigation_under_its_own_address():
    assert sorted(page.file for page in PAGES) == sorted(f"pages/{file.name}" for file in (ROOT / "pages").glob("*.py"))
    assert len({page.url_path for page in PAGES}) == len(PAGES)


def test_no_address_is_the_slug_of_a_page_file():
    # On a cold server Streamlit would run that file without the frame.
    slugs = {re.sub(r"^\d+_", "", Path(page.file).stem) for page in PAGES}
    assert not slugs & {page.url_path for page in PAGES}
