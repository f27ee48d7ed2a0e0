# SPDX-License-Identifier: BSL-1.0
"""`archetype import`: patterns of the rewriting, what each node became, and imported networks whose check programs hold."""
import argparse
import json
import pathlib
import subprocess
import tempfile
import time

from onnx_files import Checks, TensorProto, harness, helper, network, np, numpy_helper, onnx, run
from tflite_files import Vector, model as tflite_model, operator, tensor

FLOAT = TensorProto.FLOAT
node = helper.make_node


def imported(archetype, folder, content, *options):
    """Exit code and what --json says."""
    path = folder / "network.onnx"
    onnx.save(content, str(path))
    name = [] if "--name" in options else ["--name", "net"]
    code, output, errors = run(archetype, "import", path, "-o", folder / "out", *name, "--json", *options)
    return code, json.loads(output) if output else errors


def compiled(checks, compiler, folder, what, *more):
    """Compiles and runs the check program."""
    command = [compiler, "-std=c++20", "-O1", f"-I{harness.INCLUDE}", f"-I{folder}", *harness.WARNINGS, str(folder / "net_check.cpp"), *more, "-o", str(folder / "check")]
    code, output = harness.run(command)
    checks.holds(code == 0, f"{what} compiles with {compiler}: {output[:2000]}")
    if code == 0:
        code, output = harness.run([str(folder / "check"), str(folder)])
        checks.holds(code == 0 and "equals 0/expected/0" in output, f"{what}, {compiler}: {output}")


# A pattern: nodes from x to y, the layers that they become; then what nearly is the pattern, which must become something else.
def pattern_cases():
    half, one, three, six = 0.5, 1.0, 3.0, 6.0
    root2, third = float(np.sqrt(2.0)), float(np.sqrt(2.0 / np.pi))

    def chain(*nodes):
        return [node(op, [str(one) for one in inputs], [output]) for op, inputs, output in nodes]

    def gelu(root):
        return chain(("Div", ("x", root), "a"), ("Erf", "a", "b"), ("Add", ("b", one), "c"), ("Mul", ("x", "c"), "d"), ("Mul", ("d", half), "y"))

    def gelu_tanh(factor):
        return chain(("Pow", ("x", three), "a"), ("Mul", (0.044715, "a"), "b"), ("Add", ("x", "b"), "c"), ("Mul", ("c", factor), "d"), ("Tanh", "d", "e"),
                     ("Add", (one, "e"), "f"), ("Mul", ("x", half), "g"), ("Mul", ("g", "f"), "y"))

    def hard_swish(divisor):
        return chain(("Add", ("x", three), "a"), ("Clip", ("a", 0.0, six), "b"), ("Mul", ("x", "b"), "c"), ("Div", ("c", divisor), "y"))

    def hard_sigmoid(offset):
        return chain(("Add", ("x", offset), "a"), ("Clip", ("a", 0.0, six), "b"), ("Div", ("b", six), "y"))

    def clip(high):
        return chain(("Clip", ("x", 0.0, high), "y"))

    def norm(power):
        return chain(("ReduceMean", "x", "m"), ("Sub", ("x", "m"), "d"), ("Pow", ("d", power), "p"), ("ReduceMean", "p", "v"), ("Add", ("v", 1e-5), "e"),
                     ("Sqrt", "e", "r"), ("Div", ("d", "r"), "n"), ("Mul", ("n", "gamma"), "s"), ("Add", ("s", "beta"), "y"))

    yield "SiLU", ["silu"], chain(("Sigmoid", "x", "a"), ("Mul", ("x", "a"), "y")), chain(("Sigmoid", "x", "a"), ("Add", ("x", "a"), "y"))
    yield "GELU", ["gelu"], gelu(root2), gelu(1.5)
    yield "GELU by tanh", ["gelu_tanh"], gelu_tanh(third), gelu_tanh(0.9)
    yield "hard swish", ["hard_swish"], hard_swish(six), hard_swish(5.0)
    yield "hard sigmoid", ["hard_sigmoid"], hard_sigmoid(three), hard_sigmoid(2.0)
    yield "Mish", ["mish"], chain(("Softplus", "x", "a"), ("Tanh", "a", "b"), ("Mul", ("x", "b"), "y")), chain(("Softplus", "x", "a"), ("Sigmoid", "a", "b"), ("Mul", ("x", "b"), "y"))
    yield "softplus", ["softplus"], chain(("Exp", "x", "a"), ("Add", ("a", one), "b"), ("Log", "b", "y")), chain(("Exp", "x", "a"), ("Add", ("a", 2.0), "b"), ("Log", "b", "y"))
    yield "ReLU of a maximum", ["relu"], chain(("Max", ("x", 0.0), "y")), chain(("Max", ("x", 0.1), "y"))
    yield "ReLU6", ["relu6"], clip(six), clip(5.0)
    yield "ReLU6 of two nodes", ["relu6"], chain(("Relu", "x", "a"), ("Min", ("a", six), "y")), chain(("Relu", "x", "a"), ("Min", ("a", 5.0), "y"))
    yield "layer normalization", ["layer_norm"], norm(2.0), norm(4.0)


def patterns(archetype, checks, folder):
    for name, layers, right, nearly in pattern_cases():
        for nodes, wanted in ((right, True), (nearly, False)):
            constants = {"gamma": np.linspace(0.5, 1.5, 8, dtype=np.float32), "beta": np.linspace(-1, 1, 8, dtype=np.float32)}
            copies = []
            for one in nodes:  # numbers among the inputs are constants
                copy = node(one.op_type, [], list(one.output))
                copies.append(copy)
                for text in one.input:
                    copy.input.append(text)
                if one.op_type == "ReduceMean":
                    copy.attribute.append(helper.make_attribute("axes", [-1]))
            model = network(copies, [("x", FLOAT, [1, 4, 8])], [("y", FLOAT, [1, 4, 8])], constants)
            used = {text for one in copies for text in one.input}
            for text in used:
                try:
                    model.graph.initializer.append(numpy_helper.from_array(np.float32(float(text)), text))
                except ValueError:
                    pass
            code, found = imported(archetype, folder, model)
            types = [one["type"] for one in found["layers"][1:]] if code == 0 else []
            checks.holds((code == 0 and types == layers) if wanted else types != layers, f"{name}{'' if wanted else ', nearly'}: {found if code else types}")
            if code == 0:
                checks.holds(all(one["became"] for one in found["nodes"]), f"{name}: each node has become something: {found['nodes']}")


