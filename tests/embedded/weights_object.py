# SPDX-License-Identifier: BSL-1.0
"""Weights as raw bytes in an object file: results are the model's, and what does not belong together does not link."""
import pathlib
import shutil
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent.parent / "tools"))
import harness

NETWORK = """
#pragma once
#include <archetype/architecture.hpp>
namespace at = archetype;
using net = at::network<at::input<8, 8, 1>, at::conv2d<5, 3, at::same>, at::batch_norm<>, at::relu, at::max_pool2d<2>,
                        at::flatten, at::dense<EXTENT>, at::softmax>;
constexpr float sample(int i) { return static_cast<float>(i * 29 % 64) / 32 - 1; }
"""
WRITER = """
#include <archetype/interchange/model_file.hpp>
#include <cstdio>
#include "network.hpp"
int main(int, char** arguments) {
    at::model<net> model{at::seed{1}};
    at::write_constant_weights_object(model, arguments[1], "net_weights");
    xt::xtensor<float, 3> one = xt::xtensor<float, 3>::from_shape({8, 8, 1});
    for (int i = 0; i < 64; ++i) one.data()[i] = sample(i);
    for (float score : model(one)) std::printf("%.9g\\n", static_cast<double>(score));
}
"""
READER = """
#include <archetype/inference.hpp>
#include <cstdio>
#include "network.hpp"
#include "net_weights.hpp"
static at::embedded<net, net_weights> run;
int main() {
    float one[64];
    for (int i = 0; i < 64; ++i) one[i] = sample(i);
    for (float score : run(std::span<const float, 64>(one))) std::printf("%.9g\\n", static_cast<double>(score));
}
"""
CROSS = [("arm-none-eabi-gcc", ["-mcpu=cortex-m4"]), ("aarch64-linux-gnu-gcc", []), ("riscv64-linux-gnu-gcc", [])]


def main():
    arguments = harness.one_in_turn(__doc__)
    results = []

    def verdict(what, problem):
        results.append(bool(problem))
        print(f"{'FAILED' if problem else 'passed'} {what}" + (f"\n{problem}" if problem else ""))

    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for file, text in {"network.hpp": NETWORK, "writer.cpp": WRITER, "reader.cpp": READER}.items():
            (folder / file).write_text(text)

        def build(program, *inputs, extent=3, compiler=arguments.compilers[0]):
            return harness.run([compiler, "-std=c++20", "-O1", f"-DEXTENT={extent}", f"-I{harness.INCLUDE}", f"-Wa,-I{folder}",
                                *map(str, inputs), "-o", str(folder / program)])

        wanted = {}
        for extent in (3, 4):
            (folder / str(extent)).mkdir()
            code, output = build(f"writer{extent}", folder / "writer.cpp", extent=extent)
            if code == 0:
                code, output = harness.run([str(folder / f"writer{extent}"), str(folder / str(extent))])
            verdict(f"weights of {extent} classes are written", code and output)
            wanted[extent] = output.split()
        for file in (folder / "3").iterdir():
            shutil.copy(file, folder)
        for compiler in arguments.compilers:
            kind = harness.kind(compiler)
            code, output = build("reader", folder / "reader.cpp", folder / "net_weights.S", compiler=compiler)
            if code == 0:
                code, output = harness.run([str(folder / "reader")])
            same = code == 0 and len(output.split()) == 3 and all(
                abs(float(a) - float(b)) <= 1e-6 for a, b in zip(output.split(), wanted[3]))
            verdict(f"{kind}: results are the model's", not same and f"{output} instead of {wanted[3]}")
            code, output = build("reader", folder / "reader.cpp", folder / "net_weights.S", extent=4, compiler=compiler)
            verdict(f"{kind}: the header is not for another network",
                    (code == 0 or "written for another architecture" not in output) and output)
        for compiler, flags in CROSS:
            if shutil.which(compiler):
                code, output = harness.run([compiler, *flags, f"-Wa,-I{folder}", "-c", str(folder / "net_weights.S"), "-o",
                                            str(folder / "cross.o")])
                verdict(f"{compiler} assembles", code and output)
        shutil.copy(folder / "4" / "net_weights.S", folder / "other.S")
        (folder / "other.S").write_text((folder / "other.S").read_text().replace("net_weights.bin", "4/net_weights.bin"))
        code, output = build("reader", folder / "reader.cpp", folder / "other.S")
        verdict("an object of another network does not link", (code == 0 or "undefined reference to `net_weights_of_" not in output)
                and output)
        whole = (folder / "net_weights.bin").read_bytes()
        for what, content in {"short": whole[:-4], "long": whole + bytes(4)}.items():
            (folder / "net_weights.bin").write_bytes(content)
            code, output = build("reader", folder / "reader.cpp", folder / "net_weights.S")
            verdict(f"bytes that are too {what} do not assemble",
                    (code == 0 or f"net_weights.bin: expected {len(whole)} bytes" not in output) and output)
    harness.finish(sum(results), len(results), "checks")


if __name__ == "__main__":
    main()
