# SPDX-License-Identifier: BSL-1.0
"""LeNet-5 forward with PyTorch, traced, frozen and optimized: `pytorch.py FOLDER` with lenet5.pt in the folder."""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "peers"))
import torch
from pytorch_networks import lenet5, seconds, serve

torch.set_grad_enabled(False)
state, image = torch.load(pathlib.Path(sys.argv[1]) / "lenet5.pt")
net = torch.nn.Sequential(*lenet5(), torch.nn.Softmax(1)).eval()
net.load_state_dict(state)
net = torch.jit.optimize_for_inference(torch.jit.freeze(torch.jit.trace(net, image)))
for _ in range(100):
    net(image)


def many():
    for _ in range(100):
        net(image)


serve({"forward": lambda: seconds(many) / 100, "scores": lambda: " ".join(map(str, net(image)[0].tolist()))})
