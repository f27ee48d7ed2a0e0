# SPDX-License-Identifier: BSL-1.0
"""`archetype import` of ONNX files in 8 bits, in both forms: their check programs must give what TFLite's reference arithmetic does, and
differ from ONNX' own definition by roundings only."""
import argparse
import json
import pathlib
import shutil
import struct
import tempfile

from onnx_files import Checks, TensorProto, harness, helper, network, np, numpy_helper, onnx, run


class Quantized:
    """Nodes between quantizers, or QLinear ones; weights by chance."""

    def __init__(self, seed, kind="uint8", by_channel=True, opset=13):
        self.random, self.kind, self.by_channel, self.opset = np.random.default_rng(seed), np.dtype(kind), by_channel, opset
        self.nodes, self.constants, self.count = [], {}, 0
        self.forms = {}  # of integers: names of scale and zero point

    def name(self):
        self.count += 1
        return f"v{self.count}"

    def constant(self, content):
        name = self.name()
        self.constants[name] = content
        return name

    def node(self, operation, inputs, domain="", **attributes):
        out = self.name()
        self.nodes.append(helper.make_node(operation, inputs, [out], domain=domain, name=f"{operation}_{self.count}", **attributes))
        return out

    def form(self, scale, zero):
        """Zero points are those of int8."""
        number = zero + (128 if self.kind == np.uint8 else 0)
        return self.constant(np.float32(scale)), self.constant(np.array(number, self.kind))

    def quantize(self, x, scale, zero):
        form = self.form(scale, zero)
        made = self.node("QuantizeLinear", [x, *form])
        self.forms[made] = form
        return made

    def real(self, q):
        return self.node("DequantizeLinear", [q, *self.forms[q]])

    def scales(self, filters):
        return self.random.uniform(0.004, 0.02, filters if self.by_channel else ()).astype(np.float32)

    def weights(self, shape, axis):
        """In 8 bits around 0 (int8) or 128 (uint8, one scale), and as real numbers."""
        numbers, scales = self.random.integers(-127, 128, shape), self.scales(shape[axis])
        wide = scales if not self.by_channel else scales.reshape([-1 if k == axis else 1 for k in range(len(shape))])
        if self.by_channel:
            parts = self.constant(numbers.astype(np.int8)), self.constant(scales), self.constant(np.zeros(shape[axis], np.int8))
        else:
            parts = self.constant((numbers + 128).astype(np.uint8)), self.constant(scales), self.constant(np.uint8(128))
        return parts, scales, numbers * wide

    def weights_between(self, shape, axis):
        parts, scales, _ = self.weights(shape, axis)
        return self.node("DequantizeLinear", parts, **({"axis": axis} if self.by_channel else {})), scales

    def conv(self, q, unit, filters, channels, size, **attributes):
        weights, scales = self.weights_between([filters, channels, size, size], 0)
        units = (np.float32(unit) * scales).astype(np.float32)
        bias = self.constant(self.random.integers(-3000, 3000, filters).astype(np.int32))
        zero = self.constant(np.zeros(units.shape, np.int32))
        bias = self.node("DequantizeLinear", [bias, self.constant(units), zero], **({"axis": 0} if self.by_channel else {}))
        return self.node("Conv", [self.real(q), weights, bias], kernel_shape=[size, size], **attributes)

    def model(self, inputs, outputs):
        return network(self.nodes, inputs, outputs, self.constants, self.opset, other=[("com.microsoft", 1)])


