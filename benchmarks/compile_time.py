# SPDX-License-Identifier: BSL-1.0
"""User seconds and peak memory of compilations: the three umbrellas, LeNet-5's and GPT-2's assertions, deep networks, a stream of GPT-2, and the
training program of examples/mnist at -O2, with --peers also the same program written with dlib. With --depth: how the
compiler's seconds and memory grow with the layers of a network, from 10 to 300, with a straight line through them, as
table and, where gnuplot is installed, as PNG.
Run: python3 benchmarks/compile_time.py [--compilers g++ clang++-19] [--peers] [--depth [--picture depth.png]]
"""
import pathlib
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests" / "compile_time"))
import measure  # first: it adds tools/ to the path
import harness
import sources


DEPTHS = [10, 50, 100, 150, 200, 250, 300]


def line_through(points):
    """Slope, constant and the share of the variance that a straight line by least squares explains."""
    n = len(points)
    mean_x, mean_y = sum(x for x, _ in points) / n, sum(y for _, y in points) / n
    xx = sum((x - mean_x)**2 for x, _ in points)
    yy = sum((y - mean_y)**2 for _, y in points)
    xy = sum((x - mean_x) * (y - mean_y) for x, y in points)
    return xy / xx, mean_y - xy / xx * mean_x, xy * xy / (xx * yy) if yy else 1.0


def depth(arguments):
    """Two kinds of networks, chains and bottlenecks (10 layers each), in all depths."""
    kinds = {"dense(8), relu": lambda n: sources.deep(n // 2), "bottlenecks": lambda n: sources.residual(max(1, n // 10))}
    with tempfile.TemporaryDirectory() as name:
        for compiler in arguments.compilers:
            commands = {}
            for number, (kind, make) in enumerate(kinds.items()):
                for layers in DEPTHS:
                    file = pathlib.Path(name) / f"depth{number}_{layers}.cpp"
                    file.write_text(make(layers))
                    commands[kind, layers] = harness.compile_command(compiler, "-ftemplate-depth=256", str(file))
            figures = measure.interleaved(commands, arguments.runs)
            print(f"{compiler}, least of {arguments.runs} interleaved runs")
            for kind in kinds:
                rows = [(layers, *figures[kind, layers]) for layers in DEPTHS]
                most = max(seconds for _, seconds, _ in rows)
                for layers, seconds, megabytes in rows:
                    print(f"{kind:16} {layers:4} layers {seconds:6.2f} s {megabytes:5.0f} MB  {'#' * round(50 * seconds / most)}")
                for unit, column in (("ms", 1), ("MB", 2)):
                    slope, start, explained = line_through([(row[0], row[column]) for row in rows])
                    scale = 1000 if unit == "ms" else 1
                    print(f"{kind:16} {start * scale:.0f} {unit} and {slope * scale:.2f} {unit} for each layer; "
                          f"a line explains {100 * explained:.1f} %")
            if arguments.picture and shutil.which("gnuplot"):
                blocks = "\n\n\n".join("\n".join(f"{layers} {figures[kind, layers][0]}" for layers in DEPTHS) for kind in kinds)
                data = pathlib.Path(name) / "depth.txt"
                data.write_text(blocks + "\n")
                curves = ", ".join(f"'{data}' index {i} with linespoints title '{kind}'" for i, kind in enumerate(kinds))
                picture = arguments.picture.with_stem(f"{arguments.picture.stem}_{pathlib.Path(compiler).name}")
                script = (f"set terminal pngcairo size 800,500; set output '{picture}'; set key left; set yrange [0:]; "
                          f"set xlabel 'layers'; set ylabel 'seconds of the compiler'; set title '{compiler}'; plot {curves}")
                subprocess.run(["gnuplot", "-e", script], check=True)
                print(f"wrote {picture}")


def main():
    options = harness.parser(__doc__)
    options.add_argument("--runs", type=int, default=3)
    options.add_argument("--peers", action="store_true", help="compile dlib's program too (Debian: libdlib-dev)")
    options.add_argument("--depth", action="store_true", help="networks of 10 to 300 layers instead")
    options.add_argument("--picture", type=pathlib.Path, help="with --depth: a PNG for each compiler")
    arguments = options.parse_args()
    if arguments.depth:
        return depth(arguments)
    texts = {"#include <array>": sources.BASELINE, "LeNet-5 asserts": sources.LENET5, "GPT-2 small asserts": sources.GPT2}
    texts |= {f"{n} layers dense(8), relu": sources.deep(n) for n in (75, 150, 300)}
    texts |= {"ResNet-152 asserts": sources.resnet152(), "Inception-v3 asserts": sources.inception_v3()}
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
            stream = pathlib.Path(name) / "stream.cpp"
            stream.write_text(sources.GPT2_STREAM)
            commands["stream of GPT-2 small at -O2"] = [compiler, "-std=c++20", f"-I{harness.INCLUDE}", "-O2", "-march=native", "-c",
                                                        str(stream), "-o", str(stream.with_suffix(".o"))]
            if arguments.peers:
                commands["the same with dlib at -O2"] = [
                    compiler, "-std=c++17", "-O2", "-march=native", "-w", "-c", str(ROOT / "benchmarks/peers/dlib_train.cpp"),
                    "-o", str(pathlib.Path(name) / "dlib.o")]
            figures = measure.interleaved(commands, arguments.runs)
            print(f"{compiler}, least of {arguments.runs} interleaved runs")
            print(measure.table(figures, "#include <array>"))


main()
