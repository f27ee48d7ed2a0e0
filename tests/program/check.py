# SPDX-License-Identifier: BSL-1.0
"""The program `archetype`: what it computes equals numpy in double and ONNX' own operator tests, what it counts is known."""
import json
import pathlib
import tarfile
import tempfile

from onnx_files import CASES, NEWER_CASES, Checks, TensorProto, harness, helper, network, np, numpy_helper, onnx, program, run

# ONNX' cases that do not pass, and why. Everything else must.
REASONS = [
    ("preview.training", "operators of training"),
    ("Bernoulli", "results by chance"), ("RandomUniformLike", "results by chance"), ("training with ratio", "results by chance"),
    ("BFLOAT16", "the case's tensors are uint16 where its model says bfloat16"),
    ("scales_cubic_align_corners", "the case divides by a length that is no integer, ONNX' text by the result's length"),
    ("scales_linear_align_corners", "as before"),
]
SUITES = ("node", "simple", "pytorch-converted", "pytorch-operator")
FLOAT, INT64 = TensorProto.FLOAT, TensorProto.INT64


def operator_cases(archetype, checks):
    folders = [CASES / suite for suite in SUITES if (CASES / suite).exists()]
    if not folders:
        print("ONNX' operator tests are not installed (Debian: libonnx-testdata)")
        return
    _, output, _ = run(archetype, "replay", "--json", *folders)
    results = json.loads(output)
    failed = [one for one in results if one["result"] != "passed"]
    for one in failed:
        text = one["case"] + ": " + one["result"]
        checks.holds(any(mark in text for mark, _ in REASONS), text)
    checks.holds(len(results) - len(failed) >= 1040, f"{len(results) - len(failed)} of {len(results)} operator cases pass")
    print(f"{len(results) - len(failed)} of {len(results)} operator cases of ONNX pass, the rest has reasons")


def newer_operator_cases(archetype, checks, folder):
    with tarfile.open(NEWER_CASES) as archive:
        archive.extractall(folder)
    _, output, _ = run(archetype, "replay", "--json", folder)
    results = json.loads(output)
    failed = [f"{one['case']}: {one['result']}" for one in results if one["result"] != "passed"]
    checks.holds(len(results) == 69 and not failed, "; ".join(failed) or "all newer operator cases pass")
    print(f"{len(results) - len(failed)} of {len(results)} operator cases of ONNX 1.22 pass")


def outputs(archetype, folder, model, inputs, *options):
    """The program's outputs by name."""
    path = folder / "network.onnx"
    onnx.save(model, str(path))
    given = []
    for name, array in inputs.items():
        np.save(folder / f"{name}.npy", array)
        given += ["--input", f"{name}={folder / f'{name}.npy'}"]
    code, _, errors = run(archetype, "run", path, *given, "-o", folder / "out", *options)
    assert code == 0, errors
    return {output.name: np.load(folder / "out" / f"{output.name}.npy") for output in model.graph.output}


def whole_network(random):
    """Convolution, rectifier, pooling and a dense layer, and its result by numpy in double."""
    w, b = random.normal(size=(4, 3, 3, 3)).astype(np.float32), random.normal(size=4).astype(np.float32)
    v = random.normal(size=(4 * 9, 5)).astype(np.float32)
    nodes = [helper.make_node("Conv", ["x", "w", "b"], ["c"], name="convolution", pads=[1, 1, 1, 1], strides=[1, 1]),
             helper.make_node("Relu", ["c"], ["r"]), helper.make_node("MaxPool", ["r"], ["p"], kernel_shape=[2, 2], strides=[2, 2]),
             helper.make_node("Flatten", ["p"], ["f"]), helper.make_node("MatMul", ["f", "v"], ["y"], name="dense")]
    model = network(nodes, [("x", FLOAT, ["batch", 3, 6, 6])], [("y", FLOAT, ["batch", 5])], {"w": w, "b": b, "v": v})
    x = random.normal(size=(2, 3, 6, 6)).astype(np.float32)
    padded = np.pad(x.astype(np.float64), ((0, 0), (0, 0), (1, 1), (1, 1)))
    c = np.stack([np.einsum("nchw,mchw->nm", padded[:, :, i:i + 3, j:j + 3], w.astype(np.float64)) for i in range(6) for j in range(6)], -1)
    r = np.maximum(c + b.astype(np.float64)[:, None], 0).reshape(2, 4, 3, 2, 3, 2).max((3, 5))
    return model, x, r.reshape(2, -1) @ v.astype(np.float64)


