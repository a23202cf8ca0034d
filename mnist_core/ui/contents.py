"""The pages of the lab in the order in which a learner meets them. A new page is a new line here."""

from itertools import pairwise
from typing import NamedTuple


class Entry(NamedTuple):
    """A page.

    Attributes
    ----------
    file : from the folder of Home.py
    title : in the navigation and in the browser's tab
    icon : a Material icon
    address : of the page; never the name of its file, for which Streamlit would show the file without the frame
    line : what it is about, in a sentence or two
    """

    file: str
    title: str
    icon: str
    address: str
    line: str = ""


CONTENTS: dict[str, list[Entry]] = {
    "": [Entry("pages/0_home.py", "Home", ":material/home:", "welcome")],
    "See": [
        Entry(
            "pages/1_pixels.py",
            "Pixels",
            ":material/grid_on:",
            "see-pixels",
            "A digit is a table of numbers. Point at a pixel and read it.",
        ),
        Entry(
            "pages/2_tensors.py",
            "Tensors",
            ":material/view_in_ar:",
            "see-tensors",
            "Thousands of digits are one tensor. Cut, reshape, multiply it.",
        ),
        Entry(
            "pages/3_baseline.py",
            "Baseline",
            ":material/straighten:",
            "see-baseline",
            "Tell digits apart without learning. A model must beat this.",
        ),
    ],
    "Learn": [
        Entry(
            "pages/4_gradients.py",
            "Gradients",
            ":material/function:",
            "learn-gradients",
            "Drag a point along a curve. Its slope says which way is down.",
        ),
        Entry(
            "pages/5_descent.py",
            "Descent",
            ":material/downhill_skiing:",
            "learn-descent",
            "Walk down a curve, step by step. All models learn like this.",
        ),
        Entry(
            "pages/6_losses.py",
            "Losses",
            ":material/trending_down:",
            "learn-losses",
            "One number says how wrong a model is. See why it is not the accuracy.",
        ),
        Entry(
            "pages/7_loading.py",
            "Loading",
            ":material/style:",
            "learn-loading",
            "Deal images to a model like cards, and see what sorted cards do.",
        ),
        Entry(
            "pages/8_loop.py",
            "Loop",
            ":material/autorenew:",
            "learn-loop",
            "Predict, measure, step: the loop by hand. Then break it.",
        ),
    ],
    "Train": [
        Entry(
            "pages/9_train.py",
            "Train",
            ":material/model_training:",
            "train-model",
            "Train a model on many digits. Watch it get better.",
        ),
        Entry(
            "pages/10_runs.py",
            "Runs",
            ":material/stacked_line_chart:",
            "train-runs",
            "All that you have trained: compare runs, and wind one back.",
        ),
        Entry(
            "pages/11_sweep.py",
            "Sweep",
            ":material/tune:",
            "train-sweep",
            "Try many settings at once. See which of them matters.",
        ),
    ],
    "Look inside": [
        Entry(
            "pages/12_weights.py",
            "Weights",
            ":material/blur_on:",
            "look-weights",
            "See what a trained model has learned, as pictures.",
        ),
        Entry(
            "pages/13_mistakes.py",
            "Mistakes",
            ":material/troubleshoot:",
            "look-mistakes",
            "Open the images that a model gets wrong. Ask how sure it was.",
        ),
    ],
    "Use": [
        Entry(
            "pages/14_draw.py",
            "Draw",
            ":material/draw:",
            "use-draw",
            "Draw a digit. A trained model says which one it sees.",
        ),
        Entry(
            "pages/15_deploy.py",
            "Take it away",
            ":material/ios_share:",
            "use-take-away",
            "Take your model home, as a file, a web app or a notebook.",
        ),
    ],
}
"""Section of the navigation -> its pages."""


def entry_after(file: str) -> Entry | None:
    """The page that follows one; None after the last."""
    entries = [entry for section in CONTENTS.values() for entry in section]
    return next((after for entry, after in pairwise(entries) if entry.file == file), None)
