# SPDX-License-Identifier: BSL-1.0
"""The program `archetype` on TFLite files: 8 bits by the reference's arithmetic, states of resources, files that are wrong."""
import fractions
import math
import pathlib
import tempfile

from onnx_files import Checks, np, program, run
from tflite_files import Vector, model, operator, tensor


def run_model(archetype, folder, content, *inputs):
    path = folder / "network.tflite"
    path.write_bytes(content)
    given = []
    for number, one in enumerate(inputs):
        np.save(folder / f"{number}.npy", one)
        given += ["--input", folder / f"{number}.npy"]
    code, _, errors = run(archetype, "run", path, *given, "-o", folder / "y.npy")
    assert code == 0, errors
    return np.load(folder / "y.npy")


def high_product(a, b):
    """a * b / 2^31 to the nearest, halves upwards, in exact numbers."""
    return math.floor(fractions.Fraction(a * b, 1 << 31) + fractions.Fraction(1, 2))


def scaled(x, real):
    """The reference's multiplication by a real number: a multiplier of 31 bits, then a power of two, each rounded; the
    second rounds halves away from zero."""
    fraction, shift = math.frexp(real)
    multiplier = math.floor(fraction * (1 << 31) + 0.5)
    if multiplier == 1 << 31:
        multiplier, shift = multiplier // 2, shift + 1
    product = high_product(x << max(shift, 0), multiplier)
    exact = fractions.Fraction(product, 1 << max(-shift, 0))
    return math.floor(abs(exact) + fractions.Fraction(1, 2)) * (1 if exact >= 0 else -1)


def dense(kind, scales=(0.02, 0.01, 0.05), zeros=(3, 0, -7), activation=0):
    random = np.random.default_rng(5)
    if kind == "float32":
        w, b = random.normal(size=(4, 6)).astype(np.float32), random.normal(size=4).astype(np.float32)
        quantized = [{}, {}, {}, {}]
    else:
        w, b = random.integers(-127, 128, (4, 6)).astype(np.int8), random.integers(-2000, 2000, 4).astype(np.int32)
        quantized = [{"scale": scales[0], "zero": zeros[0]}, {"scale": scales[1]}, {"scale": scales[0] * scales[1]}, {"scale": scales[2], "zero": zeros[2]}]
    tensors = [tensor("x", kind, [2, 6], **quantized[0]), tensor("w", kind, [4, 6], 1, **quantized[1]),
               tensor("b", "float32" if kind == "float32" else "int32", [4], 2, **quantized[2]), tensor("y", kind, [2, 4], **quantized[3])]
    graph = (tensors, [0], [3], [operator(0, [0, 1, 2], [3], 8, {0: ("b", activation)})])
    return model(["FULLY_CONNECTED"], [graph], [w.tobytes(), b.tobytes()]), w, b


def convolution():
    """3 x 3 with a scale for each filter, SAME, stride 2."""
    random = np.random.default_rng(6)
    w, b = random.integers(-127, 128, (2, 3, 3, 3)).astype(np.int8), random.integers(-500, 500, 2).astype(np.int32)
    scales = [float(np.float32(s)) for s in (0.004, 0.011)]
    tensors = [tensor("x", "int8", [1, 5, 4, 3], scale=0.03, zero=-5), tensor("w", "int8", [2, 3, 3, 3], 1, scale=scales),
               tensor("b", "int32", [2], 2), tensor("y", "int8", [1, 3, 2, 2], scale=0.09, zero=11)]
    options = {0: ("b", 0), 1: ("i", 2), 2: ("i", 2), 3: ("b", 1)}
    content = model(["CONV_2D"], [(tensors, [0], [3], [operator(0, [0, 1, 2], [3], 1, options)])], [w.tobytes(), b.tobytes()])
    x = random.integers(-128, 128, (1, 5, 4, 3)).astype(np.int8)
    padded = np.pad(x.astype(int) + 5, ((0, 0), (1, 1), (0, 1), (0, 0)))  # the odd zero comes last
    expected = np.zeros((1, 3, 2, 2), int)
    for i in range(3):
        for j in range(2):
            for m in range(2):
                total = int((padded[0, 2 * i:2 * i + 3, 2 * j:2 * j + 3] * w[m].astype(int)).sum()) + int(b[m])
                real = float(np.float32(0.03)) * scales[m] / float(np.float32(0.09))
                expected[0, i, j, m] = min(max(scaled(total, real) + 11, 11), 127)
    return content, x, expected


