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


def rms_norm(n, x, epsilon=1e-6, scale=True, axes=(-1,)):
    """Axes count without the batch."""
    over = sorted(a + 1 if a >= 0 else a + x.dim() for a in axes)
    extents = [x.shape[a] for a in over]
    x = x / torch.sqrt(x.square().mean(over, keepdim=True) + epsilon)
    shape = [x.shape[a] if a in over else 1 for a in range(1, x.dim())]
    return x * n.parameter(0, *extents).reshape(shape) if scale else x


def root_mean_squares(n, x):
    x = tanh(n.conv(relu(rms_norm(n, n.conv(x, 6, (3, 3), padding=ones))), 19, (2, 2)))
    x = rms_norm(n, n.dense(flatten(rms_norm(n, x, 1e-2)), 6), scale=False)
    return n.dense(F.layer_norm(x, (6,), eps=1e-3), 3)


def squared_axes(n, x):
    x = relu(rms_norm(n, n.conv(x, 6, (3, 3), padding=ones), axes=(0, 1, 2)))
    x = tanh(rms_norm(n, n.conv(x, 19, (2, 2), padding=ones), axes=(-2, -1)))
    x = n.conv(rms_norm(n, n.conv(x, 5, (2, 2)), 1e-2, axes=(0,)), 4, (2, 2))
    x = rms_norm(n, n.conv(rms_norm(n, x, axes=(1, 0)), 3, (1, 1)), scale=False, axes=(2, 0))
    return n.dense(flatten(rms_norm(n, x.reshape(-1, 4, 9), axes=(0,))), 3)


def pad(x, top, bottom, left, right, mode, value=0.0):
    """Images or sequences, channels last."""
    edges = (left, right, top, bottom) if x.dim() == 4 else (left, right)
    return F.pad(x.movedim(-1, 1), edges, mode, value).movedim(1, -1)


def lower(total):
    return total - total // 2, total // 2


