# SPDX-License-Identifier: BSL-1.0
"""A voice detector of micro-wake-word (ESPHome) from its file to a device: `archetype import` makes a stream of the rows that the file
keeps in variables; on the host and on emulated processors it gives what LiteRT answers, step by step and in calls of three. Memory and
instructions are held to bounds.

    python3 tests/embedded/wake_word.py --program build/tools/archetype/archetype
"""
import pathlib
import shutil
import struct
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parents[1] / "tools")]
import firmware
import harness
import int8

FOLDER = HERE / "micro_wake_word_vad"
# Instructions of a call of three steps; bytes of the object.
BOUNDS = {"cortex-m4": (41_500, 1_704), "cortex-m55": (11_900, 1_704)}


def listed(numbers):
    return "{" + ", ".join(map(repr, numbers)) + "}"


def numbers(path, kind):
    """Those of a .npy file."""
    content = path.read_bytes()
    first = 10 + struct.unpack_from("<H", content, 8)[0]
    return struct.unpack(f"{len(content) - first}{kind}", content[first:])


def main():
    options = harness.parser(__doc__)
    options.add_argument("--program", required=True, type=pathlib.Path)
    harness.add_turns(options)
    arguments = options.parse_args()
    compiler = next((c for c in arguments.compilers if harness.kind(c) == "gcc" and shutil.which(c)), None)
    present = [name for name in BOUNDS if not firmware.missing(firmware.TARGETS[name])]
    if compiler is None or not present:
        print("g++, arm-none-eabi-g++ or qemu-system-arm is missing")
        sys.exit(harness.SKIPPED)
    failures, targets = 0, harness.in_parts(present, arguments.turns, 2)
    with tempfile.TemporaryDirectory() as place:
        folder = pathlib.Path(place)
        firmware.check([arguments.program, "import", FOLDER / "vad.tflite", "-o", folder, "--name", "vad", "--brief"])
        check = folder / "check"
        firmware.check([compiler, "-std=c++20", "-O1", "-march=native", *firmware.QUIET, f"-I{harness.INCLUDE}", folder / "vad_check.cpp", "-o", check])
        for order in ("plain", "paired"):
            told = firmware.check([check, folder, order])
            failures += "recorded/0: largest difference 0, 0 of 24" not in told
            print(told, end="")
            (folder / order).mkdir()
            shutil.move(folder / "vad_weights.hpp", folder / order)
        (folder / "vectors.hpp").write_text(
            "#pragma once\n#include <cstdint>\n"
            f"inline constexpr std::int8_t inputs[] = {listed(numbers(FOLDER / 'vad_inputs.npy', 'b'))};\n"
            f"inline constexpr std::uint8_t wanted[] = {listed(numbers(FOLDER / 'vad_outputs.npy', 'B'))};\n")
        for name in targets:
            found = firmware.measure(name, [HERE / "wake_word.cpp"], flags=[f"-I{HERE.parent}", f"-I{folder}", f"-I{folder / int8.order(name)}"])
            problems = [] if found.status == 0 else [found.output]
            measured = (found.values["call.instructions"][0], found.values["memory"][0])
            problems += [f"{value:,} {what}, at most {most:,} are allowed"
                         for what, value, most in zip(("instructions", "bytes"), measured, BOUNDS[name]) if value > most]
            failures += bool(problems)
            print(f"{'FAILED' if problems else 'passed'} {name}: {measured[0]:,} instructions a call, {found.values['state'][0]:,} bytes of state, "
                  f"{measured[1]:,} of memory, {found.values['call.stack'][0]:,} of stack" + "".join(f"\n       {p}" for p in problems), flush=True)
    harness.finish(failures, len(targets), "firmwares")


if __name__ == "__main__":
    main()
