"""Figures and tables: what they show, and whether it can be read."""

import json
import re

import numpy as np
import pytest
import torch

from mnist_core import charts
from mnist_core.gradients import descend, loss_surface, roller_coaster

TIME, SPEED = roller_coaster()


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


def test_digit_image_counts_rows_and_columns_as_in_the_whole_image():
    pixels = torch.arange(6, dtype=torch.uint8).view(2, 3)
    (heatmap,) = charts.digit_image(pixels, first_row=4, first_column=10).data
    assert (heatmap.x0, heatmap.y0, heatmap.zmin, heatmap.zmax) == (10, 4, 0, 255)
    np.testing.assert_array_equal(heatmap.z, pixels)


@pytest.mark.parametrize("lr", [1e-8, 1e-5, 3e-5, 4e-5, 1e5])
@pytest.mark.parametrize("steps", [5, 100])
def test_descent_figure_is_small_valid_json_whatever_the_rate(lr, steps):
    run = descend(TIME, SPEED, lr=lr, steps=steps)
    figure = charts.descent_figure(run, loss_surface(run))
    text = figure.to_json()
    json.loads(text, parse_constant=lambda constant: pytest.fail(f"{constant} is not JSON"))
    assert len(text) < 150_000
    assert len(figure.frames) <= 42


def test_last_frame_shows_the_last_parameters_and_the_last_words():
    run = descend(TIME, SPEED, lr=1e-5, steps=30)
    figure = charts.descent_figure(run, loss_surface(run), last_words="The run converged.")
    last = figure.frames[-1]
    curve, losses, _, path, _ = last.data
    expected = np.polyval(run.params[-1].double().numpy(), np.array(curve.x))
    np.testing.assert_allclose(curve.y, expected, rtol=1e-4, atol=1e-3)
    np.testing.assert_allclose(losses.y, run.losses, rtol=1e-4)
    np.testing.assert_allclose(np.stack([path.x, path.y], 1), run.params[:, :2], rtol=1e-4)
    assert "The run converged." in last.layout.title.text
    assert not any("converged" in frame.layout.title.text for frame in figure.frames[:-1])


def test_figure_starts_at_the_step_asked_for_even_one_that_would_have_no_frame():
    run = descend(TIME, SPEED, lr=1e-5, steps=100)
    plain = charts.descent_figure(run, loss_surface(run))
    step = next(k for k in range(100) if str(k) not in {frame.name for frame in plain.frames})
    figure = charts.descent_figure(run, loss_surface(run), at=step)
    assert figure.layout.title.text.startswith(f"Step {step}:")
    slider = figure.layout.sliders[0]
    assert slider.steps[slider.active].label == str(step)


def test_all_frames_move_the_same_traces_and_leave_the_axes_alone():
    run = descend(TIME, SPEED, lr=3e-5, steps=40)
    figure = charts.descent_figure(run, loss_surface(run))
    assert len({tuple(frame.traces) for frame in figure.frames}) == 1
    assert all(set(frame.layout.to_plotly_json()) == {"title"} for frame in figure.frames)
    assert all(axis.range is not None for axis in (figure.layout.yaxis, figure.layout.yaxis2, figure.layout.xaxis3))
