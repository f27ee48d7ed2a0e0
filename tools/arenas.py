# SPDX-License-Identifier: BSL-1.0
"""Draws docs/pictures/arena_*.svg: the memory of three networks over their steps, by the library's own `write_memory_picture`.

    arenas.py            draws them (g++)
    arenas.py --check    says whether they are what it would draw
"""
import argparse
import os
import pathlib
import sys
import tempfile

import harness

PICTURES = harness.ROOT / "docs" / "pictures"
# Plans depend on vectors alone: with wide ones rows wait for their pooling, on small processors they do not.
HOST, SMALL = ["-march=x86-64-v3"], ["-DARCHETYPE_SCALAR"]
CONVOLUTION = """template <std::size_t Filters, std::size_t Kernel, std::size_t Stride = 1>
using convolution = at::sequence<at::conv2d<Filters, Kernel, at::same, at::stride<Stride>, at::no_bias>, at::batch_norm<>>;
"""
RESIDUAL = CONVOLUTION + """template <std::size_t Filters, std::size_t Stride, class Shortcut>
using block = at::sequence<at::residual<at::sequence<convolution<Filters, 3, Stride>, at::relu, convolution<Filters, 3>>, Shortcut>, at::relu>;
using net = at::network<at::input<32, 32, 3>, convolution<16, 3>, at::relu, block<16, 1, at::identity>,
                        block<32, 2, convolution<32, 1, 2>>, block<64, 2, convolution<64, 1, 2>>, at::global_avg_pool2d, at::dense<10>, at::softmax>;
"""
KEYWORDS = CONVOLUTION + """using separable = at::sequence<at::depthwise_conv2d<3, at::same, at::no_bias>, at::batch_norm<>, at::relu, convolution<64, 1>, at::relu>;
using net = at::network<at::input<49, 10, 1>, at::conv2d<64, at::extent{10, 4}, at::same, at::stride<2>, at::no_bias>, at::batch_norm<>, at::relu,
                        at::repeat<4, separable>, at::global_avg_pool2d, at::dense<12>, at::softmax>;
"""
# Picture: title, number, options of the compiler, the type `net`.
NETWORKS = {
    "arena_lenet5": ("LeNet-5, single precision, on a host", "float", HOST, "using net = at::zoo::lenet5<>;\n"),
    "arena_residual": ("A residual network of 32 x 32 pixels, single precision, on a microcontroller", "float", SMALL, RESIDUAL),
    "arena_keywords": ("Keywords by DS-CNN, 8 bits, on a microcontroller", "std::int8_t", SMALL, KEYWORDS),
}


def drawn(folder, name):
    """The bytes of a picture, or what the compiler says."""
    title, number, options, types = NETWORKS[name]
    source, program, picture = (folder / (name + end) for end in (".cpp", "", ".svg"))
    source.write_text("#include <archetype/plotting/memory_picture.hpp>\n#include <archetype/zoo/lenet5.hpp>\n"
                      f"namespace at = archetype;\n{types}"
                      f'int main(int, char** words) {{ at::write_memory_picture(at::memory_map_of<net, {number}>(), words[1], "{title}"); }}\n')
    code, output = harness.run(["g++", "-std=c++20", *options, f"-I{harness.INCLUDE}", str(source), "-o", str(program)])
    if code == 0:
        code, output = harness.run([str(program), str(picture)])
    return (None, output[-3000:]) if code else (b"<!-- SPDX-License-Identifier: BSL-1.0 -->\n" + picture.read_bytes(), "")


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--check", action="store_true")
    checks, faults = options.parse_args().check, []
    with tempfile.TemporaryDirectory() as place:
        folder = pathlib.Path(place)
        for (_, name), (made, fault) in harness.run_all(drawn, [(folder, name) for name in NETWORKS], os.cpu_count()):
            picture = PICTURES / f"{name}.svg"
            if made is None:
                faults.append(f"{name}: {fault}")
            elif not checks:
                picture.write_bytes(made)
            elif not picture.exists() or picture.read_bytes() != made:
                faults.append(f"{picture.name} is not what tools/arenas.py draws")
    sys.exit("\n".join(faults) or 0)


if __name__ == "__main__":
    main()
