#!/usr/bin/python3
# SPDX-License-Identifier: BSL-1.0
"""Writes view_references.hpp: what PyTorch computes, in double precision, for the networks of view_networks.hpp.

As make_references.py, whose layers and numbers it uses: make_view_references.py > view_references.hpp
"""
import torch
import torch.nn.functional as F

from make_references import Net, Source, write


def squeezed(n, x):
    x = torch.relu(n.same(x, 8, (3, 3)))
    gates = torch.sigmoid(n.dense(torch.relu(n.dense(x.mean((1, 2)), 4)), 8))
    return n.conv(gates[:, None, None] * x, 2, (3, 3))


def broadcasts(n, x):
    x = torch.tanh(n.same(x, 6, (3, 3)))
    x = n.conv(x, 6, (1, 1)) + n.conv(x, 1, (1, 1)) + x.mean((1, 2), keepdim=True) + torch.sigmoid(x.mean(1, keepdim=True))
    x = torch.tanh(torch.sigmoid(n.conv(x, 1, (1, 1))) - x)
    x = x / torch.exp(x.mean(2, keepdim=True))
    x = torch.minimum(x, x.amax((1, 2), keepdim=True) / 2)
    x = x.mean(2, keepdim=True) - x.mean(1, keepdim=True)
    x = torch.maximum(x, x.mean((1, 2), keepdim=True))
    return (n.conv(x, 1, (1, 1)) + x + x.mean((1, 2), keepdim=True)) / 3


def steps_joined(n, x):
    x = torch.tanh(n.steps(x, 5, 3, before=2))
    x = torch.sigmoid(n.steps(x, 1, 1)) * x
    return x - n.dense(x.amax(1), 5)[:, None]


INPUTS = {squeezed: (6, 5, 3), broadcasts: (5, 4, 3), steps_joined: (7, 2)}


def main():
    print("// SPDX-License-Identifier: BSL-1.0")
    print(f"// Written by make_view_references.py with PyTorch {torch.__version__}.")
    print("#pragma once\n\n// clang-format off\nnamespace references {\n")
    print("// Results for two samples.")
    for network, inputs in INPUTS.items():
        write(network.__name__, network(Net(), Source(3).tensor(2, *inputs)))
    print("\n}  // namespace references\n// clang-format on")


if __name__ == "__main__":
    main()
