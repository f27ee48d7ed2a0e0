# SPDX-License-Identifier: BSL-1.0
"""Writes picture_files.hpp: PNG in colours, in grey and with alpha and a JPEG made by Pillow, with the values that it reads back."""
import io
import pathlib
import sys

from PIL import Image


def array(name, values, element):
    lines, line = [], "   "
    for value in values:
        if len(line) + len(str(value)) + 2 > 118:
            lines.append(line)
            line = "   "
        line += f" {value},"
    return f"inline const std::vector<{element}> {name}{{\n" + "\n".join([*lines, line.rstrip(",")]) + "};\n"


def main():
    color = Image.new("RGB", (3, 2))
    color.putdata([(255, 0, 0), (0, 128, 0), (0, 0, 64), (1, 2, 3), (250, 251, 252), (17, 99, 200)])
    gray = Image.new("L", (3, 2))
    gray.putdata([0, 1, 127, 128, 254, 255])
    photo = Image.new("RGB", (16, 8))
    photo.putdata([(16 * x, 32 * y, 8 * (x + y)) for y in range(8) for x in range(16)])
    clear = Image.new("RGBA", (3, 2))
    clear.putdata([(255, 255, 255, 128), (0, 128, 0, 0), (0, 0, 64, 255), (1, 2, 3, 7), (250, 251, 252, 200), (17, 99, 200, 90)])
    text = "// SPDX-License-Identifier: BSL-1.0\n// Written by make_pictures.py.\n#pragma once\n#include <cstdint>\n#include <vector>\n\n"
    text += "namespace pictures {\n\n"
    for name, picture, form in [("png", color, "PNG"), ("gray_png", gray, "PNG"), ("clear_png", clear, "PNG"), ("jpeg", photo, "JPEG")]:
        stream = io.BytesIO()
        picture.save(stream, form)
        read = Image.open(io.BytesIO(stream.getvalue()))
        text += array(name, stream.getvalue(), "unsigned char")
        text += array(name + "_values", read.convert("RGB").tobytes() if name == "clear_png" else read.tobytes(), "std::uint8_t")
        if name != "gray_png":
            text += array(name + "_grays", read.convert("L").tobytes(), "std::uint8_t")
    pathlib.Path(sys.argv[1]).write_text(text + "\n}  // namespace pictures\n")


main()
