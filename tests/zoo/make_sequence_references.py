#!/usr/bin/python3
# SPDX-License-Identifier: BSL-1.0
"""Writes sequence_references.hpp: what PyTorch computes, in double precision, for the networks of sequence_networks.hpp.

Run it with the Python that has torch: make_sequence_references.py > sequence_references.hpp
"""
import contextlib
import io
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "execution"))
import torch
import torch.nn.functional as F

with contextlib.redirect_stdout(io.StringIO()):
    from make_references import Net, Source, write

relu, tanh, sigmoid = torch.relu, torch.tanh, torch.sigmoid


def tcn(n, x):
    for level in range(3):
        body = x
        for _ in range(2):
            body = relu(n.steps(body, 6, 3, before=2 * 2**level, dilation=2**level))
        x = relu(body + (n.steps(x, 6, 1) if level == 0 else x))
    return n.dense(x, 3)


def small(n, x, filters, kernel=3, padding=1):
    """Weights an eighth, as there are many."""
    weights = n.parameter(0, kernel, kernel, x.shape[-1], filters).permute(3, 2, 0, 1) / 8
    return F.conv2d(x.permute(0, 3, 1, 2), weights, n.parameter(0, filters) / 8, 1, padding).permute(0, 2, 3, 1)


def max_pool(x, *size):
    return F.max_pool2d(x.permute(0, 3, 1, 2), size).permute(0, 2, 3, 1)


def both_ways(n, x, units):
    """PyTorch's layer with Keras' tensors: gates i, f, c, o in both."""
    layer = torch.nn.LSTM(x.shape[-1], units, batch_first=True, bidirectional=True)
    for end in ("", "_reverse"):
        for kind, inputs in (("ih", x.shape[-1]), ("hh", units)):
            getattr(layer, f"weight_{kind}_l0{end}").data = (n.parameter(0, inputs, 4 * units) / 8).T.contiguous()
        getattr(layer, f"bias_ih_l0{end}").data = n.parameter(0, 4 * units).data / 8
        getattr(layer, f"bias_hh_l0{end}").data = torch.zeros(4 * units)
    return layer(x)[0]


def crnn(n, x):
    x = max_pool(relu(small(n, x, 64)), 2, 2)
    x = max_pool(relu(small(n, x, 128)), 2, 2)
    x = relu(small(n, x, 256))
    x = max_pool(relu(small(n, x, 256)), 2, 1)
    x = relu(eighth_norm(n, small(n, x, 512)))
    x = max_pool(relu(eighth_norm(n, small(n, x, 512))), 2, 1)
    x = relu(small(n, x, 512, 2, 0))[:, 0]
    x = both_ways(n, x, 256)
    x = x @ (n.parameter(0, 512, 256) / 8) + n.parameter(0, 256) / 8
    return both_ways(n, x, 256) @ (n.parameter(0, 512, 5) / 8) + n.parameter(0, 5) / 8


def eighth_norm(n, x):
    """All trained numbers are an eighth of those drawn, gamma too."""
    channels = x.shape[-1]
    gamma, beta = n.parameter(1, channels) / 8, n.parameter(0, channels) / 8
    mean, variance = n.moving.tensor(channels) / 2, 1 + n.moving.tensor(channels) / 2
    return F.batch_norm(x.movedim(-1, 1), mean, variance, gamma, beta, False, 0, 1e-5).movedim(1, -1)


def upsampled(n, x, factor):
    weights = n.parameter(0, factor, x.shape[-1], x.shape[-1]).permute(2, 1, 0)
    return relu(F.conv_transpose1d(x.transpose(1, 2), weights, n.parameter(0, x.shape[-1]), factor).transpose(1, 2))


def vocoder(n, mel, samples):
    condition = upsampled(n, upsampled(n, mel, 2), 3)
    x, skip = n.steps(samples, 6, 1), 0
    for layer in range(4):
        dilation = 2**(layer % 2)
        both = n.steps(x, 12, 3, before=2 * dilation, dilation=dilation) + n.dense(condition, 12, bias=False)
        z = tanh(both[..., :6]) * sigmoid(both[..., 6:])
        skip = skip + n.steps(z, 5, 1)
        if layer < 3:
            x = x + n.steps(z, 6, 1)
    return n.steps(relu(n.steps(relu(skip), 5, 1)), 3, 1)


def main():
    print("// SPDX-License-Identifier: BSL-1.0")
    print(f"// Written by make_sequence_references.py with PyTorch {torch.__version__}.")
    print("#pragma once\n\n// clang-format off\nnamespace references {\n")
    print("// Results for two samples.")
    write("tcn", tcn(Net(), Source(3).tensor(2, 20, 2)))
    write("crnn", crnn(Net(), Source(3).tensor(2, 32, 16, 1)))
    write("vocoder", vocoder(Net(), Source(3).tensor(2, 2, 4), Source(4).tensor(2, 12, 1)))
    print("\n}  // namespace references\n// clang-format on")


if __name__ == "__main__":
    main()
