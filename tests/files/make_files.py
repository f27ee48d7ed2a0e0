# SPDX-License-Identifier: BSL-1.0
"""Writes what tests/files reads: networks that torch.onnx.export wrote, a TFLite file, and in results.hpp what PyTorch and the
definitions of TFLite's operators make of one input each. Made with PyTorch 1.13 and ONNX 1.12 (Debian's python3-torch,
python3-onnx)."""
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import torch
from torch import nn

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "program"))
from tflite_files import model, operator, tensor  # noqa: E402


class Residual(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(4, 4, 3, padding=1)
        self.norm = nn.BatchNorm2d(4, eps=1e-3)

    def forward(self, x):
        return torch.relu(self.norm(self.conv(x)) + x)


class Recurrent(nn.Module):
    def __init__(self):
        super().__init__()
        self.gru = nn.GRU(3, 4, batch_first=True)
        self.lstm = nn.LSTM(4, 5, batch_first=True)
        self.dense = nn.Linear(5, 2)

    def forward(self, x):
        x, _ = self.gru(x)
        x, _ = self.lstm(x)
        return torch.softmax(self.dense(x[:, -1]), -1)


class Gain(nn.Module):
    """A block of 32 samples made louder or softer by what a GRU remembers."""

    def __init__(self):
        super().__init__()
        self.gru = nn.GRU(32, 8, batch_first=True)
        self.dense = nn.Linear(8, 32)

    def forward(self, x, h):
        y, h = self.gru(x, h)
        return x * torch.sigmoid(self.dense(y)), h


def stream():
    torch.manual_seed(9)
    torch.onnx.export(Gain().eval(), (torch.zeros(1, 1, 32), torch.zeros(1, 1, 8)), HERE / "gain.onnx", opset_version=13,
                      input_names=["x", "h"], output_names=["y", "h_out"])


def numbers(values):
    return "{" + ", ".join(repr(float(np.float32(v))) for v in np.asarray(values).ravel()) + "}"


def exported(name, net, shape, lines, channels_first):
    torch.manual_seed(len(name))
    for one in net.modules():
        if isinstance(one, nn.BatchNorm2d):
            one.running_mean.uniform_(-0.5, 0.5)
            one.running_var.uniform_(0.5, 2)
            nn.init.uniform_(one.weight, 0.5, 2)
            nn.init.uniform_(one.bias, -0.5, 0.5)
    net.eval()
    x = torch.rand(1, *shape) - 0.5
    y = net(x).detach().numpy()
    # Not EVAL: that makes convolutions with a bias of those with a normalization behind them.
    torch.onnx.export(net, x, HERE / f"{name}.onnx", training=torch.onnx.TrainingMode.PRESERVE, opset_version=13,
                      input_names=["x"], output_names=["y"], dynamic_axes={"x": {0: "batch"}, "y": {0: "batch"}})
    x = x[0].numpy()
    lines += [f"inline const std::vector<float> {name}_input = {numbers(np.moveaxis(x, 0, -1) if channels_first else x)};",
              f"inline const std::vector<float> {name}_output = {numbers(y)};"]


def tflite(lines):
    """A convolution with weights of 16 bits, its function fused, pooling, and a dense layer."""
    random = np.random.default_rng(3)  # the type 1 is float16
    w = random.normal(size=(3, 3, 3, 2)).astype(np.float16)
    b, v, c = (random.normal(size=s).astype(np.float32) for s in [(3,), (4, 18), (4,)])
    tensors = [tensor("x", "float32", [1, 6, 4, 2]), tensor("w16", 1, [3, 3, 3, 2], 1), tensor("w", "float32", [3, 3, 3, 2]),
               tensor("b", "float32", [3], 2), tensor("conv", "float32", [1, 6, 4, 3]), tensor("pool", "float32", [1, 3, 2, 3]),
               tensor("v", "float32", [4, 18], 3), tensor("c", "float32", [4], 4), tensor("y", "float32", [1, 4])]
    nodes = [operator(0, [1], [2]), operator(1, [0, 2, 3], [4], 1, {0: ("b", 0), 1: ("i", 1), 2: ("i", 1), 3: ("b", 1)}),
             operator(2, [4], [5], 5, {0: ("b", 1), 1: ("i", 2), 2: ("i", 2), 3: ("i", 2), 4: ("i", 2)}),
             operator(3, [5, 6, 7], [8], 8, {0: ("b", 0)})]
    content = model(["DEQUANTIZE", "CONV_2D", "MAX_POOL_2D", "FULLY_CONNECTED"], [(tensors, [0], [8], nodes)],
                    [w.tobytes(), b.tobytes(), v.tobytes(), c.tobytes()])
    (HERE / "small.tflite").write_bytes(content)
    x = (random.random((6, 4, 2)) - 0.5).astype(np.float32)
    padded = np.pad(x.astype(np.float64), ((1, 1), (1, 1), (0, 0)))
    conv = np.array([[[np.sum(padded[r:r + 3, k:k + 3] * w[f].astype(np.float64)) + b[f] for f in range(3)] for k in range(4)] for r in range(6)])
    pool = np.maximum(conv, 0).reshape(3, 2, 2, 2, 3).max((1, 3))
    lines += [f"inline const std::vector<float> small_input = {numbers(x)};",
              f"inline const std::vector<float> small_output = {numbers(v.astype(np.float64) @ pool.ravel() + c)};"]


def integers(program):
    """The network of import_int8.py with convolutions, fused functions, changes of scale, a concatenation; results of the program `archetype`."""
    from import_int8 import image

    net = image()
    path = HERE / "integers.tflite"
    path.write_bytes(net.content())
    x = np.random.default_rng(5).integers(-128, 128, (1, 8, 8, 3)).astype(np.int8)
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        np.save(folder / "x.npy", x)
        subprocess.run([program, "run", path, "--input", folder / "x.npy", "-o", folder / "y.npy"], check=True)
        y = np.load(folder / "y.npy")
    listed = [", ".join(str(int(v)) for v in array.ravel()) for array in (x, y)]
    (HERE / "integer_results.hpp").write_text("\n".join([
        "// SPDX-License-Identifier: BSL-1.0", "// Made by make_files.py: a sample of integers.tflite, and its results.", "#pragma once", "#include <cstdint>", "#include <vector>",
        "namespace results {", f"inline const std::vector<std::int8_t> integers_input = {{{listed[0]}}};",
        f"inline const std::vector<std::int8_t> integers_output = {{{listed[1]}}};", "}  // namespace results", ""]))


def main():
    if len(sys.argv) > 1:  # the program `archetype`
        return integers(sys.argv[1])
    lines = ["// SPDX-License-Identifier: BSL-1.0", "// Made by make_files.py: inputs in the order of the library.", "#pragma once", "#include <vector>",
             "namespace results {"]
    torch.manual_seed(1)
    image = nn.Sequential(nn.Conv2d(2, 4, 3, stride=2, padding=1), nn.ReLU(), Residual(), nn.MaxPool2d(2), nn.LeakyReLU(0.2),
                          nn.ConvTranspose2d(4, 3, 2, stride=2, bias=False), nn.Flatten(), nn.Dropout(0.5), nn.Linear(48, 5), nn.Tanh())
    exported("image", image, (2, 8, 8), lines, True)
    exported("recurrent", Recurrent(), (6, 3), lines, False)
    tflite(lines)
    stream()
    (HERE / "results.hpp").write_text("\n".join(lines + ["}  // namespace results", ""]))


if __name__ == "__main__":
    main()