def stream():
    """A sum that a resource keeps."""
    tensors = [tensor("x", "float32", [1]), tensor("handle", 13, []), tensor("before", "float32", [1]), tensor("y", "float32", [1])]
    operators = [operator(0, [], [1], 111, {0: "", 1: "sum"}), operator(1, [1], [2]), operator(2, [0, 2], [3], 11, {0: ("b", 0)}), operator(3, [1, 3], [])]
    return model(["VAR_HANDLE", "READ_VARIABLE", "ADD", "ASSIGN_VARIABLE"], [(tensors, [0], [3], operators)], [])


def one_operator(name, shape, scale, zero, to_scale, to_zero, kind=0, options=None):
    tensors = [tensor("x", "int8", shape, scale=scale, zero=zero), tensor("y", "int8", shape, scale=to_scale, zero=to_zero)]
    return model([name], [(tensors, [0], [1], [operator(0, [0], [1], kind, options)])], [])


def values(archetype, checks, folder):
    random = np.random.default_rng(7)
    content, w, b = dense("float32")
    x = random.normal(size=(2, 6)).astype(np.float32)
    checks.holds(np.allclose(run_model(archetype, folder, content, x), x.astype(float) @ w.T.astype(float) + b, rtol=1e-6), "a dense layer in float")
    for activation in (0, 1, 3):
        content, w, b = dense("int8", activation=activation)
        x = random.integers(-128, 128, (2, 6)).astype(np.int8)
        real = float(np.float32(0.02)) * float(np.float32(0.01)) / float(np.float32(0.05))
        expected = [[scaled(int(t), real) - 7 for t in row] for row in (x.astype(int) - 3) @ w.T.astype(int) + b]
        least, most = {0: (-128, 127), 1: (-7, 127), 3: (-7, 113)}[activation]
        checks.holds(np.array_equal(run_model(archetype, folder, content, x), np.clip(expected, least, most)), f"a dense layer of 8 bits, activation {activation}")
    # Every remainder of a division by 2, 4 and 8, also the halves.
    for power in (1, 2, 3):
        tensors = [tensor("x", "int8", [256, 1], scale=0.5), tensor("w", "int8", [1, 1], 1, scale=0.5), tensor("y", "int8", [256, 1], scale=0.25 * 2.0**power)]
        content = model(["FULLY_CONNECTED"], [(tensors, [0], [2], [operator(0, [0, 1], [2], 8, {})])], [b"\1"])
        x = np.arange(-128, 128, dtype=np.int8).reshape(256, 1)
        expected = [[scaled(int(one[0]), 0.5**power)] for one in x]
        checks.holds(np.array_equal(run_model(archetype, folder, content, x), expected), f"halves of a division by {2**power}")
    content, x, expected = convolution()
    checks.holds(np.array_equal(run_model(archetype, folder, content, x), expected), "a convolution of 8 bits with a scale for each filter")
    # Fixed point is within one step of the real function everywhere, and right at its ends.
    x = np.arange(-128, 128, dtype=np.int8)
    y = run_model(archetype, folder, one_operator("LOGISTIC", [256], 0.06, 4, 1 / 256, -128), x)
    exact = np.clip(np.round(256 / (1 + np.exp(-(x.astype(float) - 4) * np.float32(0.06)))) - 128, -128, 127)
    checks.holds(np.abs(y - exact).max() <= 1 and y[132] == 0, "the logistic function of 8 bits")
    y = run_model(archetype, folder, one_operator("TANH", [256], 0.03, -9, 1 / 128, 0), x)
    exact = np.clip(np.round(128 * np.tanh((x.astype(float) + 9) * np.float32(0.03))), -128, 127)
    checks.holds(np.abs(y - exact).max() <= 1 and np.mean(y == exact) > 0.9 and y[119] == 0, "the hyperbolic tangent of 8 bits")
    # Rectifiers bring what they leave to the scale of the results, by the two roundings of a product.
    for name, least, most, slope in (("RELU", 0, None, 1.0), ("RELU6", 0, 6, 1.0), ("RELU_N1_TO_1", -1, 1, 1.0), ("LEAKY_RELU", None, None, 0.3)):
        one, to = float(np.float32(0.07)), float(np.float32(0.05))
        options = (75, {0: ("f", slope)}) if name == "LEAKY_RELU" else ()
        y = run_model(archetype, folder, one_operator(name, [256], 0.07, 11, 0.05, -20, *options), x)
        low = -128 if least is None else max(-128, round(least / to) - 20)
        high = 127 if most is None else min(127, round(most / to) - 20)
        expected = [min(max(scaled(int(q) - 11, one / to * (float(np.float32(slope)) if q < 11 else 1.0)) - 20, low), high) for q in x]
        checks.holds(np.array_equal(y, expected), f"{name} of 8 bits: {y} for {expected}")
    # A mean is one product with what the scales and the number of elements make; halves as its product rounds them.
    x = random.integers(-128, 128, (1, 3, 5, 4)).astype(np.int8)
    for scale, zero in ((0.05, -128), (0.05, 3), (0.031, 7)):
        tensors = [tensor("x", "int8", [1, 3, 5, 4], scale=0.05, zero=zero), tensor("axes", "int32", [2], 1), tensor("y", "int8", [1, 4], scale=scale, zero=zero)]
        content = model(["MEAN"], [(tensors, [0], [2], [operator(0, [0, 1], [2], 27, {})])], [np.array([1, 2], np.int32).tobytes()])
        fraction, shift = math.frexp(float(np.float32(0.05)) / float(np.float32(scale)))
        multiplier = (math.floor(fraction * (1 << 31) + 0.5) << 3) // 15
        expected = []
        for total in x.astype(int).sum((0, 1, 2)) - 15 * zero:
            exact = fractions.Fraction(high_product(int(total) << max(shift - 3, 0), multiplier), 1 << max(3 - shift, 0))
            expected.append(min(max(math.floor(abs(exact) + fractions.Fraction(1, 2)) * (1 if exact >= 0 else -1) + zero, -128), 127))
        y = run_model(archetype, folder, content, x)
        checks.holds(np.array_equal(y[0], expected), f"a mean of 8 bits: {y} for {expected}")
        real = np.float32(0.05) / np.float32(scale) * (x.astype(float).mean((0, 1, 2)) - zero) + zero
        checks.holds(np.abs(y[0] - np.clip(real, -128, 127)).max() <= 0.63, f"{y} is near {real}")
    x = np.arange(-128, 128, dtype=np.int8)
    rows = random.integers(-128, 128, (20, 10)).astype(np.int8)
    y = run_model(archetype, folder, one_operator("SOFTMAX", [20, 10], 0.08, 0, 1 / 256, -128, 9, {0: ("f", 1.0)}), rows)
    powers = np.exp(rows.astype(float) * np.float32(0.08))
    exact = np.clip(np.round(256 * powers / powers.sum(1, keepdims=True)) - 128, -128, 127)
    checks.holds(np.abs(y - exact).max() <= 1 and np.mean(y == exact) > 0.97, "softmax of 8 bits")

    path = folder / "stream.tflite"
    path.write_bytes(stream())
    given = []
    for number, one in enumerate((1.5, 2.0, -4.0)):
        np.save(folder / f"x{number}.npy", np.array([one], np.float32))
        np.save(folder / f"y{number}.npy", np.array([(1.5, 3.5, -0.5)[number]], np.float32))
        given += ["-i", f"x={folder / f'x{number}.npy'}", "-e", f"y={folder / f'y{number}.npy'}"]
    code, text, errors = run(archetype, "run", path, *given)
    checks.holds(code == 0 and text.count("equals") == 3, f"a resource keeps its content from step to step {text}{errors}")


