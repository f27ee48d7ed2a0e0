# SPDX-License-Identifier: BSL-1.0
"""Writes augmentation_references.hpp: what torchvision makes of an image of sines (Debian: python3-torchvision)."""
import pathlib
import sys

import torch
import torchvision
from torchvision.transforms import InterpolationMode
from torchvision.transforms import functional as F

HEIGHT, WIDTH = 5, 7


def picture(channels):
    values = torch.arange(HEIGHT * WIDTH * channels, dtype=torch.float64)
    return (0.5 + 0.5 * torch.sin(values * 1.7)).float().reshape(HEIGHT, WIDTH, channels).permute(2, 0, 1)


def main():
    def turned(image, angle, translate, scale, shear):
        return F.affine(image, angle, list(translate), scale, list(shear), InterpolationMode.BILINEAR)

    rgb, gray = picture(3), picture(1)
    cases = {
        "cropped": F.crop(F.pad(rgb, [2, 2, 2, 2]), 1, 4, 5, 6),
        "flipped": F.hflip(rgb),
        "turned": turned(rgb, 30.0, (0, 0), 1.0, (0.0, 0.0)),
        "moved": turned(rgb, -12.0, (1, -2), 1.3, (15.0, -8.0)),
        "bright": F.adjust_brightness(rgb, 1.4),
        "contrast": F.adjust_contrast(rgb, 0.6),
        "gray_contrast": F.adjust_contrast(gray, 1.7),
        "saturated": F.adjust_saturation(rgb, 1.8),
        "erased": F.erase(rgb, 1, 2, 3, 4, torch.tensor(0.25)),
    }
    text = f"// SPDX-License-Identifier: BSL-1.0\n// Written by make_augmentations.py with torchvision {torchvision.__version__}.\n#pragma once\n#include <vector>\n\nnamespace augmentations {{\n"
    for name, result in cases.items():
        lines, line = [], "   "
        for value in result.permute(1, 2, 0).flatten().tolist():
            number = f" {value:.8g},"
            if len(line) + len(number) > 118:
                lines.append(line)
                line = "   "
            line += number
        text += f"inline const std::vector<double> {name}{{\n" + "\n".join([*lines, line.rstrip(",")]) + "};\n"
    pathlib.Path(sys.argv[1]).write_text(text + "\n}  // namespace augmentations\n")


main()
