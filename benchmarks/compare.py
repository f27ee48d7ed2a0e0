#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Two builds of the library against each other: before and after a change. The benchmarks of the working tree are built
with the headers of both, the programs take turns on one core, and the table shows medians of processor time as ratios, the
seconds of the compiler and the bytes of the program beside them. A change that makes one network slower is seen here.

    benchmarks/compare.py HEAD                              the working tree against its last commit
    benchmarks/compare.py v0.1.0 --after HEAD               two commits
    benchmarks/compare.py HEAD --only resnet50 --rounds 30 --compilers clang++-19 --flags=-march=x86-64-v3
"""
import argparse
import os
import pathlib
import random
import array
import re
import statistics
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent
sys.path.insert(0, str(HERE / "peers"))
from contender import Contender

DATA = ROOT / "examples" / "data"
PHOTO = 224 * 224 * 3
# name: source, definitions, arguments, what is asked. {photo}, {forward}: made numbers.
PROGRAMS = {
    "lenet5": ("lenet5_forward", "", ["model", "{folder}"], "forward"),
    **{name: ("whole_networks", f"-DARCHETYPE_NETWORK={network}", ["{folder}/photo.f32"], "forward")
       for name, network in (("alexnet", "narrow_alexnet<>"), ("vgg16", "vgg_d<>"), ("resnet50", "resnet50<>"),
                             ("mobilenet", "mobilenet<>"))},
    "train_lenet5": ("training", "", ["lenet5", str(DATA)], "epoch"),
    "train_mlp": ("training", "", ["mlp", str(DATA)], "epoch"),
    **{f"depthwise_{what}{stride}": ("depthwise", "", [], f"{what}{stride}")
       for stride in (1, 2) for what in ("forward", "input", "weights")},
}


def headers_of(commit, folder):
    """The include folder of a commit; of the working tree without one."""
    if commit is None:
        return ROOT / "include"
    name = subprocess.run(["git", "-C", ROOT, "rev-parse", "--short=12", f"{commit}^{{commit}}"], check=True,
                          stdout=subprocess.PIPE, text=True).stdout.strip()
    place = folder / name
    if not place.exists():
        place.mkdir(parents=True)
        packed = subprocess.run(["git", "-C", ROOT, "archive", name, "include"], check=True, stdout=subprocess.PIPE).stdout
        subprocess.run(["tar", "-x", "-C", place], input=packed, check=True)
    return place / "include"


def build(options, compiler, side, headers, source, definitions):
    """The program, the compiler's seconds and the program's bytes of code and data."""
    name = "_".join(filter(None, [source, *re.findall(r"\w+", definitions)[1:], pathlib.Path(compiler).name, side]))
    program = options.build / name
    command = [compiler, "-std=c++20", "-DARCHETYPE_HAS_ZLIB=1", f"-I{headers}", *filter(None, [definitions]), "-O3",
               *options.flags.split(), "-DNDEBUG", str(HERE / source / "archetype.cpp"), "-o", str(program), "-lz"]
    before = os.times()
    subprocess.run(command, check=True)
    after = os.times()
    sizes = subprocess.run(["size", program], check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()[1].split()
    return program, after.children_user - before.children_user, int(sizes[0]) + int(sizes[1])


def numbers(folder):
    """What the programs read: weights, an image and a photograph of random numbers."""
    draw = random.Random(1)
    for name, count in (("weights", 61706), ("image", 32 * 32), ("photo", PHOTO)):
        (folder / f"{name}.f32").write_bytes(array.array("f", (draw.uniform(-0.1, 0.1) for _ in range(count))).tobytes())


def processor():
    found = re.search(r"^model name\s*: (.*)$", pathlib.Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    return found[1] if found else "unknown processor"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("before", help="a commit")
    parser.add_argument("--after", help="a commit (default: the working tree)")
    parser.add_argument("--only", nargs="+", choices=PROGRAMS, default=list(PROGRAMS))
    parser.add_argument("--compilers", nargs="+", default=["g++", "clang++-19"])
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--flags", default="-march=native")
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build" / "compare")
    options = parser.parse_args()
    options.build = options.build.resolve()
    options.build.mkdir(parents=True, exist_ok=True)
    numbers(options.build)
    sides = {"before": headers_of(options.before, options.build), "after": headers_of(options.after, options.build)}
    print(f"{time.strftime('%Y-%m-%d')}, {processor()}, one thread, {options.flags}, {options.rounds} rounds in turns\n")
    print("| | compiler | before, ms | after, ms | speed after / before | seconds to compile | bytes of the program |")
    print("| --- | --- | ---: | ---: | ---: | ---: | ---: |", flush=True)
    built = {}
    for compiler in options.compilers:
        for name in options.only:
            source, definitions, arguments, question = PROGRAMS[name]
            made = {side: built.setdefault((compiler, side, source, definitions), None)
                    or build(options, compiler, side, headers, source, definitions) for side, headers in sides.items()}
            built.update({(compiler, side, source, definitions): made[side] for side in sides})
            given = [argument.format(folder=options.build) for argument in arguments]
            contenders = {side: Contender([made[side][0], *given], "", side, errors=None) for side in sides}
            times = {side: [] for side in sides}
            for number in range(options.rounds):
                for side in sorted(sides, reverse=number % 2 == 1):
                    times[side].append(float(contenders[side].ask(question)))
            for contender in contenders.values():
                contender.close()
            before, after = (statistics.median(times[side]) for side in ("before", "after"))
            seconds = " to ".join(f"{made[side][1]:.1f}" for side in ("before", "after"))
            sizes = " to ".join(f"{made[side][2]:,}" for side in ("before", "after"))
            print(f"| {name} | {compiler} | {1e3 * before:.4g} | {1e3 * after:.4g} | {before / after:.3f} | {seconds} | {sizes} |",
                  flush=True)


if __name__ == "__main__":
    main()
