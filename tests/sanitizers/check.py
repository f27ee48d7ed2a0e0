# SPDX-License-Identifier: BSL-1.0
"""Runs the unit tests under sanitizers, each file a program of its own, built by clang++.

    python3 tests/sanitizers/check.py                  a part of the files, another one for each commit: what CI runs
    python3 tests/sanitizers/check.py --all            all files under all sanitizers (some minutes on two cores)
    python3 tests/sanitizers/check.py --sanitizers thread tests/training/trainer.cpp

`address,undefined` and `thread` are the two builds; for `thread` only files that speak of threads are built, the others
start none. A part is every N-th file, from a place that follows from the commit, so that all have their turn.
"""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tools"))
import harness

LIBRARIES = ["-lz", "-lzip", "-ltbb", "-lblas", "-llapack", "-lutf8proc"]
PACKAGES = ["hdf5", "libpng", "libjpeg", "sndfile"]  # whose options differ from system to system
DEFINITIONS = ["-DARCHETYPE_HAS_ZLIB=1", "-DARCHETYPE_HAS_LIBZIP=1", "-DARCHETYPE_HAS_TBB=1",
               f'-DARCHETYPE_DATA_DIR="{ROOT / "examples" / "data"}"']
MAIN = "#define CATCH_CONFIG_MAIN\n#include <catch2/catch.hpp>\n"
# OpenBLAS keeps threads and memory of its own until the end.
ENVIRONMENT = {**os.environ, "ASAN_OPTIONS": "detect_leaks=0", "UBSAN_OPTIONS": "print_stacktrace=1",
               "TSAN_OPTIONS": "halt_on_error=1", "OPENBLAS_NUM_THREADS": "1"}


def rooms():
    """The folders of tests/ with unit tests, as tests/CMakeLists.txt has them. What `files` calls is a library that CMake
    builds: its readers are the fuzz targets'."""
    text = (ROOT / "tests" / "CMakeLists.txt").read_text()
    others = set(re.search(r"set\(not_rooms ([^)]*)\)", text).group(1).split()) | {"files"}
    return [f for f in sorted((ROOT / "tests").iterdir()) if f.is_dir() and f.name not in others]


def package_options(kind):
    """Of libraries that only some files use."""
    code, text = harness.run(["pkg-config", kind, *PACKAGES])
    if code != 0:
        sys.exit(f"pkg-config {kind} {' '.join(PACKAGES)}: {text}")
    return [f"-isystem{option[2:]}" if option.startswith("-I") else option for option in text.split()]


def flags(compiler, sanitizer):
    return [compiler, "-std=c++20", "-O0", "-g1", "-march=native", f"-fsanitize={sanitizer}", "-fno-sanitize-recover=all",
            "-fno-omit-frame-pointer", f"-I{ROOT / 'include'}", f"-I{ROOT / 'tests'}", *package_options("--cflags"), *DEFINITIONS]


def check(compiler, sanitizer, source, main, folder):
    """What is wrong with one file, empty if nothing is; and the seconds it took."""
    start = time.monotonic()
    own = folder / f"{sanitizer.split(',')[0]}_{source.parent.name}_{source.stem}"
    own.mkdir()
    program = own / "program"
    code, output = harness.run([*flags(compiler, sanitizer), str(source), str(main), "-o", str(program), *package_options("--libs"), *LIBRARIES],
                               timeout=1200)
    if code == 0:
        done = subprocess.run([program], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
                              cwd=own, env=ENVIRONMENT, timeout=1200, check=False)
        code, output = done.returncode, done.stdout
    program.unlink(missing_ok=True)
    return (output[-6000:] or f"exit code {code}") if code != 0 else "", time.monotonic() - start


def main():
    options = harness.parser(__doc__)
    options.set_defaults(compilers=["clang++-19"])
    options.add_argument("sources", nargs="*", type=pathlib.Path, help="only these files")
    options.add_argument("--all", action="store_true", help="all files")
    options.add_argument("--parts", type=int, default=36, help="parts that the files are cut into (default: 36)")
    options.add_argument("--sanitizers", nargs="+", default=["address,undefined", "thread"])
    arguments = options.parse_args()
    harness.needs_catch_header()
    compiler = arguments.compilers[0]
    if not shutil.which(compiler):
        print(f"skipped: {compiler} is not here")
        sys.exit(harness.SKIPPED)

    sources = [source.resolve() for source in arguments.sources]
    if not sources:
        sources = [source for room in rooms() for source in sorted(room.glob("*.cpp"))]
    threaded = [s for s in sources if arguments.sources or "thread" in s.read_text()]
    if not arguments.sources and not arguments.all:
        turn = harness.turn()
        print(f"part {turn % arguments.parts + 1} of {arguments.parts}")
        sources = sources[turn % arguments.parts::arguments.parts]
        threaded = [threaded[turn % len(threaded)]]
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        (folder / "main.cpp").write_text(MAIN)

        def compile_main(sanitizer):
            made = folder / f"main_{sanitizer}.o"
            code, output = harness.run([*flags(compiler, sanitizer), "-c", str(folder / "main.cpp"), "-o", str(made)])
            if code != 0:
                sys.exit(f"{sanitizer}: {output}")
            return made

        mains = {s: made for (s,), made in harness.run_all(compile_main, [(s,) for s in arguments.sanitizers], arguments.jobs)}
        tasks = [(compiler, s, source, mains[s], folder) for s in arguments.sanitizers
                 for source in (threaded if s == "thread" else sources)]
        failures = 0
        for (_, sanitizer, source, _, _), (problem, seconds) in harness.run_all(check, tasks, arguments.jobs):
            failures += problem != ""
            print(f"{'FAILED' if problem else 'passed'} {sanitizer:17} {seconds:5.0f} s  {source.relative_to(ROOT)}", flush=True)
            if problem:
                print(problem)
    harness.finish(failures, len(tasks), "programs under sanitizers")


main()
