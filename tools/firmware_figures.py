# SPDX-License-Identifier: BSL-1.0
"""What the firmware examples cost, in the table of docs/reference/embedded.md.

    python3 tools/firmware_figures.py            measures, and compares with the table: every number must be the same
    python3 tools/firmware_figures.py --write    measures, and writes the table
    python3 tools/firmware_figures.py --only audio anomalies    these firmwares

Instructions are exact and the same on each machine (tools/firmware.py), so are sizes; both depend on the compilers'
versions, and other versions are not compared. Also checked: the programs give the host's results, the sections of each
network are as large as its constants say, and no data is copied and nothing runs before `main`.
"""
import argparse
import pathlib
import struct
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import firmware
import harness

PAGE = harness.ROOT / "docs" / "reference" / "embedded.md"
BEGIN, END = "<!-- figures -->\n", "<!-- end of figures -->\n"
EXAMPLES = harness.ROOT / "examples" / "firmware"
VERSIONS = {"arm-none-eabi-g++": "12.2.1", "riscv64-linux-gnu-g++": "12", "aarch64-linux-gnu-g++": "12", "clang++-19": "19.1.7"}
CASES = [("digits", target, level) for target in ("cortex-m4", "cortex-m7", "cortex-m55") for level in ("-O2", "-Os", "-O3")]
CASES += [("digits", "cortex-m3", "-O2"), ("digits", "cortex-m3", "-Os"), ("digits", "riscv64", "-O2"),
          ("digits", "aarch64", "-O2"), ("digits", "wasm32", "-O2")]
CASES += [("digits", target, "-O2") for target in ("cortex-m0plus", "cortex-m23", "cortex-m33", "cortex-m85", "rv32imc", "rv32imafc", "rv64gcv")]
CASES += [(name, target, "-O2") for name in ("keywords", "residual") for target in ("cortex-m4", "cortex-m7", "cortex-m55")]
CASES += [("residual", "cortex-m4", "-Os")]
CASES += [("anomalies", target, level) for target in ("cortex-m4", "cortex-m7") for level in ("-O2", "-Os")]
CASES += [("audio", "cortex-m4", "-O2"), ("audio", "cortex-m7", "-O2"), ("audio", "cortex-m7", "-Os"), ("audio", "cortex-m55", "-O2")]
TOLERANCES = {"audio": 1e-6}  # others: 1e-4, relative where numbers are large
CORE, SAMPLES = 480_000_000, 48_000
HEADER = """| firmware | target | flags | instructions | for each MAC | .text | tables | weights | RAM | stack |
| --- | --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |
"""


def scores(result):
    return [struct.unpack("f", struct.pack("I", bits))[0] for bits in result.values["score"]]


def sources(name):
    return sorted((EXAMPLES / name).glob("*.cpp"))


def row(name, target, level, wanted):
    """The line of the table, and what is wrong."""
    result = firmware.measure(target, sources(name), level)
    problems = [] if result.status == 0 else [f"exit status {result.status}: {result.output}"]
    found = scores(result) if "score" in result.values else []
    if len(found) != len(wanted) or any(abs(a - b) > TOLERANCES.get(name, 1e-4) * (1 + abs(b)) for a, b in zip(found, wanted)):
        problems.append(f"the scores are {found}, the host's {wanted}")
    value = {key: numbers[0] for key, numbers in result.values.items()}
    if not firmware.TARGETS[target].counts:
        return f"| {name} | {target} | {level} | the host's results | | | | | {value['ram_bytes']:,} | |\n", problems
    network = next(sizes for source, sizes in result.objects.items() if (EXAMPLES / name / source).exists() and source != "main.cpp")
    tables = network["rodata"] - value["flash_bytes"]
    if network["bss"] != value["ram_bytes"]:
        problems.append(f"{network['bss']} bytes of .bss, ram_bytes is {value['ram_bytes']}")
    if tables < 0 or tables > 128 * 64:
        problems.append(f"{network['rodata']} bytes of .rodata, flash_bytes is {value['flash_bytes']}")
    problems += [f"{network[kind]} bytes of .{kind}" for kind in ("data", "init_array") if network[kind]]
    instructions, stack = value[f"{name}.instructions"], value[f"{name}.stack"]
    if stack > 512:
        problems.append(f"{stack} bytes of stack")
    return (f"| {name} | {target} | {level} | {instructions:,} | {instructions / value['multiply_accumulates']:.2f} | "
            f"{network['text']:,} | {tables:,} | {value['flash_bytes']:,} | {value['ram_bytes']:,} | {stack} |\n"), problems


def share(table):
    """What the audio firmware takes of a core, from its line."""
    for line in table.splitlines():
        if line.startswith("| audio | cortex-m7 | -O2 |"):
            instructions = int(line.split("|")[4].replace(",", ""))
            return (f"\n`audio` on Cortex-M7, -O2: {instructions:,} instructions for a sample are {instructions * SAMPLES / CORE:.1%} of a core "
                    f"with {CORE // 10**6} MHz at {SAMPLES // 1000} kHz, if each took one cycle.\n")
    return ""


def available(target):
    """Whether a target can be measured here with the compiler that the table is of."""
    compiler = firmware.TARGETS[target].compiler
    if firmware.missing(firmware.TARGETS[target]):
        return False
    version = subprocess.run([compiler, "-dumpversion"], capture_output=True, text=True).stdout.strip()
    return version == VERSIONS[compiler]


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--write", action="store_true", help="write the table instead of comparing")
    options.add_argument("--only", nargs="+", metavar="FIRMWARE", default=sorted({case[0] for case in CASES}))
    harness.add_turns(options)
    arguments = options.parse_args()
    page = PAGE.read_text()
    before, rest = page.split(BEGIN)
    old, after = rest.split(END)
    wanted = {name: scores(firmware.measure("host", sources(name))) for name in arguments.only}
    table, failures, measured = HEADER, 0, 0
    chosen = harness.in_parts(CASES, arguments.turns)
    for name, target, level in CASES:
        known = [line for line in old.splitlines(True) if line.startswith(f"| {name} | {target} | {level} |")]
        if name not in wanted or (name, target, level) not in chosen or not available(target):
            table += "".join(known)
            continue
        line, problems = row(name, target, level, wanted[name])
        if not arguments.write and [line] != known:
            problems.append("the page has\n  " + ("".join(known) or "no such line\n"))
        measured += 1
        failures += bool(problems)
        table += line
        print(line, *(f"  FAILED: {problem}\n" for problem in problems), sep="", end="", flush=True)
    if not arguments.write and share(table) not in old:
        failures += 1
        print("  FAILED: the page does not say", share(table), sep="")
    table += share(table)
    if arguments.write:
        PAGE.write_text(before + BEGIN + table + END + after)
    if measured == 0:
        sys.exit(harness.SKIPPED)
    harness.finish(failures, measured, "firmwares")


if __name__ == "__main__":
    main()
