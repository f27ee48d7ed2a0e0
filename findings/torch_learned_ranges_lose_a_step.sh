#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
# PyTorch 1.13 (Debian python3-torch 1.13.1+dfsg-4) on CPU: training with learned ranges (learned step size quantization, as its
# observers for quantization-aware training use it). With a negative zero point, which a range mostly above zero has, the gradient
# of the scale of whatever is cut off is one step wrong in the form with one scale for a tensor: -101 and 154 instead of -100 and
# 155 for a zero point of -28. Its values are right, and the form with a scale for each channel has both right.
# Guessed: value and gradient round the zero point alike, and a tensor of one channel has one answer. Seen:
#   zero point  28: one scale -156 99   a scale for each channel -156 99   exact -156 99
#   zero point -28: one scale -101 154  a scale for each channel -100 155  exact -100 155
# Meets: whoever compares learned ranges with it, or finds that ranges of rectified values are learned with a bias.
# Fails if this changes.
set -euo pipefail
version=1.13.1+dfsg-4
dpkg-query -W -f '${Version}' python3-torch 2>/dev/null | grep -qx "$version" ||
    apt-get install -y -qq --no-install-recommends "python3-torch=$version" >/dev/null
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat >ranges.py <<'PY'
import torch

ends = [-100.0, 100.0]  # both are cut off
found = []
for zero_point in (28.0, -28.0):
    x = torch.tensor([ends], requires_grad=True)
    scale = torch.tensor([0.1], requires_grad=True)
    zero = torch.tensor([zero_point], requires_grad=True)
    of_tensor = torch._fake_quantize_learnable_per_tensor_affine(x, scale, zero, -128, 127, 1.0)
    of_channels = torch._fake_quantize_learnable_per_channel_affine(x, scale, zero, 0, -128, 127, 1.0)
    assert torch.equal(of_tensor, of_channels), "values are the same"
    slopes = [[round(torch.autograd.grad(y[0, i], scale, retain_graph=True)[0].item()) for i in range(2)]
              for y in (of_tensor, of_channels)]
    # d(scale * (limit - zero point)) / d scale
    exact = [round(-128 - zero_point), round(127 - zero_point)]
    print(f"zero point {zero_point:3.0f}: one scale", *slopes[0], " a scale for each channel", *slopes[1], " exact", *exact)
    found.append((slopes[0] == exact, slopes[1] == exact))
raise SystemExit(0 if found == [(True, True), (False, True)] else 1)
PY
/usr/bin/python3 ranges.py
