# SPDX-License-Identifier: BSL-1.0
"""Writes a random LeNet-5 and a random image into a folder: lenet5.onnx, lenet5.pt, weights.f32 and image.f32."""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "peers"))
import torch
from pytorch_networks import keras_order, lenet5

folder = pathlib.Path(sys.argv[1])
net = torch.nn.Sequential(*lenet5(), torch.nn.Softmax(1)).eval()
image = torch.rand(1, 1, 32, 32)
torch.save((net.state_dict(), image), folder / "lenet5.pt")
keras_order(net).numpy().tofile(folder / "weights.f32")
image.numpy().tofile(folder / "image.f32")
torch.onnx.export(net, image, str(folder / "lenet5.onnx"), opset_version=13, input_names=["image"], output_names=["scores"])