def networks(archetype, checks, folder):
    random = np.random.default_rng(3)
    model, x, expected = whole_network(random)
    scale = np.abs(expected).max()
    exact = outputs(archetype, folder, model, {"x": x}, "--float64")["y"]
    checks.holds(exact.dtype == np.float64 and np.abs(exact - expected).max() < 1e-12 * scale, "a network in double equals numpy to 1e-12")
    single = outputs(archetype, folder, model, {"x": x})["y"]
    checks.holds(single.dtype == np.float32 and 0 < np.abs(single - expected).max() < 1e-6 * scale, "the same in float to 1e-6")

    # A function of the file becomes its nodes, with the attribute of its call.
    body = [helper.make_node("Elu", ["a"], ["e"]), helper.make_node("Add", ["e", "a"], ["s"])]
    body[0].attribute.append(onnx.AttributeProto(name="alpha", type=onnx.AttributeProto.FLOAT, ref_attr_name="size"))
    function = helper.make_function("own", "elu_and_more", ["a"], ["s"], body, [helper.make_opsetid("", 17)], ["size"])
    model = network([helper.make_node("elu_and_more", ["x"], ["y"], domain="own", size=0.5), helper.make_node("elu_and_more", ["y"], ["z"], domain="own", size=2.0)],
                    [("x", FLOAT, [3])], [("z", FLOAT, [3])], functions=[function], other=[("own", 1)])
    x = np.array([-1, 0.5, -2], np.float32)
    def elu(v, a):
        return np.where(v < 0, a * np.expm1(v), v) + v
    found = outputs(archetype, folder, model, {"x": x}, "--float64")["z"]
    checks.holds(np.allclose(found, elu(elu(x.astype(np.float64), 0.5), 2.0), rtol=1e-14), "functions with attributes of their calls")

    # A loop's body sees the values around it.
    inner = helper.make_graph([helper.make_node("Add", ["v", "x"], ["w"]), helper.make_node("Identity", ["c"], ["d"])], "body",
                              [helper.make_tensor_value_info("i", INT64, []), helper.make_tensor_value_info("c", TensorProto.BOOL, []),
                               helper.make_tensor_value_info("v", FLOAT, [3])],
                              [helper.make_tensor_value_info("d", TensorProto.BOOL, []), helper.make_tensor_value_info("w", FLOAT, [3])])
    model = network([helper.make_node("Loop", ["n", "", "x"], ["y"], body=inner)], [("x", FLOAT, [3])], [("y", FLOAT, [3])], {"n": np.int64(4)})
    checks.holds(np.array_equal(outputs(archetype, folder, model, {"x": x})["y"], 5 * x), "a loop that reads a value around it")

    # Types of 4, 8 and 16 bits that the file packs; external data.
    for kind, dtype in ((TensorProto.FLOAT16, np.float16), (TensorProto.DOUBLE, np.float64), (TensorProto.INT8, np.int8), (TensorProto.UINT16, np.uint16)):
        values = np.array([[1, 2], [3, 100]], dtype)
        for raw in (False, True):
            tensor = helper.make_tensor("w", kind, values.shape, values.tobytes() if raw else values.flatten().tolist(), raw)
            model = network([helper.make_node("Cast", ["w"], ["y"], to=FLOAT)], [], [("y", FLOAT, [2, 2])])
            model.graph.initializer.append(tensor)
            checks.holds(np.array_equal(outputs(archetype, folder, model, {})["y"], values.astype(np.float32)), f"elements of {dtype.__name__}, raw {raw}")
    values = random.normal(size=(4, 5)).astype(np.float32)
    model = network([helper.make_node("Neg", ["w"], ["y"])], [], [("y", FLOAT, [4, 5])], {"w": values})
    path = folder / "external.onnx"
    onnx.save(model, str(path), save_as_external_data=True, location="weights.bin", size_threshold=0)
    code, _, errors = run(archetype, "run", path, "-o", folder / "y.npy")
    checks.holds(code == 0 and np.array_equal(np.load(folder / "y.npy"), -values), f"external data: {errors}")

    # A state goes from step to step.
    model = network([helper.make_node("Add", ["x", "h"], ["h_next"]), helper.make_node("Mul", ["h_next", "x"], ["y"])],
                    [("x", FLOAT, [2]), ("h", FLOAT, [2])], [("y", FLOAT, [2]), ("h_next", FLOAT, [2])])
    onnx.save(model, str(folder / "stream.onnx"))
    steps = [random.normal(size=2).astype(np.float32) for _ in range(3)]
    given = []
    state = np.zeros(2, np.float32)
    np.save(folder / "h.npy", state)
    for number, one in enumerate(steps):
        state = state + one
        np.save(folder / f"x{number}.npy", one)
        np.save(folder / f"y{number}.npy", state * one)
        given += ["-i", f"x={folder / f'x{number}.npy'}", "-e", f"y={folder / f'y{number}.npy'}"]
    command = [archetype, "run", folder / "stream.onnx", "-i", f"h={folder / 'h.npy'}", *given]
    code, text, errors = run(*command, "--state", "h=h_next")
    checks.holds(code == 0 and text.count("equals") == 3, f"three steps of a stream: {text}{errors}")
    checks.holds(run(*command)[0] == 1, "results of a stream without its state differ, which is an exit code of 1")
    code, text, _ = run(archetype, "inspect", folder / "stream.onnx")
    checks.holds("possible state: h=h_next" in text, "inspect offers the state")


