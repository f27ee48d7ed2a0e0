#!/usr/bin/python3
# SPDX-License-Identifier: BSL-1.0
"""Writes digit_weights.hpp: a small classifier trained on the digits of examples/data, and three of the test digits.

Compiles a training program with g++ and runs it: make_digit_weights.py
"""
import pathlib
import subprocess
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
PROGRAM = r"""
#include <archetype/training.hpp>
#include <fstream>
#include "digit_network.hpp"

namespace at = archetype;

int main(int, char** arguments) {
    const at::mnist digits = at::read_mnist(arguments[1]);
    at::model<digit_network> net{at::seed{1}};
    at::trainer trainer{net, at::cross_entropy{}, at::adam{.rate = 2e-3}};
    trainer.fit(digits.train, {.epochs = 20, .batch = 32, .validation = &digits.test});
    at::write_constant_weights(net, arguments[2], "digit_weights");
    std::ofstream out(arguments[2], std::ios::app);
    out << "\n// The first test digits 0, 1 and 2 of examples/data.\ninline constexpr unsigned char digit_pixels[3][784] = {\n";
    for (int digit = 0; digit < 3; ++digit) {
        std::size_t at = 0;
        while (digits.test.labels(at) != digit) ++at;
        out << "    {";
        for (std::size_t i = 0; i < 784; ++i)
            out << static_cast<int>(digits.test.samples.data()[at * 784 + i] * 255.f + 0.5f) << (i == 783 ? "},\n" : i % 28 == 27 ? ",\n     " : ",");
    }
    out << "};\n";
}
"""

with tempfile.TemporaryDirectory() as folder:
    source, program = pathlib.Path(folder, "train.cpp"), pathlib.Path(folder, "train")
    source.write_text(PROGRAM)
    subprocess.run(["g++", "-std=c++20", "-O3", "-march=native", "-DARCHETYPE_HAS_ZLIB=1", f"-I{ROOT / 'include'}", f"-I{HERE}",
                    source, "-o", program, "-lz"], check=True)
    header = HERE / "digit_weights.hpp"
    subprocess.run([program, ROOT / "examples" / "data", header], check=True)
    header.write_text("// SPDX-License-Identifier: BSL-1.0\n// clang-format off\n" + header.read_text())
