# SPDX-License-Identifier: BSL-1.0
"""Every header compiles alone, included twice, without warnings, with every compiler.

Headers reached from inference.hpp (and architecture.hpp) also compile as for a microcontroller: freestanding, without
exceptions and run-time type information. The umbrellas' independence is checked too: architecture.hpp may reach
only the standard library and Boost.Mp11, inference.hpp no xtensor, and neither anything of the host's rooms.
"""
import pathlib
import platform
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent.parent / "tools"))
import harness

# What is for one processor only does not parse for another: tests/embedded compiles it.
OTHER_PROCESSORS = re.compile(r"_(dsp|gather|mve|neon)\.hpp$")
# Included where AVX2 is there.
ON_X86 = re.compile(r"_x86\.hpp$")
# The second half of push_macros.hpp; tests/headers/macros.py compiles both around every umbrella.
SECOND_HALF = re.compile(r"/pop_macros\.hpp$")
HOSTED = []
BY_MPI = ("archetype/distributed.hpp", "archetype/distributed/")
EMBEDDED = ["-ffreestanding", "-fno-exceptions", "-fno-rtti", "-fno-threadsafe-statics", "-DARCHETYPE_SCALAR"]
INCLUDED = re.compile(r'^\s*#\s*include\s*[<"](archetype/[^>"]+)[>"]', re.MULTILINE)


def reached(umbrella):
    """The project's headers that an umbrella includes, itself among them."""
    found, todo = set(), [umbrella]
    while todo:
        name = todo.pop()
        path = harness.INCLUDE / name
        if name in found or not path.exists():
            continue
        found.add(name)
        todo += INCLUDED.findall(path.read_text())
    return found


def check(compiler, header, mode):
    if header.startswith(BY_MPI):
        mode = [*mode, *harness.mpi()[0]]
    if ON_X86.search(header):
        mode = [*mode, "-march=x86-64-v3"]
    command = harness.compile_command(compiler, *harness.WARNINGS, *mode, "-x", "c++", "-")
    return harness.run(command, text=f"#include <{header}>\n#include <{header}>\n")


def foreign(compiler, umbrella, forbidden):
    """Files an umbrella includes that match `forbidden`."""
    command = [compiler, "-std=c++20", f"-I{harness.INCLUDE}", "-M", "-x", "c++", "-"]
    code, output = harness.run(command, text=f"#include <{umbrella}>\n")
    return code, [file for file in output.replace("\\\n", " ").split() if re.search(forbidden, file)] if code == 0 else output


def main():
    options = harness.parser(__doc__)
    harness.add_turns(options)
    options.add_argument("headers", nargs="*", help="only these (archetype/...)")
    arguments = options.parse_args()
    everything = sorted(str(p.relative_to(harness.INCLUDE)) for p in harness.INCLUDE.rglob("*.hpp")
                        if not OTHER_PROCESSORS.search(p.name) and not SECOND_HALF.search(str(p))
                        and (platform.machine() == "x86_64" or not ON_X86.search(p.name)))
    headers = arguments.headers or everything
    if harness.mpi() is None:
        print(f"skipped, as no MPI was found: {', '.join(h for h in headers if h.startswith(BY_MPI))}")
        headers = [h for h in headers if not h.startswith(BY_MPI)]
    embedded = reached("archetype/inference.hpp") | reached("archetype/architecture.hpp")
    pairs = harness.in_turn(harness.in_parts(headers, arguments.turns), arguments.compilers, arguments.turns)
    tasks = [(c, h, HOSTED) for c, h in pairs] + [(c, h, EMBEDDED) for c, h in pairs if h in embedded]

    failures = 0
    for (compiler, header, mode), (code, output) in harness.run_all(check, tasks, arguments.jobs):
        if code != 0:
            failures += 1
            print(f"FAILED {compiler} {' '.join(mode)} <{header}>\n{output}")

    independence = []
    if not arguments.headers:
        for umbrella, forbidden in [
            ("archetype/architecture.hpp", r"/boost/(?!mp11|mp11\.hpp|config|version\.hpp|detail/workaround)|/xsimd/|/xtensor/|/iostream$"),
            ("archetype/inference.hpp", r"/xtensor/|/boost/hana|/nlohmann/|/iostream$|archetype/(training|data)/"),
        ]:
            if umbrella in everything:
                independence.append((arguments.compilers[0], umbrella, forbidden))
    for (compiler, umbrella, _), (code, found) in harness.run_all(foreign, independence, arguments.jobs):
        if code != 0 or found:
            failures += 1
            print(f"FAILED <{umbrella}> includes what it must not:\n", found if code else "\n".join(found[:10]))

    harness.finish(failures, len(tasks) + len(independence), f"header checks ({len({h for _, h in pairs})} headers)")


main()
