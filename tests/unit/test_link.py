"""Choices that belong in the page's link."""

from mnist_core.ui.link import _told_apart


def test_no_two_labels_are_the_same_and_an_older_one_stays_as_it_is():
    older = {"b": "linear, 90%", "a": "linear, 90%"}
    assert _told_apart(older) == {"b": "linear, 90% (2)", "a": "linear, 90%"}
    assert _told_apart({"c": "linear, 90%", **older}) == {"c": "linear, 90% (3)", **_told_apart(older)}
    assert list(_told_apart({"c": "mlp30", **older})) == ["c", "b", "a"]
