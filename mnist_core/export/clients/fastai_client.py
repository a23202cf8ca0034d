"""python fastai_client.py learner.pkl digit.png

Needs: pip install fastai
"""

import json
import sys

import numpy as np
from fastai.vision.all import PILImageBW, load_learner

model_file, image_file = sys.argv[1:]

# 28 x 28 whole numbers from 0 (ground) to 255 (ink); the learner divides by 255 itself
image = PILImageBW.create(np.load(image_file) if image_file.endswith(".npy") else image_file)

learn_inf = load_learner(model_file)  # a pickle can run any program: open only files that you trust
with learn_inf.no_bar():
    digit, index, probs = learn_inf.predict(image)
print(json.dumps(dict(zip(learn_inf.dls.vocab, probs.tolist(), strict=True))))
