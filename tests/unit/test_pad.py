"""The drawing pad seen from Python: what is handed to the browser, and clearing."""

import base64
import json

import numpy as np
from streamlit.testing.v1 import AppTest


def script():
    import streamlit as st

    from mnist_core.ui.pad import clear_pad, drawing_pad

    st.button("Clear", on_click=clear_pad)
    drawing = drawing_pad()
    st.text("nothing" if drawing is None else str(int(drawing.pixels.sum())))


def handed_over(app: AppTest) -> dict:
    return json.loads(app.get("bidi_component")[0].proto.json)


def test_clearing_takes_a_new_sheet_and_what_still_comes_from_the_old_one_is_passed_over():
    stroke = {"width": 80, "erase": False, "points": [10, 20]}
    image = base64.b64encode(bytes([1]) * 140 * 140).decode()
    app = AppTest.from_function(script)
    app.session_state["pad"] = {
        "drawing": {"seq": 1, "nonce": 0, "final": True, "size": 140, "img": image, "strokes": [stroke]}
    }
    app.run()
    assert app.text[0].value == str(140 * 140)
    assert handed_over(app) == {"nonce": 0, "strokes": [stroke]}
    app.button[0].click().run()
    assert app.text[0].value == "nothing"
    assert handed_over(app) == {"nonce": 1, "strokes": []}


def put_and_show(image):
    import numpy as np
    import streamlit as st

    from mnist_core.images import to_mnist
    from mnist_core.ui.pad import drawing_pad, put_image

    st.button("Put", on_click=lambda: put_image(np.array(image, np.uint8)))
    drawing = drawing_pad()
    st.text("nothing" if drawing is None else str((255 * to_mnist(drawing.pixels).result).round().astype(int).tolist()))


def test_an_image_that_was_put_on_the_pad_comes_back_unchanged_as_what_the_model_gets():
    image = np.zeros((28, 28), np.uint8)
    image[5:25, 12:16] = [[60, 255, 255, 200]]  # its mass lies in the middle, and it fills the box of 20 x 20
    app = AppTest.from_function(put_and_show, args=(image.tolist(),)).run()
    assert app.text[0].value == "nothing"
    app.button[0].click().run()
    assert json.loads(app.text[0].value) == image.tolist()
    sent = handed_over(app)
    assert sent["nonce"] == 1
    assert base64.b64decode(sent["strokes"][0]["image"]) == image.tobytes()
