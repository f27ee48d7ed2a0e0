#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Prints the comparison table of networks: parameters, multiply-adds and memory of one image at inference, seconds of
forward plus backward for a batch, and what share of the multiply-add peak that is, next to PyTorch on the same core in the
same run. The figures of a graphics card are from lecture notes, for scale: milliseconds for a batch of 32 on a card of 6.1
TFLOP/s.

    cmake --build build/default --target comparison
    examples/comparison/compare.py --build build/default/examples          everything, batch 32 (VGG-D: 4.3 GB, PyTorch more)
    examples/comparison/compare.py --build ... --batch 4 --networks resnet50 --rounds 3
"""
import argparse
import pathlib
import statistics
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent / "benchmarks" / "peers"))
from contender import Contender

PYTHON = "/usr/bin/python3"  # the one that Debian's packages are for
CARD_PEAK = 6.1e12
NETWORKS = {"vgg_a": ("VGG-A", 372), "vgg_d": ("VGG-D", 687), "resnet34": ("ResNet-34", 231),
            "bn_inception": ("BN-Inception", 192), "resnet50": ("ResNet-50", 403), "resnet101": ("ResNet-101", 649),
            "inception_v3": ("Inception-v3", 494)}


def row(name, options):
    title, card = NETWORKS[name]
    own = Contender([options.build / f"comparison_{name}", options.batch], "", name, errors=None)
    parameters, products, arena = map(int, own.ask("constants").split())
    peer = None if options.alone else Contender([PYTHON, HERE / "pytorch.py", name, options.batch], "", name, errors=None)
    own.ask("step")  # the first of each allocates
    if peer:
        peer.ask("step")
    times, theirs, peaks = [], [], []
    for _ in range(options.rounds):
        peaks.append(float(own.ask("peak")))
        times.append(float(own.ask("step")))
        if peer:
            theirs.append(float(peer.ask("step")))
    own.close()
    if peer:
        peer.close()
    # Two operations each; the backward pass has two products for each of the forward pass.
    operations, peak, time = 6 * products * options.batch, statistics.median(peaks), statistics.median(times)
    other = statistics.median(theirs) if theirs else None
    cells = [title, f"{parameters:,}", f"{products / 1e9:.2f}", f"{arena / 2**20:.1f}", f"{time:.2f}",
             f"{100 * operations / time / peak:.0f} %",
             f"{other:.2f}" if other else "", f"{100 * operations / other / peak:.0f} %" if other else "",
             f"{other / time:.2f}" if other else "",
             f"{card}", f"{100 * 6 * products * 32 / (card / 1e3) / CARD_PEAK:.0f} %"]
    print("| " + " | ".join(cells) + " |", flush=True)
    return peak


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, default=pathlib.Path("build/default/examples"))
    parser.add_argument("--networks", nargs="+", choices=NETWORKS, default=list(NETWORKS))
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--alone", action="store_true", help="without PyTorch")
    options = parser.parse_args()
    titles = ["network", "parameters", "G multiply-adds", "arena MB", f"s, batch {options.batch}", "of peak",
              "PyTorch s", "of peak", "PyTorch / archetype", "card ms, batch 32", "of its peak"]
    print("| " + " | ".join(titles) + " |\n| --- |" + " ---: |" * (len(titles) - 1))
    peaks = [row(name, options) for name in options.networks]
    print(f"\nForward plus backward, medians of {options.rounds} rounds of processor time, one thread, "
          f"multiply-add peak {statistics.median(peaks) / 1e9:.0f} GFLOP/s.")


main()
