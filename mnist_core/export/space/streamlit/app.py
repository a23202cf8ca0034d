"""Draw a digit, and see what the model gets and says: a web app of Streamlit. `streamlit run app.py` starts it."""

import base64
import io

import streamlit as st
from digit_model import CLASSES, enlarged, read_digit
from mnist_form import ImageError
from pad import drawing_pad
from PIL import Image

st.set_page_config("Draw a digit", layout="wide")
st.title("Draw a digit")
st.markdown(f"The model knows {', '.join(CLASSES)}. It answers while you draw.")

left, middle, right = st.columns([4, 3, 4], gap="medium")
with left:
    drawing = drawing_pad()
if drawing is None or drawing.is_blank:
    middle.info("There is no drawing yet: draw one digit.")
    st.stop()
try:
    pixels, says = read_digit(drawing.pixels)
except ImageError as error:
    middle.info(str(error))
    st.stop()

with middle:
    st.markdown(f"The model says **{max(says, key=says.__getitem__)}**. It gets these 28 x 28 pixels:")
    picture = io.BytesIO()
    Image.fromarray(enlarged(pixels)).save(picture, "PNG")
    link = f"data:image/png;base64,{base64.b64encode(picture.getvalue()).decode()}"  # a file would be gone too soon
    st.image(link, alt="Your digit as 28 x 28 pixels")
with right:
    st.markdown("**How likely is each digit?**")
    for name, probability in says.items():
        st.progress(probability, f"{name}: {probability:.1%}")
