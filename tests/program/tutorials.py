# SPDX-License-Identifier: BSL-1.0
"""Runs the tutorials about files: every command of their console blocks, in order, with what it prints. "..." stands for anything."""
import argparse
import os
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))
import harness

PAGES = ["from_pytorch.md", "from_onnx.md", "from_tflite.md", "speech_stream.md"]
PIECES = re.compile(r"<!-- (files|writes): (.*?) -->|^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def commands_of(block):
    """Commands with the lines that follow them."""
    found = []
    for line in block.splitlines():
        if line.startswith("$ "):
            found.append((line[2:], []))
        else:
            found[-1][1].append(line)
    return found


def matches(lines, output):
    pattern = "".join(".*" if part == "..." else re.escape(part) for part in re.split(r"(\.\.\.)", "\n".join(lines).strip()))
    return re.fullmatch(pattern, output.strip(), re.DOTALL) is not None


def check(page, environment):
    problems, count = [], 0
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        target = None
        for kind, argument, language, block in PIECES.findall((ROOT / "docs" / "tutorials" / page).read_text()):
            if kind == "files":
                for one in argument.split():
                    (folder / pathlib.Path(one).name).write_bytes((ROOT / one).read_bytes())
            elif kind == "writes":
                target = folder / argument
            elif target is not None:
                target.write_text(block)
                target = None
            elif language == "console":
                for command, lines in commands_of(block):
                    ran = subprocess.run(["bash", "-c", command], cwd=folder, env=environment, text=True, capture_output=True)
                    count += 1
                    if ran.returncode != 0 or not matches(lines, ran.stdout):
                        problems.append(f"{page}: $ {command}\nexpected\n" + "\n".join(lines) + f"\nfound, exit code {ran.returncode}\n{ran.stdout[-2000:]}{ran.stderr[-2000:]}")
                        return problems, count
    return problems, count


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--program", required=True, type=pathlib.Path)
    options.add_argument("--compiler", default="g++")
    options.add_argument("pages", nargs="*")
    harness.add_turns(options)
    given = options.parse_args()
    given.pages = given.pages or harness.in_parts(PAGES, given.turns, 2)
    folder = given.program.resolve().parent
    hdf5 = subprocess.run(["pkg-config", "--libs", "hdf5"], text=True, capture_output=True).stdout.strip()
    with tempfile.TemporaryDirectory() as tools:
        os.symlink(given.program.resolve(), pathlib.Path(tools) / "archetype")
        (pathlib.Path(tools) / "c++").write_text(f'#!/bin/sh\nexec {given.compiler} "$@"\n')
        (pathlib.Path(tools) / "c++").chmod(0o755)
        environment = dict(os.environ, PATH=f"{tools}:{os.environ['PATH']}", LC_ALL="C.UTF-8",
                           INCLUDE=f"-march=native -I{ROOT / 'include'}", FILES=f"{folder / 'libarchetype_files.a'} {hdf5}")
        failures = count = 0
        for page in given.pages:
            problems, ran = check(page, environment)
            failures, count = failures + len(problems), count + ran
            for one in problems:
                print(f"FAILED {one}")
    print(f"{count} commands of {len(given.pages)} pages, {failures} failed")
    sys.exit(1 if failures or count == 0 else 0)


if __name__ == "__main__":
    main()
