"""Figures and tables: what they show, and whether it can be read."""

import re

import numpy as np

from mnist_core import charts


def luminance(colour: str) -> float:
    """Relative luminance of "#rrggbb", as WCAG 2 defines it."""
    channels = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


def styles(table) -> dict[tuple[int, int], dict[str, str]]:
    """The CSS of every cell of a Styler, by row and column."""
    found = {}
    for selectors, rule in re.findall(r"(#T_[^{]*){([^}]*)}", table.to_html()):
        css = dict(line.strip().split(": ", 1) for line in rule.split(";") if ":" in line)
        for row, column in re.findall(r"row(\d+)_col(\d+)", selectors):
            found[int(row), int(column)] = css
    return found


def test_every_grey_has_a_readable_number():
    cells = styles(charts.grey_table(np.arange(256, dtype=np.uint8).reshape(16, 16)))
    assert len(cells) == 256
    for cell, style in cells.items():
        dark, light = sorted(luminance(style[key]) for key in ("background-color", "color"))
        assert (light + 0.05) / (dark + 0.05) >= 4.5, cell


def test_one_scale_holds_for_all_columns_and_labels_count_as_in_the_whole_image():
    table = charts.grey_table(np.array([[0, 100], [100, 255]], np.uint8), first_row=4, first_column=7)
    cells = styles(table)
    assert cells[0, 1] == cells[1, 0]
    assert len({style["background-color"] for style in cells.values()}) == 3
    assert (list(table.data.index), list(table.data.columns)) == ([4, 5], [7, 8])


def test_a_confusion_shows_every_mistake_and_leaves_out_what_is_right():
    counts = np.array([[90, 3], [0, 80]])
    (heatmap,) = charts.confusion_figure(counts, [3, 7]).data
    assert (list(heatmap.y), list(heatmap.x)) == (["3", "7"], ["3", "7"])
    np.testing.assert_array_equal(heatmap.z, [[np.nan, 3], [0, np.nan]])
    assert counts[0, 0] == 90
