# SPDX-License-Identifier: BSL-1.0
"""Results against torchvision of the networks that results_*.cpp leave out, as each takes a compiler a minute or more: the
larger ones of families whose smallest is there. With `--turns` one of them with one compiler, another one for each commit.

Each network of references.hpp and named_references.hpp must stand in one of those files or here.
Run: python3 tests/zoo/results_in_turn.py [mobilenet_v3_large ...] [--compilers g++ clang++-19]
"""
import pathlib
import re
import sys
import tempfile

FOLDER = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parent.parent / "tools"))
import harness

# In double precision, as the references: with these weights EfficientNet-B7 makes 3e-6 of what double precision rounds, and a third of
# what single precision does.
MOST = 1e-5
# name in make_references.py: header, type with the extents that results have there
NETWORKS = {
    "single_tower_alexnet": ("alexnet", "single_tower_alexnet<>"),
    "mobilenet_v3_large": ("mobilenet_v3", "mobilenet_v3_large<1.0, 1000, 64>"),
    "shufflenet_v2_x1_0": ("shufflenet_v2", "shufflenet_v2_x1_0<1000, 64>"),
    "shufflenet_v2_x1_5": ("shufflenet_v2", "shufflenet_v2_x1_5<1000, 64>"),
    "shufflenet_v2_x2_0": ("shufflenet_v2", "shufflenet_v2_x2_0<1000, 64>"),
    **{f"efficientnet_b{i}": ("efficientnet", f"efficientnet_b{i}<1000, 64>") for i in range(1, 8)},
    "resnext101_32x8d": ("resnext", "resnext101_32x8d<1000, 64>"),
    "resnext101_64x4d": ("resnext", "resnext101_64x4d<1000, 64>"),
    "wide_resnet101_2": ("resnext", "wide_resnet101_2<1000, 64>"),
    "mnasnet1_0": ("mnasnet", "mnasnet<1.0, 1000, 64>"),
    "mc3_18": ("video_resnet", "mc3_18<400, 5, 32>"),
}
PROGRAM = """#include <archetype/zoo/{header}.hpp>
#include "zoo/{references}.hpp"
#include "zoo/computed.hpp"
#include <cstdio>
int main() {{
    std::printf("%.9g\\n", references::deviation<archetype::zoo::{network}, double>(references::{name}));
}}
"""


def stored():
    """The networks of each file of references."""
    return {file: re.findall(r"^inline constexpr reference<\d+> (\w+)\{", (FOLDER / f"{file}.hpp").read_text(), re.M)
            for file in ("references", "named_references")}


def unchecked():
    """What is wrong with the list above."""
    tested = set(re.findall(r"check_results<.*?>\(\s*references::(\w+)\)",
                            "\n".join(f.read_text() for f in sorted(FOLDER.glob("*.cpp"))), re.S))
    known = {name for names in stored().values() for name in names}
    return ([f"{name}: its results are compared nowhere" for name in sorted(known - tested - set(NETWORKS))]
            + [f"{name}: no such references" for name in sorted(set(NETWORKS) - known)]
            + [f"{name}: compared in results_*.cpp, too" for name in sorted(set(NETWORKS) & tested)])


def deviation(compiler, name):
    """The largest difference from torchvision's results, relative to the largest of these; a message if there is none."""
    header, network = NETWORKS[name]
    references = next(file for file, names in stored().items() if name in names)
    with tempfile.TemporaryDirectory() as folder:
        source, program = pathlib.Path(folder) / f"{name}.cpp", pathlib.Path(folder) / name
        source.write_text(PROGRAM.format(header=header, references=references, network=network, name=name))
        limits = ["-fconstexpr-steps=100000000"] if "clang" in compiler else ["-fconstexpr-ops-limit=1000000000"]
        status, output = harness.run([compiler, "-std=c++20", "-O1", *harness.native(compiler), *limits, f"-I{harness.INCLUDE}", f"-I{FOLDER.parent}",
                                      source, "-o", program], timeout=1400)
        if status:
            return "\n".join(line for line in output.splitlines() if "error" in line)[:2000] or output[-2000:]
        status, output = harness.run([program], timeout=600)
        return float(output) if status == 0 else f"exit code {status}\n{output}"


def main():
    options = harness.parser(__doc__)
    options.add_argument("networks", nargs="*", metavar="network", help="of the list; all if none is given")
    harness.add_turns(options)
    arguments = options.parse_args()
    if unknown := sorted(set(arguments.networks) - set(NETWORKS)):
        sys.exit(f"no such network: {', '.join(unknown)}; expected one of {', '.join(NETWORKS)}")
    problems = unchecked()
    print("\n".join(problems), end="\n" if problems else "")
    names = arguments.networks or list(NETWORKS)
    items = harness.in_turn(harness.in_parts(names, arguments.turns, len(names)), arguments.compilers, arguments.turns)
    failures = len(problems)
    for (compiler, name), found in harness.run_all(deviation, items, arguments.jobs):
        passed = isinstance(found, float) and found <= MOST
        failures += not passed
        print("passed" if passed else "FAILED", compiler, name, found, flush=True)
    harness.finish(failures, len(items) + len(problems), "networks")


if __name__ == "__main__":
    main()
