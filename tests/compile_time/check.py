# SPDX-License-Identifier: BSL-1.0
"""What the language of architectures costs the compiler, against written limits.

Memory is checked as it is. Times are checked as ratios of interleaved runs, with a margin for a busy machine:
the figures to watch are in the table (benchmarks/compile_time.py prints more of it).
"""
import pathlib
import sys
import tempfile

import measure  # first: it adds tools/ to the path
import harness
import sources

LENET5_RATIO, LENET5_MEGABYTES = 4.5, 120
DEEP = [75, 150, 300]
DEEP_GROWTH = 3.0  # from 150 to 300 layers, with the fixed part taken off; 2 is linear, 4 quadratic
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
        for compiler in arguments.compilers:
            commands = {}
            for number, (title, text) in enumerate(texts.items()):
                file = directory / f"source{number}.cpp"
                file.write_text(text)
                commands[title] = harness.compile_command(compiler, "-ftemplate-depth=256", str(file))
            figures = measure.interleaved(commands, arguments.runs)
            print(f"{compiler}, least of {arguments.runs} interleaved runs")
            print(measure.table(figures, "#include <array>"))

            seconds, megabytes = figures["LeNet-5 asserts"]
            ratio = seconds / figures["#include <array>"][0]
            if ratio > LENET5_RATIO:
                problems.append(f"{compiler}: LeNet-5 takes {ratio:.1f} times an empty #include <array>, limit {LENET5_RATIO}")
            if megabytes > LENET5_MEGABYTES:
                problems.append(f"{compiler}: LeNet-5 takes {megabytes:.0f} MB, limit {LENET5_MEGABYTES}")
            times = {n: figures[f"{n} layers dense(8), relu"][0] for n in [1, *DEEP]}
            growth = (times[300] - times[1]) / max(times[150] - times[1], 0.01)
            print(f"from 150 to 300 layers, fixed part taken off: {growth:.2f} times (2 is linear)\n")
            if growth > DEEP_GROWTH:
                problems.append(f"{compiler}: time grows {growth:.1f} times from 150 to 300 layers, limit {DEEP_GROWTH}")
            megabytes = figures["300 layers dense(8), relu"][1]
            if megabytes > DEEP_MEGABYTES:
                problems.append(f"{compiler}: 300 layers take {megabytes:.0f} MB, limit {DEEP_MEGABYTES}")
    print("\n".join(problems))
    harness.finish(len(problems), 4 * len(arguments.compilers), "compile-time limits")


main()
