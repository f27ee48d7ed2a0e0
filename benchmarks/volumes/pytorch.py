# SPDX-License-Identifier: BSL-1.0
"""torchvision's residual network of videos, 8 frames of 56 x 56, batch 1: "forward", traced, frozen and optimized, and "gradient"."""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "peers"))
import torch
import torchvision
from pytorch_networks import seconds, serve

video, label = torch.rand(1, 3, 8, 56, 56), torch.tensor([7])
learner = torchvision.models.video.r3d_18().train()
with torch.no_grad():
    frozen = torch.jit.optimize_for_inference(torch.jit.freeze(torch.jit.trace(torchvision.models.video.r3d_18().eval(), video)))
    for _ in range(3):
        frozen(video)


def forward():
    with torch.no_grad():
        frozen(video)


def gradient():
    learner.zero_grad(set_to_none=True)
    torch.nn.functional.cross_entropy(learner(video), label).backward()


serve({"forward": lambda: seconds(forward), "gradient": lambda: seconds(gradient)})