def inspections(archetype, checks, folder):
    model, _, _ = whole_network(np.random.default_rng(3))
    path = folder / "network.onnx"
    onnx.save(model, str(path))
    code, text, errors = run(archetype, "inspect", path, "--json", "--input", "x=2x3x6x6")
    found = json.loads(text)
    checks.holds(code == 0 and found["parameters"] == 4 * 27 + 4 + 180, f"parameters are those of the weights {errors}")
    checks.holds(found["products"] == 2 * (36 * 4 * 27 + 180), "multiply-accumulates are those of the definition")
    checks.holds(found["outputs"][0]["shape"] == "float32 2x5" and found["nodes"][2]["outputs"][0]["shape"] == "float32 2x4x3x3", "shapes of every node")
    code, text, _ = run(archetype, "inspect", path)
    checks.holds(code == 0 and "taken as 1x3x6x6" in text and "note:" in text, "an open extent is said")
    code, _, errors = run(archetype, "inspect", path, "--input", "z=1")
    checks.holds(code == 2 and '"z"' in errors, "a shape for no input")

    model = network([helper.make_node("Fancy", ["x"], ["a"], name="first", domain="own"), helper.make_node("Relu", ["a"], ["b"], name="good"),
                     helper.make_node("Elu", ["b"], ["c"], name="second", alpha=1.0, beta=2.0), helper.make_node("Grid", ["c"], ["y"], name="third")],
                    [("x", FLOAT, [1])], [("y", FLOAT, [1])], other=[("own", 1)])
    onnx.save(model, str(path))
    code, text, _ = run(archetype, "inspect", path)
    lines = [line for line in text.splitlines() if line.startswith("not supported")]
    checks.holds(code == 1 and len(lines) == 3 and "first" in lines[0] and "beta" in lines[1] and "third" in lines[2], f"all that is not supported in one list: {lines}")
    code, text, errors = run(archetype, "plot", path, "-o", folder / "graph.dot")
    dot = (folder / "graph.dot").read_text()
    checks.holds(code == 0 and dot.count("->") == 5 and "f5c6c6" in dot and "float32 1" in dot, f"the graph in Graphviz' language {errors}")
    code, _, errors = run(archetype, "plot", path, "-o", folder / "graph.svg")
    drawn = folder / "graph.svg"
    checks.holds((code == 0 and "<svg" in drawn.read_text()) or "graphviz" in errors, f"the graph as a picture {errors}")

    w = np.ones((8, 4), np.float32)
    onnx.save(network([helper.make_node("MatMul", ["x", "w"], ["y"])], [("x", FLOAT, [1, 8])], [("y", FLOAT, [1, 4])], {"w": w}), str(path))
    code, _, errors = run(archetype, "plot", path, "--memory", "-o", folder / "memory.svg")
    checks.holds(code == 0 and "Most is needed at step 1, " in (folder / "memory.svg").read_text(), f"memory over the steps {errors}")
    code, _, errors = run(archetype, "plot", path, "--memory", "-o", folder / "memory.png")
    checks.holds(code == 2 and "expected a file .svg" in errors, f"memory is SVG {errors}")
    code, _, errors = run(archetype, "plot", path, "--memory", "-o", folder / "memory.svg", "--compiler", "no-such-compiler")
    checks.holds(code == 2 and "no such program" in errors, f"a compiler that is not there {errors}")
    # A network in 8 bits in the form of ONNX has the picture of its integers; what the compiler is given says so.
    nodes = [helper.make_node("QuantizeLinear", ["x", "s", "z"], ["q"]), helper.make_node("DequantizeLinear", ["q", "s", "z"], ["a"]), helper.make_node("Relu", ["a"], ["b"]),
             helper.make_node("QuantizeLinear", ["b", "s", "z"], ["r"]), helper.make_node("DequantizeLinear", ["r", "s", "z"], ["y"])]
    onnx.save(network(nodes, [("x", FLOAT, [1, 8])], [("y", FLOAT, [1, 8])], {"s": np.float32(0.1), "z": np.int8(0)}), str(path))
    compiler = folder / "compiler"
    compiler.write_text(f'#!/bin/sh\nfor word; do case "$word" in *.cpp) cp "$word" "{folder}/given.cpp";; esac; done\nexit 1\n')
    compiler.chmod(0o700)
    code, text, errors = run(archetype, "plot", path, "--memory", "-o", folder / "memory.svg", "--compiler", compiler)
    given = folder / "given.cpp"
    checks.holds(code == 2 and given.exists() and "<imported::net, std::int8_t>" in given.read_text(), f"memory of integers {text} {errors}")
    onnx.save(network([helper.make_node("Relu", ["x"], ["y"])], [("x", FLOAT, [1, 8])], []), str(path))
    code, _, errors = run(archetype, "import", path, "-o", folder / "none")
    checks.holds(code == 2 and "expected an output, found none" in errors, f"a network without outputs {errors}")


