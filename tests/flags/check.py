# SPDX-License-Identifier: BSL-1.0
"""Elementary functions, expressions and networks keep their promises under flags that let compilers compute otherwise.

Compiles the tests of expressions and tests/flags/networks.cpp with -ffast-math, its parts, and for 32-bit x86 with and
without SSE, and runs them; on emulated AArch64 the tests of expressions as they are. What a compiler cannot link or a
machine cannot run is skipped with the reason.
"""
import pathlib
import shutil
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tools"))
import harness

EXPRESSIONS = [f"tests/expression/{name}.cpp" for name in ("elementary", "derivatives", "trigonometry", "overflow")]
FUNCTIONS, FEWER_FUNCTIONS = EXPRESSIONS[::2], EXPRESSIONS[:1]
NETWORKS = "tests/flags/networks.cpp"
FLAGS = [("-O2", "-march=native", "-ffast-math"), ("-Ofast", "-march=native"), ("-O2", "-ffast-math"),
         ("-O2", "-ffast-math", "-DARCHETYPE_SCALAR"), ("-O1", "-march=native", "-ffinite-math-only"),
         ("-O2", "-march=native", "-funsafe-math-optimizations"), ("-O2", "-m32", "-msse2", "-mfpmath=sse"),
         ("-O2", "-m32", "-mno-sse"), ("-O2", "-m32", "-mno-sse", "-ffast-math")]
NETWORK_FLAGS = FLAGS[:1] + FLAGS[2:3]
# clang++ has an opinion on -Ofast, and warns that Catch2 uses infinity.
COMMON = ["-std=c++20", "-Wall", "-Wextra", "-Wno-maybe-uninitialized", "-Wno-uninitialized"]
CLANG = ["-Wno-deprecated-ofast", "-Wno-nan-infinity-disabled", "-Wno-unused-command-line-argument"]
PROBE = "#include <cmath>\nint main() { return std::sqrt(4.0) == 2 ? 0 : 1; }\n"
AARCH64 = "aarch64-linux-gnu-g++"


def lacking(compiler, flags, folder, run):
    """Why a program of these flags cannot be made and run here, or nothing."""
    source, program = folder / "probe.cpp", folder / "probe"
    source.write_text(PROBE)
    if harness.run([compiler, *flags, source, "-o", program])[0] != 0:
        return "the compiler has no libraries for it (Debian: g++-12-multilib)" if "-m32" in flags else "it does not link"
    return None if harness.run([*run, program])[0] == 0 else "its programs do not run here"


def headers32():
    """Debian's cross compilers and gcc-multilib exclude each other; without the latter the kernel's headers have no link."""
    found = sorted(pathlib.Path("/usr/include").glob("x86_64-linux-gnu"))
    return [f"-isystem{p}" for p in found]


def check(compiler, flags, sources):
    run = ["qemu-aarch64", "-L", "/usr/aarch64-linux-gnu"] if compiler == AARCH64 else []
    for program in [compiler, *run[:1]]:
        if not shutil.which(program):
            return None, f"{program} not found"
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        flags = [*flags, *(headers32() if "-m32" in flags else [])]
        if reason := lacking(compiler, flags, folder, run):
            return None, reason
        program = folder / "test"
        special = CLANG if harness.kind(compiler) == "clang" else []
        paths = [f"-I{ROOT / 'include'}", f"-I{ROOT / 'tests'}"]
        if compiler == AARCH64:  # the libraries of headers are this machine's
            for library in ("xsimd", "boost", "catch2"):
                (folder / library).symlink_to(pathlib.Path("/usr/include") / library)
            paths.append(f"-isystem{folder}")
        (folder / "main.cpp").write_text("#define CATCH_CONFIG_MAIN\n#include <catch2/catch.hpp>\n")
        command = [compiler, *COMMON, *special, *flags, *paths, *(ROOT / s for s in sources), folder / "main.cpp", "-o", program]
        status, output = harness.run(command)
        if status == 0:
            status, output = harness.run([*run, program], timeout=1200)
        return [] if status == 0 else [output[-3000:]], ""


def main():
    options = harness.parser(__doc__)
    harness.add_turns(options)
    options.add_argument("--only", default="", help="cases whose flags contain this")
    arguments = options.parse_args()
    harness.needs_catch_header()
    cases = [(c, f, EXPRESSIONS if i == 0 else FUNCTIONS if i % 2 == 0 else FEWER_FUNCTIONS)
             for c, (i, f) in harness.in_turn(harness.in_parts(list(enumerate(FLAGS)), arguments.turns, 6),
                                              arguments.compilers, arguments.turns)]
    cases += [(c, f, [NETWORKS]) for c, f in harness.in_turn(harness.in_parts(NETWORK_FLAGS, arguments.turns),
                                                             arguments.compilers, arguments.turns)]
    few = "-DARCHETYPE_TEST_SHARE=50"  # numbers of 128 bits on an emulator take their time
    cases += [(AARCH64, f, FUNCTIONS)
              for f in harness.in_parts([("-O2", few), ("-O2", "-ffast-math", few)], arguments.turns, 2)]
    cases = [case for case in cases if arguments.only in " ".join([case[0], *case[1], *case[2]])]
    failures = skipped = 0
    for (compiler, flags, sources), (problems, reason) in harness.run_all(check, cases, arguments.jobs):
        failures += bool(problems)
        skipped += problems is None
        verdict = f"skipped, {reason}:" if problems is None else "FAILED" if problems else "passed"
        print(verdict, compiler, *flags, pathlib.Path(sources[-1]).stem, flush=True)
        for problem in problems or []:
            print(problem)
    if skipped == len(cases):
        sys.exit(harness.SKIPPED)
    harness.finish(failures, len(cases) - skipped, "programs")


if __name__ == "__main__":
    main()
