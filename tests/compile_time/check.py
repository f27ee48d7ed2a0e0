# SPDX-License-Identifier: BSL-1.0
"""What the language of architectures and a streaming program cost the compiler, against written limits.

Memory is checked, that it grows in proportion to the layers, and the size of the program: they are the same on a busy machine. Times are printed,
not judged (benchmarks/compile_time.py prints more of them).
"""
import pathlib
import sys
import tempfile

import measure  # first: it adds tools/ to the path
import harness
import sources

LENET5_MEGABYTES = 120
RESNET152_MEGABYTES = 150
INCEPTION_V3_MEGABYTES = 150
ZOO_MEGABYTES = 700  # all constants of all networks of the zoo, tests/zoo/constants.cpp
NAMED_ZOO_MEGABYTES = 1200  # and of those that torchvision has with the same names, tests/zoo/named_constants.cpp
STREAM_MEGABYTES = 380  # LSTM(1->20) and a dense layer, a whole program at -O2
STREAM_BYTES = 18752  # of the same, stripped
DEEP = [75, 150, 300]
DEEP_GROWTH = 3.0  # of memory from 150 to 300 layers, with the fixed part taken off; 2 is linear, 4 quadratic
DEEP_MEGABYTES = 300


def main():
    options = harness.parser(__doc__)
    options.add_argument("--runs", type=int, default=3)
    arguments = options.parse_args()
    problems = []
    with tempfile.TemporaryDirectory() as name:
        directory = pathlib.Path(name)
        texts = {"#include <array>": sources.BASELINE, "LeNet-5 asserts": sources.LENET5}
        texts |= {f"{n} layers dense(8), relu": sources.deep(n) for n in [1, *DEEP]}
        texts |= {"ResNet-152 asserts": sources.resnet152(), "Inception-v3 asserts": sources.inception_v3()}
        for compiler in arguments.compilers:
            commands = {}
            for number, (title, text) in enumerate(texts.items()):
                file = directory / f"source{number}.cpp"
                file.write_text(text)
                commands[title] = harness.compile_command(compiler, "-ftemplate-depth=256", str(file))
            tests = pathlib.Path(__file__).resolve().parent.parent
            for title, source in [("all asserts of the zoo", "constants.cpp"), ("asserts of the zoo with names", "named_constants.cpp")]:
                commands[title] = harness.compile_command(compiler, f"-I{tests}", str(tests / "zoo" / source))
            program = directory / "stream"
            program.with_suffix(".cpp").write_text(sources.STREAM)
            commands["stream of LSTM(1->20), dense at -O2"] = [
                compiler, "-std=c++20", f"-I{harness.INCLUDE}", "-O2", "-ffunction-sections", "-fdata-sections", "-Wl,--gc-sections", "-s",
                str(program.with_suffix(".cpp")), "-o", str(program)]
            figures = measure.interleaved(commands, arguments.runs)
            print(f"{compiler}, least of {arguments.runs} interleaved runs")
            print(measure.table(figures, "#include <array>"))

            lenet5 = figures["LeNet-5 asserts"][0] / figures["#include <array>"][0]
            print(f"LeNet-5 takes {lenet5:.2f} times an empty #include <array>")
            for title, limit in [("LeNet-5 asserts", LENET5_MEGABYTES), ("ResNet-152 asserts", RESNET152_MEGABYTES),
                                 ("Inception-v3 asserts", INCEPTION_V3_MEGABYTES), ("all asserts of the zoo", ZOO_MEGABYTES),
                                 ("asserts of the zoo with names", NAMED_ZOO_MEGABYTES),
                                 ("stream of LSTM(1->20), dense at -O2", STREAM_MEGABYTES)]:
                megabytes = figures[title][1]
                if megabytes > limit:
                    problems.append(f"{compiler}: {title} take {megabytes:.0f} MB, limit {limit}")
            size = program.stat().st_size
            print(f"the streaming program has {size} bytes stripped")
            if size > STREAM_BYTES:
                problems.append(f"{compiler}: the streaming program has {size} bytes, limit {STREAM_BYTES}")
            for unit, what in enumerate(["time", "memory"]):
                used = {n: figures[f"{n} layers dense(8), relu"][unit] for n in [1, *DEEP]}
                growth = (used[300] - used[1]) / max(used[150] - used[1], 0.001)
                print(f"from 150 to 300 layers, fixed part taken off: {growth:.2f} times the {what} (2 is linear)")
            if growth > DEEP_GROWTH:
                problems.append(f"{compiler}: memory grows {growth:.1f} times from 150 to 300 layers, limit {DEEP_GROWTH}")
            megabytes = figures["300 layers dense(8), relu"][1]
            if megabytes > DEEP_MEGABYTES:
                problems.append(f"{compiler}: 300 layers take {megabytes:.0f} MB, limit {DEEP_MEGABYTES}")
    print("\n".join(problems))
    harness.finish(len(problems), 9 * len(arguments.compilers), "compile-time limits")


main()
