# SPDX-License-Identifier: BSL-1.0
"""Writes digits in colours on other colours as files of CIFAR-10's form, which keras_cifar reads where CIFAR-10 itself is not.

    coloured_digits.py DATA FOLDER [COUNT]      data_batch_1.bin of COUNT digits (1000), test_batch.bin of a third as many
"""
import gzip
import pathlib
import random
import sys


def write(path, images, labels, count, chance):
    records = bytearray()
    for n in range(count):
        digit = images[16 + 784 * n:16 + 784 * (n + 1)]
        ground, ink = ([chance.randrange(low, low + 100) for _ in range(3)] for low in (0, 150))
        records.append(labels[8 + n])
        for c in range(3):
            plane = bytearray([ground[c]] * 1024)
            for i, shade in enumerate(digit):
                plane[(2 + i // 28) * 32 + 2 + i % 28] = ground[c] + (ink[c] - ground[c]) * shade // 255
            records += plane
    path.write_bytes(records)


def main():
    data, folder = map(pathlib.Path, sys.argv[1:3])
    count = int(sys.argv[3]) if len(sys.argv) > 3 else 1000
    folder.mkdir(parents=True, exist_ok=True)
    chance = random.Random(1)
    for name, part, size in (("data_batch_1.bin", "train", count), ("test_batch.bin", "t10k", count // 3)):
        images, labels = (gzip.open(data / f"{part}-{kind}-ubyte.gz").read() for kind in ("images-idx3", "labels-idx1"))
        write(folder / name, images, labels, size, chance)


if __name__ == "__main__":
    main()
