# SPDX-License-Identifier: BSL-1.0
"""PyTorch's side of the comparison: pytorch.py NETWORK BATCH answers each line "step" with the seconds of one."""
import math
import pathlib
import sys
import time

import torch
import torchvision.models as models

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tests" / "zoo"))
import make_references

NETWORKS = {"vgg_a": models.vgg11, "vgg_d": models.vgg16, "resnet34": models.resnet34, "resnet50": models.resnet50,
            "resnet101": models.resnet101, "bn_inception": lambda: make_references.bn_inception(96),
            "inception_v3": lambda: models.inception_v3(aux_logits=False, init_weights=False)}


def main():
    torch.set_num_threads(1)
    name, batch = sys.argv[1], int(sys.argv[2])
    net = NETWORKS[name]().to(memory_format=torch.channels_last)
    side = 299 if name == "inception_v3" else 224
    images = torch.sin(torch.arange(batch * 3 * side * side).float()).reshape(batch, 3, side, side)
    # The gradient of the images too, as at::gradients has it.
    images = images.to(memory_format=torch.channels_last).requires_grad_()
    labels = torch.arange(batch)
    print("ready", flush=True)
    for _ in sys.stdin:
        for parameter in (*net.parameters(), images):
            parameter.grad = None
        start = time.process_time()
        torch.nn.functional.cross_entropy(net(images), labels).backward()
        print(time.process_time() - start, flush=True)
        assert math.isfinite(float(images.grad.sum()))


main()