def empty_tensors(archetype, checks, folder):
    """An extent of 0 stays 0 beside 1, and sums over nothing are 0."""
    node = helper.make_node("Einsum", ["x", "y"], ["z"], equation="ij,jk->ik")
    for extents in ((3, 0), (0, 4), (1, 0)):
        x, y = np.ones((2, extents[0]), np.float32), np.ones((extents[0], extents[1]), np.float32)
        model = network([node], [("x", FLOAT, x.shape), ("y", FLOAT, y.shape)], [("z", FLOAT, [2, extents[1]])], {})
        found = outputs(archetype, folder, model, {"x": x, "y": y})["z"]
        checks.holds(found.shape == (2, extents[1]) and not found.any(), f"Einsum over {x.shape} and {y.shape}")


def page(archetype, checks):
    _, text, _ = run(archetype, "operators")
    written = (harness.ROOT / "docs" / "reference" / "import.md").read_text()
    checks.holds(text.strip() in written, "docs/reference/import.md has the table that `archetype operators` prints")


def main():
    archetype, checks = program(), Checks()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        operator_cases(archetype, checks)
        newer_operator_cases(archetype, checks, folder / "newer")
        networks(archetype, checks, folder)
        inspections(archetype, checks, folder)
        empty_tensors(archetype, checks, folder)
        page(archetype, checks)
    checks.finish("checks of the program")


if __name__ == "__main__":
    main()
