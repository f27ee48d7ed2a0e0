# SPDX-License-Identifier: BSL-1.0
"""Every C++ file is formatted as .clang-format says. format.py <clang-format> <root> [--fix]"""
import itertools
import pathlib
import shutil
import subprocess
import sys
import tempfile

FOLDERS = ("include", "tests", "examples", "benchmarks", "tools")
tool, root = sys.argv[1], pathlib.Path(sys.argv[2])
files = [p for folder in FOLDERS for p in sorted((root / folder).rglob("*")) if p.suffix in {".hpp", ".cpp"}]


def format_all(paths):
    """In one process: its start takes as long as ten files."""
    subprocess.run([tool, "--style=file", "-i", *map(str, paths)], check=True)


def first_difference(path, wanted):
    """Texts are compared: clang-format 14's own check also counts replacements of a namespace's comment by the same
    comment."""
    lines = path.read_text().splitlines(), wanted.read_text().splitlines()
    for number, (line, better) in enumerate(itertools.zip_longest(*lines), 1):
        if line != better:
            return f"{path}:{number}: should be '{better}'"
    return None


if "--fix" in sys.argv:
    format_all(files)
    sys.exit()
with tempfile.TemporaryDirectory() as name:
    copies = [pathlib.Path(name) / path.relative_to(root) for path in files]
    shutil.copy(root / ".clang-format", name)
    for path, copy in zip(files, copies):
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, copy)
    format_all(copies)
    problems = [problem for problem in map(first_difference, files, copies) if problem]
print("\n".join(problems))
sys.exit(1 if problems else 0)
