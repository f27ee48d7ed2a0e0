# SPDX-License-Identifier: BSL-1.0
"""The same with PyTorch: pytorch.py lenet5|resnet18|resnet50 BATCH (Debian: python3-torch, python3-torchvision)."""
import gc
import pathlib
import sys

import torch
import torchvision


def memory(what):
    for line in pathlib.Path("/proc/self/status").read_text().splitlines():
        if line.startswith(what + ":"):
            return 1024 * int(line.split()[1])


def lenet5():
    nn = torch.nn
    return nn.Sequential(nn.Conv2d(1, 6, 5), nn.Tanh(), nn.AvgPool2d(2), nn.Conv2d(6, 16, 5), nn.Tanh(), nn.AvgPool2d(2), nn.Flatten(),
                         nn.Linear(400, 120), nn.Tanh(), nn.Linear(120, 84), nn.Tanh(), nn.Linear(84, 10))


def main():
    name, batch = sys.argv[1], int(sys.argv[2])
    torch.set_num_threads(1)
    shape = (1, 32, 32) if name == "lenet5" else (3, 224, 224)
    x, y = torch.full((4 * batch, *shape), 0.5), torch.zeros(4 * batch, dtype=torch.long)
    # What PyTorch loads for its first step is not the network's.
    warm = torch.nn.Sequential(torch.nn.Conv2d(1, 1, 3), torch.nn.Flatten(), torch.nn.Linear(4, 2))
    optimizer = torch.optim.Adam(warm.parameters())
    torch.nn.functional.cross_entropy(warm(torch.zeros(1, 1, 4, 4)), torch.zeros(1, dtype=torch.long)).backward()
    optimizer.step()
    del warm, optimizer
    gc.collect()
    pathlib.Path("/proc/self/clear_refs").write_text("5")
    before = memory("VmRSS")
    model = lenet5() if name == "lenet5" else getattr(torchvision.models, name)()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-5)
    for first in range(0, 4 * batch, batch):
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(model(x[first:first + batch]), y[first:first + batch]).backward()
        optimizer.step()
    print(f"batch {batch}: PyTorch {torch.__version__}, measured {(memory('VmHWM') - before) / 1e6:.2f} MB")


main()
