# SPDX-License-Identifier: BSL-1.0
"""Prints the GFLOP/s of two matrix products with OpenBLAS below PyTorch, one thread."""
import torch
from pytorch_networks import seconds

square, batch, weights = torch.randn(256, 256), torch.randn(64, 784), torch.randn(784, 512)


def median(call):
    return sorted(seconds(call) for _ in range(41))[20]


print(2 * 256**3 / median(lambda: square @ square) / 1e9, 2 * 64 * 784 * 512 / median(lambda: batch @ weights) / 1e9)
