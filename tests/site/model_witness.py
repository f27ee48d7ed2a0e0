# SPDX-License-Identifier: BSL-1.0
"""Headers that the page of files shows, each followed by a line `MEMORY bytes steps element`: whether the compiler says the same of their types.

Answers one line for each: "as the compiler says", or what differs. WebAssembly's plan is that of devices without wide vectors.
"""
import pathlib
import re
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent / "tools"))
import firmware
import harness


def answer(header, memory, steps, element, folder):
    """`element`: bytes of an activation, 1 or 4."""
    constant = "quantized_arena_bytes" if element == "1" else "arena_bytes"
    source = folder / "page.cpp"
    source.write_text(header.replace("#pragma once", "") + f"""
#include <archetype/inference.hpp>
template <auto Compiler, auto Page> struct same {{ static_assert(Compiler == Page); }};
template struct same<archetype::{constant}<imported::net> + 0, {memory}ull>;
template struct same<archetype::inference_plan_of<imported::net>.step_count, {steps}ul>;
""")
    code, output = harness.run(["clang++-19", "-std=c++20", "--target=wasm32-wasi", f"-I{harness.INCLUDE}", "-isystem", str(folder / "headers"), "-fsyntax-only", str(source)])
    found = re.findall(r"instantiation of template class (.same<.*>.)", output)
    return "as the compiler says" if code == 0 else "; ".join(found) or " ".join(output[-300:].split())


def main():
    with tempfile.TemporaryDirectory() as place:
        folder = pathlib.Path(place)
        (folder / "headers").mkdir()
        firmware.third_party(folder / "headers")
        header = ""
        for line in sys.stdin:
            if line.startswith("MEMORY "):
                print(answer(header, *line.split()[1:], folder), flush=True)
                header = ""
            else:
                header += line


if __name__ == "__main__":
    main()
