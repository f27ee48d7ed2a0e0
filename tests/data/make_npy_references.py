# SPDX-License-Identifier: BSL-1.0
"""Writes npy_references.hpp beside this file: bytes of .npy and .npz files that NumPy wrote."""
import io
import pathlib

import numpy

ARRAYS = {
    "floats": numpy.array([[1.5, -2, 3], [4, 5, 0.25]], dtype="<f4"),
    "columns": numpy.asfortranarray(numpy.arange(24, dtype="<f8").reshape(2, 3, 4)),
    "big_endian": numpy.array([-300, 2, 70000], dtype=">i4"),
    "bools": numpy.array([True, False, True]),
    "labels": numpy.array([7, 0, 9], dtype="<i8"),
    "scalar": numpy.array(2.5),
    "empty": numpy.zeros((0, 5), dtype="<f4"),
    "halves": numpy.array([1, 2], dtype="<f2"),
    "records": numpy.array([(1, 2.0)], dtype=[("a", "<i4"), ("b", "<f8")]),
}


def constant(name, data):
    lines = [", ".join(str(byte) for byte in data[i:i + 24]) for i in range(0, len(data), 24)]
    return f"inline const std::vector<unsigned char> {name}{{\n    " + ",\n    ".join(lines) + "};\n"


def saved(writer, *arguments, **named):
    file = io.BytesIO()
    writer(file, *arguments, **named)
    return file.getvalue()


def main():
    text = ["// SPDX-License-Identifier: BSL-1.0\n", f"// Made by make_npy_references.py with NumPy {numpy.__version__}.\n",
            "#pragma once\n#include <vector>\n\nnamespace npy_references {\n\n// clang-format off\n"]
    text += [constant(name, saved(numpy.save, array)) for name, array in ARRAYS.items()]
    second = saved(lambda file: numpy.lib.format.write_array(file, ARRAYS["floats"], version=(2, 0)))
    pair = {"weights": ARRAYS["floats"], "labels": ARRAYS["labels"]}
    text += [constant("version_two", second), constant("stored", saved(numpy.savez, **pair)),
             constant("compressed", saved(numpy.savez_compressed, **pair))]
    text += ["// clang-format on\n\n}  // namespace npy_references\n"]
    pathlib.Path(__file__).with_name("npy_references.hpp").write_text("".join(text))


main()
