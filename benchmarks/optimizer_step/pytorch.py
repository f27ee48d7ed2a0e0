# SPDX-License-Identifier: BSL-1.0
"""One step of PyTorch's Adam on 10 million parameters: "step" answers with seconds of the faster of its two forms."""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "peers"))
import torch
from pytorch_networks import seconds, serve

COUNT = 10_000_000


def optimizer(foreach):
    parameter = torch.nn.Parameter(torch.full((COUNT,), 0.1))
    parameter.grad = 1e-3 * (torch.arange(COUNT) % 1000).float() - 0.5
    made = torch.optim.Adam([parameter], foreach=foreach)
    made.step()
    return made


forms = [optimizer(False), optimizer(True)]
serve({"step": lambda: min(seconds(form.step) for form in forms)})
