"""python onnx_client.py model.onnx digit.png

Needs: pip install onnxruntime numpy pillow
"""

import json
import sys

import numpy as np
import onnxruntime
from PIL import Image

model_file, image_file = sys.argv[1:]

# 28 x 28 whole numbers from 0 (ground) to 255 (ink); dividing by 255 and the softmax are inside the model
image = np.load(image_file) if image_file.endswith(".npy") else np.asarray(Image.open(image_file).convert("L"))

session = onnxruntime.InferenceSession(model_file, providers=["CPUExecutionProvider"])
classes = json.loads(session.get_modelmeta().custom_metadata_map["classes"])
[probabilities] = session.run(["probabilities"], {"images": image[None]})  # (28, 28) -> (1, 28, 28); gives (1, k)
print(json.dumps(dict(zip(classes, probabilities[0].tolist(), strict=True))))
