# SPDX-License-Identifier: BSL-1.0
"""Training on emulated processors: the firmwares that learn have the host's bits after the same steps, learn what they should,
take the memory that their type says, and no more instructions for a step than these bounds.

    python3 tests/embedded/training.py                     everything
    python3 tests/embedded/training.py learn_word --table  one firmware, and its figures as a line of docs/reference/embedded.md
"""
import pathlib
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent.parent / "tools"))
import firmware
import harness

EXAMPLES = harness.ROOT / "examples"
PAIRED = {"cortex-m4", "cortex-m7"}
# Where each runs, what the host's program calls it, and the most instructions of a step.
FIRMWARES = {"learn_digits": ("digits", {"cortex-m7": 3_950_000}),
             "learn_vibration": ("vibration", {"cortex-m4": 115_000}),
             "learn_word": ("word", {"cortex-m4": 40_000})}


def host_bits(compiler, folder):
    """What the host's trainers end with; also writes where the firmwares start."""
    # Small processors multiply and add in one rounding: so must what stands for them.
    command = [compiler, "-std=c++20", "-O2", "-march=native", "-DARCHETYPE_SCALAR", f"-I{harness.INCLUDE}", "-w",
               str(EXAMPLES / "firmware" / "write_training.cpp"), "-lz", "-o", str(folder / "write")]
    firmware.check(command)
    code, output = harness.run([str(folder / "write"), str(EXAMPLES / "data"), str(folder / "made")])
    print(output, end="", flush=True)
    if code != 0:
        sys.exit("the host's training failed")
    return {words[0]: int(words[1]) for line in output.splitlines() if len(words := line.split()) == 2}


def problems_of(name, target, result, bits, most):
    value = {key: numbers[0] for key, numbers in result.values.items()}
    found = [] if result.status == 0 else [f"exit status {result.status}: {result.output}"]
    if value.get("parameters") != bits:
        found.append(f"the bits of the parameters are {value.get('parameters')}, the host's {bits}")
    if value["learn.instructions"] > most:
        found.append(f"{value['learn.instructions']:,} instructions for a step, at most {most:,} are allowed")
    source = next(one for one in result.objects if one in ("learn.cpp", "adapt.cpp"))
    sections = result.objects[source]
    body = value.get("body_bytes", 0) + (49 * 10 if name == "learn_word" else 0)  # and its sample
    # The type's constant, plus at most the padding between objects.
    if not 0 <= sections["bss"] - value["trainer_bytes"] - body <= 16:
        found.append(f"{sections['bss']} bytes of .bss, the type says {value['trainer_bytes']} and {body}")
    return found + [f"{sections[kind]} bytes of .{kind}" for kind in ("data", "init_array") if sections[kind]]


def main():
    options = harness.parser(__doc__)
    options.add_argument("names", nargs="*", metavar="NAME", help=", ".join(FIRMWARES))
    options.add_argument("--table", action="store_true", help="print lines of the table of docs/reference/embedded.md")
    arguments = options.parse_args()
    if unknown := set(arguments.names) - FIRMWARES.keys():
        sys.exit(f"expected {', '.join(FIRMWARES)}, found {', '.join(sorted(unknown))}")
    compiler = next((c for c in arguments.compilers if harness.kind(c) == "gcc"), None)
    if compiler is None or firmware.missing(firmware.TARGETS["cortex-m4"]) or "fma" not in pathlib.Path("/proc/cpuinfo").read_text().split():
        print("skipped: g++, arm-none-eabi-g++, qemu-system-arm or a processor with a fused multiply-add is missing")
        sys.exit(harness.SKIPPED)
    failures = total = 0
    with tempfile.TemporaryDirectory() as place:
        folder = pathlib.Path(place)
        bits = host_bits(compiler, folder)
        for name in arguments.names or FIRMWARES:
            called, targets = FIRMWARES[name]
            for target, most in targets.items():
                order = "paired" if target in PAIRED else "plain"
                flags = [f"-I{folder / 'made'}", f"-I{folder / 'made' / order}"]
                result = firmware.measure(target, sorted((EXAMPLES / "firmware" / name).glob("*.cpp")), "-O2", flags)
                found = problems_of(name, target, result, bits[called], most)
                value = {key: numbers[0] for key, numbers in result.values.items()}
                print(f"{'FAILED' if found else 'passed'} {name} {target}: {value['learn.instructions']:,} instructions for a step, "
                      f"{value['trainer_bytes']:,} bytes" + "".join(f"\n       {p}" for p in found), flush=True)
                if arguments.table:
                    code = next(s for o, s in result.objects.items() if o in ("learn.cpp", "adapt.cpp"))["text"]
                    print(f"| {name} | {target} | {value['learn.instructions']:,} | {code:,} | {value['trainer_bytes']:,} | {value['learn.stack']:,} |")
                failures += bool(found)
                total += 1
    harness.finish(failures, total, "firmwares that learn")


if __name__ == "__main__":
    main()
