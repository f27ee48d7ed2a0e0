# SPDX-License-Identifier: BSL-1.0
"""Every C++ block of README.md and docs/**/*.md compiles, and prints what the page says it prints.

The rules are in docs/README.md ("Snippets"). In short, ```cpp blocks are whole sources; a comment on the line before a
block changes that (```c++ blocks are not looked at: tools/rules_page.py takes them from sources that are compiled):
    <!-- continues -->          the block is appended to the source of the block before it
    <!-- file: name.hpp -->     the block is also a file that later blocks of the page can include
    <!-- runs -->               the block is built and run in the page's own folder, where it may write files
    <!-- does not compile -->   the block must not compile
    <!-- prints -->             before a ```text block: the program before it (which runs) prints exactly this
    <!-- says -->               before a ```text block: the error of the block before it contains each of these lines
No line of any block may begin with ``` and have more: it looks like the end of the block and is none.
"""
import dataclasses
import pathlib
import re
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent.parent / "tools"))
import harness

FENCE = re.compile(r"^```([\w+]*)\s*$")
MARK = re.compile(r"^<!--\s*(continues|runs|does not compile|prints|says|file:\s*([\w./-]+))\s*-->$")


@dataclasses.dataclass
class Block:
    language: str
    line: int
    text: str
    marks: list  # of (word, file name)
    faults: list  # lines that look like its end and are not

    def is_marked(self, word):
        return any(mark == word for mark, _ in self.marks)


def blocks_of(text):
    """The fenced blocks of a page, each with the marks directly above it."""
    found, marks, lines = [], [], text.splitlines()
    number = 0
    while number < len(lines):
        line = lines[number].strip()
        mark, fence = MARK.match(line), FENCE.match(line)
        if mark:
            marks.append(("file" if mark[2] else mark[1], mark[2]))
        elif fence:
            end = number + 1
            while end < len(lines) and lines[end].strip() != "```":
                end += 1
            body = "\n".join(lines[number + 1:end]) + "\n"
            faults = [n + 1 for n in range(number + 1, min(end, len(lines))) if lines[n].strip().startswith("```")]
            found.append(Block(fence[1], number + 1, body, marks, faults))
            marks, number = [], end
        elif line:
            marks = []
        number += 1
    return found


def optional_libraries(compiler):
    """Compile definitions and libraries of archetype::host for what is installed here."""
    definitions, libraries = [], ["-pthread"]
    for header, name, library in (("zlib.h", "ZLIB", "-lz"), ("zip.h", "LIBZIP", "-lzip"), ("tbb/version.h", "TBB", "-ltbb"), ("utf8proc.h", "UTF8PROC", "-lutf8proc")):
        code, _ = harness.run([compiler, "-fsyntax-only", "-x", "c++", "-"], text=f"#include <{header}>\n")
        if code == 0:
            definitions.append(f"-DARCHETYPE_HAS_{name}=1")
            libraries.append(library)
    code, _ = harness.run([compiler, "-fsyntax-only", "-x", "c++", "-"], text="#include <xtensor-blas/xblas_config.hpp>\n")
    if code == 0:
        libraries += ["-llapack", "-lblas"]
    return definitions, libraries


def check_page(compiler, path, definitions, libraries):
    """Problems of one page with one compiler, and the number of its C++ blocks."""
    problems, count, source, output = [], 0, "", ""
    with tempfile.TemporaryDirectory() as name:
        directory = pathlib.Path(name)
        if (harness.ROOT / "examples").exists():
            (directory / "examples").symlink_to(harness.ROOT / "examples")
        warnings = [*harness.WARNINGS, "-Wno-unused", *definitions, f"-I{directory}"]
        if harness.kind(compiler) == "gcc":
            warnings += [f"-Wno-{name}" for name in ("maybe-uninitialized", "uninitialized", "stringop-overflow", "restrict",
                                                     "array-bounds")]
        for block in blocks_of(path.read_text()):
            where = f"{path}:{block.line}"
            problems += [f"{path}:{line}: a fence with more in its line does not end the block" for line in block.faults]
            if block.language == "cpp":
                count += 1
                source = source + block.text if block.is_marked("continues") else block.text
                file = directory / "snippet.cpp"
                for mark, target in block.marks:
                    if mark == "file":
                        (directory / target).write_text("#pragma once\n" + source)
                file.write_text(source)
                mpi, mpi_libraries = [], []
                if "archetype/distributed" in source:
                    if harness.mpi() is None:
                        print(f"{where}: skipped, as no MPI was found")
                        continue
                    mpi, mpi_libraries = harness.mpi()
                if block.is_marked("runs"):
                    command = [compiler, "-std=c++20", f"-I{harness.INCLUDE}", "-O2", *harness.native(compiler), *warnings,
                               *mpi, str(file), "-o", str(directory / "snippet"), *mpi_libraries, *libraries]
                else:
                    command = harness.compile_command(compiler, *warnings, *mpi, str(file))
                code, output = harness.run(command)
                if block.is_marked("does not compile"):
                    if code == 0:
                        problems.append(f"{where}: compiles, but should not")
                elif code != 0:
                    problems.append(f"{where}: does not compile\n{output}")
                elif block.is_marked("runs"):
                    code, output = harness.run([str(directory / "snippet")], cwd=directory)
                    if code != 0:
                        problems.append(f"{where}: ends with {code}\n{output}")
            elif block.is_marked("prints") and block.text.strip() != output.strip():
                problems.append(f"{where}: the program before it prints\n{output}")
            elif block.is_marked("says"):
                missing = [line for line in block.text.splitlines() if line.strip() not in output]
                if missing and harness.kind(compiler) == "gcc":
                    problems.append(f"{where}: g++ does not say {missing} but\n{output}")
    return problems, count


def main():
    options = harness.parser(__doc__)
    harness.add_turns(options)
    options.add_argument("pages", nargs="*", type=pathlib.Path, help="pages (default: README.md and docs/)")
    arguments = options.parse_args()
    root = harness.ROOT
    pages = arguments.pages or [p for p in [root / "README.md", *sorted((root / "docs").rglob("*.md"))] if p.exists()]
    optional = optional_libraries(arguments.compilers[0])
    pages = pages[:1] + harness.in_parts(pages[1:], arguments.turns, 6)  # the README each time
    tasks = [(compiler, page, *optional) for compiler, page in harness.in_turn(pages, arguments.compilers, arguments.turns)]
    failures = blocks = 0
    for (compiler, page, *_), (problems, count) in harness.run_all(check_page, tasks, arguments.jobs):
        blocks += count
        failures += len(problems)
        for problem in problems:
            print(f"FAILED {harness.kind(compiler)}: {problem}")
        if count:
            print(f"{'FAILED' if problems else 'passed'} {harness.kind(compiler):6} {count:3} blocks "
                  f"{page.relative_to(root) if page.is_relative_to(root) else page}")
    harness.finish(failures, blocks, "blocks")


if __name__ == "__main__":
    main()
