# SPDX-License-Identifier: BSL-1.0
"""The networks that are compared, for PyTorch, and the loop that answers a script's commands."""
import sys
import time

import torch
from torch import nn

torch.set_num_threads(1)
torch.manual_seed(0)


def lenet5():
    return nn.Sequential(nn.Conv2d(1, 6, 5), nn.Tanh(), nn.AvgPool2d(2), nn.Conv2d(6, 16, 5), nn.Tanh(), nn.AvgPool2d(2),
                         nn.Flatten(), nn.Linear(400, 120), nn.Tanh(), nn.Linear(120, 84), nn.Tanh(), nn.Linear(84, 10))


def mlp():
    return nn.Sequential(nn.Flatten(), nn.Linear(784, 512), nn.ReLU(), nn.Linear(512, 10))


def keras_order(net):
    """All weights as channels-last libraries store them, one after the other: kernels as [row][column][in][out],
    matrices as [in][out]; the rows of the matrix after the flattening go from (channel, row, column) to (row, column,
    channel)."""
    parts = []
    for layer in net:
        if isinstance(layer, nn.Conv2d):
            parts += [layer.weight.permute(2, 3, 1, 0), layer.bias]
        elif isinstance(layer, nn.Linear):
            weight = layer.weight.t()
            if layer.in_features == 400:
                weight = weight.reshape(16, 5, 5, -1).permute(1, 2, 0, 3).reshape(400, -1)
            parts += [weight, layer.bias]
    return torch.cat([part.detach().reshape(-1) for part in parts])


def seconds(call):
    """Processor time of a call, all threads together."""
    start = time.process_time()
    call()
    return time.process_time() - start


def serve(commands):
    """Each line of standard input is a command; each is answered with one line."""
    print("ready", flush=True)
    for line in sys.stdin:
        print(commands[line.strip()](), flush=True)
