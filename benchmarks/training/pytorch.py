# SPDX-License-Identifier: BSL-1.0
"""Training with PyTorch: `pytorch.py lenet5|mlp FOLDER` with the digits in the folder."""
import gzip
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "peers"))
import torch
from pytorch_networks import lenet5, mlp, seconds, serve
from torch.nn import functional

name, folder = sys.argv[1], pathlib.Path(sys.argv[2])
margin, batch, rate = (2, 32, 0.02) if name == "lenet5" else (0, 64, 0.05)
net = lenet5() if name == "lenet5" else mlp()
optimizer = torch.optim.SGD(net.parameters(), rate, momentum=0.9)


def read(part):
    def numbers(file, header):
        return torch.frombuffer(bytearray(gzip.open(folder / f"{part}-{file}.gz").read()[header:]), dtype=torch.uint8)
    labels = numbers("labels-idx1-ubyte", 8).long()
    images = numbers("images-idx3-ubyte", 16).view(len(labels), 1, 28, 28).float() / 255
    return functional.pad(images, (margin,) * 4).contiguous(), labels


images, labels = read("train")
test_images, test_labels = read("t10k")


def epoch():
    for chosen in torch.randperm(len(labels)).split(batch):
        optimizer.zero_grad()
        functional.cross_entropy(net(images[chosen]), labels[chosen]).backward()
        optimizer.step()


def accuracy():
    with torch.no_grad():
        return (net(test_images).argmax(1) == test_labels).float().mean().item()


serve({"epoch": lambda: seconds(epoch), "accuracy": accuracy})
