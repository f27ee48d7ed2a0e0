# SPDX-License-Identifier: BSL-1.0
"""8-bit inference on emulated processors: kernels against the specification, LeNet-5 against CMSIS-NN and TensorFlow Lite
Micro, the firmware's networks against the host, and what they cost. Counts are exact, so they are held to bounds.

    python3 tests/embedded/int8.py            everything
    python3 tests/embedded/int8.py --table    and the instructions of each layer
"""
import pathlib
import re
import shutil
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tools"))
import firmware
import harness

TESTS = ROOT / "tests"
EXAMPLE = ROOT / "examples" / "firmware" / "int8"
NETWORKS = ["digits", "keywords", "anomalies", "residual", "movements"]
PAIRED = {"cortex-m4", "cortex-m7"}
# They compile what others of their kind do: one of them at a time is enough.
RELATIVES = ["cortex-m0plus", "cortex-m23", "cortex-m33", "cortex-m85", "rv32imc", "rv32imafc", "rv64gcv"]
# What CMSIS-NN 99f736a and TensorFlow Lite Micro 90b983c computed, plus 128.
SCORES = [0, 0, 84, 66, 0, 72, 9, 71, 40, 0]
# Instructions of LeNet-5, bytes of the whole program's .text, bytes of .bss; compiled with -O2.
LENET = {
    "cortex-m3": (1_100_000, 6_144, 3_600),
    "cortex-m4": (705_000, 4_096, 3_600),
    "cortex-m7": (705_000, 4_096, 3_600),
    "cortex-m55": (340_000, 4_096, 3_600),
}
# Instructions of other networks.
MOST = {("keywords", "cortex-m4"): 3_560_000, ("keywords", "cortex-m55"): 1_110_000, ("residual", "cortex-m4"): 15_400_000,
        ("residual", "cortex-m55"): 3_390_000, ("anomalies", "cortex-m4"): 365_000, ("anomalies", "cortex-m55"): 63_000}
# Instructions of the stream `words`, step by step and in a block of 12, compiled with -O2.
STREAMS = {"cortex-m3": None, "cortex-m4": (490_000, 59_000), "cortex-m55": (150_000, 27_000)}
KERNELS = [*[(name, []) for name in firmware.TARGETS if name != "host"], ("aarch64", ["-march=armv8.2-a+dotprod"]),
           ("host", ["-mavx2"]), ("host", ["-march=native"]),
           # CMake's Debug and MinSizeRel, and a macro about vectors of real numbers: the same order and results.
           *[(name, [*flags]) for name in ("cortex-m4", "cortex-m55")
             for flags in (["-O0"], ["-Og"], ["-Os"], ["-DARCHETYPE_SCALAR"])],
           ("cortex-m4", ["-fno-omit-frame-pointer"]), ("cortex-m7", ["-O3", "-fno-omit-frame-pointer"]),
           ("cortex-m4", ["-Os", "-ffixed-r9", "-DARCHETYPE_RESERVED_REGISTER"]), ("host", ["-march=native", "-DARCHETYPE_SCALAR"])]
# clang++ for Cortex-M4, with the other compiler's library.
CLANG = ["--target=thumbv7em-none-eabihf", "-mcpu=cortex-m4", "-mfloat-abi=hard", "-nostdinc++"]
KERNELS_PROGRAM = """#include "int8_cases.hpp"
static_assert(archetype::native_weight_order == archetype::weight_order::paired);
std::size_t wrong() { std::size_t n = 0; int8_cases::for_each_layer([&](const char*, std::size_t w) { n += w; }); return n; }
"""
# Arm state, which lacks forms of instructions, and programs whose data lies relative to r9: the same order, compiled alone.
OTHER_STATES = [["-mcpu=cortex-a7", "-marm", "-mfloat-abi=soft"],
                ["-mcpu=cortex-m4", "-mthumb", "-mfloat-abi=hard", "-fpic", "-msingle-pic-base", "-ffixed-r9"]]


def order(target):
    return "paired" if target in PAIRED else "plain"


def compile_kernels(folder, compiler, *flags):
    source = folder / "kernels.cpp"
    source.write_text(KERNELS_PROGRAM)
    code, output = harness.run([compiler, "-std=c++20", *firmware.EMBEDDED, *harness.WARNINGS, f"-I{harness.INCLUDE}", f"-I{TESTS}",
                                *flags, "-c", str(source), "-o", str(folder / "kernels.o")])
    return [output] if code else []


