# SPDX-License-Identifier: BSL-1.0
"""The most memory of a training, of the library and of PyTorch one after the other, and their ratio.

    python3 benchmarks/training_memory/run.py build/default/benchmarks [--networks lenet5 resnet18 resnet50]

Exit status 1 if more than 0.7 of PyTorch's is taken, or `training_bytes` and what was measured are more than 5 % apart. Needs
Debian's python3-torch and python3-torchvision.
"""
import argparse
import pathlib
import re
import subprocess
import sys

FOLDER = pathlib.Path(__file__).resolve().parent
BATCH = {"lenet5": 32, "resnet18": 8, "resnet50": 8}


def run(*command):
    return subprocess.run([str(word) for word in command], stdout=subprocess.PIPE, text=True, check=True).stdout


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("programs", type=pathlib.Path, help="the folder of benchmark_training_memory_*")
    options.add_argument("--networks", nargs="+", default=list(BATCH), choices=list(BATCH))
    options = options.parse_args()
    faults = 0
    for name in options.networks:
        line = run("/usr/bin/python3", FOLDER / "pytorch.py", name, BATCH[name]).strip()
        theirs = float(re.search(r"measured ([\d.]+) MB", line)[1])
        print(f"{name}, {line}", flush=True)
        for program in sorted(options.programs.glob(f"benchmark_training_memory_{name}*")):
            text = run(program)
            values = float(re.search(r"values ([\d.]+)", text)[1])
            kept, promised, measured, step = re.search(r", ([^,]*): training_bytes ([\d.]+) MB, measured ([\d.]+) MB.*, ([\d.e+-]+) s a step", text).groups()
            ratio = float(measured) / theirs
            apart = float(measured) / float(promised) - 1
            usual = "keeps" not in program.name
            bad = usual and ratio > 0.7 or abs(apart) > 0.05
            faults += bad
            print(f"{'FAILED ' if bad else ''}{name}, {kept}: values {values} MB, training_bytes {promised} MB, measured {measured} MB "
                  f"({100 * apart:+.1f} %), {ratio:.2f} of PyTorch's, {step} s a step", flush=True)
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
