# SPDX-License-Identifier: BSL-1.0
"""What the test scripts share: compilers, running them side by side, and reporting."""
import argparse
import concurrent.futures
import errno
import functools
import hashlib
import os
import pathlib
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
INCLUDE = ROOT / "include"
WARNINGS = ["-Wall", "-Wextra", "-Wpedantic", "-Werror"]
SKIPPED = 77  # exit code that ctest counts as skipped


def kind(compiler):
    """'clang' or 'gcc', from the compiler's name."""
    return "clang" if "clang" in os.path.basename(compiler) else "gcc"


def native(compiler):
    """Options for this processor. clang++ 19 warns of its own choice where the processor has AVX10."""
    quiet = ["-Wno-unknown-warning-option", "-Wno-invalid-feature-combination"] if kind(compiler) == "clang" else []
    return ["-march=native", *quiet]


@functools.lru_cache(maxsize=None)
def mpi():
    """Options for compilers and for linking with the MPI that `mpicxx` is for; None where there is none."""
    if shutil.which("mpicxx") is None:
        return None
    done = subprocess.run(["mpicxx", "-show"], stdout=subprocess.PIPE, text=True, check=False)
    words = done.stdout.split()
    flags = [flag for word in words if word.startswith("-I") for flag in ("-isystem", word[2:])]
    return (flags, [word for word in words if word.startswith(("-L", "-l"))]) if done.returncode == 0 and flags else None


def parser(description):
    result = argparse.ArgumentParser(description=description)
    result.add_argument("--compilers", nargs="+", default=["g++", "clang++-19"], help="compilers to run")
    result.add_argument("--jobs", type=int, default=os.cpu_count(), help="processes at a time")
    return result


def add_turns(options):
    """For scripts of many like items: what CI has time for."""
    options.add_argument("--turns", action="store_true", help="a part of the items or compilers, another one for each commit")


def one_in_turn(description):
    """The arguments of a script that runs as a whole with each compiler; with `--turns` with one of them."""
    options = parser(description)
    return parsed_in_turn(options)


def parsed_in_turn(options):
    """The arguments of a script with options of its own; with `--turns` one of the compilers is left."""
    add_turns(options)
    arguments = options.parse_args()
    if arguments.turns:
        arguments.compilers = [arguments.compilers[turn() % len(arguments.compilers)]]
    return arguments


def turn():
    """A number that follows from the commit, so that whatever takes turns by it has its turn."""
    code, text = run(["git", "-C", str(ROOT), "rev-parse", "HEAD"])
    return int(hashlib.sha256(text.strip().encode()).hexdigest(), 16) if code == 0 else 0


def in_turn(items, choices, turns):
    """(choice, item) for every item: with every choice, or with one of them (`turns`)."""
    first = turn() // 12 if turns else 0  # not what `in_parts` goes by, so that all pairs have their turn
    return [(choice, item) for place, item in enumerate(items)
            for choice in ([choices[(first + place) % len(choices)]] if turns else choices)]


def in_parts(items, turns, parts=4):
    """All items, or every `parts`-th one (`turns`), the others at other commits."""
    return items[turn() % parts::parts] if turns else items


def compile_command(compiler, *flags):
    """Checks a source for errors only; every message in plain text on lines of its own."""
    command = [compiler, "-std=c++20", f"-I{INCLUDE}", "-fsyntax-only", "-fno-diagnostics-color"]
    return command + list(flags)


def run(command, text=None, timeout=600, cwd=None):
    """Runs a command; returns its exit code and everything it printed."""
    try:
        done = subprocess.run(command, input=text, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True, timeout=timeout, cwd=cwd, env={**os.environ, "LC_ALL": "C"})
        return done.returncode, done.stdout
    except subprocess.TimeoutExpired:
        return 124, f"no end after {timeout} s: {' '.join(map(str, command))}\n"
    except OSError as error:
        if error.errno != errno.ENOEXEC:  # a program for another machine
            raise
        return 126, f"{error}\n"


def run_all(work, tasks, jobs):
    """Calls work(*task) for every task, `jobs` at a time; yields (task, result) in the order of the tasks."""
    with concurrent.futures.ThreadPoolExecutor(max_workers=jobs) as pool:
        yield from zip(tasks, pool.map(lambda task: work(*task), tasks))


def needs_catch_header():
    """Ends a script that compiles Catch2 with flags of its own: version 3 is a library, made for one set of flags."""
    if run(["g++", "-fsyntax-only", "-x", "c++", "-include", "catch2/catch.hpp", "/dev/null"])[0] != 0:
        print("skipped, catch2/catch.hpp (Catch2 2.13) not found")
        sys.exit(SKIPPED)


def finish(failures, total, what):
    """Prints the closing line and ends the program."""
    print(f"{total - failures} of {total} {what} passed")
    sys.exit(1 if failures else 0)