def compile_with_clang(compiler, folder, *flags):
    """Compiles the kernels for Cortex-M4; returns what is wrong."""
    library = harness.run(["arm-none-eabi-g++", "-E", "-x", "c++", "-v", "/dev/null"])[1]
    found = re.search(r"#include <\.\.\.>.*?\n(.*?)End of search list", library, re.DOTALL)
    # clang has its own headers of the compiler.
    places = [f"-isystem{line.strip()}" for line in found[1].splitlines() if not re.search(r"/gcc/[^/]*/[\d.]*/include$", line)]
    return compile_kernels(folder, compiler, *CLANG, *places, *flags)


def compile_for_other_state(folder, flags):
    """Compiles the kernels with arm-none-eabi-g++; returns what is wrong."""
    problems = compile_kernels(folder, "arm-none-eabi-g++", "-O2", *flags)
    if problems or "-ffixed-r9" not in flags:
        return problems
    lines = harness.run(["arm-none-eabi-objdump", "-d", str(folder / "kernels.o")])[1].splitlines()
    return [f"r9 is changed: {line}" for line in lines if re.search(r"\t(?!push|cmp|str)\S+\s+r9,", line)][:1]


def host_program(compiler, source, folder, *flags):
    """Builds a program for this machine."""
    program = folder / (pathlib.Path(source).stem + "".join(flags))
    firmware.check([compiler, "-std=c++20", "-O1", "-march=native", *firmware.QUIET, f"-I{harness.INCLUDE}", f"-I{TESTS}", *flags,
                    source, "-lz", "-o", program])
    return program


def print_steps(steps):
    """Products and instructions of each step."""
    for number, (macs, count) in enumerate(steps):
        each = f"{count / macs:6.2f} for each of {macs:,} multiply-accumulates" if macs else ""
        print(f"       step {number:2}: {count:9,} instructions {each}")