class Layers:
    """Nodes with constants by chance."""

    def __init__(self, seed=1):
        self.random, self.nodes, self.constants = np.random.default_rng(seed), [], {}

    def weight(self, name, *shape, scale=0.3):
        self.constants[name] = (self.random.normal(size=shape) * scale).astype(np.float32)
        return name

    def add(self, op, inputs, output, **attributes):
        self.nodes.append(node(op, inputs if isinstance(inputs, list) else [inputs], output if isinstance(output, list) else [output], name=f"{op}_{len(self.nodes)}", **attributes))
        return output

    def conv(self, name, x, c, k, size, bias=True, **attributes):
        groups = attributes.get("group", 1)
        inputs = [x, self.weight(f"{name}.weight", k, c // groups, *size)] + ([self.weight(f"{name}.bias", k)] if bias else [])
        return self.add("Conv", inputs, f"{name}_out", **attributes)

    def norm(self, name, x, c):
        self.constants[f"{name}.running_var"] = self.random.uniform(0.5, 2, c).astype(np.float32)
        inputs = [x, self.weight(f"{name}.weight", c, scale=1), self.weight(f"{name}.bias", c), self.weight(f"{name}.running_mean", c), f"{name}.running_var"]
        return self.add("BatchNormalization", inputs, f"{name}_out", epsilon=1e-5)

    def number(self, name, one):
        self.constants[name] = np.float32(one)
        return name

    def ints(self, name, *numbers):
        self.constants[name] = np.array(numbers, np.int64)
        return name

    def model(self, inputs, outputs, opset=17):
        def info(given):
            return [(name, FLOAT, shape) for name, shape in given.items()]
        return network(self.nodes, info(inputs), info(outputs), self.constants, opset)


def residual_network():
    """As PyTorch exports one: channels first, a residual with a projection, a flatten before the dense layer."""
    made = Layers(1)
    x = made.add("Relu", made.norm("bn1", made.conv("conv1", "x", 3, 8, (3, 3), bias=False, strides=[2, 2], pads=[1, 1, 1, 1]), 8), "stem")
    x = made.add("MaxPool", x, "pooled", kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1])
    for number, (c, k, stride) in enumerate([(8, 8, 1), (8, 8, 1), (8, 16, 2)]):
        begin = f"layer1.{number}"
        y = made.add("Relu", made.norm(f"{begin}.bn1", made.conv(f"{begin}.conv1", x, c, k, (3, 3), bias=False, strides=[stride] * 2, pads=[1, 1, 1, 1]), k), f"{begin}a")
        y = made.norm(f"{begin}.bn2", made.conv(f"{begin}.conv2", y, k, k, (3, 3), bias=False, pads=[1, 1, 1, 1]), k)
        if c != k:
            x = made.norm(f"{begin}.downsample.1", made.conv(f"{begin}.downsample.0", x, c, k, (1, 1), bias=False, strides=[stride] * 2), k)
        x = made.add("Relu", made.add("Add", [y, x], f"{begin}s"), f"{begin}r")
    x = made.add("Dropout", made.add("Flatten", x, "flat"), "dropped")
    made.add("Gemm", [x, made.weight("fc.weight", 5, 16 * 4 * 4), made.weight("fc.bias", 5)], "z", transB=1)
    made.add("Softmax", "z", "y", axis=1)
    return made.model({"x": ["batch", 3, 32, 32]}, {"y": ["batch", 5]})


def sequence_network():
    """Time last and first, padding by nodes, dilation, factors of channels, a norm written out, GELU, a dense layer for each step."""
    made = Layers(2)
    x = made.add("Transpose", "x", "t", perm=[0, 2, 1])
    x = made.add("Pad", [x, made.ints("pads", 0, 0, 4, 0, 0, 0)], "padded")
    x = made.conv("first", x, 6, 8, (3,), dilations=[2])
    x = made.add("Mul", [x, made.weight("factor", 8, 1)], "scaled")
    x = made.add("Add", [x, made.weight("term", 1, 8, 1)], "moved")
    x = made.add("Add", [made.add("Tanh", x, "active"), made.weight("shift", 8, 1)], "shifted")
    x = made.add("Transpose", x, "back", perm=[0, 2, 1])
    mean = made.add("ReduceMean", x, "mean", axes=[-1])
    d = made.add("Sub", [x, mean], "d")
    made.constants["two"], made.constants["epsilon"] = np.float32(2), np.float32(1e-6)
    v = made.add("Sqrt", made.add("Add", [made.add("ReduceMean", made.add("Pow", [d, "two"], "d2"), "variance", axes=[-1]), "epsilon"], "ve"), "deviation")
    x = made.add("Add", [made.add("Mul", [made.add("Div", [d, v], "n"), made.weight("norm.weight", 8)], "ng"), made.weight("norm.bias", 8)], "normed")
    x = made.add("Add", [made.add("MatMul", [x, made.weight("up.weight", 8, 12)], "product"), made.weight("up.bias", 12)], "up")
    x = made.add("Add", [x, made.add("Sigmoid", x, "gate")], "sum")
    x = made.add("ReduceMean", x, "pooled", axes=[1], keepdims=0)
    made.add("Gemm", [x, made.weight("head.weight", 12, 3)], "y")
    return made.model({"x": [1, 10, 6]}, {"y": [1, 3]})


def skip_network():
    """Two inputs, three outputs, a long skip, transposed convolution, slices, concatenations along channels, rows and time."""
    made = Layers(3)
    fine = made.add("LeakyRelu", made.conv("down", "image", 2, 6, (3, 3), pads=[1, 1, 1, 1]), "fine", alpha=0.1)
    x = made.add("AveragePool", fine, "coarse", kernel_shape=[2, 2], strides=[2, 2], pads=[1, 1, 1, 1])
    x = made.add("Elu", made.conv("middle", x, 6, 8, (3, 3), auto_pad="SAME_UPPER", strides=[1, 1]), "middled")
    made.constants["scales"] = np.array([1, 1, 2, 2], np.float32)
    up = made.add("Resize", [x, "", "scales"], "enlarged", mode="nearest", coordinate_transformation_mode="asymmetric", nearest_mode="floor")
    up = made.add("Slice", [up, made.ints("from", 1, 0), made.ints("to", -1, 8), made.ints("axes", 2, 3)], "cut")
    x = made.add("Concat", [up, fine], "joined", axis=1)
    x = made.add("ConvTranspose", [x, made.weight("up.weight", 14, 4, 3, 3), made.weight("up.bias", 4)], "mask", strides=[2, 2], pads=[1, 1, 1, 1], output_padding=[1, 1])
    gate = made.add("Gemm", ["age", made.weight("age.weight", 3, 7), made.weight("age.bias", 7)], "aged")
    parts = [made.add("Reshape", [made.add("Transpose", made.conv(f"head{k}", x if k else fine, 4 if k else 6, 4, (3, 3), strides=[4, 4]), f"t{k}", perm=[0, 2, 3, 1]), made.ints(f"shape{k}", 1, -1, 2)], f"r{k}") for k in (0, 1)]
    made.add("Concat", parts, "boxes", axis=1)
    made.add("Concat", [made.add("GlobalMaxPool", x, "largest"), made.add("Unsqueeze", [gate, made.ints("last", 2, 3)], "unsqueezed")], "facts", axis=1)
    return made.model({"image": [1, 2, 8, 8], "age": [1, 3]}, {"boxes": [1, 18, 2], "facts": [1, 11, 1, 1], "mask": [1, 4, 16, 16]})


def shuffled_network():
    """Channels that a shuffle turns around: depthwise kernels, norms and the next kernel follow."""
    made = Layers(4)
    x = made.add("Clip", [made.conv("first", "x", 3, 12, (3, 3), strides=[2, 2], pads=[1, 1, 1, 1]), "low", "high"], "clipped")
    made.constants["low"], made.constants["high"] = np.float32(0), np.float32(6)
    x = made.add("Reshape", [x, made.ints("cut", 1, 3, 4, 5, 5)], "cut_up")
    x = made.add("Reshape", [made.add("Transpose", x, "turned", perm=[0, 2, 1, 3, 4]), made.ints("together", 1, 12, 5, 5)], "shuffled")
    x = made.norm("norm", made.conv("deep", x, 12, 12, (3, 3), group=12, pads=[1, 1, 1, 1]), 12)
    x = made.add("HardSigmoid", made.conv("last", x, 12, 4, (1, 1)), "active", alpha=0.25)
    made.constants["half"] = np.float32(0.5)
    x = made.add("Add", [made.add("Mul", [x, "half"], "less"), "half"], "more")
    x = made.add("Reshape", [x, made.ints("flat", 1, 100)], "flat_out")
    made.add("MatMul", [x, made.weight("dense.weight", 100, 3)], "y")
    return made.model({"x": [1, 3, 10, 10]}, {"y": [1, 3]})


def recurrent_network():
    """An LSTM of both directions, a GRU of each convention with a first state, its last state, a plain one that goes back."""
    made = Layers(8)

    def cell(op, name, x, size, units, gates, outputs, directions=1, state=None, **attributes):
        inputs = [x, made.weight(f"{name}.W", directions, gates * units, size), made.weight(f"{name}.R", directions, gates * units, units),
                  made.weight(f"{name}.B", directions, 2 * gates * units)] + ([""] + [made.weight(f"{name}.h", directions, 1, units)] if state else [])
        return made.add(op, inputs, outputs, hidden_size=units, **attributes)
    x = made.add("Transpose", "x", "t", perm=[1, 0, 2])
    cell("LSTM", "both", x, 5, 4, 4, ["both_y"], 2, direction="bidirectional")
    x = made.add("Reshape", [made.add("Transpose", "both_y", "both_t", perm=[0, 2, 1, 3]), made.ints("both_shape", 7, 1, 8)], "both_out")
    cell("GRU", "after", x, 8, 6, 3, ["after_y", "after_h"], state=True, linear_before_reset=1)
    x = made.add("Squeeze", ["after_y", made.ints("one", 1)], "after_out")
    cell("GRU", "before", x, 6, 5, 3, ["before_y"], linear_before_reset=0)
    x = made.add("Squeeze", ["before_y", "one"], "before_out")
    cell("RNN", "back", x, 5, 3, 1, ["", "back_h"], direction="reverse")
    x = made.add("Concat", [made.add("Squeeze", ["after_h", made.ints("zero", 0)], "state"), made.add("Squeeze", ["back_h", "zero"], "last")], "all", axis=1)
    made.add("Gemm", [x, made.weight("head.weight", 9, 2)], "y")
    return made.model({"x": [1, 7, 5]}, {"y": [1, 2]})


def ordered_network():
    """What moves elements: slices with steps and backwards, a transpose that no layer undoes, gates that repeat, slopes, norms of several kinds."""
    made = Layers(9)
    x = made.add("PRelu", [made.conv("first", "x", 2, 6, (3, 3), pads=[1, 1, 1, 1]), made.weight("slopes", 6, 1, 1)], "sloped")
    gate = made.add("Sigmoid", made.conv("gate", made.add("GlobalAveragePool", x, "mean"), 6, 6, (1, 1)), "gated")
    x = made.add("Mul", [x, gate], "excited")
    x = made.add("InstanceNormalization", [x, made.weight("norm.weight", 6, scale=1), made.weight("norm.bias", 6)], "normed", epsilon=1e-4)
    a = made.add("Slice", [x, made.ints("begin", 5), made.ints("end", -100), made.ints("axis2", 2), made.ints("step", -2)], "backwards")
    b = made.add("Slice", [x, made.ints("begin_b", 1), made.ints("end_b", 6), made.ints("axis_b", 2), made.ints("step_b", 2)], "every")
    x = made.add("Sub", [a, b], "difference")
    x = made.add("Div", [x, made.add("Add", [made.add("Abs", made.add("ReduceMax", x, "top", axes=[3]), "size"), "one"], "more")], "quotient")
    made.constants["one"] = np.float32(1)
    made.add("Split", [x, made.ints("sizes", 2, 4)], ["p0", "p1"], axis=1)
    parts = [made.add("Relu", "p0", "q0"), "p1"]
    x = made.add("Concat", [made.add("Min", [parts[0], made.add("Slice", ["p1", made.ints("c0", 0), made.ints("c2", 2), made.ints("c1", 1)], "p2")], "least"), "p1"], "together", axis=1)
    x = made.add("Reshape", [made.add("Transpose", x, "wide", perm=[0, 3, 1, 2]), made.ints("rows", 1, 6, 18)], "rows_out")
    x = made.add("Concat", [x, made.add("Tanh", x, "tanh")], "doubled", axis=1)
    x = made.add("MatMul", [x, made.weight("dense.weight", 18, 4)], "product")
    x = made.add("LogSoftmax", x, "log", axis=-1)
    made.add("Transpose", x, "y", perm=[0, 2, 1])
    return made.model({"x": [1, 2, 6, 6]}, {"y": [1, 4, 12]})


def moved_network():
    """Paddings of other kinds, sizes, transposed convolutions in groups and of sequences, reductions over one axis, constants that repeat along rows."""
    made = Layers(10)
    x = made.add("Pad", ["x", made.ints("around", 0, 0, 1, 2, 0, 0, 1, 0)], "reflected", mode="reflect")
    x = made.add("Relu", made.conv("first", x, 2, 6, (3, 3)), "first_active")
    made.constants["scales"] = np.array([1, 1, 2, 1.5], np.float32)
    x = made.add("Resize", [x, "", "scales"], "resized", mode="linear", coordinate_transformation_mode="align_corners")
    x = made.add("ConvTranspose", [x, made.weight("up.weight", 6, 2, 3, 3), made.weight("up.bias", 4)], "up_out", strides=[2, 1], pads=[1, 0, 0, 1], group=2)
    x = made.norm("norm", x, 4)
    made.constants["minus"] = np.float32(-0.5)
    x = made.add("Pad", [x, made.ints("more", 0, 1, 0, 0, 0, 2, 0, 0)], "wider")
    x = made.add("Mul", [x, made.weight("mask", 1, 1, 28, 1)], "masked")
    x = made.add("Add", [made.add("ReduceMean", x, "means", axes=[3], keepdims=0), made.add("ReduceMax", x, "tops", axes=[3], keepdims=0)], "both")
    x = made.add("Pad", [x, made.ints("steps", 0, 0, 1, 0, 0, 2), "minus"], "longer")
    x = made.add("ConvTranspose", [x, made.weight("line.weight", 7, 5, 4)], "line", strides=[2], pads=[1, 1])
    x = made.add("Sub", [x, made.add("ReduceMean", x, "channel_mean", axes=[1])], "centred")
    made.add("ReduceSum", [x, made.ints("axis", 2)], "y", keepdims=0)
    return made.model({"x": [1, 2, 7, 6]}, {"y": [1, 5]})


def rescaled_network():
    """Factors that make no whole sizes, cubic interpolation, roots of sums of squares."""
    made = Layers(12)
    made.constants["smaller"] = np.array([1, 1, 0.6, 1.3], np.float32)
    made.constants["larger"] = np.array([1, 1, 1.4, 0.7], np.float32)
    x = made.add("Resize", ["x", "", "smaller"], "resized", mode="linear", coordinate_transformation_mode="half_pixel")
    x = made.add("Relu", made.conv("first", x, 2, 6, (3, 3)), "first_active")
    x = made.add("Resize", [x, "", "larger"], "repeated", mode="nearest", coordinate_transformation_mode="asymmetric", nearest_mode="floor")
    x = made.add("LpPool", x, "roots", kernel_shape=[2, 2], strides=[2, 1], p=2)
    x = made.add("Resize", [x, "", "", made.ints("sizes", 1, 6, 3, 4)], "curved", mode="cubic", cubic_coeff_a=-0.5, exclude_outside=1)
    made.conv("last", x, 6, 1, (1, 1))
    return made.model({"x": [1, 2, 11, 9]}, {"last_out": [1, 1, 3, 4]})


def words_network():
    """Class numbers: a table by Gather, another one by one-hot vectors."""
    made = Layers(11)
    made.constants["classes"] = np.arange(9, dtype=np.int64)
    one_hot = made.add("Cast", made.add("Equal", [made.add("Unsqueeze", ["words", made.ints("last", -1)], "column"), "classes"], "is"), "hot", to=FLOAT)
    a = made.add("MatMul", [one_hot, made.weight("hot.weight", 9, 4)], "a")
    b = made.add("Gather", [made.weight("table.weight", 9, 4), "words"], "b")
    x = made.add("Add", [made.add("Mul", [a, b], "c"), made.weight("positions", 6, 4)], "d")
    made.add("MatMul", [x, made.weight("out.weight", 4, 3)], "y")
    model = made.model({}, {"y": [1, 6, 3]})
    model.graph.input.append(helper.make_tensor_value_info("words", TensorProto.INT64, [1, 6]))
    return model


def tflite_network():
    """Convolution, depthwise with a padding before it, pooling, dense, softmax."""
    random = np.random.default_rng(5)

    def weights(*shape):
        return (random.normal(size=shape) * 0.3).astype(np.float32)
    buffers = [weights(8, 3, 3, 2), weights(8), weights(1, 3, 3, 8), weights(8), weights(5, 32), weights(5)]
    pads, shape = np.array([[0, 0], [1, 1], [1, 1], [0, 0]], np.int32), np.array([1, 32], np.int32)
    tensors = [tensor("x", "float32", [1, 9, 9, 2]), tensor("conv/kernel", "float32", [8, 3, 3, 2], 1), tensor("conv/bias", "float32", [8], 2),
               tensor("a", "float32", [1, 5, 5, 8]), tensor("pads", "int32", [4, 2], 7), tensor("b", "float32", [1, 7, 7, 8]),
               tensor("depthwise/kernel", "float32", [1, 3, 3, 8], 3), tensor("depthwise/bias", "float32", [8], 4), tensor("c", "float32", [1, 5, 5, 8]),
               tensor("d", "float32", [1, 2, 2, 8]), tensor("shape", "int32", [2], 8), tensor("e", "float32", [1, 32]),
               tensor("dense/kernel", "float32", [5, 32], 5), tensor("dense/bias", "float32", [5], 6), tensor("f", "float32", [1, 5]), tensor("y", "float32", [1, 5])]
    operators = [operator(0, [0, 1, 2], [3], 1, {0: ("b", 0), 1: ("i", 2), 2: ("i", 2), 3: ("b", 1)}), operator(1, [3, 4], [5]),
                 operator(2, [5, 6, 7], [8], 2, {0: ("b", 1), 1: ("i", 1), 2: ("i", 1), 3: ("i", 1), 4: ("b", 3)}),
                 operator(3, [8], [9], 5, {0: ("b", 1), 1: ("i", 2), 2: ("i", 2), 3: ("i", 2), 4: ("i", 2)}),
                 operator(4, [9, 10], [11]), operator(5, [11, 12, 13], [14], 8, {}), operator(6, [14], [15], 9, {0: ("f", 1.0)})]
    return tflite_model(["CONV_2D", "PAD", "DEPTHWISE_CONV_2D", "MAX_POOL_2D", "RESHAPE", "FULLY_CONNECTED", "SOFTMAX"],
                        [(tensors, [0], [15], operators)], [*(one.tobytes() for one in buffers), pads.tobytes(), shape.tobytes()])


def networks(archetype, checks, folder, compilers):
    cases = [("residual", residual_network(), ("safetensors", "object"), ["layer1/0/conv1", "layer1/2/shortcut/downsample/0", "fc"]),
             ("sequence", sequence_network(), ("header",), ["first", "norm", "up", "head"]), ("skip", skip_network(), ("safetensors", "header"), ["down", "up"]),
             ("shuffled", shuffled_network(), ("safetensors",), ["deep", "norm", "last"]),
             ("recurrent", recurrent_network(), ("safetensors", "header"), ["both", "after", "branch_1/before", "branch_1/back"]),
             ("ordered", ordered_network(), ("header",), ["first", "norm", "dense"]),
             ("rescaled", rescaled_network(), ("safetensors",), ["first", "last"]),
             ("moved", moved_network(), ("safetensors", "header"), ["first", "up", "norm", "mask", "line"]),
             ("words", words_network(), ("safetensors",), ["hot", "table", "positions", "out"])]
    for number, (name, content, forms, paths) in enumerate(cases):
        for form in forms:
            to = folder / f"{name}_{form}"
            to.mkdir()
            code, found = imported(archetype, to, content, "--weights", form)
            checks.holds(code == 0, f"{name} is imported: {found}")
            if code:
                continue
            checks.holds(all(one["became"] for one in found["nodes"]), f"{name}: each node has become something")
            checks.holds(all(path in found["paths"] for path in paths), f"{name}: paths are the file's: {found['paths']}")
            more = [str(to / "out" / "net_weights.S"), f"-Wa,-I{to / 'out'}"] if form == "object" else []
            for compiler in compilers if number == 0 and form == forms[0] else [compilers[number % len(compilers)]]:
                compiled(checks, compiler, to / "out", f"{name}, {form}", *more)
    text = (folder / "residual_safetensors" / "out" / "net.hpp").read_text()
    checks.holds('at::numbered<"", 2, at::sequence<at::residual<' in text.replace("\n", "").replace(" " * 4, ""), f"blocks that are alike are one: {text}")
    to = folder / "tflite"
    to.mkdir()
    (to / "network.tflite").write_bytes(tflite_network())
    code, output, errors = run(archetype, "import", to / "network.tflite", "-o", to / "out", "--name", "net", "--json")
    checks.holds(code == 0, f"TFLite: {errors}{output}")
    if code == 0:
        types = [one["type"] for one in json.loads(output)["layers"]]
        checks.holds("zero_padding2d" not in types and "reshape" not in types, f"TFLite's padding is part of the window: {types}")
        compiled(checks, compilers[0], to / "out", "TFLite")


def recorded(archetype, checks, folder, compiler):
    """Vectors beside the file are replayed; wrong ones are found."""
    made = Layers(6)
    made.add("Gemm", ["x", made.weight("dense.weight", 4, 3), made.weight("dense.bias", 3)], "y")
    model = made.model({"x": [1, 4]}, {"y": [1, 3]})
    x = made.random.normal(size=(3, 4)).astype(np.float32)
    np.save(folder / "network_inputs.npy", x)
    for good in (True, False):
        np.save(folder / "network_outputs.npy", x @ made.constants["dense.weight"] + made.constants["dense.bias"] + (0 if good else 0.01))
        code, found = imported(archetype, folder, model)
        checks.holds(code == 0, f"a network with vectors: {found}")
        subprocess.run([compiler, "-std=c++20", f"-I{harness.INCLUDE}", str(folder / "out" / "net_check.cpp"), "-o", str(folder / "check")], check=True)
        code, output = harness.run([str(folder / "check"), str(folder / "out")])
        checks.holds((code == 0) == good and "2/recorded/0" in output, f"vectors that are {'right' if good else 'wrong'}: {output}")
    code, found = imported(archetype, folder, model, "--vectors", folder / "nothing")
    checks.holds(code == 2 and "nothing" in found, f"vectors that are not there: {found}")
    np.save(folder / "other_inputs.npy", x[:, :3])
    code, found = imported(archetype, folder, model, "--vectors", folder / "other")
    checks.holds(code == 2 and "1x4" in found, f"vectors of another shape: {found}")


def states_network():
    """States as inputs and outputs of layers of three steps: both directions, one of two states a constant, one state that nobody gives."""
    made = Layers(9)
    units = 5

    def weights(name, gates, inputs, n, directions=1):
        return [made.weight(f"{name}.{what}", directions, *shape) for what, shape in (("W", (gates * n, inputs)), ("R", (gates * n, n)), ("b", (2 * gates * n,)))]
    made.add("LSTM", ["x", *weights("both", 4, 4, units, 2), "", "h", "c"], ["y", "h_out", "c_out"], hidden_size=units, direction="bidirectional")
    x = made.add("Reshape", [made.add("Transpose", "y", "yt", perm=[0, 2, 1, 3]), made.ints("joined", 3, 1, 10)], "z")
    made.add("GRU", [x, *weights("gru", 3, 10, 6), "", "g"], ["gy", "g_out"], hidden_size=6, linear_before_reset=1)
    x = made.add("Squeeze", ["gy", made.ints("one", 1)], "gs")
    made.weight("first", 1, 1, 4)
    made.add("LSTM", [x, *weights("last", 4, 6, 4), "", "first", "l"], ["", "", "l_out"], hidden_size=4)
    made.add("RNN", [x, *weights("rnn", 1, 6, 4), "", "l_out"], ["", "r"], hidden_size=4)
    made.add("Gemm", [made.add("Flatten", "r", "flat", axis=2), made.weight("out.weight", 4, 2), made.weight("out.bias", 2)], "result")
    return made.model({"x": [3, 1, 4], "h": [2, 1, units], "c": [2, 1, units], "g": [1, 1, 6], "l": [1, 1, 4]},
                      {"result": [1, 2], "h_out": [2, 1, units], "c_out": [2, 1, units], "g_out": [1, 1, 6], "l_out": [1, 1, 4]})


def caches_network():
    """As PyTorch writes a network for one frame: an unfold, caches that an assignment fills, one step of the cells for each row."""
    made = Layers(10)
    x = made.add("Pad", ["x", made.ints("pads", 0, 0, 0, 1, 0, 0, 0, 1)], "padded")
    made.constants["windows"] = np.arange(6) + np.arange(3)[:, None]
    x = made.add("Gather", [x, "windows"], "unfolded", axis=3)
    x = made.add("Reshape", [made.add("Transpose", x, "turned", perm=[0, 1, 3, 2, 4]), made.ints("channels", 1, 12, 1, 6)], "columns")
    x = made.add("Relu", made.conv("mix", x, 12, 4, (1, 1)), "mixed")
    past = made.add("Gather", ["cache", made.ints("zero", 0)], "past", axis=0)
    past = made.add("Reshape", [past, made.ints("past_shape", 1, 4, 5, 6)], "past2")
    made.add("Slice", [past, made.ints("from", 3), made.ints("to", 5), made.ints("axis", 2)], "recent")
    x = made.add("Concat", ["recent", x], "rows", axis=2)
    x = made.conv("depth", x, 4, 4, (3, 3), group=4, pads=[0, 1, 0, 1])
    made.constants["places"] = np.stack(np.meshgrid([0], range(4), range(3, 5), range(6), indexing="ij"), -1).astype(np.int64)
    made.add("Slice", ["rows", made.ints("from2", 1), made.ints("to2", 3), made.ints("axis2", 2)], "newer")
    made.add("ScatterND", ["past2", "places", "newer"], "filled")
    made.constants["first"] = np.array([[0]])
    made.add("Reshape", ["filled", made.ints("one_of_two", 1, 1, 4, 5, 6)], "filled5")
    made.add("ScatterND", ["cache", "first", "filled5"], "cache_out")
    x = made.add("Transpose", made.add("Reshape", [x, made.ints("flat", 4, 6)], "plane"), "frequency", perm=[1, 0])
    x = made.add("Reshape", [x, made.ints("sequences", 1, 6, 4)], "each")

    def weights(name, gates, inputs, n):
        return [made.weight(f"{name}.{what}", 1, *shape) for what, shape in (("W", (gates * n, inputs)), ("R", (gates * n, n)), ("b", (2 * gates * n,)))]
    made.add("GRU", [x, *weights("gru", 3, 4, 5), "", "h"], ["gy", "h_out"], hidden_size=5, linear_before_reset=1)
    x = made.add("Squeeze", ["gy", made.ints("one", 1)], "gs")
    made.add("LSTM", [x, *weights("lstm", 4, 5, 3), "", "", "c"], ["ly", "", "c_out"], hidden_size=3)
    x = made.add("Squeeze", ["ly", made.ints("one2", 1)], "ls")
    made.add("GRU", [x, *weights("gru2", 3, 3, 2)], ["", "last"], hidden_size=2)
    made.add("RNN", ["last", *weights("rnn", 1, 2, 2)], ["", "y"], hidden_size=2)
    shapes = {"h": [1, 6, 5], "c": [1, 6, 3], "cache": [2, 1, 4, 5, 6]}
    return made.model({"x": [1, 4, 1, 6], **shapes}, {"y": [1, 6, 2], **{f"{name}_out": shape for name, shape in shapes.items()}})


def streams(archetype, checks, folder, compilers):
    """States from step to step, as the call or the names say; vectors of several steps; inputs that are constants."""
    for name, content, states in (("states", states_network(), {"h": "h_out", "c": "c_out", "g": "g_out", "l": "l_out"}),
                                  ("caches", caches_network(), {"h": "h_out", "c": "c_out", "cache": "cache_out"})):
        for form, compiler in zip(("safetensors", "header"), (compilers * 2)[:2]):
            to = folder / f"{name}_{form}"
            to.mkdir()
            code, found = imported(archetype, to, content, "--weights", form)
            checks.holds(code == 0 and {one["input"]: one["output"] for one in found["states"]} == states, f"{name}: states by their names: {found}")
            if code == 0:
                compiled(checks, compiler, to / "out", f"{name}, {form}")
        code, found = imported(archetype, folder / f"{name}_header", content, "--state", "none")
        checks.holds(code == 0 and not found["states"], f"{name}: without states: {found}")
        compiled(checks, compilers[0], folder / f"{name}_header" / "out", f"{name} without states")
    # h' = tanh(W x + R h + b), from a state that is not zero; the output that is fed back has another name.
    made = Layers(11)
    names = [made.weight(what, 1, *shape) for what, shape in (("W", (3, 3)), ("R", (3, 3)), ("b", (6,)))]
    made.add("RNN", ["x", *names, "", "before"], ["", "y"], hidden_size=3)
    model = made.model({"x": [1, 1, 3], "before": [1, 1, 3]}, {"y": [1, 1, 3]})
    w, r, b = (made.constants[one][0] for one in names)
    xs, h = made.random.normal(size=(4, 3)).astype(np.float32), made.random.normal(size=3).astype(np.float32)
    to = folder / "steps"
    to.mkdir()
    np.save(to / "network_input_1.npy", h)
    for step, x in enumerate(xs):
        np.save(to / f"network_input_{step + 1 if step else 0}.npy", x)
        h = np.tanh(w @ x + r @ h + b[:3] + b[3:])
        np.save(to / f"network_run{step}_y.npy", h)
    code, found = imported(archetype, to, model)
    checks.holds(code == 0 and not found["states"] and "--state before=y" in str(found["notes"]), f"a state that names do not say: {found}")
    code, found = imported(archetype, to, model, "--state", "before=y")
    checks.holds(code == 0 and found["states"] == [{"input": "before", "output": "y", "bytes": 12}], f"a state of the call: {found}")
    compiled(checks, compilers[0], to / "out", "steps beside the file")
    code, output = harness.run([str(folder / "steps" / "out" / "check"), str(to / "out")])
    checks.holds(code == 0 and "equals 3/recorded/0" in output, f"four steps with results: {output}")
    np.save(to / "network_run3_y.npy", h + 0.01)
    imported(archetype, to, model, "--state", "before=y")
    code, output = harness.run([str(folder / "steps" / "out" / "check"), str(to / "out")])
    checks.holds(code == 1 and "DIFFERS from 3/recorded/0" in output, f"a wrong step: {output}")
    # The same as rows of one file, from zeros; the state is another output.
    for step in to.glob("network_*.npy"):
        step.unlink()
    model = made.model({"x": [1, 1, 3], "before": [1, 1, 3]}, {"y": [1, 1, 3], "twice": [1, 1, 3]})
    model.graph.node.append(node("Add", ["y", "y"], ["twice"]))
    h, rows = np.zeros(3), []
    for x in xs:
        h = np.tanh(w @ x + r @ h + b[:3] + b[3:])
        rows.append(2 * h)
    np.save(to / "network_inputs.npy", xs)
    np.save(to / "network_outputs.npy", np.array(rows, np.float32))
    code, found = imported(archetype, to, model, "--state", "before=y")
    checks.holds(code == 0, f"rows beside the file: {found}")
    compiled(checks, compilers[0], to / "out", "rows beside the file")
    code, output = harness.run([str(to / "out" / "check"), str(to / "out")])
    checks.holds(code == 0 and output.count("equals 3/recorded") == 1, f"four rows with results: {output}")
    for option, expected in (("before=z", "INPUT=OUTPUT"), ("x=y", "")):
        code, found = imported(archetype, to, model, "--state", option)
        checks.holds(code == (2 if expected else 0) and expected in str(found), f"--state {option}: {found}")
    # An integer that branches ask for.
    made = Layers(12)
    bodies = [onnx.helper.make_graph([node(op, ["x", number], ["branch"])], op, [], [helper.make_tensor_value_info("branch", FLOAT, [1, 4])],
                                     [numpy_helper.from_array(np.float32(3), number)]) for op, number in (("Mul", "factor"), ("Add", "term"))]
    made.constants["wide"] = np.int64(16000)
    made.add("Equal", ["rate", "wide"], "is_wide")
    made.add("If", "is_wide", "y", then_branch=bodies[0], else_branch=bodies[1])
    model = network(made.nodes, [("x", FLOAT, [1, 4]), ("rate", TensorProto.INT64, [])], [("y", FLOAT, [1, 4])], made.constants, 17)
    to = folder / "rate"
    to.mkdir()
    for option, formula in (("--input", "x * 3"), ("--constant", "x + 3")):
        code, found = imported(archetype, to, model, option, f"rate={16000 if option == '--input' else 8000}")
        checks.holds(code == 0 and "rate" in str(found["notes"]) and formula in (to / "out" / "net.hpp").read_text().replace("3.0", "3"), f"{option}: {found}")
    compiled(checks, compilers[0], to / "out", "a rate that is a constant")
    code, found = imported(archetype, to, model, "--input", "rate=1.5")
    checks.holds(code == 2 and "an integer" in found, f"a rate that is no integer: {found}")
    code, found = imported(archetype, to, model, "--constant", "other=1")
    checks.holds(code == 2 and "other" in found, f"a constant for no input: {found}")


def attention_of(made, x, memory=None, heads=2, size=4, keys=None, steps=6, scale=None, hide=None, axis=-1, shared=None, out=True, width=8):
    """Nodes of attention as exporters spell them out: a matrix each, heads as an axis, a factor, what hides keys, a softmax."""
    memory, keys, shared = memory or x, keys or steps, shared or heads

    def head(name, value, count, length, order):
        y = made.add("MatMul", [value, made.weight(f"{name}.weight", width, count * size)], f"{name}_product")
        y = made.add("Add", [y, made.weight(f"{name}.bias", count * size)], f"{name}_sum")
        y = made.add("Reshape", [y, made.ints(f"{name}_cut", 1, length, count, size)], f"{name}_heads")
        y = made.add("Transpose", y, f"{name}_turned", perm=[0, 2, 1, 3])
        if count != heads:  # each head of keys for several of queries
            y = made.add("Unsqueeze", [y, made.ints(f"{name}_axis", 2)], f"{name}_one")
            y = made.add("Expand", [y, made.ints(f"{name}_wide", 1, count, heads // count, length, size)], f"{name}_many")
            y = made.add("Reshape", [y, made.ints(f"{name}_back", 1, heads, length, size)], f"{name}_all")
        return made.add("Transpose", y, f"{name}_last", perm=[0, 1, 3, 2]) if order else y

    q, k, v = head("q", x, heads, steps, False), head("k", memory, shared, keys, True), head("v", memory, shared, keys, False)
    y = made.add("MatMul", [q, k], "scores")
    made.constants["divisor"] = np.float32(scale or np.sqrt(size))
    y = made.add("Div", [y, "divisor"], "scaled")
    y = hide(y) if hide else y
    y = made.add("MatMul", [made.add("Softmax", y, "shares", axis=axis), v], "seen")
    y = made.add("Reshape", [made.add("Transpose", y, "rows", perm=[0, 2, 1, 3]), made.ints("row", 1, steps, heads * size)], "joined")
    if out:
        y = made.add("MatMul", [y, made.weight("out_proj.weight", heads * size, width)], "projected")
        y = made.add("Add", [y, made.weight("out_proj.bias", width)], "attended")
    return y


def attention(archetype, checks, folder):
    """What is attention, with the layers and options that it becomes; what nearly is, which is refused."""
    lower = np.tril(np.ones((6, 6)))
    hole = lower.copy()
    hole[4, 1] = 0
    near = np.abs(np.subtract.outer(np.arange(6), np.arange(6))) < 2

    def added(mask, low):
        def hide(made):
            made.constants["mask"] = np.where(mask != 0, 0, low).astype(np.float32)
            return lambda y: made.add("Add", [y, "mask"], "hidden")
        return hide

    def chosen(mask):
        def hide(made):
            made.constants["mask"], made.constants["low"] = mask.astype(bool), np.float32(-np.inf)
            return lambda y: made.add("Where", ["mask", y, "low"], "hidden")
        return hide

    def multiplied(mask):  # GPT-2's: w b - 1e4 (1 - b)
        def hide(made):
            made.constants["mask"], made.constants["low"] = mask.astype(np.float32), (1e4 * (1 - mask)).astype(np.float32)
            return lambda y: made.add("Sub", [made.add("Mul", [y, "mask"], "kept"), "low"], "hidden")
        return hide

    def by_input(formula):
        def hide(made):
            made.constants["one"], made.constants["low"], made.constants["pad"] = np.float32(1), np.float32(-1e4), np.int64(7)
            def nodes(y):
                wide = made.add("Unsqueeze", ["keys", made.ints("axes", 1, 2)], "wide")
                if formula == "ids":  # class number 7 is padding
                    made.constants["lowest"] = np.float32(-np.inf)
                    return made.add("Where", [made.add("Equal", [wide, "pad"], "padding"), "lowest", y], "hidden")
                mask = made.add("Cast", wide, "float", to=FLOAT)
                if formula == "visible":
                    mask = made.add("Sub", ["one", mask], "hides")
                return made.add("Add", [y, made.add("Mul", [mask, "low"], "negative")], "hidden")
            return nodes
        return hide

    def bounded(mask):  # Gemma 2's: a bound, then what hides keys
        def hide(made):
            made.constants["bound"], made.constants["low"] = np.float32(1.5), np.where(mask != 0, 0, -1e9).astype(np.float32)
            def nodes(y):
                y = made.add("Tanh", made.add("Div", [y, "bound"], "parts"), "bounded")
                return made.add("Add", [made.add("Mul", [y, "bound"], "capped"), "low"], "hidden")
            return nodes
        return hide

    def bounded_late(made):  # a bound of what is hidden
        made.constants["low"] = np.where(lower != 0, 0, -1e9).astype(np.float32)
        return lambda y: made.add("Tanh", made.add("Add", [y, "low"], "hidden"), "bounded")

    self_attention, core = ["self_attention"], ["dense", "scaled_dot_product_attention"]
    cases = [("no mask", {}, None, self_attention, "self_attention<8, 2>"),
             ("a causal mask that is added", {}, added(lower, -1e9), self_attention, "at::causal"),
             ("a causal mask that is chosen by", {}, chosen(lower), self_attention, "at::causal"),
             ("a causal mask of products", {}, multiplied(lower), self_attention, "at::causal"),
             ("a window", {}, added(near, -1e9), self_attention, "at::window<2>"),
             ("a causal window", {}, chosen(lower * near), self_attention, "at::causal, at::window<2>"),
             ("another factor", {"scale": 3.0}, None, self_attention, "self_attention<8, 2>"),
             ("heads of another size", {"size": 6}, None, self_attention, "at::head_size<6>"),
             ("fewer heads of keys", {"heads": 4, "size": 2, "shared": 2}, None, self_attention, "at::key_value_heads<2>"),
             ("no matrix behind it", {"out": False}, None, core, "scaled_dot_product_attention<2>"),
             ("a mask of keys", {}, by_input("visible"), self_attention, "at::padding_mask<"),
             ("a mask of what is hidden", {}, by_input("hidden"), None, "at::padding_mask<"),
             ("a class number of padding", {}, by_input("ids"), None, "at::step_mask<7.0>"),
             ("a softcap", {}, bounded(np.ones((6, 6))), self_attention, "at::softcap<1.5>"),
             ("a softcap and a causal mask", {}, bounded(lower), self_attention, "at::causal, at::softcap<1.5>"),
             ("a bound behind the mask", {}, bounded_late, None, None),
             ("a hole in the mask", {}, added(hole, -1e9), None, None),
             ("a mask that is a term", {}, added(lower, -2.0), None, None),
             ("a softmax of queries", {"axis": 2}, None, None, None)]
    for name, options, hide, layers, text in cases:
        made = Layers(21)
        y = attention_of(made, "x", hide=hide(made) if hide else None, **options)
        made.nodes[-1].output[0] = "y"
        width = 8 if options.get("out", True) else options.get("heads", 2) * options.get("size", 4)
        inputs = [("x", FLOAT, [1, 6, 8])] + ([("keys", TensorProto.INT64, [1, 6])] if "keys" in {one for n in made.nodes for one in n.input} else [])
        model = network(made.nodes, inputs, [("y", FLOAT, [1, 6, width])], made.constants, 17)
        code, found = imported(archetype, folder, model)
        if text is None:
            checks.holds(code == 1 and any(one["operator"] == "MatMul" or one["operator"] == "Attention" for one in found["unsupported"]), f"{name}: {found}")
            continue
        types = [one["type"] for one in found["layers"] if one["type"] != "input"] if code == 0 else []
        checks.holds(code == 0 and (layers is None or types == layers) and text in (folder / "out" / "net.hpp").read_text(), f"attention with {name}: {types} {found}")
        if code == 0:
            checks.holds(all(one["became"] for one in found["nodes"]), f"{name}: each node has become something: {found['nodes']}")
    # ONNX' own operator; a past is refused.
    for heads, keys in ((2, 2), (4, 2)):
        made = Layers(22)
        parts = [made.add("MatMul", ["x", made.weight(f"{name}.weight", 8, count * 4)], name) for name, count in (("q", heads), ("k", keys), ("v", keys))]
        made.add("Attention", parts, "y", q_num_heads=heads, kv_num_heads=keys, is_causal=1, softcap=0.5)
        model = network(made.nodes, [("x", FLOAT, [1, 6, 8])], [("y", FLOAT, [1, 6, heads * 4])], made.constants, 23)
        code, found = imported(archetype, folder, model)
        checks.holds(code == 0 and all(text in (folder / "out" / "net.hpp").read_text() for text in ("at::causal", "at::softcap<0.5>")), f"Attention of {heads} and {keys} heads: {found}")


# What several nodes are, or one in terms of others: nodes from x {shape}, constants, layers.
def spelled_cases():
    def norm(axis, centered=True, factors=True):
        def build(made):
            made.constants["two"], made.constants["epsilon"] = np.float32(2), np.float32(1e-6)
            d = "x"
            if centered:
                d = made.add("Sub", ["x", made.add("ReduceMean", "x", "mean", axes=[axis])], "d")
            v = made.add("ReduceMean", made.add("Pow", [d, "two"], "square"), "variance", axes=[axis])
            y = made.add("Div", [d, made.add("Sqrt", made.add("Add", [v, "epsilon"], "ve"), "deviation")], "normed")
            if factors:
                shape = [4, 1, 1] if axis == 1 else [6]
                y = made.add("Mul", [y, made.weight("norm.weight", *shape)], "scaled")
            return y
        return build

    def group(made):
        made.constants["ones"], made.constants["zeros"] = np.ones(2, np.float32), np.zeros(2, np.float32)
        y = made.add("Reshape", ["x", made.ints("cut", 1, 2, -1)], "groups")
        y = made.add("InstanceNormalization", [y, "ones", "zeros"], "normed", epsilon=1e-5)
        y = made.add("Reshape", [y, made.ints("back", 1, 4, 6, 6)], "image")
        return made.add("Add", [made.add("Mul", [y, made.weight("gn.weight", 4, 1, 1)], "scaled"), made.weight("gn.bias", 4, 1, 1)], "moved")

    def choice(made):
        made.constants["edge"], made.constants["slope"] = np.float32(0.2), np.float32(0.1)
        return made.add("Where", [made.add("Greater", ["x", "edge"], "large"), "x", made.add("Mul", ["x", "slope"], "small")], "chosen")

    def unshuffle(made):
        y = made.add("Reshape", ["x", made.ints("cut", 1, 4, 3, 2, 3, 2)], "blocks")
        y = made.add("Transpose", y, "turned", perm=[0, 1, 3, 5, 2, 4])
        return made.conv("conv", made.add("Reshape", [y, made.ints("back", 1, 16, 3, 3)], "deep"), 16, 4, (1, 1))

    def token(made):
        return made.add("Concat", [made.weight("cls", 1, 1, 8), "x"], "joined", axis=1)

    def unfold(made):
        made.constants["cells"] = np.array([[0, 2, 4], [1, 3, 5]], np.int64)
        return made.add("Gather", ["x", "cells"], "unfolded", axis=3)

    def response(made):
        y = made.add("Unsqueeze", [made.add("Mul", ["x", "x"], "squares"), made.ints("one", 1)], "deep")
        y = made.add("AveragePool", made.add("Pad", [y, made.ints("around", 0, 0, 1, 0, 0, 0, 0, 1, 0, 0)], "wide"), "mean", kernel_shape=[3, 1, 1], strides=[1, 1, 1])
        y = made.add("Add", [made.add("Mul", [made.add("Squeeze", [y, "one"], "flat"), made.number("alpha", 0.5)], "scaled"), made.number("k", 2)], "base")
        return made.add("Div", ["x", made.add("Pow", [y, made.number("beta", 0.75)], "power")], "normed")

    yield "layer normalization of channels", (1, 4, 6, 6), ["layer_norm"], norm(1)
    yield "layer normalization without factors", (1, 5, 6), ["layer_norm"], norm(-1, factors=False)
    yield "RMS normalization", (1, 5, 6), ["rms_norm"], norm(-1, centered=False)
    yield "group normalization", (1, 4, 6, 6), ["group_norm"], group
    yield "a choice", (1, 4, 6, 6), ["activation"], choice
    yield "pixels into channels", (1, 4, 6, 6), ["space_to_depth", "conv2d"], unshuffle
    yield "a class token", (1, 5, 8), ["class_token"], token
    def safe(made):
        made.constants["edge"], made.constants["zero"] = np.float32(0.2), np.float32(0)
        return made.add("Where", [made.add("Greater", ["x", "edge"], "large"), made.add("Log", "x", "log"), "zero"], "chosen")

    yield "a choice that keeps a logarithm from zero", (1, 4, 6, 6), ["activation"], safe
    yield "an even gather", (1, 4, 6, 6), ["slice"], lambda made: made.add("Gather", ["x", made.ints("even", 0, 2)], "taken", axis=1)
    yield "a gather around", (1, 4, 6, 6), ["slice", "chunk", "concatenate"], lambda made: made.add("Gather", ["x", made.ints("around", 3, 0, 1, 2)], "taken", axis=3)
    yield "a crop", (1, 4, 6, 6), ["slice", "channel_padding"], lambda made: made.add("Pad", ["x", made.ints("pads", 0, 0, -1, 0, 0, 0, 0, 2)], "cropped")
    yield "copies", (1, 4, 6, 6), ["concatenate_along<2>"], lambda made: made.add("Tile", ["x", made.ints("repeats", 1, 1, 2, 1)], "wide")
    yield "an equation", (1, 5, 6), ["dense"], lambda made: made.add("Einsum", ["x", made.weight("kernel", 3, 6)], "product", equation="btc,dc->btd")
    yield "a matrix on the left", (1, 5, 6), ["dense"], lambda made: made.add("MatMul", [made.weight("kernel", 3, 5), "x"], "product")
    yield "a slope for each element", (1, 4, 6, 6), ["relu", "activation", "relu", "join_weights", "subtract"], lambda made: made.add("PRelu", ["x", made.weight("slope", 4, 6, 6)], "bent")
    yield "a norm of sums", (1, 5, 6), ["activation", "reduce_mean", "activation"], lambda made: made.add("ReduceL2", "x", "norm", axes=[2], keepdims=1)
    yield "a least number", (1, 5, 6), ["activation", "reduce_max", "activation"], lambda made: made.add("ReduceMin", "x", "least", axes=[2], keepdims=1)
    yield "a triangle", (1, 4, 6, 6), ["join_weights"], lambda made: made.add("Trilu", "x", "upper")
    for exclusive, reverse in ((0, 0), (1, 0), (0, 1), (1, 1)):
        yield f"a running sum, {exclusive} {reverse}", (1, 5, 6), ["dense"], lambda made, e=exclusive, r=reverse: made.add("CumSum", ["x", made.ints("axis", 2)], "sums", exclusive=e, reverse=r)
    yield "channels padded with a number", (1, 4, 6, 6), ["zero_padding2d", "join_weights"], lambda made: made.add("Pad", ["x", made.ints("pads", 0, 1, 0, 0, 0, 2, 0, 0), made.number("value", 1.5)], "padded")
    yield "an unfold without overlap", (1, 4, 6, 6), [], unfold
    neighbours = ["activation", "zero_padding2d", "slice", "slice", "add", "slice", "add", "activation"]
    yield "a response of neighbours", (1, 6, 3, 3), [*neighbours, "multiply"], lambda made: made.add("LRN", "x", "normed", size=3, alpha=0.5, beta=0.75, bias=2.0)
    yield "a response of neighbours as PyTorch spells it", (1, 6, 3, 3), [*neighbours, "divide"], response


def in_other_words():
    """What files say in words of their own: name, operator set, shape of x, nodes from x to y, constants, layers."""
    random = np.random.default_rng(4)

    def some(*shape):
        return random.normal(size=shape).astype(np.float32)

    def body(name, nodes, inputs, outputs):
        return helper.make_graph(nodes, name, [helper.make_tensor_value_info(*one) for one in inputs], [helper.make_tensor_value_info(*one) for one in outputs])
    turn = body("turn", [node("Mul", ["before", "half"], ["scaled"]), node("Add", ["scaled", "x"], ["after"]), node("Identity", ["goes"], ["on"])],
                [("turn", TensorProto.INT64, []), ("goes", TensorProto.BOOL, []), ("before", FLOAT, [1, 6])], [("on", TensorProto.BOOL, []), ("after", FLOAT, [1, 6])])
    yield "a loop of three turns", 13, [1, 6], [node("Loop", ["three", "true", "x"], ["y"], body=turn)], {"three": np.int64(3), "true": np.array(True), "half": np.float32(0.5)}, ["activation", "add"] * 3
    step = body("step", [node("Add", ["sum", "row"], ["next"]), node("Identity", ["next"], ["out"])], [("sum", FLOAT, [1, 4]), ("row", FLOAT, [1, 4])], [("next", FLOAT, [1, 4]), ("out", FLOAT, [1, 4])])
    yield "a scan backwards", 13, [3, 1, 4], [node("Scan", ["zero", "x"], ["", "y"], body=step, num_scan_inputs=1, scan_input_directions=[1])], {"zero": np.zeros((1, 4), np.float32)}, None
    yield "one of a sequence", 13, [1, 6], [node("SplitToSequence", ["x", "two"], ["s"], axis=1), node("SequenceAt", ["s", "last"], ["y"])], {"two": np.int64(2), "last": np.int64(-1)}, ["slice"]
    yield "a sequence that is joined", 13, [1, 6], [node("Tanh", ["x"], ["t"]), node("SequenceConstruct", ["x", "t"], ["s"]), node("ConcatFromSequence", ["s"], ["y"], axis=1, new_axis=1)], {}, ["tanh", "concatenate"]
    yield "a product of columns", 13, [6, 1], [node("Gemm", ["x", "w", "b"], ["y"], transA=1)], {"w": some(6, 3), "b": some(3)}, ["dense"]
    yield "a product with a vector", 13, [1, 6], [node("MatMul", ["x", "w"], ["y"])], {"w": some(6)}, ["dense"]
    yield "pads of one axis", 18, [1, 2, 5, 5], [node("Pad", ["x", "p", "", "a"], ["y"])], {"p": np.array([1, 2]), "a": np.array([-2])}, ["zero_padding2d"]
    yield "factors of groups", 18, [1, 4, 3, 3], [node("GroupNormalization", ["x", "s", "b"], ["y"], num_groups=2)], {"s": some(2), "b": some(2)}, ["group_norm"]
    yield "a convolution that takes cells away", 13, [1, 3, 9, 9], [node("Conv", ["x", "w"], ["y"], pads=[-1, 0, 1, -2])], {"w": some(4, 3, 3, 3)}, ["slice", "slice", "conv2d"]
    yield "a constant less a value", 13, [1, 6], [node("Sub", ["c", "x"], ["y"])], {"c": some(1, 6)}, ["activation", "join_weights"]
    yield "a constant over a value", 13, [1, 6], [node("Exp", ["x"], ["e"]), node("Div", ["c", "e"], ["y"])], {"c": some(1, 6)}, ["exponential", "activation", "join_weights"]
    yield "values of length one", 13, [1, 6], [node("LpNormalization", ["x"], ["y"], axis=1)], {}, None
    yield "zeros of length one", 13, [1, 6], [node("Abs", ["x"], ["a"]), node("Neg", ["a"], ["n"]), node("Relu", ["n"], ["z"]), node("LpNormalization", ["z"], ["y"], axis=1)], {}, None
    yield "lengths of channels", 13, [1, 3, 4, 4], [node("GlobalLpPool", ["x"], ["y"])], {}, None
    yield "a mean of 0 and a variance of 1", 13, [1, 3, 4, 4], [node("MeanVarianceNormalization", ["x"], ["y"])], {}, None
    yield "a shrink with a term of its own", 13, [1, 6], [node("Shrink", ["x"], ["y"], lambd=0.3, bias=0.1)], {}, ["activation"]
    yield "products of 16 bits", 13, [1, 6], [node("Cast", ["x"], ["h"], to=TensorProto.FLOAT16), node("Gemm", ["h", "w"], ["p"]), node("Relu", ["p"], ["r"]), node("Cast", ["r"], ["y"], to=FLOAT)], \
        {"w": some(6, 3).astype(np.float16)}, ["dense", "relu"]
    table = {"w": some(1, 16, 3), "r": some(1, 16, 4), "b": some(1, 32), "p": some(1, 12)}
    yield "an LSTM with coupled gates", 13, [5, 1, 3], [node("LSTM", ["x", "w", "r", "b", "", "", "", "p"], ["y"], hidden_size=4, input_forget=1)], table, ["lstm"]
    yield "an LSTM with a clip", 13, [5, 1, 3], [node("LSTM", ["x", "w", "r", "b"], ["y"], hidden_size=4, clip=0.5)], table, ["recurrent"]
    yield "an LSTM with samples first", 14, [1, 5, 3], [node("LSTM", ["x", "w", "r", "b"], ["y", "h"], hidden_size=4, layout=1)], table, ["lstm"]


def clipped_network():
    """Two cells whose sums have other bounds, and a shrink whose bounds both hold."""
    random = np.random.default_rng(6)
    table = {name: random.normal(size=shape).astype(np.float32) for name, shape in (("w", (1, 16, 3)), ("r", (1, 16, 4)), ("b", (1, 32)), ("v", (1, 16, 4)))}
    nodes = [node("LSTM", ["x", "w", "r", "b"], ["h"], hidden_size=4, clip=0.5), node("Squeeze", ["h", "axis"], ["s"]), node("LSTM", ["s", "v", "r", "b"], ["g"], hidden_size=4, clip=1.0),
             node("Shrink", ["g"], ["y"], lambd=-1.0, bias=0.5)]
    return network(nodes, [("x", FLOAT, [5, 1, 3])], [("y", FLOAT, None)], {**table, "axis": np.array([1])}, 13)


def other_words(archetype, checks, folder, compiler):
    code, found = imported(archetype, folder, clipped_network())
    checks.holds(code == 0, f"two clips: {found}")
    if code == 0:
        compiled(checks, compiler, folder / "out", "two clips and a shrink below zero")
    for name, opset, shape, nodes, constants, layers in in_other_words():
        model = network(nodes, [("x", FLOAT, shape)], [("y", FLOAT, None)], constants, opset)
        code, found = imported(archetype, folder, model)
        types = [one["type"] for one in found["layers"] if one["type"] not in ("input", "reshape", "flatten")] if code == 0 else []
        checks.holds(code == 0 and layers in (None, types), f"{name}: {types or found}")


def spelled(archetype, checks, folder):
    """One by one, the rewritten network against the file's in double, as `import` does."""
    for interleaved, turned in ((0, 0), (1, 0), (0, 2), (1, 2)):  # positions as angles
        made = Layers(25)
        half = (turned or 4) // 2
        angles = np.outer(np.arange(9), 100.0 ** -np.arange(half))
        made.constants["cos"], made.constants["sin"], made.constants["places"] = np.cos(angles).astype(np.float32), np.sin(angles).astype(np.float32), np.array([[0, 1, 2, 4, 8]], np.int64)
        made.add("RotaryEmbedding", ["x", "cos", "sin", "places"], "y", interleaved=interleaved, num_heads=2, rotary_embedding_dim=turned)
        code, found = imported(archetype, folder, network(made.nodes, [("x", FLOAT, [1, 5, 8])], [("y", FLOAT, [1, 5, 8])], made.constants, 23))
        checks.holds(code == 0, f"rotary positions {interleaved} {turned}: {found}")
    for name, shape, layers, build in spelled_cases():
        made = Layers(23)
        build(made)
        made.nodes[-1].output[0] = "y"
        model = network(made.nodes, [("x", FLOAT, list(shape))], [("y", FLOAT, None)], made.constants, 14)
        code, found = imported(archetype, folder, model)
        types = [one["type"] for one in found["layers"] if one["type"] not in ("input", "reshape", "flatten")] if code == 0 else []
        checks.holds(code == 0 and types == layers, f"{name}: {types or found}")


def decoder_network():
    """Attention of all kinds in one file: causal, of another sequence, with a mask; a class token, norms, a choice."""
    made = Layers(24)
    made.constants["mask"] = np.triu(np.full((6, 6), -np.inf, np.float32), 1)
    y = attention_of(made, "x", hide=lambda y: made.add("Add", [y, "mask"], "hidden"))
    first, made.nodes = made.nodes, []
    rename = {name for one in first for name in one.output} | set(made.constants)
    made.constants = {f"first.{name}": value for name, value in made.constants.items()}
    for one in first:
        for names in (one.input, one.output):
            for k, name in enumerate(names):
                names[k] = f"first.{name}" if name in rename else name
    made.constants["one"], made.constants["low"] = np.float32(1), np.float32(-1e4)

    def hide(scores):
        wide = made.add("Cast", made.add("Unsqueeze", ["keys", made.ints("axes", 1, 2)], "wide"), "float", to=FLOAT)
        return made.add("Add", [scores, made.add("Mul", [made.add("Sub", ["one", wide], "hides"), "low"], "negative")], "hidden")

    made.nodes = first
    x = made.add("Add", ["x", f"first.{y}"], "residual")
    x = made.add("LayerNormalization", [x, made.weight("norm.weight", 8), made.weight("norm.bias", 8)], "normed", axis=-1)
    x = made.add("Add", [x, attention_of(made, x, "memory", keys=5, hide=hide)], "crossed")
    x = made.add("Concat", [made.weight("cls", 1, 1, 8), x], "with_token", axis=1)
    made.constants["edge"], made.constants["slope"] = np.float32(0.2), np.float32(0.1)
    made.add("Where", [made.add("Greater", [x, "edge"], "large"), x, made.add("Mul", [x, "slope"], "small")], "y")
    return network(made.nodes, [("x", FLOAT, [1, 6, 8]), ("memory", FLOAT, [1, 5, 8]), ("keys", TensorProto.INT64, [1, 5])], [("y", FLOAT, [1, 7, 8])], made.constants, 17)


def decoder(archetype, checks, folder, compilers):
    code, found = imported(archetype, folder, decoder_network())
    types = [one["type"] for one in found["layers"] if one["type"] != "input"] if code == 0 else found
    checks.holds(types == ["self_attention", "add", "layer_norm", "cross_attention", "add", "class_token", "activation"], f"a decoder: {types}")
    for compiler in compilers:
        compiled(checks, compiler, folder / "out", "a decoder")


def samples(archetype, checks, folder, compiler):
    """A file that was made for eight samples becomes a network of one, if the call says so."""
    made = Layers(8)
    made.add("Relu", made.conv("conv", "x", 3, 4, (3, 3)), "y")
    model = made.model({"x": [8, 3, 6, 5]}, {"y": [8, 4, 4, 3]})
    code, found = imported(archetype, folder, model)
    checks.holds(code == 1 and "--input" in str(found), f"eight samples: {found}")
    code, found = imported(archetype, folder, model, "--input", "x=1x3x6x5")
    checks.holds(code == 0 and "1x3x6x5 instead of" in str(found), f"one of eight samples: {found}")
    compiled(checks, compiler, folder / "out", "one of eight samples")
    code, found = imported(archetype, folder, model, "--input", "x=1x3x6")
    checks.holds(code == 2 and "1x3x6" in str(found), f"a shape with other axes: {found}")


def refusals(archetype, checks, folder):
    made = Layers(7)
    x = made.add("NonZero", "x", "a")
    x = made.add("TopK", ["x", made.ints("k", 2)], ["values", "indices"])
    made.add("Relu", "values", "b")
    made.add("Cast", "a", "c", to=FLOAT)
    made.add("CumSum", ["b", made.add("Cast", made.add("ReduceMax", "b", "top", keepdims=0), "axis", to=TensorProto.INT64)], "d")
    model = made.model({"x": [2, 3, 4]}, {"c": [3, 24], "d": [2, 3, 2]})
    code, found = imported(archetype, folder, model)
    checks.holds(code == 1 and {one["operator"] for one in found["unsupported"]} >= {"NonZero", "TopK", "CumSum"}, f"all that is not supported in one list: {found}")
    checks.holds(all(one["node"] and one["shapes"] and one["supported"] for one in found["unsupported"]), f"with shapes and what would be: {found}")
    checks.holds(not (folder / "out").exists(), "nothing is written of a network that is not supported")
    model = network([node("Own", ["x"], ["a"], name="own", domain="own"), node("Slice", ["a", "from", "to"], ["b"]), node("TopK", ["b", "from"], ["y", "indices"], name="most")],
                    [("x", FLOAT, [1, 4])], [("y", FLOAT, None)], {"from": np.array([1, 1]), "to": np.array([3, 4])}, other=[("own", 1)])
    model.graph.value_info.append(helper.make_tensor_value_info("a", FLOAT, [4, 5]))
    del model.graph.node[2].input[1]
    model.graph.node[2].input.append("two")
    model.graph.initializer.append(numpy_helper.from_array(np.array([2]), "two"))
    code, found = imported(archetype, folder, model)
    checks.holds(code == 1 and [(one["operator"], one["shapes"]) for one in found["unsupported"]][1:] == [("TopK", "2x3, 1 -> 2x2, 2x2")], f"shapes behind an operator that nobody knows: {found}")
    made = Layers(8)  # zero times what is not chosen may be no number
    made.constants["edge"] = np.float32(0)
    made.add("Where", [made.add("Greater", ["x", "edge"], "large"), made.add("Div", ["z", "x"], "ratio"), "z"], "y")
    code, found = imported(archetype, folder, made.model({"x": [1, 4], "z": [1, 4]}, {"y": [1, 4]}))
    checks.holds(code == 1 and [one["operator"] for one in found["unsupported"]] == ["Where"], f"a choice of a quotient: {found}")
    code, found = imported(archetype, folder, residual_network(), "--name", "1st")
    checks.holds(code == 2 and "identifier" in found, f"a name that is no identifier: {found}")
    code, found = imported(archetype, folder, residual_network(), "--input", "z=1")
    checks.holds(code == 2 and '"z"' in found, f"a shape for no input: {found}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", required=True, type=pathlib.Path)
    parser.add_argument("--compilers", nargs="+", default=["g++"])
    given = harness.parsed_in_turn(parser)
    checks = Checks()
    every_time = [(patterns, ()), (refusals, ()), (attention, ()), (spelled, ())]
    # These compile. Three parts, so that each meets both compilers.
    compiled = [(networks, (given.compilers,)), (recorded, (given.compilers[0],)), (streams, (given.compilers,)),
                (samples, (given.compilers[0],)), (other_words, (given.compilers[0],)), (decoder, (given.compilers,))]
    for test, more in every_time + harness.in_parts(compiled, given.turns, 3):
        with tempfile.TemporaryDirectory() as folder:
            start = time.monotonic()
            test(given.program, checks, pathlib.Path(folder), *more)
            print(f"{test.__name__}: {time.monotonic() - start:.0f} s", flush=True)
    checks.finish("checks of imported networks")


main()
