# SPDX-License-Identifier: BSL-1.0
"""Every C++ file is formatted as .clang-format says. format.py <clang-format> <root> [--fix]"""
import concurrent.futures
import itertools
import os
import pathlib
import subprocess
import sys

tool, root = sys.argv[1], pathlib.Path(sys.argv[2])
files = [str(p) for folder in ("include", "tests", "examples", "benchmarks", "tools") for p in sorted((root / folder).rglob("*"))
         if p.suffix in {".hpp", ".cpp"}]
if "--fix" in sys.argv:
    sys.exit(subprocess.run([tool, "--style=file", "-i", *files], check=False).returncode)


def unformatted(path):
    """The first line that would change. Texts are compared: clang-format 14's own check also counts replacements of a
    namespace's comment by the same comment."""
    wanted = subprocess.run([tool, "--style=file", path], check=True, capture_output=True, text=True).stdout.splitlines()
    found = pathlib.Path(path).read_text().splitlines()
    for number, (line, better) in enumerate(itertools.zip_longest(found, wanted), 1):
        if line != better:
            return f"{path}:{number}: should be '{better}'"
    return None


with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
    problems = [problem for problem in pool.map(unformatted, files) if problem]
print("\n".join(problems))
sys.exit(1 if problems else 0)