def constant_operator(name, x, shape, constants, options=(), first=0):
    """An operator of real numbers with constants of int32 beside x, which is its input `first`."""
    tensors = [tensor("x", "float32", list(x.shape)), tensor("y", "float32", shape)]
    tensors += [tensor(f"c{k}", "int32", list(np.shape(one)), k + 1) for k, one in enumerate(constants)]
    inputs = [2 + k for k in range(len(constants))]
    inputs.insert(first, 0)
    return model([name], [(tensors, [0], [1], [operator(0, inputs, [1], *options)])], [np.array(one, np.int32).tobytes() for one in constants])


def named(archetype, checks, folder):
    """Operators that are ONNX' under other names, by what numpy makes of them."""
    random = np.random.default_rng(8)
    x = random.normal(size=(1, 4, 6, 8)).astype(np.float32)
    blocks = x.reshape(1, 4, 6, 2, 2, 2).transpose(0, 1, 3, 2, 4, 5).reshape(1, 8, 12, 2)
    for name, wanted, constants, options, first in (
            ("SLICE", x[:, 1:3, 2:, 3:4], [[0, 1, 2, 3], [1, 2, -1, 1]], (), 0), ("DEPTH_TO_SPACE", blocks, [], (94, {0: ("i", 2)}), 0),
            ("RESIZE_NEAREST_NEIGHBOR", x.repeat(2, 1).repeat(3, 2), [[8, 18]], (74, {}), 0), ("SUM", x.sum((1, 3)), [[1, -1]], (27, {}), 0),
            ("TILE", np.tile(x, (1, 2, 1, 3)), [[1, 2, 1, 3]], (), 0)):
        y = run_model(archetype, folder, constant_operator(name, x, list(wanted.shape), constants, options, first), x)
        checks.holds(y.shape == wanted.shape and np.allclose(y, wanted, atol=1e-6), f"{name}: {y.shape}")
    for name, constants, options, first, parts in (("SPLIT", [3], (35, {0: ("i", 2)}), 1, (x[..., :4], x[..., 4:])), ("SPLIT_V", [[1, -1], 3], (79, {0: ("i", 2)}), 0, (x[..., :1], x[..., 1:])),
                                                   ("UNPACK", [], (64, {0: ("i", 4), 1: ("i", 1)}), 0, [x[:, k] for k in range(4)])):
        tensors = [tensor("x", "float32", list(x.shape)), *(tensor(f"y{k}", "float32", list(one.shape)) for k, one in enumerate(parts))]
        places = [len(tensors) + k for k in range(len(constants))]
        tensors += [tensor(f"c{k}", "int32", list(np.shape(one)), k + 1) for k, one in enumerate(constants)]
        inputs = list(places)
        inputs.insert(first, 0)
        outputs = list(range(1, 1 + len(parts)))
        content = model([name], [(tensors, [0], outputs[-1:], [operator(0, inputs, outputs, *options)])], [np.array(one, np.int32).tobytes() for one in constants])
        y = run_model(archetype, folder, content, x)
        checks.holds(np.array_equal(y, parts[-1]), f"the last part of {name}")
    # Each cell of the image goes to the cells of the result that a window would read it from; of 8 bits with a scale for each filter.
    for kind, padding in (("float32", 1), ("float32", 0), ("int8", 0)):
        narrow = kind == "int8"
        image = random.integers(-128, 128, (1, 3, 4, 3)) if narrow else random.normal(size=(1, 3, 4, 3))
        w = random.integers(-127, 128, (2, 3, 3, 3)) if narrow else random.normal(size=(2, 3, 3, 3))
        if not narrow:
            image, w = image.astype(np.float32), w.astype(np.float32)
        rows, columns = (7, 9) if padding else (6, 8)  # VALID, SAME
        sums = np.zeros((rows + 2, columns + 2, 2))
        for r in range(3):
            for c in range(4):
                sums[2 * r:2 * r + 3, 2 * c:2 * c + 3] += np.einsum("i,fabi->abf", image[0, r, c].astype(float) + (5 if narrow else 0), w.astype(float))
        sums = sums[:rows, :columns]
        scales = [float(np.float32(s)) for s in (0.004, 0.011)]
        forms = [{"scale": 0.03, "zero": -5}, {"scale": scales}, {"scale": 0.3, "zero": 11}] if narrow else [{}, {}, {}]
        tensors = [tensor("shape", "int32", [4], 1), tensor("w", kind, [2, 3, 3, 3], 2, **forms[1]), tensor("x", kind, [1, 3, 4, 3], **forms[0]), tensor("y", kind, [1, rows, columns, 2], **forms[2])]
        content = model(["TRANSPOSE_CONV"], [(tensors, [2], [3], [operator(0, [0, 1, 2], [3], 49, {0: ("b", padding), 1: ("i", 2), 2: ("i", 2)})])],
                        [np.array([1, rows, columns, 2], np.int32).tobytes(), w.astype(kind).tobytes()])
        y = run_model(archetype, folder, content, image.astype(kind))[0]
        if narrow:
            real = [float(np.float32(0.03)) * scale / float(np.float32(0.3)) for scale in scales]
            wanted = np.array([[[min(max(scaled(int(one), by) + 11, -128), 127) for one, by in zip(cell, real)] for cell in row] for row in sums])
            checks.holds(np.array_equal(y, wanted), "TRANSPOSE_CONV of 8 bits")
        else:
            checks.holds(np.allclose(y, sums, atol=1e-5), f"TRANSPOSE_CONV with padding {padding}")


