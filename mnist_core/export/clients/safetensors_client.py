"""python safetensors_client.py model.safetensors digit.png

Needs: pip install safetensors torch torchvision pillow
"""

import json
import sys

import numpy as np
import torch
from PIL import Image
from safetensors import safe_open
from torch import nn

model_file, image_file = sys.argv[1:]

with safe_open(model_file, framework="pt") as file:
    card = json.loads(file.metadata()["card"])  # what the numbers in the file are
    weights = {key.removeprefix("model."): file.get_tensor(key) for key in file.keys()}  # noqa: SIM118  (no dict)

if card["layers"] == "resnet18":
    from torchvision.models import resnet18

    model = resnet18(num_classes=card["outputs"])
    model.conv1 = nn.Conv2d(1, 64, kernel_size=7, stride=2, padding=3, bias=False)  # one grey channel
else:
    model = nn.Sequential(*(getattr(nn, kind)(**options) for kind, options in card["layers"]))
model.load_state_dict(weights)
model.eval()

# 28 x 28 whole numbers from 0 (ground) to 255 (ink)
image = np.load(image_file) if image_file.endswith(".npy") else np.array(Image.open(image_file).convert("L"))
x = torch.from_numpy(image).float() / 255  # (28, 28), from 0 to 1
with torch.no_grad():
    logits = model(x.view(1, 1, 28, 28))  # (1, outputs)
if card["outputs"] == 1:  # it tells the first digit from the second: softmax of (z, 0) is the sigmoid of z
    logits = torch.cat([logits, torch.zeros_like(logits)], dim=1)  # (1, 1) -> (1, 2)
probabilities = logits.softmax(dim=1)[0].tolist()
print(json.dumps(dict(zip(card["classes"], probabilities, strict=True))))
