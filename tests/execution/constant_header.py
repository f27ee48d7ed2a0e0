# SPDX-License-Identifier: BSL-1.0
"""A model becomes a header of constants, and a program with that header alone gives the model's results.

Also: the header of one network does not compile with another, and the error says why.
"""
import pathlib
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent.parent / "tools"))
import harness

NETWORK = """
#pragma once
#include <archetype/architecture.hpp>
namespace at = archetype;
using net = at::network<at::input<8, 8, 1>, at::batch_norm<>, at::conv2d<5, 3, at::padding<1>, at::no_bias>, at::batch_norm<>, at::relu,
                        at::max_pool2d<2>, at::conv2d<4, 3>, at::batch_norm<at::epsilon<1e-5>>, at::tanh, at::flatten, at::dense<6>,
                        at::batch_norm<>, at::dense<3>, at::softmax>;
constexpr float sample(int i) { return static_cast<float>(i * 29 % 64) / 32 - 1; }
"""
# Trains, so that all statistics differ from where they started; prints the model's result for one sample.
WRITER = """
#include <archetype/execution/host/named_parameters.hpp>
#include <archetype/interchange/model_file.hpp>
#include <archetype/training/trainer.hpp>
#include <cstdio>
#include "network.hpp"
int main(int, char** arguments) {
    at::model<net> model{at::seed{1}};
    xt::xtensor<float, 4> x = xt::xtensor<float, 4>::from_shape({16, 8, 8, 1});
    for (int i = 0; i < 1024; ++i) x.data()[i] = sample(i * 7);
    xt::xtensor<int, 1> y = xt::xtensor<int, 1>::from_shape({16});
    for (int i = 0; i < 16; ++i) y(static_cast<std::size_t>(i)) = i % 3;
    at::trainer trainer{model, at::cross_entropy{}, at::sgd{.rate = 0.1}};
    trainer.fit(x, y, {.epochs = 20, .batch = 8, .progress = at::progress_style::silent});
    at::write_constant_weights(model, arguments[1], "net_weights");
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
#ifdef OTHER
using used = at::network<at::input<8, 8, 1>, at::flatten, at::dense<3>>;
#else
using used = net;
#endif
int main() {
    at::inference<used> run{net_weights};
    float one[64];
    for (int i = 0; i < 64; ++i) one[i] = sample(i);
    for (float score : run(std::span<const float, 64>(one))) std::printf("%.9g\\n", static_cast<double>(score));
}
"""
REASON = "these constant weights were written for another architecture"


def build(compiler, folder, name, *flags):
    command = [compiler, "-std=c++20", "-O1", f"-I{harness.INCLUDE}", str(folder / (name + ".cpp")), "-o", str(folder / name)]
    return harness.run(command + list(flags))


def main():
    arguments = harness.one_in_turn(__doc__)
    failures, total = 0, 0

    def verdict(what, problem):
        nonlocal failures, total
        total += 1
        failures += bool(problem)
        print(f"{'FAILED' if problem else 'passed'} {what}" + (f"\n{problem}" if problem else ""))

    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for file, text in {"network.hpp": NETWORK, "writer.cpp": WRITER, "reader.cpp": READER}.items():
            (folder / file).write_text(text)
        code, output = build(arguments.compilers[0], folder, "writer")
        if code == 0:
            code, output = harness.run([str(folder / "writer"), str(folder / "net_weights.hpp")])
        verdict("a header is written", code and output)
        wanted = [float(line) for line in output.split()] if code == 0 else []
        for compiler in arguments.compilers if wanted else []:
            code, output = build(compiler, folder, "reader", *harness.WARNINGS, "-fno-exceptions", "-fno-rtti",
                                 *(["-Wno-maybe-uninitialized"] if harness.kind(compiler) == "gcc" else []))
            if code == 0:
                code, output = harness.run([str(folder / "reader")])
            found = [float(line) for line in output.split()] if code == 0 else []
            same = len(found) == len(wanted) and all(abs(a - b) <= 1e-6 for a, b in zip(found, wanted))
            verdict(f"{harness.kind(compiler)}: results are the model's", not same and f"{output}instead of {wanted}")
            code, output = build(compiler, folder, "reader", "-DOTHER", "-fsyntax-only")
            verdict(f"{harness.kind(compiler)}: another network is refused", (code == 0 or REASON not in output) and output)
    harness.finish(failures, total, "checks")


if __name__ == "__main__":
    main()
