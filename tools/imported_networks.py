# SPDX-License-Identifier: BSL-1.0
"""Imports every network below a folder, compiles and runs its check program, and prints a table for the documentation.

imported_networks.py PROGRAM FOLDER [--compiler g++]
"""
import argparse
import json
import pathlib
import re
import resource
import subprocess
import tempfile
import time

import harness

OPTIONS = {"silero_vad_v5.onnx": ("--input", "sr=16000"), "model_1.onnx": ("--state", "input_3=tf_op_layer_stack_2"),
           "model_2.onnx": ("--state", "input_5=tf_op_layer_stack_5")}  # what only a person knows
INTEGERS = ("QuantizeLinear", "DequantizeLinear", "QLinear", "tflite:QUANTIZE")
STATES = ("ASSIGN_VARIABLE", "READ_VARIABLE", "VAR_HANDLE", "CALL_ONCE")
ARENA = '#include "net_of.hpp"\n#include <archetype/inference.hpp>\n#include <cstdio>\nint main() {{ std::printf("%zu", static_cast<std::size_t>(archetype::{}<net_of::net>)); }}\n'


def run(command, timeout=900):
    return subprocess.run([*map(str, command)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=timeout)


def reasons(refused):
    """The reasons of a list of nodes in a few words."""
    narrow = [one for one in refused if "integers of the file" in one["supported"] or any(mark in one["operator"] for mark in INTEGERS)]
    states = [one for one in refused if any(mark in one["operator"] for mark in STATES)]
    others = sorted({one["operator"] for one in refused if one not in narrow and one not in states})
    texts = ["8 bits"] * bool(narrow) + ["states"] * bool(states) + [", ".join(others)] * bool(others)
    return "; ".join(texts)


def row(program, compiler, path, folder):
    """The cells of one network's line."""
    inspected = run([program, "inspect", path, "--json", "--brief"])
    operators = str(len(json.loads(inspected.stdout)["nodes"])) if inspected.stdout.startswith("{") else "-"
    begin = time.monotonic()
    done = run([program, "import", path, "-o", folder, "--name", "net_of", "--json", *OPTIONS.get(path.name, ())])
    seconds = time.monotonic() - begin
    if done.returncode == 2:
        return [operators, "no: " + done.stderr.strip().split(": ", 1)[-1].replace(str(path.parent) + "/", "")[:150], "", "", "", ""]
    found = json.loads(done.stdout)
    if done.returncode:
        return [operators, "no: " + reasons(found["unsupported"]), "", "", "", ""]
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    built = run([compiler, "-std=c++20", "-O1", "-march=native", f"-I{harness.INCLUDE}", f"-I{folder}", folder / "net_of_check.cpp", "-o", folder / "check"])
    spent = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before
    if built.returncode:
        return [operators, "does not compile", "", str(found["parameters"]), "", ""]
    checked = run([folder / "check", folder])
    worst = {}
    for what, number in re.findall(r"/(expected|recorded)/\d+: largest difference ([\w.+-]+)", checked.stdout):
        worst[what] = max(worst.get(what, 0.0), float(number))
    steps = " differ\n" in checked.stdout  # integers
    (folder / "arena.cpp").write_text(ARENA.format("quantized_arena_bytes" if steps else "arena_bytes"))
    run([compiler, "-std=c++20", "-march=native", f"-I{harness.INCLUDE}", f"-I{folder}", folder / "arena.cpp", "-o", folder / "arena"])
    arena = run([folder / "arena"]).stdout
    text = (lambda number: f"{number:.0f}") if steps else (lambda number: f"{number:.1e}")
    differences = ", ".join(text(worst[what]) for what in ("expected", "recorded") if what in worst) + (" steps" if steps else "")
    verdict = ("as a stream" if found["states"] or "calls" in found else "yes") if checked.returncode == 0 else "differs"
    return [operators, verdict, differences, f"{found['parameters']:,}", f"{int(arena) // 1024:,} KiB", f"{seconds:.1f} + {spent:.1f} s"]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("program", type=pathlib.Path)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--compiler", default="g++")
    given = parser.parse_args()
    print("| file | nodes | imported | largest difference from the definition, from recorded results | parameters | arena | import, compilation |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    files = sorted(p for p in given.folder.rglob("*") if (p.suffix in {".onnx", ".tflite", ".h5", ".keras"} or p.name == "model.json") and "onnx-node-cases" not in p.parts)
    for path in files:
        with tempfile.TemporaryDirectory() as folder:
            cells = row(given.program, given.compiler, path, pathlib.Path(folder))
        print(f"| {path.relative_to(given.folder)} | " + " | ".join(cells) + " |", flush=True)


main()