def padded(n, x):
    x = tanh(pad(n.conv(pad(x, 1, 0, 2, 1, "reflect"), 4, (3, 3)), 2, 2, 1, 1, "replicate"))
    x = pad(n.conv(x, 19, (2, 2), padding=(1, 0, 1, 0)), 1, 1, 1, 1, "circular")
    rows, columns = (lower(max(0, (-(-e // 2) - 1) * 2 + 3 - e)) for e in x.shape[1:3])
    x = n.conv(x, 3, (3, 3), stride=(2, 2), padding=(*rows, *columns))
    x = F.pad(pad(x, 1, 0, 0, 2, "constant", 0.75), (1, 2), value=-0.5)
    x = pad(x, 1, 0, 1, 0, "constant", -torch.inf)
    return n.dense(flatten(F.max_pool2d(x.movedim(-1, 1), 2, 1).movedim(1, -1)), 3)


def padded_steps(n, x):
    x = tanh(pad(n.steps(pad(x, 0, 0, 3, 2, "reflect"), 4, 3), 0, 0, 2, 2, "replicate"))
    x = pad(n.steps(x, 3, 2, before=1), 0, 0, 0, 3, "circular")
    x = pad(x, 0, 0, 1, 2, "constant", -0.5)
    before, after = lower(max(0, (-(-x.shape[1] // 3) - 1) * 3 + 3 - x.shape[1]))
    return n.dense(flatten(n.steps(x, 2, 3, 3, before, after)), 2)


def resize(x, size, mode, **options):
    return F.interpolate(x.movedim(-1, 1), size, mode=mode, **options).movedim(1, -1)


def any_size(n, x):
    x = n.conv(resize(x, (7, 3), "bilinear", align_corners=False), 4, (2, 2))
    x = tanh(resize(x, (9, 9), "bilinear", align_corners=True))
    x = n.conv(resize(x, (5, 7), "nearest-exact"), 17, (2, 2))
    x = n.conv(resize(x, (7, 4), "nearest"), 3, (2, 2))
    x = resize(x, None, "bilinear", align_corners=False, scale_factor=(1.6, 2.5), recompute_scale_factor=False)
    x = n.conv(x, 2, (3, 3), stride=(3, 3)).reshape(-1, 6, 2)
    x = n.steps(resize(x, 9, "linear", align_corners=False), 3, 2)
    return n.dense(flatten(resize(x, 5, "nearest-exact")), 3)


def cubic(n, x):
    x = n.conv(resize(x, (7, 3), "bicubic", align_corners=False), 4, (2, 2))
    x = n.conv(tanh(resize(x, (9, 9), "bicubic", align_corners=True)), 2, (3, 3), stride=(2, 2))
    x = resize(x, None, "bicubic", align_corners=False, scale_factor=(1.6, 2.5), recompute_scale_factor=False)
    return n.dense(flatten(n.conv(x, 2, (3, 3), stride=(3, 3))), 3)


def adaptive(n, x):
    pool = lambda function, x, size: function(x.movedim(-1, 1), size).movedim(1, -1)
    x = relu(pool(F.adaptive_avg_pool2d, n.conv(x, 5, (3, 3), padding=ones), (4, 6)))
    x = n.conv(pool(F.adaptive_max_pool2d, tanh(n.conv(x, 18, (2, 2))), (2, 4)), 4, (1, 1))
    x = pool(F.adaptive_avg_pool2d, x, 3).reshape(-1, 12, 3)
    x = n.steps(pool(F.adaptive_max_pool1d, x, 5), 4, 2)
    return n.dense(flatten(pool(F.adaptive_avg_pool1d, x, 3)), 3)


def reduced(n, x):
    x = n.conv(x, 6, (3, 3), padding=ones)
    parts = [n.dense(flatten(tanh(x.mean(1))), 3), n.dense(flatten(x.amax(1)), 3)]
    parts.append(n.dense(flatten(n.steps(sigmoid(x.mean(2)), 2, 3, before=1, after=1)), 3))
    parts.append(n.dense(n.steps(x.amax(2), 18, 3, before=1, after=1).mean(1), 3))
    parts.append(n.dense(n.steps(x.mean(3), 2, 3, before=1, after=1).amax(2), 3))
    parts.append(n.dense(n.steps(tanh(x.amax(3)), 2, 3, before=1, after=1).amax(1), 3))
    parts.append(n.dense(flatten(x), 5).mean(1, keepdim=True))
    return n.dense(torch.cat(parts, -1), 3)


def depth_to_space(x, f):
    n, h, w, c = x.shape
    return x.reshape(n, h, w, f, f, c // f // f).permute(0, 1, 3, 2, 4, 5).reshape(n, h * f, w * f, c // f // f)


def space_to_depth(x, f):
    n, h, w, c = x.shape
    return x.reshape(n, h // f, f, w // f, f, c).permute(0, 1, 3, 2, 4, 5).reshape(n, h // f, w // f, c * f * f)


def moved_pixels(n, x):
    x = tanh(F.pixel_shuffle(n.conv(x, 12, (3, 3), padding=ones).movedim(-1, 1), 2).movedim(1, -1))
    x = n.conv(space_to_depth(n.conv(x, 19, (3, 3), padding=ones), 2), 18, (2, 2))
    x = n.conv(relu(depth_to_space(x, 3)), 2, (2, 2), padding=(2, 0, 1, 0))
    return n.dense(flatten(F.pixel_unshuffle(x.movedim(-1, 1), 2).movedim(1, -1)), 3)


def spread(n, x, filters, kernel, stride=1, crop=None, more=0, dilation=1, groups=1, bias=True):
    """Images or sequences. crop(axis, whole extent): how much of the whole result is cut off before and behind."""
    weights = n.parameter(0, *kernel, filters // groups, x.shape[-1]).movedim((-1, -2), (0, 1))
    biases = n.parameter(0, filters) if bias else None
    function = F.conv_transpose2d if len(kernel) == 2 else F.conv_transpose1d
    whole = function(x.movedim(-1, 1), weights, biases, stride, 0, more, groups, dilation)
    for axis in range(len(kernel)):
        before, after = crop(axis, whole.shape[axis + 2]) if crop else (0, 0)
        whole = whole.narrow(axis + 2, before, whole.shape[axis + 2] - before - after)
    return whole.movedim(1, -1)


def halves(total):
    return total // 2, total - total // 2


def transposed_groups(n, x):
    x = spread(n, x, 6, (3, 3), (2, 2), lambda axis, whole: (1, 1), (1, 1), groups=2, bias=False)
    x = relu(norm(n, x))
    rows, columns = x.shape[1], x.shape[2]
    x = tanh(spread(n, x, 6, (2, 3), (1, 2), lambda axis, whole: halves(whole - (rows, 2 * columns)[axis]), groups=6))
    x = n.conv(x, 8, (3, 3), stride=(2, 2))
    x = sigmoid(spread(n, x, 24, (3, 3), crop=lambda axis, whole: lower(4), dilation=(2, 2), groups=8))
    x = spread(n, x, 36, (3, 3), (2, 2), lambda axis, whole: halves(2 - 1), groups=12)  # Keras' output_padding
    return n.conv(x, 2, (3, 3), stride=(2, 2))


def transposed_steps(n, x):
    x = relu(spread(n, x, 6, (4,), (2,), lambda axis, whole: (1, 0)))
    steps = x.shape[1]
    x = tanh(spread(n, x, 6, (3,), (2,), lambda axis, whole: halves(whole - 2 * steps), groups=3))
    x = spread(n, n.steps(x, 18, 3, 2), 18, (3,), dilation=(2,), groups=18, bias=False)
    x = sigmoid(norm(n, x))
    return n.dense(flatten(spread(n, x, 3, (5,), (3,), lambda axis, whole: (2, 2), (2,))), 2)


INPUTS = {slopes: (5, 4, 3), gates: (5, 4, 3), log_softmaxes: (4, 4, 3), affine: (5, 5, 3), sample_norms: (5, 4, 3),
          normalized_axes: (5, 4, 3), root_mean_squares: (5, 4, 3), squared_axes: (5, 4, 3),
          padded: (4, 5, 3), padded_steps: (7, 2), any_size: (4, 5, 3), cubic: (4, 5, 3), adaptive: (9, 7, 3), reduced: (6, 5, 4),
          moved_pixels: (4, 3, 2), transposed_groups: (3, 4, 4), transposed_steps: (5, 4)}

print("// SPDX-License-Identifier: BSL-1.0")
print(f"// Written by make_layer_references.py with PyTorch {torch.__version__}: results for two samples.")
print("#pragma once\n\n// clang-format off\nnamespace references {\n")
for network, inputs in INPUTS.items():
    write(network.__name__, network(Net(), Source(3).tensor(2, *inputs)))
print("\n}  // namespace references\n// clang-format on")
