# SPDX-License-Identifier: BSL-1.0
"""`quantize_onnx.py FOLDER NAME...`: writes NAME_qdq.onnx, the 8-bit form of NAME.onnx that ONNX Runtime is fastest with: unsigned
activations, signed weights with a scale for each filter, QuantizeLinear and DequantizeLinear around every operator. Scales of
activations are fixed, so that its results mean nothing: only its time does."""
import pathlib
import sys

import numpy
import onnx
from onnx import helper, numpy_helper


class Quantizer:
    def __init__(self, graph):
        self.values = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
        for node in graph.node:
            if node.op_type == "Identity" and node.input[0] in self.values:
                self.values[node.output[0]] = self.values[node.input[0]]
        self.image = graph.input[0].name
        self.nodes, self.constants, self.done = [], {}, {}
        # What no rectifier makes positive has its zero in the middle.
        self.signed = {self.image, *(output for node in graph.node if node.op_type in ("Conv", "Gemm") for output in node.output)}
        for node in graph.node:
            if not (node.op_type == "Identity" and node.output[0] in self.values):
                self.add(node)

    def constant(self, name, value):
        self.constants[name] = numpy_helper.from_array(value, name)
        return name

    def through_bytes(self, value):
        """The same value as 8 bits and back."""
        if value in self.values:
            self.constant(value, self.values[value])
            return value
        if value not in self.done:
            scale = self.constant("scale", numpy.float32(0.05))
            zero = self.constant("middle", numpy.uint8(128)) if value in self.signed else self.constant("zero", numpy.uint8(0))
            self.nodes += [helper.make_node("QuantizeLinear", [value, scale, zero], [value + "_bytes"]),
                           helper.make_node("DequantizeLinear", [value + "_bytes", scale, zero], [value + "_real"])]
            self.done[value] = value + "_real"
        return self.done[value]

    def scaled(self, name, numbers, scales):
        scales = self.constant(name + "_scales", scales.astype(numpy.float32))
        zeros = self.constant(name + "_zeros", numpy.zeros(len(numbers), numbers.dtype))
        self.nodes.append(helper.make_node("DequantizeLinear", [self.constant(name, numbers), scales, zeros], [name + "_real"], axis=0))
        return name + "_real"

    def add(self, node):
        made = onnx.NodeProto()
        made.CopyFrom(node)
        if node.op_type in ("Conv", "Gemm"):
            weights, bias = (self.values[name] for name in node.input[1:3])
            scales = numpy.maximum(abs(weights.reshape(len(weights), -1)).max(1) / 127, 1e-9)
            inputs = [self.through_bytes(node.input[0]),
                      self.scaled(node.output[0] + "_weights", numpy.rint(weights / scales.reshape(-1, *[1] * (weights.ndim - 1))).astype(numpy.int8), scales),
                      self.scaled(node.output[0] + "_bias", numpy.rint(bias / (scales * 0.05)).clip(-2**30, 2**30).astype(numpy.int32), scales * 0.05)]
        elif node.op_type in ("Relu", "Clip"):  # fused with what is before it
            inputs = [self.constant(name, self.values[name]) if name in self.values else name for name in node.input]
        else:
            inputs = [self.through_bytes(name) for name in node.input]
        del made.input[:]
        made.input.extend(inputs)
        self.nodes.append(made)


folder = pathlib.Path(sys.argv[1])
for name in sys.argv[2:]:
    graph = onnx.load(str(folder / f"{name}.onnx")).graph
    made = Quantizer(graph)
    graph = helper.make_graph(made.nodes, name, list(graph.input), list(graph.output), list(made.constants.values()))
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=7), str(folder / f"{name}_qdq.onnx"))