def image(kind, by_channel, opset):
    """Real ends; convolutions with a rectifier, a sum, poolings, a mean, a dense layer, a softmax."""
    net = Quantized(1, kind, by_channel, opset)
    x = net.quantize("x", 0.04, 3)
    a = net.quantize(net.node("Relu", [net.conv(x, 0.04, 6, 3, 3, pads=[1, 1, 1, 1])]), 0.05, -128)
    b = net.quantize(net.conv(a, 0.05, 6, 1, 3, pads=[1, 1, 1, 1], group=6), 0.09, 5)
    c = net.quantize(net.node("Add", [net.real(a), net.real(b)]), 0.07, -20)
    d = net.quantize(net.node("MaxPool", [net.real(c)], kernel_shape=[2, 2], strides=[2, 2]), 0.07, -20)
    e = net.quantize(net.conv(d, 0.07, 8, 6, 2, strides=[2, 2]), 0.11, 7)
    f = net.quantize(net.node("AveragePool", [net.real(e)], kernel_shape=[2, 2], strides=[1, 1]), 0.11, 7)
    g = net.quantize(net.node("GlobalAveragePool", [net.real(f)]), 0.06, 1)
    flat = net.node("Flatten", [net.real(g)])
    flat = net.quantize(flat, 0.06, 1)
    weights, _ = net.weights_between([5, 8], 0)
    bias = net.constant(net.random.normal(size=5).astype(np.float32))
    h = net.quantize(net.node("Gemm", [net.real(flat), weights, bias], transB=1), 0.08, -4)
    y = net.quantize(net.node("Softmax", [net.real(h)], axis=-1), 1 / 256, -128)
    net.nodes.append(helper.make_node("DequantizeLinear", [y, *net.forms[y]], ["y"]))
    return net.model([("x", TensorProto.FLOAT, [1, 3, 8, 8])], [("y", TensorProto.FLOAT, [1, 5])]), (1, 3, 8, 8), np.float32


def vector(kind, by_channel, opset):
    """Integers at both ends; a bias behind a quantizer, activations on their own, a concatenation of two scales, padding, a slice."""
    net = Quantized(2, kind, by_channel, opset)
    net.forms["x"] = net.form(0.05, 4)
    weights, _ = net.weights_between([10, 12], 1)
    a = net.quantize(net.node("MatMul", [net.real("x"), weights]), 0.05, 2)
    a = net.quantize(net.node("Add", [net.real(a), net.constant(net.random.normal(size=12).astype(np.float32))]), 0.05, 3)
    b = net.quantize(net.node("LeakyRelu", [net.real(a)], alpha=0.2), 0.03, -60)
    c = net.quantize(net.node("Sigmoid", [net.real(a)]), 1 / 256, -128)
    d = net.quantize(net.node("Clip", [net.real(a)], min=0.0, max=6.0) if opset < 11 else
                     net.node("Clip", [net.real(a), net.constant(np.float32(0)), net.constant(np.float32(6))]), 6 / 255, -128)
    e = net.quantize(net.node("Mul", [net.real(b), net.real(c)]), 0.02, -50)
    joined = net.quantize(net.node("Concat", [net.real(e), net.real(d)], axis=1), 0.03, -30)
    if opset < 11:
        wide = net.node("Pad", [net.real(joined)], pads=[0, 1, 0, 2])
    else:
        wide = net.node("Pad", [net.real(joined), net.constant(np.array([0, 1, 0, 2], np.int64))])
    wide = net.quantize(wide, 0.03, -30)
    weights, _ = net.weights_between([27, 6], 1)
    f = net.quantize(net.node("MatMul", [net.real(wide), weights]), 0.06, -4)
    part = net.node("Slice", [net.real(f), *(net.constant(np.array([k], np.int64)) for k in (1, 5, 1))])
    part = net.quantize(part, 0.06, -4)
    net.nodes[-1].output[0] = "y"
    type_ = TensorProto.UINT8 if kind == "uint8" else TensorProto.INT8
    return net.model([("x", type_, [1, 10])], [("y", type_, [1, 4])]), (1, 10), np.dtype(kind)