def main():
    options = harness.parser(__doc__)
    harness.add_turns(options)
    options.add_argument("--table", action="store_true", help="print the instructions of each layer")
    arguments = options.parse_args()
    compiler = next((c for c in arguments.compilers if harness.kind(c) == "gcc"), None)
    names = [name for name in firmware.TARGETS if name not in RELATIVES] + harness.in_parts(RELATIVES, arguments.turns, len(RELATIVES))
    present = [name for name in names if not firmware.missing(firmware.TARGETS[name])]
    if compiler is None or "cortex-m4" not in present:
        print("g++, arm-none-eabi-g++ or qemu-system-arm is missing")
        sys.exit(harness.SKIPPED)
    results = []

    def verdict(what, problems):
        results.append(bool(problems))
        print(f"{'FAILED' if problems else 'passed'} {what}" + "".join(f"\n       {p}" for p in problems), flush=True)

    for name, flags in harness.in_parts([(name, flags) for name, flags in KERNELS if name in present], arguments.turns):
        found = firmware.measure(name, [TESTS / "embedded" / "int8_kernels.cpp"], flags=[f"-I{TESTS}", *flags])
        verdict(" ".join(["kernels", name, *flags]), [] if found.status == 0 else [found.output])

    with tempfile.TemporaryDirectory() as place:
        folder = pathlib.Path(place)
        for clang in (c for c in arguments.compilers if harness.kind(c) == "clang" and shutil.which(c)):
            for flags in harness.in_parts([["-O0"], ["-O2"], ["-Os"], ["-O0", "-DARCHETYPE_SCALAR"]], arguments.turns, 2):
                verdict(" ".join(["compiled by", clang, "cortex-m4", *flags]), compile_with_clang(clang, folder, *flags))

        for flags in harness.in_parts(OTHER_STATES, arguments.turns, 2):
            verdict(" ".join(["compiled for", *flags]), compile_for_other_state(folder, flags))

        def weights(name, source, *flags):
            for each in ("plain", "paired", "object"):
                (folder / name / each).mkdir(parents=True)
            firmware.check([host_program(compiler, source, folder, *flags), folder / name])

        weights("lenet", TESTS / "embedded" / "write_int8_lenet.cpp")
        for name in present:
            found = firmware.measure(name, [TESTS / "embedded" / "int8_lenet.cpp"],
                                     flags=[f"-I{TESTS}", f"-I{folder / 'lenet' / order(name)}"])
            problems = [] if found.values.get("score") == SCORES else [f"scores {found.values.get('score')}"]
            figures = ""
            if name in LENET:
                measured = (found.values["inference.instructions"][0], found.program["text"], found.program["bss"])
                figures = ": {:,} instructions, .text {:,}, .bss {:,}, stack {:,}".format(
                    *measured, found.values["inference.stack"][0])
                for what, value, most in zip(("instructions", ".text", ".bss"), measured, LENET[name]):
                    if value > most:
                        problems.append(f"{value} {what}, at most {most} are allowed")
                for section in ("data", "init_array"):
                    if found.program[section]:
                        problems.append(f"{found.program[section]} bytes of .{section}")
            verdict(f"LeNet-5 {name}{figures}", problems)

        # Raw bytes that the assembler takes in.
        bytes_at = folder / "lenet" / "object"
        (bytes_at / "weights.hpp").write_text('#include "lenet_weights.hpp"\n')
        found = firmware.measure("cortex-m4", [TESTS / "embedded" / "int8_lenet.cpp", bytes_at / "lenet_weights.S"],
                                 flags=[f"-I{TESTS}", f"-I{bytes_at}", f"-Wa,-I{bytes_at}"])
        verdict("LeNet-5 cortex-m4 as raw bytes", [] if found.values.get("score") == SCORES else [found.output])

        weights("streams", TESTS / "embedded" / "write_int8_streams.cpp")
        for name in harness.in_parts([name for name in STREAMS if name in present], arguments.turns):
            found = firmware.measure(name, [TESTS / "embedded" / "int8_streams.cpp"],
                                     flags=[f"-I{TESTS}", f"-I{folder / 'streams' / order(name)}"])
            problems = [] if found.status == 0 else [found.output]
            measured = [found.values[f"{what}.instructions"][0] for what in ("steps", "block")] if not problems else []
            if STREAMS[name]:
                problems += [f"{value:,} instructions, at most {most:,} are allowed"
                             for value, most in zip(measured, STREAMS[name]) if value > most]
            figures = ", ".join(f"{what} {found.values[what][0]:,}" for what in
                                ("whole.instructions", "steps.instructions", "block.instructions", "state", "single", "arena")
                                if what in found.values)
            verdict(f"streams {name}: {figures}", problems)

        for number, network in enumerate(NETWORKS):
            weights(network, EXAMPLE / "generate.cpp", f"-DNETWORK={network}")
            for name in harness.in_parts(present[number % 2:] + present[:number % 2], arguments.turns):
                flags = [f"-DNETWORK={network}", f"-I{folder / network}", f"-I{folder / network / order(name)}"]
                found = firmware.measure(name, [EXAMPLE / "main.cpp"], flags=flags)
                figures = ", ".join(f"{what} {found.values[what][0]:,}" for what in
                                    ("inference.instructions", "inference.stack", "arena", "weights") if what in found.values)
                problems = [] if found.status == 0 else [found.output]
                if firmware.TARGETS[name].counts:
                    # Weights, the sample, what should come of it, and names, 16 bytes for each distance of neighbours; no data to
                    # copy, nothing before main.
                    object_file, constants = found.objects["main.cpp"], found.values["constants"][0]
                    curves = 2 * 513 * 2 if network == "movements" else 0  # sigmoid and tanh of 16 bits
                    # clang++ keeps the indices of its vectors there.
                    more = 4096 if harness.kind(firmware.TARGETS[name].compiler) == "clang" else 512
                    if not constants <= object_file["rodata"] - curves <= constants + more:
                        problems.append(f"{object_file['rodata']} bytes of .rodata for {constants} of constants")
                    if object_file["bss"] != found.values["arena"][0] or object_file["data"] or object_file["init_array"]:
                        problems.append(f"sections {object_file}")
                most, count = MOST.get((network, name)), found.values.get("inference.instructions", [0])[0]
                if most is not None and count > most:
                    problems.append(f"{count:,} instructions, at most {most:,} are allowed")
                verdict(f"{network} {name}: {figures}", problems)
                if arguments.table and firmware.TARGETS[name].counts:
                    found = firmware.measure(name, [TESTS / "embedded" / "int8_steps.cpp"], flags=[*flags, f"-I{EXAMPLE}"])
                    print_steps(zip(found.values["step.macs"], found.values["step.instructions"]))
    harness.finish(sum(results), len(results), "8-bit programs")


if __name__ == "__main__":
    main()
