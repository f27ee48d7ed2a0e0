# SPDX-License-Identifier: BSL-1.0
"""Every C++ file is formatted as .clang-format says. format.py <clang-format> <root> [--fix]"""
import pathlib
import subprocess
import sys

tool, root = sys.argv[1], pathlib.Path(sys.argv[2])
files = [str(p) for folder in ("include", "tests", "examples", "benchmarks") for p in sorted((root / folder).rglob("*"))
         if p.suffix in {".hpp", ".cpp"}]
mode = ["-i"] if "--fix" in sys.argv else ["--dry-run", "--Werror"]
sys.exit(subprocess.run([tool, "--style=file", *mode, *files], check=False).returncode if files else 0)