def kept_rows(first=0.0, begin=2):
    """Two steps a call; a variable keeps the two rows before them for a convolution over three."""
    random = np.random.default_rng(9)
    w, b = random.normal(size=(4, 3, 1, 3)).astype(np.float32), random.normal(size=4).astype(np.float32)
    constants = [np.array(one, np.int32) for one in ([1, 2, 1, 3], [0, begin, 0, 0], [0, 4, 0, 0], [1, 1, 1, 1])]
    buffers = [w.tobytes(), b.tobytes(), *(one.tobytes() for one in constants), np.full(6, first, np.float32).tobytes()]
    row = [1, 2, 1, 3]
    tensors = [tensor("x", "float32", [1, 2, 3]), tensor("handle", 13, []), tensor("before", "float32", row), tensor("now", "float32", row), tensor("all", "float32", [1, 4, 1, 3]),
               tensor("rest", "float32", row), tensor("w", "float32", [4, 3, 1, 3], 1), tensor("b", "float32", [4], 2), tensor("y", "float32", [1, 2, 1, 4]),
               *(tensor(f"c{k}", "int32", [4], 3 + k) for k in range(4))]
    operators = [operator(0, [], [], 103, {0: ("i", 1)}), operator(1, [], [1], 111, {0: "", 1: "rows"}), operator(2, [0, 9], [3], 17, {}), operator(3, [1], [2]),
                 operator(4, [2, 3], [4], 10, {0: ("i", 1)}), operator(5, [4, 10, 11, 12], [5], 32, {0: ("i", 13), 1: ("i", 13)}), operator(6, [1, 5], []),
                 operator(7, [4, 6, 7], [8], 1, {0: ("b", 1), 1: ("i", 1), 2: ("i", 1), 3: ("b", 1)})]
    start = ([tensor("handle0", 13, []), tensor("first", "float32", row, 7)], [], [], [operator(1, [], [0], 111, {0: "", 1: "rows"}), operator(6, [0, 1], [])])
    codes = ["CALL_ONCE", "VAR_HANDLE", "RESHAPE", "READ_VARIABLE", "CONCATENATION", "STRIDED_SLICE", "ASSIGN_VARIABLE", "CONV_2D"]
    return model(codes, [(tensors, [0], [8], operators), start], buffers)


