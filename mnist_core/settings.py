"""Settings by environment variables that are whole numbers; each is checked where it is read."""

import os

from mnist_core.errors import ConfigError


def whole(name: str, default: int, low: int = 1, high: int | None = None) -> int:
    """The value of an environment variable, or the default where it is unset or empty.

    Raises
    ------
    ConfigError
        If it is not a whole number from `low` to `high`.
    """
    text = os.environ.get(name) or str(default)
    if not text.isdecimal() or not low <= int(text) <= (int(text) if high is None else high):
        upwards = "or more" if high is None else f"to {high:,}"
        raise ConfigError(f"{name} is {text!r}: set it to a whole number, {low:,} {upwards}.")
    return int(text)
