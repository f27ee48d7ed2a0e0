#!/usr/bin/python3
# SPDX-License-Identifier: BSL-1.0
"""Writes layer_references.hpp: what PyTorch computes, in double precision, for the networks of layer_networks.hpp.

Run it with the Python that has torch (Debian: python3-torch): make_layer_references.py > layer_references.hpp
"""
import contextlib
import io
import pathlib
import sys

import torch
import torch.nn.functional as F

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
with contextlib.redirect_stdout(io.StringIO()):
    from make_references import Net, Source, flatten, relu, sigmoid, tanh, write

ones = (1, 1, 1, 1)


def prelu(n, x, *extents):
    alpha = n.parameter(0, *extents)
    return torch.where(x > 0, x, alpha * x)


def slopes(n, x):
    x = n.conv(x, 6, (3, 3), padding=ones)
    x = n.conv(F.prelu(x.movedim(-1, 1), n.parameter(0, 6)).movedim(1, -1), 5, (2, 2))
    x = n.conv(F.prelu(x, n.parameter(0, 1)), 3, (3, 3), padding=ones)
    x = n.dense(flatten(prelu(n, x, *x.shape[1:])), 19)
    return n.dense(F.prelu(x, n.parameter(0, 19)), 3)


def swiglu(x):
    a, b = x.chunk(2, -1)
    return F.silu(a) * b


def geglu(x):
    a, b = x.chunk(2, -1)
    return F.gelu(a) * b


def gates(n, x):
    x = n.conv(tanh(F.glu(n.conv(x, 10, (3, 3), padding=ones), -1)), 38, (2, 2), padding=ones)
    x = geglu(n.conv(swiglu(x), 4, (3, 3)))
    return n.dense(F.glu(n.dense(flatten(x), 6), -1), 4)


def log_softmaxes(n, x):
    x = n.conv(F.log_softmax(n.conv(x, 5, (3, 3), padding=ones), -1), 3, (2, 2))
    return F.log_softmax(n.dense(flatten(x), 19), -1)


def norm(n, x, scale=True, center=True, epsilon=1e-3):
    channels = x.shape[-1]
    gamma = n.parameter(1, channels) if scale else None
    beta = n.parameter(0, channels) if center else None
    mean, variance = n.moving.tensor(channels) / 2, 1 + n.moving.tensor(channels) / 2
    return F.batch_norm(x.movedim(-1, 1), mean, variance, gamma, beta, False, 0, epsilon).movedim(1, -1)


def affine(n, x):
    x = norm(n, n.conv(norm(n, x, scale=False), 4, (3, 3), bias=False), center=False, epsilon=1e-5)
    x = norm(n, tanh(n.conv(relu(x), 3, (2, 2), padding=ones)), False, False)
    return n.dense(F.leaky_relu(norm(n, n.dense(flatten(x), 6), scale=False), 0.3), 3)


def group_norm(n, x, groups, scale=True, center=True, epsilon=1e-3):
    channels = x.shape[-1]
    gamma = n.parameter(1, channels) if scale else None
    beta = n.parameter(0, channels) if center else None
    return F.group_norm(x.movedim(-1, 1), groups, gamma, beta, epsilon).movedim(1, -1)


def sample_norms(n, x):
    x = relu(group_norm(n, n.conv(x, 6, (3, 3), padding=ones), 3))
    x = tanh(group_norm(n, n.conv(x, 20, (2, 2), padding=ones), 2, center=False, epsilon=1e-5))
    x = n.conv(x, 5, (2, 2))
    weight, bias = n.parameter(1, 5), n.parameter(0, 5)
    x = n.conv(F.instance_norm(x.movedim(-1, 1), weight=weight, bias=bias).movedim(1, -1), 4, (2, 2))
    x = F.instance_norm(x.movedim(-1, 1), eps=1e-2).movedim(1, -1)
    return n.dense(group_norm(n, n.dense(flatten(x), 18), 3, scale=False), 3)


def layer_norm(n, x, axes, scale=True, center=True, epsilon=1e-3):
    """By the formula where PyTorch has none: its axes are the last ones. Axes count without the batch."""
    axes = sorted(a if a >= 0 else a + x.dim() - 1 for a in axes)
    extents = [x.shape[a + 1] for a in axes]
    gamma = n.parameter(1, *extents) if scale else torch.ones(extents)
    beta = n.parameter(0, *extents) if center else torch.zeros(extents)
    if axes[-1] == x.dim() - 2 and len(axes) == axes[-1] - axes[0] + 1:
        return F.layer_norm(x, extents, gamma, beta, epsilon)
    over = [a + 1 for a in axes]
    shape = [x.shape[a] if a in over else 1 for a in range(1, x.dim())]
    variance, mean = torch.var_mean(x, over, unbiased=False, keepdim=True)
    return (x - mean) / torch.sqrt(variance + epsilon) * gamma.reshape(shape) + beta.reshape(shape)


def normalized_axes(n, x):
    x = relu(layer_norm(n, n.conv(x, 6, (3, 3), padding=ones), (0, 1, 2)))
    x = tanh(layer_norm(n, n.conv(x, 19, (2, 2), padding=ones), (-2, -1), center=False))
    x = n.conv(layer_norm(n, n.conv(x, 5, (2, 2)), (0,)), 4, (2, 2))
    x = layer_norm(n, n.conv(layer_norm(n, x, (1, 0)), 3, (1, 1)), (2, 0), scale=False)
    return n.dense(flatten(layer_norm(n, x.reshape(-1, 4, 9), (0,))), 3)


def rms_norm(n, x, epsilon=1e-6, scale=True):
    x = x / torch.sqrt(x.square().mean(-1, keepdim=True) + epsilon)
    return x * n.parameter(0, x.shape[-1]) if scale else x


def root_mean_squares(n, x):
    x = tanh(n.conv(relu(rms_norm(n, n.conv(x, 6, (3, 3), padding=ones))), 19, (2, 2)))
    x = rms_norm(n, n.dense(flatten(rms_norm(n, x, 1e-2)), 6), scale=False)
    return n.dense(F.layer_norm(x, (6,), eps=1e-3), 3)


INPUTS = {slopes: (5, 4, 3), gates: (5, 4, 3), log_softmaxes: (4, 4, 3), affine: (5, 5, 3), sample_norms: (5, 4, 3),
          normalized_axes: (5, 4, 3), root_mean_squares: (5, 4, 3)}

print("// SPDX-License-Identifier: BSL-1.0")
print(f"// Written by make_layer_references.py with PyTorch {torch.__version__}: results for two samples.")
print("#pragma once\n\n// clang-format off\nnamespace references {\n")
for network, inputs in INPUTS.items():
    write(network.__name__, network(Net(), Source(3).tensor(2, *inputs)))
print("\n}  // namespace references\n// clang-format on")
