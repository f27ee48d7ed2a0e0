# SPDX-License-Identifier: BSL-1.0
"""Files of networks that are wrong: one message with what was expected and found, an exit code of 2, and little memory."""
import pathlib
import shutil
import tempfile

from onnx_files import Checks, TensorProto, helper, network, np, numpy_helper, onnx, program, run

FLOAT = TensorProto.FLOAT
MEMORY = 400 << 20  # bytes that the program may have, its code and libraries among them


def good():
    return network([helper.make_node("MatMul", ["x", "w"], ["y"], name="product")], [("x", FLOAT, [1, 4])], [("y", FLOAT, [1, 3])],
                   {"w": np.ones((4, 3), np.float32)})


def unknown_field(number):
    return bytes([number % 16 * 8 + 128, number // 16, 1])  # a varint


def wrong_models():
    """(what, bytes, words of the message)"""
    whole = good().SerializeToString()
    yield "a field of another wire type", b"\x0a\x01a", ["wire type"]
    yield "an empty file", b"", ["IR version"]
    yield "a text", b"hello", ["ModelProto"]
    for cut in range(1, len(whole) - 1, 7):
        yield f"{cut} of {len(whole)} bytes", whole[:cut], ["expected", "found"]
    model = good()
    model.graph.initializer[0].dims[0] = 1 << 40
    yield "a shape of 2^40 rows", model.SerializeToString(), ['tensor "w"', "bytes", "48"]
    model.graph.initializer[0].dims.append(1 << 40)
    yield "a shape beyond 64 bits", model.SerializeToString(), ['tensor "w"', "fit in memory"]
    model = good()
    model.graph.initializer[0].dims[0] = -4
    yield "an extent below 0", model.SerializeToString(), ['tensor "w"', "negative"]
    model = good()
    model.graph.initializer[0].data_type = 99
    yield "a type that is none", model.SerializeToString(), ["type 99"]
    model = good()
    model.graph.initializer[0].float_data.append(1.0)
    yield "elements twice", model.SerializeToString(), ["one field", "raw_data"]
    model = good()
    model.graph.initializer[0].int64_data.append(1)
    model.graph.initializer[0].ClearField("raw_data")
    yield "floats in the integers' field", model.SerializeToString(), ["int64_data"]
    model = good()
    model.graph.node[0].input[1] = "nothing"
    yield "an input that nothing makes", model.SerializeToString(), ["product", "nothing"]
    model = good()
    model.graph.node.append(model.graph.node[0])
    yield "a value twice", model.SerializeToString(), ['another "y"']
    model = good()
    model.graph.output[0].name = "z"
    yield "an output that nothing makes", model.SerializeToString(), ['"z"']
    model = good()
    model.opset_import[0].version = 99
    yield "an operator set of the future", model.SerializeToString(), ["99"]
    model = good()
    model.graph.node[0].domain = "own"
    yield "a domain without a version", model.SerializeToString(), ['"own"']
    yield "a field of a newer format", whole + unknown_field(60), ["field 60"]
    model = good()
    attribute = model.graph.node[0].attribute.add()
    attribute.name, attribute.i, attribute.type = "a", 1, onnx.AttributeProto.FLOAT
    yield "an attribute of another type", model.SerializeToString(), ['attribute "a"']
    model = good()
    model.graph.sparse_initializer.add()
    yield "a sparse initializer", model.SerializeToString(), ["sparse"]
    for key, value, words in (("location", "/etc/passwd", "folder"), ("location", "../up.bin", "folder"), ("location", "none.bin", "none"),
                              ("length", "9223372036854775807", "external"), ("offset", "-5", "offset"), ("offset", "1000", "external"), ("more", "1", '"more"')):
        model = good()
        tensor = model.graph.initializer[0]
        tensor.ClearField("raw_data")
        tensor.data_location = TensorProto.EXTERNAL
        entries = {"location": "there.bin", key: value}
        for one in entries:
            entry = tensor.external_data.add()
            entry.key, entry.value = one, entries[one]
        yield f"external data with {key} {value}", model.SerializeToString(), [words]
    # Functions that call functions: 2^20 nodes of some hundred bytes.
    functions = [helper.make_function("own", f"f{k}", ["a"], ["c"], [helper.make_node(f"f{k + 1}", ["a"], ["b"], domain="own"), helper.make_node(f"f{k + 1}", ["b"], ["c"], domain="own")],
                                      [helper.make_opsetid("own", 1)]) for k in range(20)]
    functions.append(helper.make_function("own", "f20", ["a"], ["c"], [helper.make_node("Relu", ["a"], ["c"])], [helper.make_opsetid("", 17)]))
    yield "a million nodes by functions", network([helper.make_node("f0", ["x"], ["y"], domain="own")], [("x", FLOAT, [1])], [("y", FLOAT, [1])],
                                                   functions=functions, other=[("own", 1)]).SerializeToString(), ["nodes"]
    functions = [helper.make_function("own", "f", ["a"], ["c"], [helper.make_node("f", ["a"], ["c"], domain="own")], [helper.make_opsetid("own", 1)])]
    yield "a function that calls itself", network([helper.make_node("f", ["x"], ["y"], domain="own")], [("x", FLOAT, [1])], [("y", FLOAT, [1])],
                                                  functions=functions, other=[("own", 1)]).SerializeToString(), ["within each other"]


def wrong_runs():
    """(what, model, input, words): files that read well and cannot be run."""
    x = np.ones((1, 4), np.float32)
    yield "an input of another shape", good(), np.ones((2, 4), np.float32), ["1x4", "2x4"]
    yield "an input of another type", good(), np.ones((1, 4), np.int32), ["float32", "int32"]
    yield "weights that do not fit", network([helper.make_node("MatMul", ["x", "w"], ["y"], name="product")], [("x", FLOAT, [1, 4])], [("y", FLOAT, None)],
                                             {"w": np.ones((5, 3), np.float32)}), x, ["product", "1x4 and 5x3"]
    yield "a result of 2^40 elements", network([helper.make_node("ConstantOfShape", ["s"], ["y"], name="large")], [("x", FLOAT, [1, 4])], [("y", FLOAT, None)],
                                               {"s": np.array([1 << 40])}), x, ["large", "elements"]
    yield "an attribute that no one knows", network([helper.make_node("Elu", ["x"], ["y"], name="own", gamma=2.0)], [("x", FLOAT, [1, 4])], [("y", FLOAT, None)]), x, ["own", "gamma"]
    yield "a kernel of 2^31", network([helper.make_node("MaxPool", ["x"], ["y"], name="pool", kernel_shape=[1 << 31], pads=[1 << 31, 0])],
                                      [("x", FLOAT, [1, 1, 4])], [("y", FLOAT, None)]), np.ones((1, 1, 4), np.float32), ["pool"]
    yield "a division of integers by 0", network([helper.make_node("Div", ["x", "x"], ["y"], name="quotient")], [("x", TensorProto.INT64, [2])], [("y", TensorProto.INT64, None)]), \
        np.zeros(2, np.int64), ["quotient", "not 0"]


def keras_files(archetype, checks, folder):
    """Files of Keras that are wrong in their configuration, their weights or their container."""
    try:
        import h5py
        from keras_files import entry, sequential, write_archive, write_h5, write_tfjs
    except ImportError:
        print("left out: files of Keras: python3-h5py is not installed")
        return
    w, b = np.ones((4, 3), np.float32), np.zeros(3, np.float32)
    np.save(folder / "x.npy", np.ones((1, 4), np.float32))

    def network_of(kernel=w, kind="Dense", more=(), **config):
        first = entry("InputLayer", {"batch_input_shape": [None, 4], "dtype": "float32"}, name="x")
        config = {"units": 3, "activation": "linear", "use_bias": True, "name": "d", **config} if kind == "Dense" else {"name": "d", **config}
        return sequential([first, entry(kind, config, [("", "kernel", kernel), ("", "bias", b)]), *more])

    def refused(what, path, words, code=2):
        found, text, errors = run(archetype, "run", path, "-i", folder / "x.npy", memory=MEMORY)
        checks.holds(found == code and text == "" and errors.count("\n") == 1 and all(word in errors for word in words), f"{what}: {found} {text}{errors}")
    path = folder / "m.h5"
    for what, model, words in (
            ("a key that no one knows", network_of(gate="sigmoid"), ['layer "d" (Dense)', '"gate": "sigmoid"']),
            ("an activation of somebody else", network_of(activation="my_function"), ['"my_function"']),
            ("an activation that is code", network_of(activation={"class_name": "__lambda__", "config": {"value": "4wEAAAA="}}), ["activation", "__lambda__"]),
            ("units that the weights do not have", network_of(units=5), ["?x5", "4x3"]),
            ("units of 2^40", network_of(units=1 << 40), ["4x3"]),
            ("a bias that the configuration does not have", network_of(use_bias=False), ["weights kernel", "bias"]),
            ("weights of NaN", network_of(np.full((4, 3), np.nan, np.float32)), ["finite", "kernel"]),
            ("a mask", network_of(more=[entry("Embedding", {"input_dim": 4, "output_dim": 2, "mask_zero": True}, [("", "embeddings", np.ones((4, 2), np.float32))], name="e")]), ["mask_zero false"]),
            ("a state that stays", network_of(more=[entry("Reshape", {"target_shape": [3, 1]}, name="r"), entry("LSTM", {"units": 1, "stateful": True}, name="l")]), ["stateful false"]),
            ("two faults", network_of(gate=1, more=[entry("Activation", {"activation": "tanh", "b": 1}, name="second")]), ['"gate": 1', '"second"', '"b": 1'])):
        write_h5(path, model, 2)
        refused(what, path, ["expected", "found", *words])
    write_h5(path, network_of(kind="Lambda", function=["4wEAAAA=", None, None], more=[entry("MyLayer", {"size": 3}, name="own")]), 2)
    (folder / "list.h5").write_bytes(path.read_bytes())
    write_h5(path, network_of(kind="Lambda", function=["4wEAAAA=", None, None], more=[entry("Activation", {"activation": "tanh", "gate": 1}, name="last")]), 2)
    refused("a key that no one knows behind a layer of somebody else", path, ['"gate": 1', "a class that is known, found Lambda"])
    path = folder / "list.h5"
    code, text, errors = run(archetype, "inspect", path, memory=MEMORY)
    path = folder / "m.h5"
    named = [line for line in (text + errors).splitlines() if line.startswith("not supported")]
    checks.holds(code == 1 and len(named) == 2 and "Lambda" in named[0] and "MyLayer" in named[1], f"layers of others in one list: {code} {text}{errors}")

    def change(what, words, edit):
        write_h5(path, network_of(), 2, change=edit)
        refused(what, path, ["expected", "found", *words])
    dataset = "model_weights/d/d/kernel:0"

    def replaced(**more):
        def edit(file):
            del file[dataset]
            file.create_dataset(dataset, **more)
        return edit
    change("a dataset that is not there", [dataset], lambda file: file.pop(dataset))
    change("a weight that nobody reads", ["weights", "extra"], lambda file: file.create_dataset("model_weights/d/extra", data=w))
    change("no configuration", ["model_config"], lambda file: file.attrs.pop("model_config"))
    change("a configuration that is no JSON", ["JSON", "byte 1"], lambda file: file.attrs.__setitem__("model_config", "{hello"))
    change("brackets without an end", ["200 brackets"], lambda file: file.attrs.__setitem__("model_config", "[" * 20000))
    change("a shape of 2^38 elements without bytes", ["1099511627776 bytes"], replaced(shape=(1 << 36, 4), dtype="f4"))
    change("a compressed shape without bytes", ["bytes"], replaced(shape=(1 << 36, 4), dtype="f4", chunks=(1024, 4), compression="gzip"))
    change("a dataset of another file", ["elements in the file"], replaced(shape=(4, 3), dtype="f4", external=[("elsewhere.bin", 0, 48)]))
    change("texts as weights", ["numbers"], replaced(data=np.array([b"abc"] * 12).reshape(4, 3)))
    change("a link to another file", ["links"], lambda file: file["model_weights"].__setitem__("l", h5py.ExternalLink("other.h5", "/a")))
    change("a group within itself", ["one link"], lambda file: file["model_weights/d"].__setitem__("again", file["model_weights"]))
    write_h5(path, network_of(), 2)
    whole = path.read_bytes()
    code, text, errors = run(archetype, "run", path, "-i", folder / "x.npy", memory=MEMORY)
    checks.holds(code == 0 and "4 4 4" in text, f"the good file of Keras {text}{errors}")
    for cut in (8, 96, 500, 1000, 2000, len(whole) // 2, len(whole) - 1000, len(whole) - 100):
        path.write_bytes(whole[:cut])
        refused(f"{cut} of {len(whole)} bytes of HDF5", path, ["expected"])
    random = np.random.default_rng(1)
    for turn in range(150):  # each is read, or refused with one message
        mutated = bytearray(whole)
        for place in random.integers(0, min(len(whole), 6000), 4):
            mutated[place] = random.integers(256)
        path.write_bytes(mutated)
        code, text, errors = run(archetype, "run", path, "-i", folder / "x.npy", memory=MEMORY)
        checks.holds(code == 0 or (code == 2 and errors.count("\n") == 1), f"mutation {turn} of HDF5: {code} {errors}")
    archive = folder / "m.keras"
    write_archive(archive, network_of())
    whole = archive.read_bytes()
    for cut in (30, len(whole) // 2, len(whole) - 10):
        archive.write_bytes(whole[:cut])
        refused(f"{cut} of {len(whole)} bytes of an archive", archive, ["expected"])
    write_archive(archive, network_of(), lambda file: file.__setitem__("layers/dense_1/vars/0", w))
    refused("weights of a layer that is not there", archive, ["layers/dense_1/vars/0"])
    write_tfjs(folder, network_of())
    shard = (folder / "group1-shard2of2.bin").read_bytes()
    (folder / "group1-shard2of2.bin").write_bytes(shard[:-4])
    refused("a shard that is too short", folder / "model.json", ["elements in the shards"])
    (folder / "group1-shard2of2.bin").write_bytes(shard + b"1234")
    refused("a shard that is too long", folder / "model.json", ["shards of 60 bytes"])
    text = (folder / "model.json").read_text()
    (folder / "model.json").write_text(text.replace("group1-shard1of2.bin", "../secret.bin"))
    refused("a shard in another folder", folder / "model.json", ["in the model's folder"])


def quantized():
    """Integers between quantizers: x -> y."""
    product = [helper.make_node("QuantizeLinear", ["x", "s", "z"], ["q"], name="first"), helper.make_node("DequantizeLinear", ["q", "s", "z"], ["a"]),
               helper.make_node("DequantizeLinear", ["w", "ws", "wz"], ["v"], name="weights", axis=1), helper.make_node("DequantizeLinear", ["b", "bs"], ["c"], name="biases", axis=0),
               helper.make_node("Gemm", ["a", "v", "c"], ["p"], name="product"), helper.make_node("QuantizeLinear", ["p", "t", "z"], ["r"], name="last"),
               helper.make_node("DequantizeLinear", ["r", "t", "z"], ["y"])]
    return network(product, [("x", FLOAT, [1, 4])], [("y", FLOAT, [1, 3])],
                   {"s": np.float32(0.1), "z": np.int8(3), "t": np.float32(0.7), "w": np.arange(12, dtype=np.int8).reshape(4, 3), "ws": np.full(3, 0.2, np.float32),
                    "wz": np.zeros(3, np.int8), "b": np.array([5, -6, 7], np.int32), "bs": np.full(3, 0.02, np.float32)}, 13)


def wrong_quantizers():
    """(what, model, words of the message)"""
    def changed(**constants):
        model = quantized()
        for tensor in model.graph.initializer:
            if tensor.name in constants:
                tensor.CopyFrom(numpy_helper.from_array(np.asarray(constants[tensor.name]), tensor.name))
        return model
    for value, word in ((0, "above 0"), (-0.5, "above 0"), (np.nan, "above 0"), (np.inf, "above 0")):
        yield f"a scale of {value} for activations", changed(s=np.float32(value)), [word]
        yield f"a scale of {value} for weights", changed(ws=np.array([0.2, value, 0.2], np.float32)), [word]
    yield "two scales for activations", changed(t=np.array([0.1, 0.2], np.float32)), ["scale"]
    yield "more scales than filters", changed(ws=np.full(5, 0.2, np.float32)), ["weights"]
    yield "scales of two axes", changed(ws=np.full((3, 1), 0.2, np.float32)), ["weights"]
    yield "a zero point of another type", changed(z=np.float32(3)), ["z"]
    yield "more zero points than scales", changed(wz=np.zeros(2, np.int8)), ["weights"]
    yield "scales of integers", changed(ws=np.full(3, 2, np.int32)), ["weights"]
    yield "a bias of other units", changed(b=np.arange(4, dtype=np.int32), bs=np.full(4, 0.02, np.float32)), ["product"]
    yield "biases beyond 32 bits of the sums", changed(bs=np.full(3, 1e30, np.float32)), ["2^30"]
    yield "weights of real numbers", changed(w=np.ones((4, 3), np.float32)), ["weights"]
    model = quantized()
    model.graph.node[2].attribute[0].i = 7
    yield "an axis that the weights do not have", model, ["weights"]
    model = quantized()
    del model.graph.node[0].input[1:]
    yield "a quantizer without a scale", model, ["first"]
    model = quantized()
    model.graph.node[5].input[1] = "p"
    yield "a scale that the network computes", model, ["last"]
    model = quantized()
    model.graph.initializer[3].dims[0] = 1 << 40
    yield "weights of 2^40 rows", model, ['tensor "w"']


def quantized_files(archetype, checks, folder):
    """Files of ONNX in 8 bits: imported, or refused with messages that name what is wrong; nothing is written then."""
    path = folder / "model.onnx"

    def imported(content):
        path.write_bytes(content)
        return run(archetype, "import", path, "-o", folder / "out", "--name", "net", "--brief", memory=MEMORY)
    whole = quantized().SerializeToString()
    code, text, errors = imported(whole)
    checks.holds(code == 0, f"the good file in 8 bits: {code} {text}{errors}")
    shutil.rmtree(folder / "out")

    def refused(what, content, words):
        code, text, errors = imported(content)
        found = text + errors
        checks.holds(code in (1, 2) and all(word in found for word in words) and len(found.splitlines()) < 8 and not (folder / "out").exists(), f"{what}: {code} {found}")
    for what, model, words in wrong_quantizers():
        refused(what, model.SerializeToString(), words)
    for cut in range(1, len(whole) - 1, 61):
        refused(f"{cut} of {len(whole)} bytes in 8 bits", whole[:cut], [])
    random = np.random.default_rng(3)
    for turn in range(40):
        mutated = bytearray(whole)
        for place in random.integers(0, len(whole), 3):
            mutated[place] = random.integers(256)
        code, text, errors = imported(bytes(mutated))
        checks.holds(code in (0, 1, 2), f"mutation {turn} in 8 bits: {code} {text}{errors}")
        shutil.rmtree(folder / "out", ignore_errors=True)


def unsupported_files(archetype, checks, folder):
    """Files that say little or false things of what stands behind operators that nobody knows: a list, one message, or a result."""
    path = folder / "model.onnx"
    node = helper.make_node

    def own(more, outputs, constants=(), opset=17):
        made = network([node("Own", ["x"], ["a"], name="own", domain="own"), *more], [("x", FLOAT, [1, 4])], outputs, constants, opset, other=[("own", 1)])
        return made
    huge = own([node("Relu", ["a"], ["y"], name="last")], [("y", FLOAT, [1 << 40, 1 << 20])])
    reshaped = own([node("Reshape", ["a", "s"], ["b"], name="shaped"), node("Relu", ["b"], ["y"], name="last")], [("y", FLOAT, [7])], {"s": np.array([7])})
    reshaped.graph.value_info.append(helper.make_tensor_value_info("a", FLOAT, [1, 4]))
    reshaped.graph.value_info.append(helper.make_tensor_value_info("b", FLOAT, [7]))
    cases = [("an output of 2^60 elements behind an operator that nobody knows", huge, ["elements"]), ("another number of elements behind an operator that nobody knows", reshaped, ["own"])]
    for kind, inputs in (("Conv", ["x"]), ("Gemm", ["x"]), ("Reshape", ["x"]), ("BatchNormalization", ["x", "x"]), ("LSTM", ["x", "x"]), ("Where", ["x"]), ("Slice", ["x"]), ("Pad", []),
                         ("Concat", []), ("Attention", ["x"]), ("QuantizeLinear", ["x"]), ("Loop", ["x"]), ("Scan", []), ("If", []), ("SequenceAt", ["x"]), ("MatMul", []),
                         ("GroupNormalization", ["x"]), ("MeanVarianceNormalization", []), ("Cast", [])):
        opset = 23 if kind == "Attention" else 18
        cases.append((f"{kind} of {len(inputs)} inputs", network([node(kind, inputs, ["y"], name="short")], [("x", FLOAT, [1, 4])], [("y", FLOAT, [1, 4])], opset=opset), ["short"]))
    # What stands behind it may be anything: nothing is asked of it.
    made = np.ones((1, 16, 3), np.float32)
    table = {"w": made, "r": np.ones((1, 16, 4), np.float32)}
    for what, nodes, constants in (
            ("a product", [node("MatMul", ["a", "w"], ["y"])], {"w": np.ones((6, 3), np.float32)}),
            ("a product of columns", [node("Gemm", ["a", "w"], ["y"], transA=1)], {"w": np.ones((6, 3), np.float32)}),
            ("samples first", [node("LSTM", ["a", "w", "r"], ["y"], hidden_size=4, layout=1)], table),
            ("values of length one", [node("LpNormalization", ["a"], ["y"])], {}),
            ("a sequence", [node("SequenceConstruct", ["a", "a"], ["s"]), node("ConcatFromSequence", ["s"], ["y"], axis=1)], {})):
        cases.append((f"{what} behind an operator that nobody knows", own(nodes, [("y", FLOAT, None)], constants), ["not supported", "own", "1 of"]))
    for shape in ((0, 16, 3), (1, 16, 0)):
        coupled = own([node("LSTM", ["a", "w", "r"], ["y"], hidden_size=4, input_forget=1)], [("y", FLOAT, [5, 1, 1, 4])], {**table, "w": np.ones(shape, np.float32)})
        coupled.graph.value_info.append(helper.make_tensor_value_info("a", FLOAT, [5, 1, 3]))
        cases.append((f"weights of shape {shape} behind an operator that nobody knows", coupled, ["own"]))

    def body(name, nodes, inputs, outputs):
        return helper.make_graph(nodes, name, [helper.make_tensor_value_info(*one) for one in inputs], [helper.make_tensor_value_info(*one) for one in outputs])
    turn = [("turn", TensorProto.INT64, []), ("goes", TensorProto.BOOL, []), ("before", FLOAT, [1, 4])]
    within = node("Relu", ["before"], ["after"], name="short")
    for depth in range(3):
        here = body(f"b{depth}", [within, node("Identity", ["goes"], ["on"])], turn, [("on", TensorProto.BOOL, []), ("after", FLOAT, [1, 4])])
        within = node("Loop", ["n", "t", "before" if depth < 2 else "x"], ["after" if depth < 2 else "y"], name="short", body=here)
    cases.append(("three loops of 40 turns within each other", network([within], [("x", FLOAT, [1, 4])], [("y", FLOAT, [1, 4])], {"n": np.int64(40), "t": np.array(True)}, 18), ["not supported", "1 of"]))
    empty = body("b", [node("Identity", [], []), node("Relu", ["before"], ["after"]), node("Identity", ["goes"], ["on"])], turn, [("on", TensorProto.BOOL, []), ("after", FLOAT, [1, 4])])
    cases.append(("a loop with a node of nothing", network([node("Loop", ["n", "t", "x"], ["y"], name="short", body=empty)], [("x", FLOAT, [1, 4])], [("y", FLOAT, [1, 4])],
                                                           {"n": np.int64(3), "t": np.array(True)}, 18), ["not supported"]))
    many = [node("Relu", ["row" if k == 0 else f"r{k}"], [f"r{k + 1}"]) for k in range(6)]
    wide = body("b", many, [("row", FLOAT, [1, 4])], [("r6", FLOAT, [1, 4])])
    cases.append(("a scan over 2^61 rows", network([node("Scan", ["x"], ["y"], name="short", body=wide, num_scan_inputs=1)], [("x", FLOAT, [1 << 61, 1, 4])], [("y", FLOAT, None)], {}, 18), ["expected"]))
    inner = helper.make_graph([node("Identity", ["x"], ["z"])], "b", [], [helper.make_tensor_value_info("z", FLOAT, [1, 4])])
    for turns in (-1, 0, 1 << 40):
        cases.append((f"a loop of {turns} turns", network([node("Loop", ["n", "t"], ["y"], name="short", body=inner)], [("x", FLOAT, [1, 4])], [("y", FLOAT, [1, 4])],
                                                          {"n": np.int64(turns), "t": np.array(True)}, 18), ["short"]))
    for what, model, words in cases:
        path.write_bytes(model.SerializeToString())
        for command in (["inspect", path], ["import", path, "-o", folder / "out", "--name", "net", "--brief"]):
            code, text, errors = run(archetype, *command, memory=MEMORY)
            found = text + errors
            good = code in (1, 2) and all(word in found for word in words) if command[0] == "import" else code in (0, 1, 2)
            checks.holds(good and not (folder / "out").exists(), f"{command[0]} of {what}: {code} {found}")


def main():
    archetype, checks = program(), Checks()
    with tempfile.TemporaryDirectory() as name:
        unsupported_files(archetype, checks, pathlib.Path(name))
    with tempfile.TemporaryDirectory() as name:
        quantized_files(archetype, checks, pathlib.Path(name))
    with tempfile.TemporaryDirectory() as name:
        keras_files(archetype, checks, pathlib.Path(name))
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        (folder / "there.bin").write_bytes(bytes(48))
        path = folder / "model.onnx"
        np.save(folder / "x.npy", np.ones((1, 4), np.float32))
        path.write_bytes(good().SerializeToString())
        code, text, errors = run(archetype, "run", path, "-i", folder / "x.npy", memory=MEMORY)
        checks.holds(code == 0 and "4 4 4" in text, f"the good file {text}{errors}")
        for what, content, words in wrong_models():
            path.write_bytes(content)
            code, text, errors = run(archetype, "run", path, "-i", folder / "x.npy", memory=MEMORY)
            checks.holds(code == 2 and text == "" and errors.count("\n") == 1 and all(word in errors for word in ["expected", "found", *words]), f"{what}: {code} {text}{errors}")
        for what, model, given, words in wrong_runs():
            path.write_bytes(model.SerializeToString())
            np.save(folder / "x.npy", given)
            code, text, errors = run(archetype, "run", path, "-i", folder / "x.npy", "-o", folder / "out", memory=MEMORY)
            checks.holds(code == 2 and not list(folder.glob("out/*")) and errors.count("\n") == 1 and all(word in errors for word in words), f"{what}: {code} {text}{errors}")
        for command, words in ((["run"], "FILE"), (["run", folder / "none.onnx"], "found none"), (["run", folder], "directory"), (["fly"], "subcommand"),
                               (["plot", path, "-o", "graph.gif"], ".svg")):
            code, _, errors = run(archetype, *command, memory=MEMORY)
            checks.holds(code == 2 and words in errors, f"{command}: {code} {errors}")
    checks.finish("wrong files")


if __name__ == "__main__":
    main()