def linear(kind, by_channel, opset):
    """QLinearConv and its kind."""
    net = Quantized(3, kind, by_channel, opset)
    forms = [net.form(*one) for one in ((0.04, 3), (0.06, -20), (0.05, -4), (0.07, 9), (0.08, 5), (0.2, -3))]
    parts, _, _ = net.weights([6, 3, 3, 3], 0)
    bias = net.constant(net.random.integers(-3000, 3000, 6).astype(np.int32))
    a = net.node("QLinearConv", ["x", *forms[0], *parts, *forms[1], bias], kernel_shape=[3, 3], pads=[1, 1, 1, 1])
    a = net.node("MaxPool", [a], kernel_shape=[2, 2], strides=[2, 2])
    parts, _, _ = net.weights([6, 6, 1, 1], 0)
    b = net.node("QLinearConv", [a, *forms[1], *parts, *forms[2]], kernel_shape=[1, 1])
    c = net.node("QLinearAdd", [a, *forms[1], b, *forms[2], *forms[3]], "com.microsoft")
    d = net.node("QLinearAveragePool", [c, *forms[3], *forms[3]], "com.microsoft", kernel_shape=[2, 2], strides=[2, 2])
    e = net.node("QLinearGlobalAveragePool", [d, *forms[3], *forms[4]], "com.microsoft", channels_last=0)
    e = net.node("Reshape", [e, net.constant(np.array([1, 6], np.int64))])
    parts, _, _ = net.weights([6, 4], 1)
    f = net.node("QLinearMatMul", [e, *forms[4], *parts, *forms[5]])
    constant = net.constant(net.random.integers(40, 80, 4).astype(kind))
    y = net.node("QLinearAdd", [f, *forms[5], constant, *forms[0], *forms[5]], "com.microsoft")
    net.nodes[-1].output[0] = "y"
    type_ = TensorProto.UINT8 if kind == "uint8" else TensorProto.INT8
    return net.model([("x", type_, [1, 3, 8, 8])], [("y", type_, [1, 4])]), (1, 3, 8, 8), np.dtype(kind)


def enlarged(kind, by_channel, opset):
    """Transposed convolutions, padding by cells of the image, means of rows and of columns."""
    net = Quantized(5, kind, by_channel, opset)
    net.forms["x"] = net.form(0.04, 3)
    x, forms = "x", [(0.3, -20), (0.35, 4)]
    for form, (channels, filters, size, window) in zip(forms, ((3, 4, 3, {"strides": [2, 2], "pads": [1, 1, 1, 1], "output_padding": [1, 1]}), (4, 2, 4, {"strides": [3, 3], "pads": [0, 1, 2, 0]}))):
        weights, scales = net.weights_between([channels, filters, size, size], 1)
        unit = np.float32(0.04 if x == "x" else 0.3)
        bias = net.node("DequantizeLinear", [net.constant(net.random.integers(-3000, 3000, filters).astype(np.int32)), net.constant((unit * scales).astype(np.float32))], **({"axis": 0} if by_channel else {}))
        x = net.node("ConvTranspose", [net.real(x), weights, bias], **window)
        x = net.quantize(net.node("Relu", [x]) if form is forms[0] else x, *form)
    for mode in ("reflect", "edge"):
        x = net.quantize(net.node("Pad", [net.real(x), net.constant(np.array([0, 0, 1, 2, 0, 0, 3, 1]))], mode=mode), *forms[1])
    x = net.quantize(net.node("ReduceMean", [net.real(x)], axes=[3], keepdims=1), *forms[1])
    x = net.quantize(net.node("ReduceMean", [net.real(x)], axes=[-2], keepdims=1), *forms[1])
    net.nodes[-1].output[0] = "y"
    type_ = TensorProto.UINT8 if kind == "uint8" else TensorProto.INT8
    return net.model([("x", type_, [1, 3, 4, 5])], [("y", type_, [1, 2, 1, 1])]), (1, 3, 4, 5), np.dtype(kind)


