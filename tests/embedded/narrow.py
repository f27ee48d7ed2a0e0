# SPDX-License-Identifier: BSL-1.0
"""Weights of 8 bits with real and with 16-bit activations, on emulated processors: results are the host's, weights are
read-only storage, and there is no data to copy.

    python3 tests/embedded/narrow.py
"""
import pathlib
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tools"))
import firmware
import harness

HERE = ROOT / "tests" / "embedded"
CASES = [("digits", []), ("mixed", []), ("digits", ["-DACTIVATIONS_16"]), ("sound", ["-DACTIVATIONS_16"])]


def main():
    options = harness.parser(__doc__)
    harness.add_turns(options)
    options.add_argument("--targets", nargs="+", default=list(firmware.TARGETS), choices=firmware.TARGETS, metavar="TARGET")
    arguments = options.parse_args()
    compiler = next((c for c in arguments.compilers if harness.kind(c) == "gcc"), None)
    present = [name for name in arguments.targets if not firmware.missing(firmware.TARGETS[name])]
    if compiler is None or not present:
        print("g++ or the targets' tools are missing")
        sys.exit(harness.SKIPPED)
    results = []

    def verdict(what, problems):
        results.append(bool(problems))
        print(f"{'FAILED' if problems else 'passed'} {what}" + "".join(f"\n       {p}" for p in problems), flush=True)

    for network, form in harness.in_parts(CASES, arguments.turns):
        with tempfile.TemporaryDirectory() as place:
            folder = pathlib.Path(place)
            (folder / "object").mkdir()
            flags = [f"-DNETWORK={network}", *form, f"-I{HERE}"]
            firmware.check([compiler, "-std=c++20", "-O1", "-march=native", *firmware.QUIET, f"-I{harness.INCLUDE}", *flags,
                            HERE / "narrow_writer.cpp", "-lz", "-o", folder / "writer"])
            firmware.check([folder / "writer", folder])
            label = f"{network} {'16-bit' if form else 'real'} activations"
            for name in present:
                found = firmware.measure(name, [HERE / "narrow_reader.cpp"], flags=[*flags, f"-I{folder}"])
                figures = ", ".join(f"{what} {found.values[what][0]:,}" for what in
                                    ("inference.instructions", "inference.stack", "arena") if what in found.values)
                problems = [] if found.status == 0 else [found.output]
                if firmware.TARGETS[name].counts:
                    figures += f", .text {found.program['text']:,}, .rodata {found.objects['narrow_reader.cpp']['rodata']:,}"
                    for section in ("data", "init_array"):
                        if found.objects["narrow_reader.cpp"][section]:
                            problems.append(f"{found.objects['narrow_reader.cpp'][section]} bytes of .{section}")
                verdict(f"{label} {name}: {figures}", problems)
            if "cortex-m4" in present:
                (folder / "object" / "sample.hpp").write_text((folder / "sample.hpp").read_text())
                found = firmware.measure("cortex-m4", [HERE / "narrow_reader.cpp", folder / "object" / "weights.S"],
                                         flags=[*flags, f"-I{folder / 'object'}", f"-Wa,-I{folder / 'object'}"])
                verdict(f"{label} cortex-m4 as raw bytes", [] if found.status == 0 else [found.output])
    harness.finish(sum(results), len(results), "programs")


if __name__ == "__main__":
    main()
