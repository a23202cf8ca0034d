"""Draw a digit, and see what the model gets and says: a web app of Gradio. `python app.py` starts it."""

from typing import Any

import gradio as gr
import numpy as np
from digit_model import CLASSES, enlarged, read_digit
from mnist_form import ImageError

SIDE = 280  # pixels of the pad
EMPTY = np.full((SIDE, SIDE), 255, np.uint8)  # without this white paper Gradio would not take up the brush


def predict(sketch: dict[str, Any] | None) -> tuple[str, np.ndarray | None, dict[str, float] | None]:
    """The answer in words, the pixels that the model gets, and class -> probability.

    Parameters
    ----------
    sketch : of which "composite" is all that was drawn, uint8 array of shape (height, width), or None
    """
    if sketch is None or sketch["composite"] is None or np.ptp(sketch["composite"]) == 0:
        return "There is no drawing yet: draw one digit.", None, None
    try:
        pixels, says = read_digit(sketch["composite"])
    except ImageError as error:
        return str(error), None, None
    best = max(says, key=says.__getitem__)
    return f"The model says **{best}**.", enlarged(pixels), says


with gr.Blocks(title="Draw a digit") as app:
    gr.Markdown(f"# Draw a digit\n\nThe model knows {', '.join(CLASSES)}. It answers each time you lift the pen.")
    with gr.Row():
        pad = gr.Sketchpad(
            EMPTY,
            label="Your digit",
            image_mode="L",
            canvas_size=(SIDE, SIDE),
            fixed_canvas=True,
            brush=gr.Brush(default_size=10, colors=["#000000"], color_mode="fixed"),
            layers=False,
            transforms=(),
        )
        with gr.Column():
            answer = gr.Markdown()
            seen = gr.Image(
                label="What the model gets: 28 x 28 pixels", image_mode="L", format="png", height=260, buttons=[]
            )
        probabilities = gr.Label(label="How likely is each digit?")
    outputs = [answer, seen, probabilities]
    pad.input(predict, pad, outputs, show_progress="hidden", trigger_mode="always_last", api_name="predict")
    pad.clear(lambda: EMPTY, None, pad, show_progress="hidden", api_visibility="private")

if __name__ == "__main__":
    app.launch()
