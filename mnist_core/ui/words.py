"""Digits in sentences."""

_PLURALS = ("zeros", "ones", "twos", "threes", "fours", "fives", "sixes", "sevens", "eights", "nines")


def a(digit: int) -> str:
    """A digit with its article: "a 4", "an 8"."""
    return f"{'an' if digit == 8 else 'a'} {digit}"


def counted(digits: int) -> str:
    """So many digits: "1 digit", "12 digits"."""
    return f"{digits:,} digit{'' if digits == 1 else 's'}"


def many(count: int, digit: int) -> str:
    """So many of a digit: "1 nine", "1,009 nines"."""
    plural = _PLURALS[digit]
    singular = plural[:-2] if digit == 6 else plural[:-1]
    return f"{count:,} {singular if count == 1 else plural}"
