# SPDX-License-Identifier: BSL-1.0
"""archetype_add_dispatched: one program that takes the best code a processor has, and what it refuses.

Builds the project of this folder with each compiler and runs it on emulated processors and on this one: the level is the one
that the processor has, the results are the same. Code of one level may have no name that the rest of the program sees.
"""
import pathlib
import platform
import re
import shutil
import sys
import tempfile

FOLDER = pathlib.Path(__file__).resolve().parent
ROOT = FOLDER.parent.parent
sys.path.insert(0, str(ROOT / "tools"))
import firmware
import harness

SCORES = "0.00012 0.00002 0.00000 0.00738 0.98111 0.00419 0.00706 0.00000 0.00002 0.00010"
X86 = {"Nehalem": ("x86-64", "the least"), "Haswell": ("x86-64-v3", "AVX2"), "Skylake-Server": ("x86-64-v3", "AVX2")}  # QEMU 7.2 has no AVX-512
ARM = {"cortex-a53": ("armv8-a", "the least"), "max": ("armv8.2-a+dotprod", "dot products")}
# Flags of /proc/cpuinfo that make a level, the best first; not `abm`, which virtual machines do not always show.
V3 = {"avx2", "bmi1", "bmi2", "f16c", "fma", "movbe"}
HERE = [(V3 | {"avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"}, ("x86-64-v4", "AVX-512")), (V3, ("x86-64-v3", "AVX2")), (set(), ("x86-64", "the least"))]
WRONG = {  # a source that is refused, or arguments; and what the message holds
    "a variable with external linkage": ("int calls = 1;\nint count() { return calls; }\n", [], "variable with external linkage, calls"),
    "a variable made before main": ("#include <cstdlib>\nstatic int first = std::rand();\nint count() { return first; }\n", [],
                                    "initialized before main"),
    "no function": ("inline int one() { return 1; }\n", [], "no function with external linkage"),
    "an unknown level": ("int count() { return 1; }\n", ["-D", "LEVELS=x86-64;x86-64-v9"], "found \"x86-64-v9\""),
    "levels from the best to the least": ("int count() { return 1; }\n", ["-D", "LEVELS=x86-64-v3;x86-64"], "from the least to the best"),
}


def build(compiler, folder, *settings):
    code, output = harness.run(["cmake", "-S", FOLDER, "-B", folder, "-G", "Ninja", "-D", f"CMAKE_CXX_COMPILER={compiler}",
                                "-D", "CMAKE_BUILD_TYPE=Release", "-D", f"ARCHETYPE_SOURCE={ROOT}", *settings])
    if code == 0:
        code, output = harness.run(["cmake", "--build", folder, "--target", "program"])
    return code, output


def of_this_processor():
    """The level that this machine has; None where it is no x86."""
    if platform.machine() != "x86_64":
        return None
    flags = set(re.search(r"^flags\s*:(.*)$", pathlib.Path("/proc/cpuinfo").read_text(), re.MULTILINE)[1].split())
    return next(level for needed, level in HERE if needed <= flags)


def run(command, expected):
    """What is wrong with the program's one line."""
    code, output = harness.run(command)
    lines = [line for line in output.splitlines() if not line.startswith("qemu-")]
    found = re.fullmatch(r"(.+?), (.+), 30 7: (.+)", lines[-1]) if code == 0 and lines else None
    if not found:
        return f"ends with {code}: {output[-500:]}"
    if expected is not None and (found[1], found[2]) != expected:
        return f"expected {expected}, found {found[1], found[2]}"
    return "" if found[3] == SCORES else f"other scores: {found[3]}"


def main():
    options = harness.parser(__doc__)
    harness.add_turns(options)
    arguments = options.parse_args()
    if not shutil.which("cmake") or not shutil.which("ninja"):
        print("skipped, cmake or ninja not found")
        sys.exit(harness.SKIPPED)
    results = []

    def verdict(what, problem):
        results.append(bool(problem))
        print(f"{'FAILED' if problem else 'passed'} {what}" + (f"\n{problem[-2000:]}" if problem else ""), flush=True)

    with tempfile.TemporaryDirectory() as place:
        folder = pathlib.Path(place)
        for compiler, _ in harness.in_turn([0], arguments.compilers, arguments.turns):
            built = folder / pathlib.Path(compiler).name
            code, output = build(compiler, built)
            verdict(f"built by {compiler}", output if code else "")
            if code:
                continue
            program = built / "program"
            verdict(f"{compiler}, this processor", run([program], of_this_processor()))
            for name, expected in X86.items() if shutil.which("qemu-x86_64") else []:
                verdict(f"{compiler}, {name}", run(["qemu-x86_64", "-cpu", name, program], expected))
            own = set()
            for level in sorted((built / "net.dispatched").glob("x86_64*.o")):
                if "." not in level.stem:
                    names = harness.run(["nm", "-g", "--defined-only", level])[1].split("\n")
                    own |= {line.split()[-1] for line in names if line and not line.split()[-1].endswith("." + level.stem)}
            verdict(f"{compiler}, names that others see", ", ".join(sorted(own)[:10]))
        arm = "aarch64-linux-gnu-g++"
        if shutil.which(arm) and shutil.which("qemu-aarch64"):
            libraries = folder / "libraries"
            libraries.mkdir()
            firmware.third_party(libraries)
            code, output = build(arm, folder / "arm", "-D", "CMAKE_SYSTEM_NAME=Linux", "-D", "CMAKE_SYSTEM_PROCESSOR=aarch64",
                                 "-D", f"CMAKE_CXX_FLAGS=-isystem {libraries}")
            verdict("built for AArch64", output if code else "")
            for name, expected in ARM.items() if code == 0 else []:
                command = ["qemu-aarch64", "-L", "/usr/aarch64-linux-gnu", "-cpu", name, folder / "arm" / "program"]
                verdict(f"AArch64, {name}", run(command, expected))
        for name, (text, settings, expected) in WRONG.items():
            source = folder / "wrong.cpp"
            source.write_text(text)
            code, output = build(arguments.compilers[0], folder / name.replace(" ", "_"), "-D", f"SOURCES={source}", *settings)
            flat = re.sub(r"\s+", " ", output)
            verdict(f"refused: {name}", "" if code and expected in flat else f"expected \"{expected}\", found {output[-1500:]}")
    harness.finish(sum(results), len(results), "checks of dispatched sources")


if __name__ == "__main__":
    main()
