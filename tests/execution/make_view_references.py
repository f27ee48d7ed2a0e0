#!/usr/bin/python3
# SPDX-License-Identifier: BSL-1.0
"""Writes view_references.hpp: what PyTorch computes, in double precision, for the networks of view_networks.hpp.

As make_references.py, whose layers and numbers it uses: make_view_references.py > view_references.hpp
"""
import torch
import torch.nn.functional as F

from make_references import END, write_results


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


def shuffled(n, x):
    x = torch.relu(n.same(x, 12, (3, 3)))
    for _ in range(2):
        stays, goes = x.chunk(2, -1)
        goes = n.depthwise(torch.relu(n.conv(goes, 6, (1, 1))), (3, 3), padding=(1, 1, 1, 1))
        both = torch.cat([stays, torch.relu(n.conv(goes, 6, (1, 1)))], -1)
        x = F.channel_shuffle(both.permute(0, 3, 1, 2), 2).permute(0, 2, 3, 1)
    return n.dense(x.mean((1, 2)), 3)


def rows_apart(n, x):
    x = torch.tanh(n.same(x, 5, (3, 3)))
    upper, lower = x.chunk(2, 1)
    upper, lower = n.same(upper, 5, (3, 3)), n.same(torch.tanh(lower), 5, (3, 3))
    x = torch.cat([torch.cat([upper, lower], 1), x], 2)
    x = n.same(x, 4, (3, 3))
    return torch.cat([n.same(x[:, :, 1:4], 4, (3, 3)), x[:, :, 5:], x.flip(2)[:, :, ::3]], 2)[..., ::3]


def other_orders(n, x):
    x = torch.tanh(n.conv(n.same(x, 5, (3, 3)).permute(0, 3, 1, 2), 2, (2, 2)))
    x = x.flip(2)[:, 1::2].permute(0, 2, 1, 3)
    x = x.permute(0, 3, 1, 2)  # as PyTorch has images
    return n.dense(x.flatten(1), 3)


def steps_apart(n, x):
    x = torch.sigmoid(n.steps(x, 7, 3, before=2))
    a, b, c = x[..., :3], x[..., 3:4], x[..., 4:]
    x = torch.cat([torch.tanh(a) * b, c.flip(2)], -1)
    return n.steps(F.channel_shuffle(x.transpose(1, 2), 3).transpose(1, 2), 4, 2, before=1)


def own_operands(n, x):
    x = torch.tanh(n.same(x, 6, (3, 3)))
    x = torch.tanh(x * n.parameter(0, 6) + n.parameter(0, 5, 4, 1))
    x = torch.maximum(x, n.parameter(0, 5, 1, 6)) - n.parameter(0, 1)
    x = (x + n.parameter(0, 5, 4, 6)) / 2
    x = x.mean((1, 2))[:, None, None] * n.parameter(0, 3, 1, 6)
    return torch.minimum(x, n.parameter(0, 1, 2, 6)) / n.parameter(0, 3, 2, 1)


INPUTS = {squeezed: (6, 5, 3), broadcasts: (5, 4, 3), steps_joined: (7, 2), shuffled: (5, 4, 3), rows_apart: (6, 4, 3),
          other_orders: (4, 5, 3), steps_apart: (9, 2),
          own_operands: (5, 4, 3)}


if __name__ == "__main__":
    write_results("make_view_references.py", INPUTS)
    print(END)