def streams(archetype, checks, folder):
    """Rows that a variable keeps become a stream of the import, unless it keeps something else."""
    path = folder / "rows.tflite"

    def imported(content):
        path.write_bytes(content)
        return run(archetype, "import", path, "-o", folder / "out", "--name", "net", "--brief")
    for what, content in (("a variable that begins with ones", kept_rows(first=1.0)), ("a variable that keeps other rows", kept_rows(begin=1))):
        code, text, errors = imported(content)
        checks.holds(code == 1 and "variable" in text and not (folder / "out").exists(), f"{what}: {code} {text}{errors}")
    plain = [tensor("x", "float32", [1, 2, 3]), tensor("handle", 13, []), tensor("before", "float32", [1, 2, 3]), tensor("y", "float32", [1, 2, 3])]
    handle, read, assign, last = operator(0, [], [1], 111, {0: "", 1: "rows"}), operator(1, [1], [2]), operator(2, [1, 0], []), operator(3, [0], [3])
    for what, nodes in (("an assignment of nothing", [handle, read, operator(2, [], []), last]), ("a variable without a name for it", [operator(0, [], [], 111, {0: "", 1: "rows"}), operator(2, [], [])]),
                        ("a function without a result", [handle, read, assign, operator(3, [0], [])]), ("a variable that is read for nothing", [handle, operator(1, [1], []), assign, last]),
                        ("a function of nothing", [handle, read, assign, operator(3, [], [3])])):
        code, text, errors = imported(model(["VAR_HANDLE", "READ_VARIABLE", "ASSIGN_VARIABLE", "RELU"], [(plain, [0], [3], nodes)], []))
        checks.holds(code in (1, 2) and text + errors != "" and not (folder / "out").exists(), f"{what}: {code} {text}{errors}")
    code, text, errors = imported(kept_rows())
    header = (folder / "out" / "net.hpp").read_text() if code == 0 else ""
    checks.holds("block = 2" in header and "at::padding<2, 0, 0, 0>" in header and "2 steps and 2 rows" in text, f"a stream of real numbers: {code} {text}{errors}{header}")
    np.save(folder / "rows_inputs.npy", np.ones((5, 2, 3), np.float32))
    np.save(folder / "rows_outputs.npy", np.ones((5, 8), np.float32))
    code, text, errors = imported(kept_rows())
    checks.holds(code == 0 and "2 calls" in text and "first of 5" in text, f"more calls than are compared: {code} {text}{errors}")