# The last number: whether the check program is compiled.
NETWORKS = [(image, "uint8", False, 10, False), (image, "int8", True, 13, False), (image, "uint8", True, 21, True), (vector, "int8", False, 10, False),
            (vector, "uint8", True, 17, True), (linear, "uint8", False, 10, False), (linear, "int8", True, 13, True),
            (enlarged, "uint8", False, 13, False), (enlarged, "int8", True, 13, True)]


def imported(archetype, folder, model, *options):
    onnx.save(model, folder / "network.onnx")
    shutil.rmtree(folder / "out", ignore_errors=True)
    code, output, errors = run(archetype, "import", folder / "network.onnx", "-o", folder / "out", "--name", "net", "--json", *options)
    return code, json.loads(output) if output else errors


def checked(checks, compiler, folder, what):
    """The check program finds no difference."""
    out = folder / "out"
    code, output = harness.run([compiler, "-std=c++20", "-O0", f"-I{harness.INCLUDE}", f"-I{out}", *harness.WARNINGS, str(out / "net_check.cpp"), "-o", str(out / "check")])
    checks.holds(code == 0, f"{what} compiles with {compiler}: {output[:2000]}")
    if code == 0:
        code, output = harness.run([str(out / "check"), str(out)])
        checks.holds(code == 0 and "DIFFERS" not in output, f"{what}, {compiler}: {output}")


def expected(folder, number):
    content = (folder / "out" / "net_vectors.safetensors").read_bytes()
    (length,) = struct.unpack("<Q", content[:8])
    first, last = json.loads(content[8:8 + length])[f"{number}/expected/0"]["data_offsets"]
    return np.frombuffer(content[8 + length + first:8 + length + last], np.int8).astype(int)


def networks(archetype, checks, folder, compilers):
    for turn, (make, kind, by_channel, opset, compiles) in enumerate(NETWORKS):
        what = f"{make.__name__}, {kind}, {'by channel' if by_channel else 'one scale'}, set {opset}"
        model, shape, type_ = make(kind, by_channel, opset)
        random = np.random.default_rng(turn)
        info = np.iinfo(type_) if type_ != np.float32 else None
        x = random.normal(size=(3, *shape)).astype(np.float32) * 2 if info is None else random.integers(info.min, info.max + 1, (3, *shape)).astype(type_)
        np.save(folder / "network_inputs.npy", x)
        code, found = imported(archetype, folder, model)
        checks.holds(code == 0, f"{what}: {found}")
        if code:
            continue
        note = next((one for one in found["notes"] if "reference kernels" in one), "")
        steps = float(note.split("at most ")[-1].split(" ")[0]) if note else 99
        checks.holds(steps <= 3, f"{what}: {note}")
        # The note says what `archetype run` shows.
        np.save(folder / "x.npy", x[0].reshape(shape))
        code, _, errors = run(archetype, "run", folder / "network.onnx", "--input", folder / "x.npy", "-o", folder / "y.npy")
        checks.holds(code == 0, f"{what}: {errors}")
        y = np.load(folder / "y.npy").reshape(-1).astype(float)
        y = np.round(y * 256) - 128 if type_ == np.float32 else y - (128 if kind == "uint8" else 0)
        checks.holds(np.abs(expected(folder, 0) - y).max() <= steps, f"{what}: {expected(folder, 0)} and {y}")
        checks.holds(len(set(expected(folder, 0))) > 1, f"{what}: results that differ from each other")
        if compiles:
            checked(checks, compilers[turn % len(compilers)], folder, what)


