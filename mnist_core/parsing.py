"""Python's parser, one thread at a time.

In CPython 3.11 two threads that parse at once may fail with "SystemError: AST constructor recursion depth mismatch",
and Streamlit runs each learner's page in a thread of its own.
"""

import ast
import threading
from typing import Any

LOCK = threading.Lock()
"""To be held while anything calls `ast.parse`, as `inspect.getsource` does for a class."""


def parse(source: str, mode: str = "exec") -> Any:
    """`ast.parse`; a `SyntaxError` is the caller's to explain."""
    with LOCK:
        return ast.parse(source, mode=mode)
