# SPDX-License-Identifier: BSL-1.0
"""A keyword transformer in 8 bits, from training to Cortex-M4 and Cortex-M55: the scores are the host's, number by number, the
object is as large as its constant says, and a call takes no more instructions than it did. Counts are exact.

    python3 tests/embedded/words.py                      little training
    python3 tests/embedded/words.py --made FOLDER        with what train_words wrote there
"""
import pathlib
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent.parent / "tools"))
import firmware
import harness

FIRMWARE = harness.ROOT / "examples" / "firmware"
# How weights are packed, and instructions of a call at most. Weights do not fit the inner memory of the board with Cortex-M55.
TARGETS = {"cortex-m4": ("paired", 125_000_000, []),
           "cortex-m55": ("plain", 63_000_000, ['-Dwords_weights_SECTION=.qspi,"a"'])}


def train(compiler, folder):
    firmware.check([compiler, "-std=c++20", "-O1", "-march=native", *firmware.QUIET, f"-I{harness.INCLUDE}",
                    FIRMWARE / "train_words.cpp", "-lz", "-o", folder / "train"])
    print(firmware.check([folder / "train", folder / "made", "1", "4"]), end="")
    return folder / "made"


def problems_of(found, most):
    problems = [] if found.status == 0 and found.values.get("other") == [0] else [found.output]
    if problems:
        return problems
    if found.objects["main.cpp"]["bss"] != found.values["arena"][0] or found.objects["main.cpp"]["data"]:
        problems.append(f"sections {found.objects['main.cpp']} for an arena of {found.values['arena'][0]}")
    count = found.values["words.instructions"][0]
    if count > most:
        problems.append(f"{count:,} instructions, at most {most:,} are allowed")
    return problems


def main():
    options = harness.parser(__doc__)
    options.add_argument("--made", type=pathlib.Path, help="a folder that train_words wrote")
    arguments = options.parse_args()
    present = [name for name in TARGETS if not firmware.missing(firmware.TARGETS[name])]
    if not present:
        print("arm-none-eabi-g++ or qemu-system-arm is missing")
        sys.exit(harness.SKIPPED)
    failures = 0
    with tempfile.TemporaryDirectory() as place:
        made = (arguments.made or train(arguments.compilers[0], pathlib.Path(place))).resolve()
        for name in present:
            order, most, flags = TARGETS[name]
            packed = made / order
            found = firmware.measure(name, [FIRMWARE / "words" / "main.cpp", packed / "words_weights.S"],
                                     flags=[f"-I{made}", f"-I{packed}", f"-Wa,-I{packed}", *flags])
            problems = problems_of(found, most)
            failures += bool(problems)
            figures = ", ".join(f"{what} {found.values[what][0]:,}" for what in
                                ("words.instructions", "words.stack", "arena", "weights", "multiply_accumulates", "wrong")
                                if what in found.values)
            if "multiply_accumulates" in found.values:
                each = found.values["words.instructions"][0] / found.values["multiply_accumulates"][0]
                figures += f", {each:.2f} instructions for each of these"
            print(f"{'FAILED' if problems else 'passed'} {name}: {figures}, .text {found.program['text']:,}"
                  + "".join(f"\n       {p}" for p in problems), flush=True)
    harness.finish(failures, len(present), "firmwares")


if __name__ == "__main__":
    main()