def roundings(archetype, checks, folder, _):
    """Sums 2, 6, -2, 10 at a factor of 1/4: halves go to even in ONNX, away from zero here."""
    forms = {"s": np.float32(0.5), "z": np.int8(0), "w": np.array([[1], [0]], np.int8), "one": np.float32(1)}
    node = helper.make_node("QLinearMatMul", ["x", "s", "z", "w", "s", "z", "one", "z"], ["y"])
    model = network([node], [("x", TensorProto.INT8, [1, 2])], [("y", TensorProto.INT8, [1, 1])], forms, 13)
    x = np.array([[[2, 0]], [[6, 0]], [[-2, 0]], [[10, 0]]], np.int8)
    np.save(folder / "network_inputs.npy", x)
    code, found = imported(archetype, folder, model)
    checks.holds(code == 0 and any("3 differ" in one and "at most 1 step" in one for one in found["notes"]), f"roundings: {found}")
    for k, (ours, theirs) in enumerate(((1, 0), (2, 2), (-1, 0), (3, 2))):
        np.save(folder / "x.npy", x[k])
        run(archetype, "run", folder / "network.onnx", "--input", folder / "x.npy", "-o", folder / "y.npy")
        y = np.load(folder / "y.npy").item()
        checks.holds(code == 0 and expected(folder, k).tolist() == [ours] and y == theirs, f"roundings: {k}, {y}")


def exact(archetype, checks, folder, what, model, x):
    """The import gives what ONNX' definition does."""
    np.save(folder / "network_inputs.npy", x)
    code, found = imported(archetype, folder, model)
    checks.holds(code == 0 and any(" 0 differ" in one for one in found["notes"]), f"{what}: {found}")
    if code == 0:
        np.save(folder / "x.npy", x[0])
        run(archetype, "run", folder / "network.onnx", "--input", folder / "x.npy", "-o", folder / "y.npy")
        y = np.load(folder / "y.npy").reshape(-1)
        checks.holds(np.array_equal(expected(folder, 0), y) and len(set(y)) > 1, f"{what}: {expected(folder, 0)} and {y}")


def zero_points(archetype, checks, folder, _):
    """Zero points that are left out stand for 0 of whatever type the integers have; and scales may come from nodes."""
    # Even sums at a factor of 1/2: nothing is rounded.
    w = 2 * np.array([[1, 2, 3, -4], [5, -6, 7, 8], [-9, 10, 11, 12], [1, -1, 1, -1]], np.int8)
    x = np.array([[[1, -2, 3, -4]], [[-5, 6, 7, 8]]], np.int8)
    ends = [("x", TensorProto.INT8, [1, 4])], [("y", TensorProto.INT8, [1, 4])]
    base = {"one": np.float32(1), "two": np.float32(2), "w": w, "z": np.int8(0)}
    between = [helper.make_node("DequantizeLinear", ["x", "one"], ["a"]), helper.make_node("DequantizeLinear", ["w", "one"], ["v"]), helper.make_node("MatMul", ["a", "v"], ["p"])]
    quantize = helper.make_node("QuantizeLinear", ["p", "two", "z"], ["y"])
    exact(archetype, checks, folder, "int8 without a zero point", network([*between, quantize], *ends, base, 13), x)
    quantize = helper.make_node("QuantizeLinear", ["p", "two"], ["y"], output_dtype=TensorProto.INT8)
    exact(archetype, checks, folder, "int8 by output_dtype", network([*between, quantize], *ends, base, 21), x)
    sum_ = [helper.make_node("QLinearMatMul", ["x", "one", "z", "w", "one", "z", "two", "z"], ["m"]),
            helper.make_node("QLinearAdd", ["x", "one", "", "m", "two", "", "one", ""], ["y"], domain="com.microsoft")]
    exact(archetype, checks, folder, "QLinearAdd without zero points", network(sum_, *ends, base, 13, other=[("com.microsoft", 1)]), x)
    # The same by QGemm, and in two parts.
    gemm = helper.make_node("QGemm", ["x", "one", "z", "w", "one", "z", "b", "two", "z"], ["y"], domain="com.microsoft", transB=1)
    exact(archetype, checks, folder, "QGemm", network([gemm], *ends, {**base, "b": np.array([2, -20, 30, 40], np.int32)}, 13, other=[("com.microsoft", 1)]), x)
    # One integer of all units stands for another real number of each.
    own = {**base, "w": w.T.copy(), "scales": np.array([1, 2, 1, 2], np.float32), "zeros": np.zeros(4, np.int8), "b": np.array([4], np.int32)}
    gemm = helper.make_node("QGemm", ["x", "one", "z", "w", "scales", "zeros", "b", "two", "z"], ["y"], domain="com.microsoft", transB=1)
    exact(archetype, checks, folder, "QGemm with one bias", network([gemm], *ends, own, 13, other=[("com.microsoft", 1)]), x)
    rest = [between[0], helper.make_node("Split", ["a"], ["", "d"], axis=1), helper.make_node("Concat", ["d", "d"], ["e"], axis=1),
            helper.make_node("QuantizeLinear", ["e", "one", "z"], ["y"])]
    exact(archetype, checks, folder, "a part that nobody reads", network(rest, *ends, base, 13), x)
    parts = [between[0], helper.make_node("Split", ["a"], ["c", "d"], axis=1), helper.make_node("Concat", ["d", "c"], ["e"], axis=1),
             helper.make_node("QuantizeLinear", ["e", "one", "z"], ["f"]), helper.make_node("DequantizeLinear", ["f", "one", "z"], ["g"]), between[1],
             helper.make_node("MatMul", ["g", "v"], ["p"]), helper.make_node("QuantizeLinear", ["p", "two", "z"], ["y"])]
    exact(archetype, checks, folder, "a value in two parts", network(parts, *ends, base, 13), x)
    shared = [helper.make_node("Constant", [], ["unit"], value=numpy_helper.from_array(np.float32(1))), helper.make_node("Identity", ["z32"], ["zero"]),
              helper.make_node("DequantizeLinear", ["x", "unit"], ["a"]), helper.make_node("DequantizeLinear", ["w", "unit"], ["v"]),
              helper.make_node("DequantizeLinear", ["b", "unit", "zero"], ["c"]), helper.make_node("Gemm", ["a", "v", "c"], ["p"]), helper.make_node("QuantizeLinear", ["p", "two", "z"], ["y"])]
    exact(archetype, checks, folder, "scales and zero points of nodes", network(shared, *ends, {**base, "b": np.array([2, -20, 30, 40], np.int32), "z32": np.int32(0)}, 13), x)


