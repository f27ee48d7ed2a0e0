# SPDX-License-Identifier: BSL-1.0
"""`export.py FOLDER NAME...`: writes NAME.onnx for each network, and a random photo.f32."""
import pathlib
import sys

import torch
from networks import make

folder = pathlib.Path(sys.argv[1])
image = torch.rand(1, 3, 224, 224)
image.numpy().tofile(folder / "photo.f32")
for name in sys.argv[2:]:
    torch.onnx.export(make(name), image, str(folder / f"{name}.onnx"), opset_version=15, input_names=["image"],
                      output_names=["scores"])
