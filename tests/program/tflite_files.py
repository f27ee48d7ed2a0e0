# SPDX-License-Identifier: BSL-1.0
"""Small TFLite files for tests, written field by field: no package of Debian's writes FlatBuffers from Python."""
import struct

TYPES = {"float32": 0, "int32": 2, "uint8": 3, "int64": 4, "int8": 9, "int16": 7}
CODES = {"ADD": 0, "AVERAGE_POOL_2D": 1, "CONCATENATION": 2, "CONV_2D": 3, "DEPTHWISE_CONV_2D": 4, "DEQUANTIZE": 6, "FULLY_CONNECTED": 9, "LOGISTIC": 14,
         "MAX_POOL_2D": 17, "MUL": 18, "RELU": 19, "RELU_N1_TO_1": 20, "RELU6": 21, "RESHAPE": 22, "SOFTMAX": 25, "TANH": 28, "PAD": 34, "MEAN": 40, "SUB": 41, "UNIDIRECTIONAL_SEQUENCE_LSTM": 44,
         "DEPTH_TO_SPACE": 5, "MAXIMUM": 55, "MINIMUM": 57, "SPACE_TO_DEPTH": 26, "STRIDED_SLICE": 45, "SPLIT": 49, "SLICE": 65, "TRANSPOSE_CONV": 67, "TILE": 69, "SUM": 74, "UNPACK": 88, "RESIZE_NEAREST_NEIGHBOR": 97, "SPLIT_V": 102,
         "BATCH_MATMUL": 126, "LEAKY_RELU": 98, "CALL_ONCE": 129, "QUANTIZE": 114, "VAR_HANDLE": 142, "READ_VARIABLE": 143, "ASSIGN_VARIABLE": 144}


class Vector:
    """Numbers by their format of struct, or tables and texts."""

    def __init__(self, items, kind=None):
        self.items, self.kind = list(items), kind


class Bytes:
    """A vector of bytes."""

    def __init__(self, content):
        self.content = content


class Writer:
    """Tables are dictionaries {number of the field: content}; numbers are (format, value)."""

    def __init__(self):
        self.out = bytearray()

    def align(self, size):
        self.out += bytes(-len(self.out) % size)

    def patch(self, place, target):
        self.out[place:place + 4] = struct.pack("<I", target - place)

    def write(self, content):
        """The place of the content, which is behind everything written before."""
        if isinstance(content, str):
            self.align(4)
            place = len(self.out)
            self.out += struct.pack("<I", len(content.encode())) + content.encode() + b"\0"
        elif isinstance(content, Bytes):
            self.out += bytes(-(len(self.out) + 4) % 16)
            place = len(self.out)
            self.out += struct.pack("<I", len(content.content)) + content.content
        elif isinstance(content, Vector):
            self.out += bytes(-(len(self.out) + 4) % 8)
            place = len(self.out)
            self.out += struct.pack("<I", len(content.items))
            if content.kind:
                self.out += struct.pack(f"<{len(content.items)}{content.kind}", *content.items)
            else:
                self.out += bytes(4 * len(content.items))
                for number, item in enumerate(content.items):
                    self.patch(place + 4 + 4 * number, self.write(item))
        else:
            return self.table(content)
        return place

    def table(self, fields):
        self.align(8)
        count = max(fields, default=-1) + 1
        offsets, body = [0] * count, bytearray(4)
        children = []
        for number, content in sorted(fields.items()):
            size = struct.calcsize(content[0]) if isinstance(content, tuple) else 4
            body += bytes(-len(body) % size)
            offsets[number] = len(body)
            if isinstance(content, tuple):
                body += struct.pack("<" + content[0], content[1])
            else:
                children.append((len(body), content))
                body += bytes(4)
        vtable = len(self.out)
        self.out += struct.pack(f"<{count + 2}H", 4 + 2 * count, len(body), *offsets)
        self.align(8)
        place = len(self.out)
        body[:4] = struct.pack("<i", place - vtable)
        self.out += body
        for at, content in children:
            self.patch(place + at, self.write(content))
        return place


def tensor(name, kind, shape, buffer=0, scale=None, zero=0, axis=0, variable=False):
    fields = {0: Vector(shape, "i"), 1: ("b", TYPES.get(kind, kind)), 2: ("I", buffer), 3: name}
    if scale is not None:
        scales = scale if isinstance(scale, list) else [scale]
        fields[4] = {2: Vector(scales, "f"), 3: Vector([zero] * len(scales), "q"), 6: ("i", axis)}
    if variable:
        fields[5] = ("B", 1)
    return fields


def operator(code, inputs, outputs, kind=0, options=None):
    fields = {0: ("I", code), 1: Vector(inputs, "i"), 2: Vector(outputs, "i")}
    if options is not None:
        fields[3], fields[4] = ("B", kind), options
    return fields


def model(codes, graphs, buffers, more=None):
    """graphs: (tensors, inputs, outputs, operators)"""
    writer = Writer()
    writer.out += bytes(4) + b"TFL3"
    fields = {0: ("I", 3), 1: Vector([{0: ("b", min(CODES.get(c, c), 127)), 3: ("i", CODES.get(c, c)), 2: ("i", 1)} for c in codes]),
              2: Vector([{0: Vector(t), 1: Vector(i, "i"), 2: Vector(o, "i"), 3: Vector(p), 4: "main"} for t, i, o, p in graphs]),
              4: Vector([{}, *({0: Bytes(one)} for one in buffers)]), **(more or {})}
    writer.patch(0, writer.table(fields))
    return bytes(writer.out)
