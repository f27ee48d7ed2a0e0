# SPDX-License-Identifier: BSL-1.0
"""Models are saved, loaded and written as constants in a program without exceptions, and failures are values."""
import pathlib
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent.parent / "tools"))
import harness

PROGRAM = """
#include <archetype/interchange/model_file.hpp>
#include <archetype/text.hpp>
#include <cstdio>
namespace at = archetype;
using net = at::network<at::input<4>, at::dense<3>, at::tanh, at::dense<2>>;
int main(int, char** arguments) {
    const std::filesystem::path folder = arguments[1];
    at::model<net> first{at::seed{1}}, second{at::seed{2}};
    if (at::try_save(first, folder / "net.safetensors") || at::try_load(second, folder / "net.safetensors")) return 1;
    const float sample[4] = {1, 2, 3, 4};
    float found[2], wanted[2];
    first.run(sample, 1, wanted);
    second.run(sample, 1, found);
    if (found[0] != wanted[0] || found[1] != wanted[1]) return 2;
    if (at::try_write_constant_weights(first, folder / "x.hpp", "x") ||
        at::try_write_constant_weights_object(first, folder, "y"))
        return 3;
    at::model<at::network<at::input<4>, at::dense<5>>> other;
    const auto failure = at::try_load(other, folder / "net.safetensors");
    const auto none = at::try_load(other, folder / "none");
    if (!failure || !none || !at::try_save(first, folder)) return 4;
    const auto pieces = at::word_piece_tokenizer::try_read(folder / "none");
    if (pieces || at::byte_pair_tokenizer::try_read(folder / "none", folder / "none")) return 5;
    std::puts(failure->message().c_str());
    std::puts(none->message().c_str());
}
"""
EXPECTED = ["dense/kernel: expected F32 of shape (4, 5), found F32 of shape (4, 3)", "expected a file, found none"]


def problem(compiler):
    """What the compiler or the program says, or nothing if all is right."""
    with tempfile.TemporaryDirectory() as folder:
        source, program = pathlib.Path(folder, "program.cpp"), pathlib.Path(folder, "program")
        source.write_text(PROGRAM)
        flags = ["-std=c++20", "-O1", "-fno-exceptions", *harness.WARNINGS, f"-I{harness.INCLUDE}"]
        if harness.kind(compiler) == "gcc":  # false with g++ 12 (cmake/development.cmake)
            flags += ["-Wno-maybe-uninitialized", "-Wno-uninitialized", "-Wno-stringop-overflow", "-Wno-array-bounds"]
        code, output = harness.run([compiler, *flags, str(source), "-o", str(program)])
        if code == 0 and not output:
            code, output = harness.run([str(program), folder])
        right = code == 0 and all(text in output for text in EXPECTED)
        return "" if right else f"exit code {code}\n{output}"


def main():
    arguments = harness.one_in_turn(__doc__)
    failures = 0
    for (compiler,), found in harness.run_all(problem, [(c,) for c in arguments.compilers], arguments.jobs):
        failures += bool(found)
        print(f"{'FAILED' if found else 'passed'} {harness.kind(compiler)}\n{found}".rstrip())
    harness.finish(failures, len(arguments.compilers), "compilers")


if __name__ == "__main__":
    main()