def counts(archetype, checks, folder):
    path = folder / "network.tflite"
    path.write_bytes(dense("int8")[0])
    code, text, errors = run(archetype, "inspect", path)
    checks.holds(code == 0 and "28 parameters, 48 multiply-accumulates" in text and "int8 2x4" in text, f"inspect counts weights and biases {text}{errors}")


def wrong_files():
    whole = dense("float32")[0]
    yield "nothing", b"", ["TFL3"]
    yield "a text", b"not a network", ["TFL3"]
    for cut in range(8, len(whole) - 1, 37):
        yield f"{cut} of {len(whole)} bytes", whole[:cut], ["found"]
    plain = [tensor("x", "float32", [1]), tensor("y", "float32", [1])]
    yield "a tensor that is not there", model(["LOGISTIC"], [(plain, [0], [1], [operator(0, [7], [1])])], []), ["below 2", "7"]
    yield "an operator code that is not there", model(["LOGISTIC"], [(plain, [0], [1], [operator(3, [0], [1])])], []), ["operator code", "3"]
    yield "an operator without an output", model(["LOGISTIC"], [(plain, [0], [0], [operator(0, [0], [])])], []), ["LOGISTIC", "output"]
    yield "a buffer of another size", model(["LOGISTIC"], [([tensor("x", "float32", [1 << 30], 1), plain[1]], [], [1], [operator(0, [0], [1])])], [b"1234"]), ['"x"', "4"]
    yield "a scale of -1", model(["LOGISTIC"], [([tensor("x", "int8", [1], scale=-1.0), plain[1]], [0], [1], [operator(0, [0], [1])])], []), ['"x"', "above 0"]
    yield "a zero point beyond its type", model(["LOGISTIC"], [([tensor("x", "int8", [1], scale=0.1, zero=1 << 40), plain[1]], [0], [1], [operator(0, [0], [1])])], []), ['"x"', "-128 to 127"]
    yield "three scales for two", model(["LOGISTIC"], [([tensor("x", "int8", [2], scale=[1.0, 1.0, 1.0]), plain[1]], [0], [1], [operator(0, [0], [1])])], []), ['"x"', "3"]
    yield "a value before it is made", model(["LOGISTIC"], [(plain, [], [1], [operator(0, [0], [1])])], []), ['"x"', "before"]
    yield "a field of a newer format", model(["LOGISTIC"], [(plain, [0], [1], [operator(0, [0], [1])])], [], {9: ("i", 1)}), ["field 9"]
    yield "an operator that is not known", model([141], [(plain, [0], [1], [operator(0, [0], [1])])], []), ["141"]
    yield "a subgraph within itself", model(["CALL_ONCE", "LOGISTIC"], [(plain, [0], [1], [operator(0, [], [], 103, {0: ("i", 0)}), operator(1, [0], [1])])], []), ["subgraphs"]


def main():
    archetype, checks = program(), Checks()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        values(archetype, checks, folder)
        named(archetype, checks, folder)
        streams(archetype, checks, folder)
        counts(archetype, checks, folder)
        np.save(folder / "x.npy", np.ones(1, np.float32))
        path = folder / "wrong.tflite"
        for what, content, words in wrong_files():
            path.write_bytes(content)
            code, text, errors = run(archetype, "run", path, "--input", folder / "x.npy", memory=400 << 20)
            checks.holds(code == 2 and text == "" and errors.count("\n") == 1 and all(word in errors for word in ["expected", *words]), f"{what}: {code} {text}{errors}")
    checks.finish("checks of TFLite files")


if __name__ == "__main__":
    main()
