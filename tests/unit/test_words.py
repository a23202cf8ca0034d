from mnist_core.ui.words import a, many


def test_digits_have_their_article_and_their_plural():
    assert [a(digit) for digit in (0, 1, 8, 9)] == ["a 0", "a 1", "an 8", "a 9"]
    assert many(1009, 9) == "1,009 nines"
    assert many(0, 6) == "0 sixes"
    assert [many(1, digit) for digit in range(10)] == [
        "1 zero", "1 one", "1 two", "1 three", "1 four", "1 five", "1 six", "1 seven", "1 eight", "1 nine",
    ]  # fmt: skip
