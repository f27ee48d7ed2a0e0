# SPDX-License-Identifier: BSL-1.0
"""Writes include/archetype/archetype.cppm, the module `archetype`: the language of architectures and the published networks.

    module.py            writes it
    module.py --check    says whether it is what would be written

Kernels are not in it: their templates call the processor's intrinsics, which are static functions of the compiler's headers,
and a program that imports a module cannot instantiate a template that calls one (clang++ 19).
"""
import argparse
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests" / "docs"))
import coverage

FILE = ROOT / "include" / "archetype" / "archetype.cppm"
HEAD = """// SPDX-License-Identifier: BSL-1.0
// Made by tools/module.py. The module `archetype`: what archetype/architecture.hpp and archetype/zoo.hpp declare.
module;
#include <archetype/architecture.hpp>
#include <archetype/architecture/streaming.hpp>
#include <archetype/zoo.hpp>
export module archetype;
"""


def names(folder, space):
    found = set()
    for header in sorted((ROOT / "include" / "archetype" / folder).rglob("*.hpp")):
        text = header.read_text()
        if space != "archetype":
            text = text.replace(f"namespace {space}", "namespace archetype")
        found |= coverage.public_names(text)
    return sorted(found)


def text():
    made = HEAD
    for folder, space in (("architecture", "archetype"), ("zoo", "archetype::zoo")):
        made += f"export namespace {space} {{\n" + "".join(f"using {space}::{name};\n" for name in names(folder, space)) + "}\n"
    return made


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--check", action="store_true")
    if not arguments.parse_args().check:
        FILE.write_text(text())
    elif FILE.read_text() != text():
        sys.exit(f"{FILE.name} is not what tools/module.py writes")


if __name__ == "__main__":
    main()
