# SPDX-License-Identifier: BSL-1.0
"""What ten fixed programs make of templates, and how large their objects are, against the counts in counts.json.

Counts are the same on a busy machine, and the same for everybody with the same compilers and libraries; elsewhere the test
is skipped. More than 3 % above what is written fails. After a change that is worth its price:
    python3 tests/compile_time/counts.py --write
"""
import json
import pathlib
import re
import sys
import tempfile

import measure  # first: it adds tools/ to the path
import harness
import sources

FILE = pathlib.Path(__file__).resolve().parent / "counts.json"
COUNTS = {"types": r"^\s*(\d+) types total", "declarations": r"^\s*(\d+) decls total",
          "classes": r"(\d+) ClassTemplateSpecialization decls", "variables": r"(\d+) VarTemplateSpecialization decls",
          "functions": r"(\d+) Function decls", "members": r"(\d+) CXXMethod decls"}
COMMON = ["-std=c++20", f"-I{harness.INCLUDE}", "-march=x86-64-v3", "-DNDEBUG", "-ftemplate-depth=256"]
MOST = 1.03
PACKAGES = ["g++-12", "clang-19", "libboost-dev", "libxsimd-dev", "libxtensor-dev", "libc6-dev"]


def versions():
    """Of all that the counts depend on."""
    return {p: harness.run(["dpkg-query", "-W", "-f", "${Version}", p])[1].strip() for p in PACKAGES}


def counts(name, text):
    """The counts of clang++ 19 and the bytes of g++'s object at -O2; a message instead if it does not compile."""
    with tempfile.TemporaryDirectory() as folder:
        source, built = pathlib.Path(folder) / f"{name}.cpp", pathlib.Path(folder) / "built.o"
        source.write_text(text)
        status, output = harness.run(["clang++-19", *COMMON, "-fsyntax-only", "-Xclang", "-print-stats", source])
        if status:
            return "\n".join(line for line in output.splitlines() if "error" in line)[:2000]
        found = {what: int(re.search(pattern, output, re.MULTILINE)[1]) for what, pattern in COUNTS.items()}
        status, output = harness.run(["g++", *COMMON, "-O2", "-c", source, "-o", built])
        if status:
            return output[-2000:]
        text, data = harness.run(["size", built])[1].splitlines()[1].split()[:2]
        return found | {"bytes": int(text) + int(data)}


def main():
    options = harness.parser(__doc__)
    options.add_argument("--write", action="store_true", help="write counts.json instead of comparing")
    harness.add_turns(options)
    arguments = options.parse_args()
    written = json.loads(FILE.read_text()) if FILE.exists() else {}
    if not arguments.write and written.get("versions") != versions():
        print(f"skipped, written with {written.get('versions')}, found {versions()}")
        sys.exit(harness.SKIPPED)
    found, failures = {}, 0
    programs = harness.in_parts(list(sources.fixed_programs().items()), arguments.turns and not arguments.write, 2)
    for (name, _), result in harness.run_all(counts, programs, arguments.jobs):
        found[name] = result
        if isinstance(result, str):
            failures += 1
            print(f"FAILED {name}\n{result}")
            continue
        before = {} if arguments.write else written["programs"].get(name, {})
        larger = {what: n for what, n in result.items() if before and n > MOST * before.get(what, 0)}
        failures += bool(larger)
        print("FAILED" if larger else "passed", name, *(f"{what} {n} ({100 * n / before[what] - 100:+.1f} %)" if what in before
                                                        else f"{what} {n}" for what, n in result.items()), flush=True)
    if arguments.write and not failures:
        FILE.write_text(json.dumps({"versions": versions(), "programs": found}, indent=1) + "\n")
    harness.finish(failures, len(found), "programs")


if __name__ == "__main__":
    main()
