# SPDX-License-Identifier: BSL-1.0
"""The steps of steps.cpp with PyTorch's DistributedDataParallel over gloo: `ddp.py lenet5|resnet18 RANKS STEPS`, one thread a rank."""
import os
import sys
import time

import torch
import torch.distributed
import torch.multiprocessing
from torch import nn


def lenet5():
    return nn.Sequential(nn.Conv2d(1, 6, 5), nn.Tanh(), nn.AvgPool2d(2), nn.Conv2d(6, 16, 5), nn.Tanh(), nn.AvgPool2d(2),
                         nn.Conv2d(16, 120, 5), nn.Tanh(), nn.Flatten(), nn.Linear(120, 84), nn.Tanh(), nn.Linear(84, 10))


class Block(nn.Module):
    """Two convolutions and what goes around them (He et al. 2015)."""

    def __init__(self, channels, filters, stride):
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(channels, filters, 3, stride, 1, bias=False), nn.BatchNorm2d(filters), nn.ReLU(),
                                  nn.Conv2d(filters, filters, 3, 1, 1, bias=False), nn.BatchNorm2d(filters))
        self.around = nn.Identity() if stride == 1 and channels == filters else nn.Sequential(
            nn.Conv2d(channels, filters, 1, stride, bias=False), nn.BatchNorm2d(filters))

    def forward(self, x):
        return torch.relu(self.body(x) + self.around(x))


def resnet18():
    blocks, channels = [], 64
    for filters, stride in (64, 1), (128, 2), (256, 2), (512, 2):
        blocks += [Block(channels, filters, stride), Block(filters, filters, 1)]
        channels = filters
    return nn.Sequential(nn.Conv2d(3, 64, 7, 2, 3, bias=False), nn.BatchNorm2d(64), nn.ReLU(), nn.MaxPool2d(3, 2, 1), *blocks,
                         nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(512, 10))


def work(rank, ranks, name, steps, port):
    torch.set_num_threads(1)
    os.environ.update(MASTER_ADDR="127.0.0.1", MASTER_PORT=str(port))
    torch.distributed.init_process_group("gloo", rank=rank, world_size=ranks)
    batch, shape, make = {"lenet5": (256, (1, 32, 32), lenet5), "resnet18": (32, (3, 64, 64), resnet18)}[name]
    torch.manual_seed(1)
    samples, labels = torch.randn(batch // ranks, *shape), torch.randint(0, 10, (batch // ranks,))
    net = nn.parallel.DistributedDataParallel(make())
    optimizer, loss, least = torch.optim.SGD(net.parameters(), lr=1e-4, momentum=0.9), nn.CrossEntropyLoss(), 1e9
    for step in range(steps + 1):
        torch.distributed.barrier()
        begin = time.perf_counter()
        optimizer.zero_grad()
        loss(net(samples), labels).backward()
        optimizer.step()
        if step > 0:  # the first one makes memory
            least = min(least, time.perf_counter() - begin)
    if rank == 0:
        print(f"{least:.6f}")


if __name__ == "__main__":
    torch.multiprocessing.spawn(work, (int(sys.argv[2]), sys.argv[1], int(sys.argv[3]), 20000 + os.getpid() % 20000), int(sys.argv[2]))
