# SPDX-License-Identifier: BSL-1.0
"""`archetype import` of networks in 8 bits: small files with every operator, whose check programs must give the integers of `archetype run`."""
import argparse
import json
import pathlib
import shutil
import struct
import tempfile

from onnx_files import Checks, harness, np, run
from tflite_files import model, operator, tensor

NONE, RELU, RELU_N1_TO_1, RELU6 = range(4)
SAME, VALID = range(2)


class Network:
    """A file of TFLite, operator by operator; weights by chance."""

    def __init__(self, seed, shape, kind="int8", scale=0.05, zero=3):
        self.random, self.shapes = np.random.default_rng(seed), []
        self.tensors, self.buffers, self.operators, self.codes = [], [], [], []
        self.scales = []
        self.x = self.last = self.value(shape, scale, zero, kind)

    def value(self, shape, scale=None, zero=0, kind="int8", content=None, axis=0):
        if content is not None:
            self.buffers.append(content.tobytes())
        self.tensors.append(tensor(f"t{len(self.tensors)}", kind, list(shape), 0 if content is None else len(self.buffers), scale, zero, axis))
        self.shapes.append(list(shape))
        self.scales.append(scale)
        return len(self.tensors) - 1

    def add(self, name, inputs, shape, scale, zero, kind=0, options=None, to="int8"):
        if name not in self.codes:
            self.codes.append(name)
        self.last = self.value(shape, scale, zero, to)
        self.operators.append(operator(self.codes.index(name), inputs, [self.last], kind, options))
        return self.last

    def weights(self, shape, filters, axis, unit):
        w = self.random.integers(-127, 128, shape).astype(np.int8)
        scales = [float(np.float32(s)) for s in self.random.uniform(0.004, 0.02, filters)]
        sums = [float(np.float32(unit * s)) for s in scales]
        b = self.random.integers(-4000, 4000, filters).astype(np.int32)
        return self.value(shape, scales, 0, "int8", w, axis), self.value([filters], sums, 0, "int32", b)

    def conv(self, x, filters, size, scale, zero, activation=NONE, padding=SAME, stride=1):
        n, h, w, c = self.shapes[x]
        out = [(e + stride - 1) // stride if padding == SAME else (e - size) // stride + 1 for e in (h, w)]
        kernel, bias = self.weights([filters, size, size, c], filters, 0, self.scales[x])
        return self.add("CONV_2D", [x, kernel, bias], [n, *out, filters], scale, zero, 1, {0: ("b", padding), 1: ("i", stride), 2: ("i", stride), 3: ("b", activation)})

    def depthwise(self, x, size, scale, zero, activation=NONE, stride=1, times=1):
        n, h, w, c = self.shapes[x]
        kernel, bias = self.weights([1, size, size, c * times], c * times, 3, self.scales[x])
        return self.add("DEPTHWISE_CONV_2D", [x, kernel, bias], [n, -(-h // stride), -(-w // stride), c * times], scale, zero, 2,
                        {0: ("b", SAME), 1: ("i", stride), 2: ("i", stride), 3: ("i", times), 4: ("b", activation)})

    def dense(self, x, units, scale, zero, activation=NONE):
        count = int(np.prod(self.shapes[x]))
        kernel, bias = self.weights([units, count], units, 0, self.scales[x])
        return self.add("FULLY_CONNECTED", [x, kernel, bias], [1, units], scale, zero, 8, {0: ("b", activation)})

    def pool(self, name, x, size, stride, scale, zero, activation=NONE):
        n, h, w, c = self.shapes[x]
        out = [(e - size) // stride + 1 for e in (h, w)]
        return self.add(name, [x], [n, *out, c], scale, zero, 5, {0: ("b", VALID), 1: ("i", stride), 2: ("i", stride), 3: ("i", size), 4: ("i", size), 5: ("b", activation)})

    def integers(self, *numbers):
        content = np.array(numbers, np.int32)
        return self.value(content.shape, None, 0, "int32", content)

    def content(self):
        return model(self.codes, [(self.tensors, [self.x], [self.last], self.operators)], self.buffers)


def image():
    """Convolutions, fused activations, a sum of two branches, poolings, padding, changes of scale before a concatenation, a mean with another scale."""
    net = Network(1, [1, 8, 8, 3])
    a = net.conv(net.x, 8, 3, 0.04, -128, RELU)
    b = net.depthwise(a, 3, 0.09, 5)
    sum_ = net.add("ADD", [a, b], net.shapes[a], 0.06, -100, 11, {0: ("b", RELU6)})
    small = net.pool("MAX_POOL_2D", sum_, 2, 2, 0.06, -100)
    wide = net.add("PAD", [small, net.integers([0, 0], [1, 1], [1, 1], [0, 0])], [1, 6, 6, 8], 0.06, -100, 22, {})
    c = net.conv(wide, 6, 3, 0.05, -20, RELU6, VALID)
    d = net.pool("AVERAGE_POOL_2D", small, 2, 1, 0.06, -100)
    d = net.add("PAD", [d, net.integers([0, 0], [0, 1], [1, 0], [0, 0])], [1, 4, 4, 8], 0.06, -100, 22, {})
    c = net.add("QUANTIZE", [c], net.shapes[c], 0.07, 9)
    d = net.add("QUANTIZE", [d], net.shapes[d], 0.07, 9)
    joined = net.add("CONCATENATION", [c, d], [1, 4, 4, 14], 0.07, 9, 10, {0: ("i", 3)})
    mean = net.add("MEAN", [joined, net.integers(1, 2)], [1, 14], 0.031, -7, 27, {})
    net.dense(mean, 5, 0.05, 10)
    net.add("LOGISTIC", [net.last], [1, 5], 1 / 256, -128)
    return net


def vector():
    """uint8 at both ends; activations that are operators of their own, between different scales."""
    net = Network(2, [1, 24], "uint8", 0.05, 131)
    x = net.add("QUANTIZE", [net.x], [1, 24], 0.05, 3)
    x = net.add("TANH", [net.dense(x, 12, 0.03, 4)], [1, 12], 1 / 128, 0)
    x = net.add("RELU", [net.dense(x, 12, 0.02, -3)], [1, 12], 0.011, -128)
    x = net.add("RELU6", [net.dense(x, 16, 0.06, 7)], [1, 16], 0.024, -128)
    x = net.add("RELU_N1_TO_1", [net.dense(x, 16, 0.03, 7)], [1, 16], 0.009, 2)
    x = net.add("LEAKY_RELU", [net.dense(x, 9, 0.02, -7)], [1, 9], 0.015, -50, 75, {0: ("f", 0.2)})
    x = net.add("SOFTMAX", [net.dense(x, 7, 0.03, 11)], [1, 7], 1 / 256, -128, 9, {0: ("f", 1.0)})
    net.add("QUANTIZE", [x], [1, 7], 1 / 256, 0, to="uint8")
    return net


def real_ends():
    """Real numbers at both ends; differences and products; a mean of a window as large as the image that rounds as a pooling."""
    net = Network(3, [1, 6, 5, 4], "float32", None)
    x = net.add("QUANTIZE", [net.x], [1, 6, 5, 4], 0.02, -1)
    a = net.conv(x, 6, 1, 0.03, 2, RELU_N1_TO_1)
    b = net.conv(x, 6, 3, 0.08, -2)
    c = net.add("SUB", [b, a], net.shapes[a], 0.07, 4, 28, {})
    d = net.add("MUL", [c, a], net.shapes[a], 0.05, -4, 21, {})
    e = net.add("MEAN", [d, net.integers(1, 2)], [1, 1, 1, 6], 0.05, -4, 27, {0: ("B", 1)})
    x = net.depthwise(d, 3, 0.06, 1, RELU, 2, 2)
    f = net.add("AVERAGE_POOL_2D", [x], [1, 1, 1, 12], 0.06, 1, 5, {0: ("b", VALID), 1: ("i", 1), 2: ("i", 1), 3: ("i", 3), 4: ("i", 3)})
    e = net.add("QUANTIZE", [e], [1, 1, 1, 6], 0.06, 1)
    x = net.add("CONCATENATION", [e, f], [1, 1, 1, 18], 0.06, 1, 10, {0: ("i", -1)})
    x = net.add("RESHAPE", [x, net.integers(1, 18)], [1, 18], 0.06, 1, 17, {})
    x = net.dense(x, 4, 0.1, 5)
    net.add("DEQUANTIZE", [x], [1, 4], None, 0, to="float32")
    return net


def sequence(*left_out):
    """The fused LSTM with its cell of 16 bits, clipped, and a dense layer behind it; inputs of the LSTM may be left out."""
    net = Network(7, [1, 6, 5], "int8", 0.04, -9)
    units = 4
    parts = [net.value([units, count], scale, 0, "int8", net.random.integers(-127, 128, (units, count)).astype(np.int8))
             for count, scales in ((5, (0.011, 0.013, 0.017, 0.0123)), (units, (0.019, 0.0071, 0.0213, 0.0091))) for scale in scales]
    biases = [net.value([units], net.scales[part] * 0.04, 0, "int32", net.random.integers(-2000, 2000, units).astype(np.int32)) for part in parts[:4]]
    states = []
    for kind, scale, zero in (("int8", 0.0075, -3), ("int16", 1 / 2048, 0)):
        net.tensors.append(tensor(f"t{len(net.tensors)}", kind, [1, units], 0, scale, zero, variable=True))
        net.shapes.append([1, units])
        net.scales.append(scale)
        states.append(len(net.tensors) - 1)
    inputs = [net.x, *parts, -1, -1, -1, *biases, -1, -1, *states, -1, -1, -1, -1]
    inputs = [-1 if k in left_out else one for k, one in enumerate(inputs)]
    # The activation tanh and a clip of 3.
    net.add("UNIDIRECTIONAL_SEQUENCE_LSTM", inputs, [1, 6, units], 0.0075, -3, 71, {0: ("b", 4), 1: ("f", 3.0)})
    net.dense(net.last, 3, 0.06, 4)
    return net


def moved():
    """Integers that only move."""
    net = Network(6, [1, 4, 6, 8])
    form = (0.05, 3)
    x = net.add("DEPTH_TO_SPACE", [net.x], [1, 8, 12, 2], *form, 94, {0: ("i", 2)})
    x = net.conv(x, 2, 3, *form)
    x = net.add("SPACE_TO_DEPTH", [x], [1, 4, 6, 8], *form, 87, {0: ("i", 2)})
    x = net.add("SLICE", [x, net.integers(0, 1, 0, 1), net.integers(1, 3, -1, 6)], [1, 3, 6, 6], *form)
    first = net.add("SPLIT_V", [x, net.integers(2, -1), net.value([], None, 0, "int32", np.array(3, np.int32))], [1, 3, 6, 2], *form, 79, {0: ("i", 2)})
    rest = net.value([1, 3, 6, 4], *form)
    net.operators[-1][2].items.append(rest)
    x = net.add("CONCATENATION", [rest, first], [1, 3, 6, 6], *form, 10, {0: ("i", 3)})
    net.add("RESIZE_NEAREST_NEIGHBOR", [x, net.integers(6, 12)], [1, 6, 12, 6], *form, 74, {})
    return net


NETWORKS = {"image": image, "vector": vector, "real ends": real_ends, "sequence": sequence}


def imported(archetype, folder, *options):
    code, output, errors = run(archetype, "import", folder / "network.tflite", "-o", folder / "out", "--name", "net", "--json", *options)
    return code, json.loads(output) if output else errors


def compiled(checks, compiler, folder, what):
    command = [compiler, "-std=c++20", "-O1", f"-I{harness.INCLUDE}", f"-I{folder}", *harness.WARNINGS, str(folder / "net_check.cpp"), "-o", str(folder / "check")]
    code, output = harness.run(command)
    checks.holds(code == 0, f"{what} compiles with {compiler}: {output[:2000]}")
    return code == 0


def tensors(path):
    """The header of a safetensors file, and where its data begin."""
    content = path.read_bytes()
    (length,) = struct.unpack("<Q", content[:8])
    return json.loads(content[8:8 + length]), 8 + length


def networks(archetype, checks, folder, compilers):
    for name, make in NETWORKS.items():
        net = make()
        shape = net.shapes[net.x]
        x = net.random.normal(size=(6, *shape)).astype(np.float32) if name == "real ends" else net.random.integers(0, 256, (6, *shape)).astype(np.uint8)
        x = (x.astype(int) - 128).astype(np.int8) if name in ("image", "sequence") else x
        (folder / "network.tflite").write_bytes(net.content())
        np.save(folder / "network_inputs.npy", x)
        shutil.rmtree(folder / "out", ignore_errors=True)
        code, found = imported(archetype, folder)
        checks.holds(code == 0, f"{name}: {found}")
        if code:
            continue
        checks.holds(all(one["became"] for one in found["nodes"]), f"{name}: each node has become something: {found['nodes']}")
        # The results that the program is checked with are those of `archetype run`.
        np.save(folder / "x.npy", x[1].reshape(shape))
        code, _, errors = run(archetype, "run", folder / "network.tflite", "--input", folder / "x.npy", "-o", folder / "y.npy")
        checks.holds(code == 0, f"{name}: {errors}")
        y = np.load(folder / "y.npy").reshape(-1)
        entries, begin = tensors(folder / "out" / "net_vectors.safetensors")
        at = entries["1/expected/0"]["data_offsets"][0] + begin
        stored = np.frombuffer((folder / "out" / "net_vectors.safetensors").read_bytes()[at:at + y.size], np.int8).astype(int)
        with open(folder / "out" / "net_check.cpp", "a", encoding="utf-8") as source:
            source.write(f"static_assert(archetype::quantized_arena_bytes<net::net> == {found['arena_bytes']});\n")
        scale, zero = 0.1, 5
        wanted = np.round(y / np.float32(scale)) + zero if name == "real ends" else y.astype(int) - (128 if name == "vector" else 0)
        checks.holds(np.array_equal(stored, wanted), f"{name}: vectors {stored}, run gives {wanted}")
        checks.holds(len(set(stored)) > 1, f"{name}: results that differ from each other: {stored}")
        for compiler in compilers:
            if not compiled(checks, compiler, folder / "out", name):
                continue
            code, output = harness.run([str(folder / "out" / "check"), str(folder / "out"), "paired"])
            checks.holds(code == 0 and output.count("largest difference 0") >= 6, f"{name}, {compiler}: {output}")
            checks.holds((folder / "out" / "net_weights.hpp").exists(), f"{name}: a header of weights")
        if not (folder / "out" / "check").exists():
            continue
        # A weight that is another, and a tensor that is none.
        file = folder / "out" / "net.safetensors"
        right = file.read_bytes()
        entries, begin = tensors(file)
        scales = next(one for one in entries if one.endswith("/scales"))
        place, end = (begin + one for one in entries[scales]["data_offsets"])
        file.write_bytes(right[:place] + (np.frombuffer(right[place:end], np.float32) * 3).tobytes() + right[end:])
        code, output = harness.run([str(folder / "out" / "check"), str(folder / "out")])
        checks.holds(code == 1 and "DIFFERS" in output, f"{name} with another scale: {output}")
        file.write_bytes(right.replace(b'/scales"', b'/scalez"'))
        code, output = harness.run([str(folder / "out" / "check"), str(folder / "out")])
        checks.holds(code == 2 and "scalez" in output, f"{name} with an unknown tensor: {output}")


def moves(archetype, checks, folder):
    """Moved integers become layers that move; a scale that changes on the way is refused."""
    net = moved()
    (folder / "network.tflite").write_bytes(net.content())
    code, found = imported(archetype, folder)
    types = [one["type"] for one in found["layers"] if one["type"] != "input"] if code == 0 else found
    checks.holds(types == ["depth_to_space", "conv2d", "space_to_depth"] + ["slice"] * 4 + ["concatenate", "upsampling2d"], f"moved integers: {types}")
    net = moved()
    net.tensors[net.operators[0][2].items[0]][4][2].items[0] = 0.06
    (folder / "network.tflite").write_bytes(net.content())
    code, found = imported(archetype, folder)
    checks.holds(code in (1, 2) and "one scale" in str(found), f"a scale that changes: {found}")


# Operators that hand integers on: constants and values that go in by place, the shape of a value, those of the results, options.
ONE_SCALE = {
    "MAXIMUM": ([None, None], [1, 6], [[1, 6]], 55, None),
    "MINIMUM": ([None, None], [1, 6], [[1, 6]], 57, None),
    "RESHAPE": ([None, [3, 2]], [1, 6], [[3, 2]], 0, None),
    "CONCATENATION": ([None, None], [1, 6], [[1, 12]], 10, {0: ("i", 1)}),
    "SPLIT": ([1, None], [1, 6], [[1, 3], [1, 3]], 35, {0: ("i", 2)}),
    "SPLIT_V": ([None, [2, -1], 1], [1, 6], [[1, 2], [1, 4]], 79, {0: ("i", 2)}),
    "UNPACK": ([None], [1, 2, 3], [[1, 3], [1, 3]], 64, {0: ("i", 2), 1: ("i", 1)}),
    "MAX_POOL_2D": ([None], [1, 4, 4, 2], [[1, 2, 2, 2]], 5, {0: ("b", VALID), 1: ("i", 2), 2: ("i", 2), 3: ("i", 2), 4: ("i", 2)}),
    "AVERAGE_POOL_2D": ([None], [1, 4, 4, 2], [[1, 2, 2, 2]], 5, {0: ("b", VALID), 1: ("i", 2), 2: ("i", 2), 3: ("i", 2), 4: ("i", 2)}),
}


def one_scale(archetype, checks, folder):
    """Integers that are handed on keep their scale: of each input and each result."""
    words = "one scale for input and output"
    for name, (given, shape, results, kind, options) in ONE_SCALE.items():
        count = given.count(None)
        for changed in range(-1, count + len(results)):
            for form in ((0.06, 3), (0.05, 4))[:1 if changed < 0 else 2]:
                forms = [form if k == changed else (0.05, 3) for k in range(count + len(results))]
                net = Network(8, shape)
                values = iter([net.add("QUANTIZE", [net.x], shape, *forms[k]) for k in range(count)])
                inputs = [next(values) if one is None else net.integers(*one) if isinstance(one, list) else net.value([], None, 0, "int32", np.array(one, np.int32)) for one in given]
                first = net.add(name, inputs, results[0], *forms[count], kind, options)
                made = [first, *(net.value(one, *forms[count + k]) for k, one in enumerate(results) if k > 0)]
                net.operators[-1][2].items[:] = made
                for k, one in enumerate(made):  # each result is used, with the scale that it has
                    net.scales[one] = forms[count + k][0]
                heads = [net.dense(one, 4, 0.05, 1) for one in made]
                if len(heads) > 1:
                    net.add("ADD", heads, [1, 4], 0.05, 1, 11, {})
                (folder / "network.tflite").write_bytes(net.content())
                shutil.rmtree(folder / "out", ignore_errors=True)
                np.save(folder / "x.npy", np.zeros(shape, np.int8))
                code_of_import, found = imported(archetype, folder)
                code_of_run, output, errors = run(archetype, "run", folder / "network.tflite", "--input", folder / "x.npy", "-o", folder / "y.npy")
                if changed < 0:
                    checks.holds(code_of_import == 0 and code_of_run == 0, f"{name} of one scale: {found} {output} {errors}")
                else:
                    checks.holds(code_of_import == 1 and words in str(found), f"{name}, value {changed} has {form}: {found}")
                    checks.holds(code_of_run != 0 and words in output + errors, f"{name}, value {changed} has {form}: {output} {errors}")


def refusals(archetype, checks, folder):
    net = Network(4, [1, 6])
    net.dense(net.x, 4, 0.05, 1)
    net.add("SOFTMAX", [net.last], [1, 4], 1 / 256, -128, 9, {0: ("f", 2.0)})
    (folder / "network.tflite").write_bytes(net.content())
    code, found = imported(archetype, folder)
    checks.holds(code == 1 and "beta" in str(found) and not (folder / "out").exists(), f"a softmax with beta 2: {found}")
    net = Network(5, [1, 6])
    kernel = net.value([4, 6], 0.01, 3, "int8", net.random.integers(-127, 128, (4, 6)).astype(np.int8))
    net.add("FULLY_CONNECTED", [net.x, kernel], [1, 4], 0.05, 0, 8, {})
    (folder / "network.tflite").write_bytes(net.content())
    code, found = imported(archetype, folder)
    checks.holds(code == 1 and "zero point 0" in str(found), f"weights that are not symmetric: {found}")
    net = Network(6, [1, 6])
    kernel = net.value([4, 6], 0.01, 0, "int8", np.full((4, 6), -128, np.int8))
    net.add("FULLY_CONNECTED", [net.x, kernel], [1, 4], 0.05, 0, 8, {})
    (folder / "network.tflite").write_bytes(net.content())
    code, found = imported(archetype, folder)
    checks.holds(code == 2 and "-127 to 127" in found, f"a weight of -128: {found}")
    net = Network(7, [1, 6], "uint8", 0.05, 131)
    net.add("FULLY_CONNECTED", [net.x, net.value([4, 6], 0.01, 128, "uint8", net.random.integers(1, 256, (4, 6)).astype(np.uint8))], [1, 4], 0.05, 128, 8, {}, to="uint8")
    (folder / "network.tflite").write_bytes(net.content())
    code, found = imported(archetype, folder)
    checks.holds(code == 1 and "kernels of uint8" in str(found), f"a kernel of uint8: {found}")
    for left_out, words in (((1, 5), "four gates"), ((12,), "no input 12"), ((18,), "its states"), ((19,), "its states")):
        (folder / "network.tflite").write_bytes(sequence(*left_out).content())
        code, found = imported(archetype, folder)
        checks.holds(code in (1, 2) and words in str(found), f"an LSTM without inputs {left_out}: {found}")


def others(archetype, checks, folder, compiler, models):
    """Networks of a folder that is given: all vectors by definition, and what other runtimes recorded."""
    for path in models:
        code, output, errors = run(archetype, "import", path, "-o", folder / "out", "--name", "net", "--brief")
        checks.holds(code == 0, f"{path.name}: {output} {errors}")
        if code == 0 and compiled(checks, compiler, folder / "out", path.name):
            code, output = harness.run([str(folder / "out" / "check"), str(folder / "out")])
            checks.holds(code == 0 and "DIFFERS" not in output, f"{path.name}: {output}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", required=True, type=pathlib.Path)
    parser.add_argument("--compilers", nargs="+", default=["g++"])
    parser.add_argument("--models", nargs="*", default=[], type=pathlib.Path, help="files of networks in 8 bits to import as well")
    given = harness.parsed_in_turn(parser)
    checks = Checks()
    for test, more in ((networks, (given.compilers,)), (moves, ()), (one_scale, ()), (refusals, ()), (others, (given.compilers[0], given.models))):
        with tempfile.TemporaryDirectory() as folder:
            test(given.program, checks, pathlib.Path(folder), *more)
    checks.finish("checks of imported networks in 8 bits")


if __name__ == "__main__":
    main()
