#!/usr/bin/python3
# SPDX-License-Identifier: BSL-1.0
"""Writes volume_references.hpp: what PyTorch computes, in double precision, for the networks of volume_networks.hpp.

As make_references.py, whose layers and numbers it uses: make_volume_references.py > volume_references.hpp
"""
import torch
import torch.nn.functional as F

from make_references import END, write_results


def conv3d(n, x, filters, kernel, stride=1, padding=(0,) * 6, dilation=1, groups=1, bias=True):
    """padding: front, back, top, bottom, left, right."""
    weights = n.parameter(0, *kernel, x.shape[-1] // groups, filters).permute(4, 3, 0, 1, 2)
    biases = n.parameter(0, filters) if bias else None
    front, back, top, bottom, left, right = padding
    volume = F.pad(x.permute(0, 4, 1, 2, 3), (left, right, top, bottom, front, back))
    return F.conv3d(volume, weights, biases, stride, 0, dilation, groups).permute(0, 2, 3, 4, 1)


def pool(function, x, *arguments, **options):
    return function(x.permute(0, 4, 1, 2, 3), *arguments, **options).permute(0, 2, 3, 4, 1)


def volumes(n, x):
    x = torch.relu(n.norm(conv3d(n, x, 4, (3, 2, 3), (1, 2, 1), (1, 1, 0, 0, 1, 1))))
    x = torch.tanh(pool(F.max_pool3d, x, 2, 1))
    x = x + torch.tanh(conv3d(n, x, 4, (3, 3, 3), padding=(1,) * 6, groups=2, bias=False))
    x = torch.cat([conv3d(n, x, 3, (1, 1, 1)),
                   conv3d(n, x, 4, (3, 3, 3), padding=(2, 2, 1, 1, 3, 1), dilation=(2, 1, 2), groups=4)], -1)
    x = x * torch.sigmoid(n.dense(x.mean((1, 2, 3)), 7))[:, None, None, None]
    return conv3d(n, pool(F.avg_pool3d, x, (2, 1, 3), (2, 1, 2), (1, 0, 1)), 2, (1, 1, 1))


def more_volumes(n, x):
    x = torch.tanh(conv3d(n, x, 5, (1, 1, 3)))
    x = torch.cat([conv3d(n, x, 4, (2, 2, 2), 2, (0, 0, 1, 1, 1, 1)),
                   conv3d(n, x, 4, (4, 3, 2), (1, 2, 2), (0, 0, 1, 1, 1, 1))], 1)
    x = pool(F.max_pool3d, x, 2, (1, 2, 1), ceil_mode=True)
    return n.dense(torch.cat([x.flatten(1), x.amax((1, 2, 3))], -1), 3)


def parts_of_volumes(n, x):
    parts = x[..., 1:4] + x.chunk(2, -1)[1] + x[..., ::2] + x.flip(-1)[..., :3]
    x = conv3d(n, parts + torch.tanh(conv3d(n, x, 3, (2, 2, 2), padding=(0, 1, 0, 1, 0, 1))), 4, (1, 2, 2))
    return n.dense((x[..., :2] * x[..., 2:]).flatten(1), 2)


INPUTS = {volumes: (5, 6, 7, 2), more_volumes: (4, 5, 6, 3), parts_of_volumes: (2, 3, 4, 6)}


if __name__ == "__main__":
    write_results("make_volume_references.py", INPUTS)
    print(END)
