# SPDX-License-Identifier: BSL-1.0
"""Writes activation_values.hpp: values and derivatives of PyTorch's activations in double.
Run: /usr/bin/python3 tests/execution/make_activations.py > tests/execution/activation_values.hpp (Debian: python3-torch)"""
import math

import torch
import torch.nn.functional as F

X = [-120.0, -40.0, -9.5, -4.0, -2.75, -1.25, -0.75, -0.3, -0.01, 0.02, 0.4, 0.6, 1.5, 2.2, 3.5, 7.25, 30.0, 90.0]
# PyTorch 1.13 takes 1/6 in single precision for the gradient of hardsigmoid in double, and its gelu loses all digits below
# -8.3, in the form of a tangent below -6: these three by their formulas.
FUNCTIONS = {
    "relu6": F.relu6, "hard_sigmoid": lambda x: torch.clamp(x / 6 + 0.5, 0.0, 1.0), "hard_swish": F.hardswish,
    "silu": F.silu, "gelu": lambda x: 0.5 * x * torch.erfc(-x / 2**0.5),
    "gelu_tanh": lambda x: x * torch.sigmoid(2 * (2 / math.pi)**0.5 * (x + 0.044715 * x**3)), "softplus": lambda x: F.softplus(x, threshold=1e9),
    "softsign": F.softsign, "mish": F.mish, "selu": F.selu, "celu": lambda x: F.celu(x, 0.75),
    "exponential": torch.exp, "log_sigmoid": F.logsigmoid, "hard_tanh": lambda x: F.hardtanh(x, -2.0, 3.0),
    "hard_shrink": lambda x: F.hardshrink(x, 0.5), "soft_shrink": lambda x: F.softshrink(x, 0.5),
    "tanh_shrink": F.tanhshrink, "threshold": lambda x: F.threshold(x, 0.5, -7.0),
    "thresholded_relu": lambda x: F.threshold(x, 1.0, 0.0), "sin": torch.sin,
    "snake": lambda x: x + torch.sin(1.25 * x)**2 / 1.25,
    "onnx_hard_sigmoid": lambda x: torch.clamp(0.2 * x + 0.5, 0.0, 1.0),
}


def row(numbers):
    return ", ".join(f"{n:.17g}" for n in numbers)


print("// SPDX-License-Identifier: BSL-1.0")
print(f"// Written by make_activations.py with PyTorch {torch.__version__.split('+')[0]}: values, then derivatives.")
print("// clang-format off\n#pragma once\n#include <array>\n\nnamespace activation_values {\n")
print(f"inline constexpr std::array<double, {len(X)}> x{{{row(X)}}};")
for name, function in FUNCTIONS.items():
    x = torch.tensor(X, dtype=torch.float64, requires_grad=True)
    y = function(x)
    (slope,) = torch.autograd.grad(y.sum(), x)
    print(f"inline constexpr double {name}[2][{len(X)}] = {{{{{row(y.tolist())}}}, {{{row(slope.tolist())}}}}};")
print("\n}  // namespace activation_values")
