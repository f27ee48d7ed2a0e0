# SPDX-License-Identifier: BSL-1.0
"""Writes state_dicts/*: PyTorch modules with their state dict, an input and what PyTorch computes of it in double precision.

Numbers have three digits, so that files are short and the same in single and double precision up to rounding.
"""
import json
import pathlib
import struct

import torch
from torch import nn
from torch.nn.utils import weight_norm

HERE = pathlib.Path(__file__).resolve().parent / "state_dicts"


class View(nn.Module):
    def __init__(self, *shape):
        super().__init__()
        self.shape = shape

    def forward(self, x):
        return x.reshape(x.shape[0], *self.shape)


class First(nn.Module):
    """The sequence that a recurrent module returns."""

    def __init__(self, module):
        super().__init__()
        self.module = module

    def forward(self, x):
        return self.module(x)[0]


def write(name, module, x):
    torch.manual_seed(7)
    for key, value in module.state_dict().items():
        if value.dtype == torch.float64:
            value.copy_(torch.randint(-900, 900, value.shape) / 1000)
            if "var" in key:
                value.abs_().add_(0.1)
    module.eval()
    y = module(x)
    state = {key: value for key, value in module.state_dict().items()}
    document = {
        "state_dict": {key: [round(v, 3) for v in value.flatten().tolist()] for key, value in state.items()},
        "input": [], "output": [round(v, 7) for v in y.flatten().tolist()],
    }
    for key, value in state.items():
        flat = value.to(torch.float64).mul(1000).round().div(1000)
        document["state_dict"][key] = flat.tolist() if value.dtype == torch.float64 else int(value)
    # The library has channels last.
    image = x if x.dim() < 4 else x.permute(0, 2, 3, 1)
    document["input"] = image.flatten().tolist()
    (HERE / f"{name}.json").write_text(json.dumps(document) + "\n")
    return state


def write_safetensors(path, state):
    """As PyTorch's users get it: single precision, and a counter of training in 64 bits."""
    header, data = {"__metadata__": {"format": "pt"}}, b""
    for key, value in sorted(state.items(), key=lambda one: one[1].dtype != torch.int64):
        kind = "I64" if value.dtype == torch.int64 else "F32"
        raw = value.to(torch.int64 if kind == "I64" else torch.float32).numpy().tobytes()
        header[key] = {"dtype": kind, "shape": list(value.shape), "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


def main():
    torch.set_default_dtype(torch.float64)
    HERE.mkdir(exist_ok=True)
    cnn = nn.Sequential(
        nn.Conv2d(2, 4, 3, padding=1, groups=2), nn.BatchNorm2d(4), nn.PReLU(4), nn.MaxPool2d(2),
        nn.Conv2d(4, 8, (3, 2), groups=4), nn.ReLU(),  # two filters for each channel: depthwise in part
        nn.Conv2d(8, 8, 2, groups=8, bias=False), nn.ConvTranspose2d(8, 3, 3, stride=2, padding=1, output_padding=1),
        nn.Flatten(), nn.BatchNorm1d(3 * 2 * 4, affine=False), nn.Linear(24, 5), nn.LayerNorm(5))
    torch.manual_seed(1)
    state = write("cnn", cnn, torch.randint(-9, 9, (1, 2, 8, 8)) / 10)
    write_safetensors(HERE / "cnn.safetensors", state)
    generator = nn.Sequential(nn.Linear(3, 12), nn.BatchNorm1d(12), nn.Tanh(), View(3, 2, 2), nn.ConvTranspose2d(3, 1, 2))
    write("generator", generator, torch.tensor([[0.5, -0.2, 0.9]]))
    recurrent = nn.Sequential(
        First(nn.LSTM(2, 3, bidirectional=True, batch_first=True)), First(nn.GRU(6, 2, bidirectional=True, batch_first=True)),
        First(nn.RNN(4, 2, batch_first=True)), nn.Flatten(), nn.Linear(8, 1))
    write("recurrent", recurrent, torch.tensor([[[0.5, -0.2], [0.9, 0.1], [-0.7, 0.3], [0.2, 0.8]]]))
    normed = nn.Sequential(
        weight_norm(nn.Conv2d(2, 4, (2, 3))), nn.Tanh(), weight_norm(nn.ConvTranspose2d(4, 3, 2)), nn.Flatten(),
        weight_norm(nn.Linear(48, 5), dim=None), weight_norm(nn.Linear(5, 2), dim=1))
    write("weight_norm", normed, torch.randint(-9, 9, (1, 2, 4, 5)) / 10)


if __name__ == "__main__":
    main()
