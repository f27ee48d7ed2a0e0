# SPDX-License-Identifier: BSL-1.0
"""A published network forward with PyTorch, batch 1, traced, frozen and optimized: `pytorch.py NAME`."""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "peers"))
import torch
from networks import make
from pytorch_networks import seconds, serve

torch.set_grad_enabled(False)
image = torch.rand(1, 3, 224, 224)
net = torch.jit.optimize_for_inference(torch.jit.freeze(torch.jit.trace(make(sys.argv[1]), image)))
for _ in range(5):
    net(image)

serve({"forward": lambda: seconds(lambda: net(image))})