def refusals(archetype, checks, folder, _):
    def refused(what, words, *nodes, shape=(1, 4), constants=(), opset=13, more=()):
        base = {"s": np.float32(0.1), "z": np.int8(0), "w": np.ones((4, 4), np.int8), **dict(constants)}
        head = [helper.make_node("QuantizeLinear", ["x", "s", "z"], ["q"]), helper.make_node("DequantizeLinear", ["q", "s", "z"], ["a"])]
        outputs = [("y", TensorProto.FLOAT, None), *more]
        code, found = imported(archetype, folder, network([*head, *nodes], [("x", TensorProto.FLOAT, shape)], outputs, base, opset, other=[("com.microsoft", 1)]))
        checks.holds(code == 1 and words in str(found) and not (folder / "out").exists(), f"{what}: {code} {found}")

    weights = helper.make_node("DequantizeLinear", ["w", "s", "z"], ["v"])
    product = helper.make_node("MatMul", ["a", "v"], ["p"])
    end = [helper.make_node("QuantizeLinear", ["p", "s", "z"], ["r"]), helper.make_node("DequantizeLinear", ["r", "s", "z"], ["y"])]
    refused("no quantizer at the end", "QuantizeLinear", weights, helper.make_node("MatMul", ["a", "v"], ["y"]))
    refused("weights too far from their zero point", "-127 to 127", weights, product, *end, constants={"w": np.full((4, 4), -128, np.int8)})
    blocks = helper.make_node("DequantizeLinear", ["w", "scales"], ["v"], axis=0, block_size=4)
    refused("weights with a scale for each block", "block_size is 4", blocks, product, *end, constants={"scales": np.full((1, 4), 0.1, np.float32)}, opset=21)
    for scale in (0, -0.1, np.nan, np.inf):
        scaled = helper.make_node("DequantizeLinear", ["w", "wrong"], ["v"], axis=1)
        refused(f"weights with a scale of {scale}", "scales above 0, which", scaled, product, *end, constants={"wrong": np.array([0.1, scale, 0.1, 0.1], np.float32)})
    refused("a sum of one", "two inputs", helper.make_node("Add", ["a"], ["p"]), *end)
    compared = [helper.make_node("Greater", ["q", "z"], ["c"]), helper.make_node("Where", ["c", "a", "s"], ["p"])]
    refused("a comparison of bare integers", "a DequantizeLinear before it", *compared, *end)
    refused("real weights", "constants of 8 bits", helper.make_node("MatMul", ["a", "real"], ["p"]), *end, constants={"real": np.ones((4, 4), np.float32)})
    refused("an operator without a form", "form in 8 bits", helper.make_node("LogSoftmax", ["a"], ["p"]), *end)
    refused("a softmax over another axis", "last axis", helper.make_node("Softmax", ["a"], ["p"], axis=0), *end)
    refused("activations of 16 bits", "8 bits", helper.make_node("Relu", ["a"], ["p"]), helper.make_node("QuantizeLinear", ["p", "s", "z16"], ["r"]),
            helper.make_node("DequantizeLinear", ["r", "s", "z16"], ["y"]), constants={"z16": np.int16(0)}, opset=21)
    relu = [helper.make_node("MatMul", ["a", "v"], ["m"]), helper.make_node("Relu", ["m"], ["positive"]), helper.make_node("Add", ["positive", "c"], ["p"])]
    refused("a constant behind a rectifier", "a QuantizeLinear before it", weights, *relu, *end, constants={"c": np.ones(4, np.float32)})
    rows = np.arange(4, dtype=np.float32).reshape(4, 1)
    sum_ = [helper.make_node("MatMul", ["a", "v"], ["m"]), helper.make_node("Add", ["m", "c"], ["p"])]
    refused("a constant for each row", "a QuantizeLinear before it", weights, *sum_, *end, shape=(1, 4, 4), constants={"c": rows})
    refused("a bias for each row", "each unit", weights, helper.make_node("Gemm", ["a", "v", "c"], ["p"]), *end, shape=(4, 4), constants={"c": rows})
    linear_sum = [helper.make_node("QLinearMatMul", ["q", "s", "z", "w", "s", "z", "s", "z"], ["m"]),
                  helper.make_node("QLinearAdd", ["m", "s", "z", "c", "s", "z", "s", "z"], ["r"], domain="com.microsoft")]
    refused("a constant for each row, linear", "integers of 8 bits", *linear_sum, end[1], shape=(1, 4, 4), constants={"c": rows.astype(np.int8)})
    refused("an input that is an output", "outputs that nodes of 8 bits give", weights, product, *end, more=[("x", TensorProto.FLOAT, (1, 4))])


def others(archetype, checks, folder, compilers, models):
    for path in models:
        code, output, errors = run(archetype, "import", path, "-o", folder / "out", "--name", "net", "--brief")
        checks.holds(code == 0, f"{path.name}: {output} {errors}")
        if code == 0:
            print(output)
            checked(checks, compilers[0], folder, path.name)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", required=True, type=pathlib.Path)
    parser.add_argument("--compilers", nargs="+", default=["g++"])
    parser.add_argument("--models", nargs="*", default=[], type=pathlib.Path, help="ONNX files in 8 bits to import as well")
    given = harness.parsed_in_turn(parser)
    checks = Checks()
    for test in (networks, roundings, zero_points, refusals, others):
        with tempfile.TemporaryDirectory() as folder:
            test(given.program, checks, pathlib.Path(folder), given.compilers, *([given.models] if test is others else []))
    checks.finish("checks of imported ONNX networks in 8 bits")


if __name__ == "__main__":
    main()
