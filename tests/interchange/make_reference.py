# SPDX-License-Identifier: BSL-1.0
"""Writes reference.safetensors with struct, json and numpy, independently of the library, and checks a file the library
wrote: `make_reference.py write FILE` or `make_reference.py check FILE` (FILE must then hold the same tensors)."""
import json
import struct
import sys

import numpy

TENSORS = {  # name: (dtype, array); bfloat16 as its bits
    "double": ("F64", numpy.array([[0.1, -2.5e300]], "<f8")),
    "conv1/kernel": ("F32", (numpy.arange(6, dtype="<f4") / 3 - 1).reshape(1, 2, 3)),
    "scalar": ("F32", numpy.array(7.25, "<f4")),
    "half": ("F16", numpy.array([1.5, 65504, 2**-24, -numpy.inf, -0.0], "<f2")),
    "brain": ("BF16", numpy.array([0x3FC0, 0xC2F7, 0x0001], "<u2")),
    "int64": ("I64", numpy.array([-(2**40), 3], "<i8")),
    "bytes": ("U8", numpy.array([0, 255], "u1")),
    "empty": ("F32", numpy.zeros((3, 0), "<f4")),
    "na\u00efve \"name\"": ("BOOL", numpy.array([True, False, True])),
}
METADATA = {"format": "pt", "note": "line\nbreak"}
SIZES = {"F64": 8, "I64": 8, "F32": 4, "F16": 2, "BF16": 2, "U8": 1, "BOOL": 1}


def read(path):
    """Header and tensors' bytes, checked as the format demands."""
    content = open(path, "rb").read()
    (length,) = struct.unpack("<Q", content[:8])
    header = json.loads(content[8 : 8 + length].decode("utf-8"))
    data = content[8 + length :]
    assert (8 + length) % 8 == 0 and content[8:9] == b"{"
    metadata = header.pop("__metadata__", {})
    end = 0
    for entry in sorted(header.values(), key=lambda e: e["data_offsets"]):
        assert entry["data_offsets"][0] == end
        end = entry["data_offsets"][1]
        size = SIZES[entry["dtype"]]
        assert end - entry["data_offsets"][0] == size * int(numpy.prod(entry["shape"], dtype=int))
        assert entry["data_offsets"][0] % size == 0
    assert end == len(data)
    return header, data, metadata


def write(path):
    header, data = {"__metadata__": METADATA}, b""
    for name, (dtype, array) in TENSORS.items():
        raw = array.tobytes()
        header[name] = {"dtype": dtype, "shape": list(array.shape), "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header, indent=1).encode("utf-8")
    text += b" " * (-len(text) % 8)
    open(path, "wb").write(struct.pack("<Q", len(text)) + text + data)


def check(path):
    header, data, metadata = read(path)
    assert metadata == METADATA, metadata
    assert set(header) == set(TENSORS), set(header) ^ set(TENSORS)
    for name, (dtype, array) in TENSORS.items():
        entry = header[name]
        begin, end = entry["data_offsets"]
        assert (entry["dtype"], entry["shape"]) == (dtype, list(array.shape)), entry
        assert data[begin:end] == array.tobytes(), name
    print("same tensors")


if __name__ == "__main__":
    {"write": write, "check": check}[sys.argv[1]](sys.argv[2])
