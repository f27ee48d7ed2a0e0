#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Computes the values of receptive_fields.cpp by PyTorch's autograd: of all elements of a result, the most rows and columns
from the first to the last cell with a gradient. Weights are ones, so that nothing cancels. Inputs are large enough for
elements that see no edge, but where a reshape needs the size itself. Needs python3-torch."""
import torch
from torch import nn
from torch.nn import functional as f

torch.set_default_dtype(torch.float64)


def conv(k, stride=1, padding=0, dilation=1, groups=1, inputs=1, filters=1):
    layer = nn.Conv2d(inputs, filters, k, stride, padding, dilation, groups, bias=False)
    nn.init.ones_(layer.weight)
    return layer


def transposed(k, stride=1, padding=0, dilation=1, inputs=1, filters=1):
    layer = nn.ConvTranspose2d(inputs, filters, k, stride, padding, dilation=dilation, bias=False)
    nn.init.ones_(layer.weight)
    return layer


def mean_pool(k, stride=None):
    return lambda x: f.avg_pool2d(x, k, stride or k)


def enlarge(by):
    return lambda x: f.interpolate(x, scale_factor=by, mode="nearest")


def bilinear(by):
    return lambda x: f.interpolate(x, scale_factor=by, mode="bilinear", align_corners=False)


def reshape(rows, columns, channels):
    """In memory order with channels last."""
    return lambda x: x.permute(0, 2, 3, 1).reshape(-1, rows, columns, channels).permute(0, 3, 1, 2)


def chain(*parts):
    def run(x):
        for part in parts:
            x = part(x)
        return x
    return run


def both(*parts):
    return lambda x: torch.cat([part(x) for part in parts], 1)


def field(network, rows, columns, channels=1):
    image = torch.rand(1, channels, rows, columns, requires_grad=True)
    most = [0, 0]
    for element in network(image).flatten():
        grad, = torch.autograd.grad(element, image, retain_graph=True, allow_unused=True)
        if grad is None or not grad.any():
            continue
        seen = grad[0].abs().sum(0) > 0
        for axis in (0, 1):
            where = torch.nonzero(seen.any(1 - axis))
            most[axis] = max(most[axis], int(where.max() - where.min()) + 1)
    return most


def first_rows(x):
    return x[:, :, 1:, :]


CASES = [
    ("max_pool2d<4>, upsampling2d<2>", chain(mean_pool(4), enlarge(2)), (16, 16)),
    ("max_pool2d<4>, upsampling2d<2, bilinear>", chain(mean_pool(4), bilinear(2)), (24, 24)),
    ("max_pool2d<2>, upsampling2d<3, bilinear>", chain(mean_pool(2), bilinear(3)), (12, 12)),
    ("upsampling2d<2>, conv2d<1, 3>", chain(enlarge(2), conv(3)), (8, 8)),
    ("upsampling2d<2>, conv2d<1, 3, dilation<2>>", chain(enlarge(2), conv(3, dilation=2)), (8, 8)),
    ("upsampling2d<4, bilinear>, conv2d<1, 3>", chain(bilinear(4), conv(3)), (8, 8)),
    ("upsampling2d<2>, conv2d<1, 3, stride<2>>", chain(enlarge(2), conv(3, 2)), (8, 8)),
    ("conv2d<1, 2, stride<2>>, conv2d_transpose<1, 4, stride<2>>", chain(conv(2, 2), transposed(4, 2)), (16, 16)),
    ("conv2d_transpose<1, 3, stride<2>>, conv2d<1, 3>", chain(transposed(3, 2), conv(3)), (9, 9)),
    ("conv2d_transpose<1, 2, stride<3>>, conv2d<1, 2>", chain(transposed(2, 3), conv(2)), (8, 8)),
    ("conv2d_transpose<1, 3, dilation<2>>, conv2d<1, 2>", chain(transposed(3, dilation=2), conv(2)), (12, 12)),
    ("two enlarged, one narrowed", chain(conv(3, 2), transposed(4, 2, 1), enlarge(2), conv(5), conv(3, 2)), (24, 24)),
    ("input<6, 6, 2>, reshape<6, 3, 4>, conv2d<2, 3>", chain(reshape(6, 3, 4), conv(3, inputs=4)), (6, 6, 2)),
    ("input<6, 4, 4>, reshape<6, 8, 2>, conv2d<2, 3>", chain(reshape(6, 8, 2), conv(3, inputs=2)), (6, 4, 4)),
    ("input<6, 6, 2>, reshape<36, 2>, conv1d<2, 3>", chain(reshape(1, 36, 2), conv((1, 3), inputs=2)), (6, 6, 2)),
    ("input<6, 5, 2>, reshape<6, 10>, conv1d<1, 2>", chain(reshape(1, 6, 10), conv((1, 2), inputs=10)), (6, 5, 2)),
    ("input<6, 6, 2>, reshape<3, 12, 2>", reshape(3, 12, 2), (6, 6, 2)),
    ("input<8, 8, 2>, conv2d<4, 3>, reshape<3, 12, 4>, conv2d<1, 2>",
     chain(conv(3, inputs=2, filters=4), reshape(3, 12, 4), conv(2, inputs=4)), (8, 8, 2)),
    ("input<6, 6, 2>, reshape<6, 3, 4>, depthwise_conv2d<2>",
     chain(reshape(6, 3, 4), conv(2, inputs=4, filters=4, groups=4)), (6, 6, 2)),
    ("branches<concatenate, conv2d<1, 3>, sequence<conv2d<1, 1>, cropping2d<2, 0, 0, 2>>>, depthwise_conv2d<1>",
     chain(both(conv(3), lambda x: x[:, :, 2:, :-2]), conv(1, inputs=2, filters=2, groups=2)), (8, 8)),
    ("branches<add, conv2d<1, 3>, cropping2d<2, 0, 0, 2>>", lambda x: conv(3)(x) + x[:, :, 2:, :-2], (8, 8)),
    ("slice<1, 1, to_the_end, 2>, conv2d<1, 3>", chain(lambda x: x[:, :, 1::2], conv(3)), (12, 12)),
    ("branches<concatenate_along<1>, identity, reverse<1>>, conv2d<1, 3>",
     chain(lambda x: torch.cat([x, x.flip(2)], 2), conv(3)), (6, 6)),
    ("permute<2, 1, 3>, conv2d<1, extent{3, 1}>", chain(lambda x: x.transpose(2, 3), conv((3, 1))), (8, 8)),
    ("permute<3, 2, 1>, conv2d<1, extent{3, 1}>: rows and channels change places",
     chain(lambda x: x.permute(0, 2, 1, 3), conv((3, 1), inputs=8)), (8, 8, 5)),
    ("branches<concatenate, conv2d<1, 3>, slice<1, 1, 7> and columns>, channel_shuffle<2>, chunk<-1, 0, 2>",
     chain(both(conv(3), lambda x: x[:, :, 1:7, 1:7]), lambda x: x[:, :1]), (8, 8)),
    ("branches<multiply, identity, the mean of rows>", lambda x: x * x.mean(2, keepdim=True), (6, 7)),
    ("branches<subtract, conv2d<1, 3, same>, global_avg_pool2d>", lambda x: conv(3, padding=1)(x) - x.mean((2, 3), keepdim=True), (6, 7)),
]

for name, network, extents in CASES:
    print(f"{name}: {field(network, *extents)}")
