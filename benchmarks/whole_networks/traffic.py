#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Memory traffic of a forward pass, batch 1: lines of 64 bytes that a simulated cache (valgrind's cachegrind) fetches, with elementwise
steps and means in the loops of their neighbours, and with a pass of its own for each step. valgrind knows no AVX-512, so programs are
built for AVX2; a figure is the difference between a run of three passes and one of one.

    benchmarks/whole_networks/traffic.py [NETWORK...]      of the zoo; default: efficientnet_b0 mobilenet_v3_large
"""
import argparse
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
NEAR, FAR = 32 << 10, 1 << 20  # bytes of the two levels: a core's first cache, and its second
WAYS = ("interleaved", "one_after_the_other")


def fetched(program, way, passes):
    """Instructions, bytes that the first level fetches, and the second."""
    done = subprocess.run(["valgrind", "--tool=cachegrind", "--cache-sim=yes", f"--D1={NEAR},8,64", f"--LL={FAR},16,64",
                           "--cachegrind-out-file=/dev/null", program, way, str(passes)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode:
        sys.exit(done.stdout)
    figure = lambda name: int(re.search(rf"{name}:\s+([\d,]+)", done.stdout)[1].replace(",", ""))
    return figure(r"I\s+refs"), 64 * figure(r"D1\s+misses"), 64 * figure("LLd misses")


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("networks", nargs="*", default=["efficientnet_b0", "mobilenet_v3_large"])
    options = options.parse_args()
    print(f"| | way | million instructions | MB into {NEAR >> 10} KB | MB into {FAR >> 20} MB |")
    print("| --- | --- | ---: | ---: | ---: |")
    with tempfile.TemporaryDirectory() as folder:
        for name in options.networks:
            program = pathlib.Path(folder) / name
            subprocess.run(["g++", "-std=c++20", "-O3", "-march=x86-64-v3", "-DNDEBUG", f"-I{ROOT / 'include'}", f"-DARCHETYPE_NETWORK={name}<>",
                            pathlib.Path(__file__).with_suffix(".cpp"), "-o", program], check=True)
            for way in WAYS:
                once, thrice = fetched(program, way, 1), fetched(program, way, 3)
                instructions, near, far = ((b - a) / 2e6 for a, b in zip(once, thrice))
                print(f"| {name} | {way.replace('_', ' ')} | {instructions:.1f} | {near:.1f} | {far:.1f} |", flush=True)


if __name__ == "__main__":
    main()
