# SPDX-License-Identifier: BSL-1.0
"""User seconds and peak memory of compilations: the three umbrellas, LeNet-5's assertions, deep networks, and the
training program of examples/mnist at -O2, with --peers also the same program written with dlib.
Run: python3 benchmarks/compile_time.py [--compilers g++ clang++-19] [--peers]
"""
import pathlib
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests" / "compile_time"))
import measure  # first: it adds tools/ to the path
import harness
import sources


def main():
    options = harness.parser(__doc__)
    options.add_argument("--runs", type=int, default=3)
    options.add_argument("--peers", action="store_true", help="compile dlib's program too (Debian: libdlib-dev)")
    arguments = options.parse_args()
    texts = {"#include <array>": sources.BASELINE, "LeNet-5 asserts": sources.LENET5}
    texts |= {f"{n} layers dense(8), relu": sources.deep(n) for n in (75, 150, 300)}
    for umbrella in ("inference", "training", "archetype"):
        if (harness.INCLUDE / "archetype" / f"{umbrella}.hpp").exists():
            texts[f"#include <archetype/{umbrella}.hpp>"] = f"#include <archetype/{umbrella}.hpp>\nint main() {{}}\n"
    with tempfile.TemporaryDirectory() as name:
        for compiler in arguments.compilers:
            commands = {}
            for number, (title, text) in enumerate(texts.items()):
                file = pathlib.Path(name) / f"source{number}.cpp"
                file.write_text(text)
                commands[title] = harness.compile_command(compiler, "-ftemplate-depth=256", str(file))
            for program in sorted((ROOT / "examples").glob("*/train.cpp")):
                commands[f"{program.relative_to(ROOT)} at -O2"] = [
                    compiler, "-std=c++20", f"-I{harness.INCLUDE}", "-O2", "-march=native", "-DARCHETYPE_HAS_ZLIB=1", "-c", str(program),
                    "-o", str(pathlib.Path(name) / "train.o")]
            if arguments.peers:
                commands["the same with dlib at -O2"] = [
                    compiler, "-std=c++17", "-O2", "-march=native", "-w", "-c", str(ROOT / "benchmarks/peers/dlib_train.cpp"),
                    "-o", str(pathlib.Path(name) / "dlib.o")]
            figures = measure.interleaved(commands, arguments.runs)
            print(f"{compiler}, least of {arguments.runs} interleaved runs")
            print(measure.table(figures, "#include <array>"))


main()
