# SPDX-License-Identifier: BSL-1.0
"""A Llama of 260,032 weights on Cortex-M7 and a 64-bit Arm processor, in floats: the tokens are the host's, the object is as large as
its constant says, and a token takes no more instructions than it did. Counts are exact."""
import pathlib
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent.parent / "tools"))
import firmware
import harness

EXAMPLES = harness.ROOT / "examples"
MOST = {"cortex-m7": 1_800_000}  # instructions of a token


def problems_of(name, found):
    if found.status != 0 or found.values.get("other") != [0]:
        return [found.output]
    problems = []
    ram, bss = found.values["ram"][0], found.objects["main.cpp"]["bss"]
    if firmware.TARGETS[name].counts and not ram <= bss <= ram + 16:
        problems.append(f"{bss} bytes of .bss for an object of {ram}")
    count = found.values.get("token.instructions", [0])[0]
    if count > MOST.get(name, count):
        problems.append(f"{count:,} instructions, at most {MOST[name]:,} are allowed")
    return problems


def main():
    arguments = harness.parser(__doc__).parse_args()
    present = [name for name in ("cortex-m7", "aarch64") if not firmware.missing(firmware.TARGETS[name])]
    if not present:
        print("arm-none-eabi-g++ or qemu-system-arm is missing")
        sys.exit(harness.SKIPPED)
    failures = 0
    with tempfile.TemporaryDirectory() as place:
        folder = pathlib.Path(place)
        firmware.check([arguments.compilers[0], "-std=c++20", "-O1", "-march=native", *firmware.QUIET, f"-I{harness.INCLUDE}",
                        EXAMPLES / "firmware" / "write_stories.cpp", "-lz", "-lutf8proc", "-o", folder / "write"])
        firmware.check([folder / "write", EXAMPLES / "data" / "stories260k", folder])
        for name in present:
            sources = [EXAMPLES / "firmware" / "stories" / "main.cpp", folder / "stories_weights.S"]
            found = firmware.measure(name, sources, flags=[f"-I{folder}", f"-Wa,-I{folder}"])
            problems = problems_of(name, found)
            failures += bool(problems)
            figures = ", ".join(f"{what} {found.values[what][0]:,}" for what in
                                ("token.instructions", "token.stack", "ram", "cache", "weights", "tokens") if what in found.values)
            print(f"{'FAILED' if problems else 'passed'} {name}: {figures}, .text {found.program['text']:,}"
                  + "".join(f"\n       {p}" for p in problems) + f"\n       {found.output.splitlines()[0]}", flush=True)
    harness.finish(failures, len(present), "firmwares")


if __name__ == "__main__":
    main()
