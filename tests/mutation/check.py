# SPDX-License-Identifier: BSL-1.0
"""A wrong sign or a wrong bound in a kernel makes a unit test fail.

    python3 tests/mutation/check.py                    all kernels
    python3 tests/mutation/check.py --turns            one kernel, another one for each commit: what CI runs
    python3 tests/mutation/check.py rows/softmax.hpp   these kernels

Each fault is put into a copy of the headers, with which the kernel's test is built and run: it must end with failed
assertions, and not as it does without the fault.
"""
import pathlib
import shutil
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tools"))
import harness

MAIN = "#define CATCH_CONFIG_MAIN\n#include <catch2/catch.hpp>\n"
# Kernel, its test, and what is changed into what. The text stands once in the header.
FAULTS = {
    "rows/softmax.hpp": ("softmax", [
        ("(load(gradient + c) - mean)", "(load(gradient + c) + mean)"),
        ("value - broadcast(most)", "value + broadcast(most)"),
    ]),
    "rows/batch_norm.hpp": ("batch_norm", [
        ("- (value - means.at(c)) * slopes.at(c)", "+ (value - means.at(c)) * slopes.at(c)"),
        ("for (std::size_t x = 0; x < Image.width; ++x) row", "for (std::size_t x = 1; x < Image.width; ++x) row"),
    ]),
    "rows/layer_norm.hpp": ("layer_norm", [
        ("- constant - normalized * slope", "+ constant - normalized * slope"),
        ("sum<T>(squares) * share + epsilon", "sum<T>(squares) * share - epsilon"),
    ]),
    "pooling/max_pool2d.hpp": ("pool2d", [
        ("gradient = select<T>(hit, zero, gradient);", ""),
        ("const lanes<T> total = load(to) + value;", "const lanes<T> total = load(to) - value;"),
    ]),
    "pooling/avg_pool2d.hpp": ("pool2d", [
        ("for (std::size_t y = first_y; y < last_y; ++y)", "for (std::size_t y = first_y + 1; y < last_y; ++y)"),
        ("epilogue(total * inverse,", "epilogue(-total * inverse,"),
    ]),
    "convolution/conv2d_backward_input.hpp": ("conv2d_backward", [
        ("(size - phase + stride - 1) / stride", "(size - phase) / stride"),
        ("a.source_step = -static_cast", "a.source_step = static_cast"),
    ]),
    "convolution/conv2d_backward_weights.hpp": ("conv2d_backward", [
        ("y < layout.height; ++y)", "y + 1 < layout.height; ++y)"),
        ("if (accumulate) sums[v] = sums[v] + load_partial", "if (accumulate) sums[v] = sums[v] - load_partial"),
    ]),
    "convolution/ways/flat_rows.hpp": ("conv2d_forward", [
        ("ky < f.kernel_height; ++ky)", "ky + 1 < f.kernel_height; ++ky)"),
        ("base + spread_rows * F.source_row", "base - spread_rows * F.source_row"),
    ]),
    "integers/int8_requantize.hpp": ("int8", [
        ("x = x > 127 ? 127 : x;", "x = x > 126 ? 126 : x;"),
        ("channel.shift) + range.zero_point", "channel.shift) - range.zero_point"),
    ]),
    "elementwise/upsampling2d.hpp": ("resampling", [
        ("u < columns.last(x); ++u)", "u + 1 < columns.last(x); ++u)"),
        ("(2 * i + 1 - factor) % (2 * factor)", "(2 * i - 1 - factor) % (2 * factor)"),
    ]),
}


def with_fault(folder, kernel, before, after):
    """Writes the headers with one fault; whether the text is there once."""
    own = folder / "include"
    shutil.copytree(harness.INCLUDE, own)
    path = own / "archetype" / "kernels" / kernel
    text = path.read_text()
    path.write_text(text.replace(before, after))
    return text.count(before) == 1


def result_of(folder, compiler, main, test):
    """What the test says that is built in a folder."""
    program = folder / "program"
    code, text = harness.run([compiler, "-std=c++20", "-Og", *harness.native(compiler), f"-I{folder / 'include'}", f"-I{ROOT / 'tests'}",
                              str(ROOT / "tests" / "kernels" / f"{test}.cpp"), str(main), "-ltbb", "-o", str(program)])
    if code != 0:
        return f"does not compile:\n{text[-2000:]}"
    code, text = harness.run([str(program)], timeout=300)
    last = text.strip().splitlines()[-1] if text.strip() else ""
    if code == 0:
        return "no test fails"
    # Catch2 returns the number of failed assertions; anything else that ends a program is not what a test found.
    return "" if "failed" in last else f"the test ended with {code}: {last}"


def check(compiler, main, kernel, place):
    test, faults = FAULTS[kernel]
    before, after = faults[place]
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        if not with_fault(folder, kernel, before, after):
            return f"expected once in the header: {before}"
        return result_of(folder, compiler, main, test)


def main():
    options = harness.parser(__doc__)
    harness.add_turns(options)
    options.add_argument("kernels", nargs="*", default=list(FAULTS), help="of include/archetype/kernels")
    arguments = options.parse_args()
    unknown = [kernel for kernel in arguments.kernels if kernel not in FAULTS]
    if unknown:
        sys.exit(f"expected some of {', '.join(FAULTS)}, found {', '.join(unknown)}")
    harness.needs_catch_header()
    compiler = arguments.compilers[0]
    kernels = harness.in_parts(arguments.kernels, arguments.turns, len(FAULTS))
    failures = 0
    with tempfile.TemporaryDirectory() as folder:
        object_file = pathlib.Path(folder) / "main.o"
        code, text = harness.run([compiler, "-std=c++20", "-O0", "-c", "-x", "c++", "-", "-o", str(object_file)], text=MAIN)
        if code != 0:
            sys.exit(text)
        tasks = [(compiler, object_file, kernel, place) for kernel in kernels for place in range(len(FAULTS[kernel][1]))]
        for (_, _, kernel, place), wrong in harness.run_all(check, tasks, arguments.jobs):
            failures += wrong != ""
            print(f"{'FAILED' if wrong else 'found '} {kernel}: {FAULTS[kernel][1][place][1] or 'a line left out'} {wrong}")
    harness.finish(failures, len(tasks), f"faults in {len(kernels)} kernels are found: tests")


main()
