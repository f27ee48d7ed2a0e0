# SPDX-License-Identifier: BSL-1.0
"""Files of Keras as its versions write them, made with h5py: whole models of Keras 1 to 3 in HDF5, archives of Keras 3,
layers models of TensorFlow.js."""
import base64
import io
import json
import re
import zipfile

import h5py
import numpy as np

VERSION = {1: "1.2.2", 2: "2.4.0", 3: "3.4.1"}


def entry(kind, config, weights=(), inbound=None, name=None):
    """A layer: class, configuration, weights as (path in the layer, name, array), and what it reads in a functional model."""
    return {"kind": kind, "config": {**config, "name": name or config.get("name")}, "weights": list(weights), "inbound": inbound}


def snake(name):
    return re.sub("([a-z])([A-Z])", r"\1_\2", re.sub("(.)([A-Z][a-z]+)", r"\1_\2", name)).lower()


def tensor(version, layer, call=0, number=0):
    if version < 3:
        return [layer, call, number, {}]
    return {"class_name": "__keras_tensor__", "config": {"shape": [None], "dtype": "float32", "keras_history": [layer, call, number]}}


def serialized(layer, version):
    made = {"class_name": layer["kind"], "config": layer["config"]}
    if version == 3:
        made.update({"module": "keras.layers", "registered_name": None, "build_config": {"input_shape": [None]}})
    if "layers" in layer:
        made["config"] = config_of(layer, version)
    if layer["inbound"] is not None:
        made["name"] = layer["config"]["name"]
        calls = [[one] if isinstance(one, str) else list(one) for one in layer["inbound"]]
        ends = [[(one, 0, 0) if isinstance(one, str) else one for one in call] for call in calls]
        words = {key: tensor(version, *value) if isinstance(value, tuple) else value for key, value in layer.get("words", {}).items()}
        if version < 3:
            made["inbound_nodes"] = [[tensor(version, *one) for one in call] for call in ends]
            if words:
                made["inbound_nodes"][0][0][3] = {key: value[:3] if isinstance(value, list) else value for key, value in words.items()}
        else:
            arguments = [[tensor(version, *one) for one in call] for call in ends]
            made["inbound_nodes"] = [{"args": call if len(call) == 1 else [call], "kwargs": words} for call in arguments]
    return made


def config_of(model, version):
    layers = [serialized(one, version) for one in model["layers"]]
    if model["kind"] == "Sequential":
        return layers if version == 1 else {"name": model["config"]["name"], "layers": layers}
    ends = {key: [[one, 0, 0] if isinstance(one, str) else list(one) for one in model[key]] for key in ("inputs", "outputs")}
    flat = version == 3 and len(ends["inputs"]) == 1
    return {"name": model["config"]["name"], "layers": layers, "input_layers": ends["inputs"][0] if flat else ends["inputs"], "output_layers": ends["outputs"]}


def sequential(layers, name="sequential", inbound=None):
    return {"kind": "Sequential", "config": {"name": name}, "layers": layers, "inbound": inbound, "weights": []}


def functional(layers, inputs, outputs, name="model", inbound=None, kind="Functional"):
    return {"kind": kind, "config": {"name": name}, "layers": layers, "inputs": inputs, "outputs": outputs, "inbound": inbound, "weights": []}


def all_weights(layer):
    """(name of the layer within, path, name, array) of a layer or of a model's layers."""
    if "layers" in layer:
        for one in layer["layers"]:
            yield from all_weights(one)
    else:
        for path, name, array in layer["weights"]:
            yield layer["config"]["name"], path, name, array


def weight_name(version, layer, path, name):
    between = "/".join([layer, *(part for part in path.split("/") if part not in ("", "cell"))])
    if version == 1:
        return f"{layer}_{name}"
    return f"{between}/{name}:0" if version == 2 else f"{between}/{name}"


def write_h5(path, model, version, attributes=None, change=None, compression=None):
    with h5py.File(path, "w") as file:
        text = json.dumps(serialized(model, version))
        file.attrs["model_config"] = np.bytes_(text) if version < 3 else text
        group = file.create_group("model_weights")
        if version > 1:
            for place in (file, group):
                place.attrs["keras_version"] = np.bytes_(VERSION[version])
                place.attrs["backend"] = np.bytes_("tensorflow")
        else:
            file.attrs["keras_version"] = np.bytes_(VERSION[1])
        layers = [one for one in model["layers"]]
        group.attrs["layer_names"] = np.array([np.bytes_(one["config"]["name"]) for one in layers])
        for one in layers:
            inside = group.create_group(one["config"]["name"])
            names = []
            for layer, where, name, array in all_weights(one):
                full = weight_name(version, layer, where, name)
                names.append(np.bytes_(full))
                inside.create_dataset(full, data=array, compression=compression)
            inside.attrs["weight_names"] = np.array(names)
        if version == 3:
            group.create_group("top_level_model_weights").attrs["weight_names"] = np.array([])
        training = file.create_group("optimizer_weights")
        training.create_dataset("iteration", data=np.int64(7))
        for name, value in (attributes or {}).items():
            file.attrs[name] = value
        if change:
            change(file)


def variables(model, prefix=""):
    """Paths of Keras 3: layers/dense_1/vars/0."""
    counts = {}
    for one in model["layers"]:
        name = snake(one["kind"])
        count = counts.get(name, 0)
        counts[name] = count + 1
        place = f"{prefix}layers/{name}{f'_{count}' if count else ''}/"
        if "layers" in one:
            yield from variables(one, place)
            continue
        numbers = {}
        for path, _, array in one["weights"]:
            number = numbers.get(path, 0)
            numbers[path] = number + 1
            yield f"{place}{path + '/' if path else ''}vars/{number}", array


def write_archive(path, model, change=None, method=zipfile.ZIP_STORED, version="3.4.1"):
    image = io.BytesIO()
    with h5py.File(image, "w") as file:
        for name, array in variables(model):
            file[name] = array
        file["optimizer/vars/0"] = np.int64(3)
        file["layers/dropout/seed_generator/vars/0"] = np.zeros(2, np.uint32)
        if change:
            change(file)
    with zipfile.ZipFile(path, "w", method) as archive:
        archive.writestr("metadata.json", json.dumps({"keras_version": version, "date_saved": "2025-01-01@00:00:00"}))
        archive.writestr("config.json", json.dumps({**serialized(model, 3), "compile_config": {"optimizer": "adam"}}))
        archive.writestr("model.weights.h5", image.getvalue())


def write_tfjs(folder, model, quantize=None):
    """model.json and two shards."""
    weights, content = [], bytearray()
    for layer, where, name, array in all_weights(model):
        one = {"name": weight_name(2, layer, where, name)[:-2], "shape": list(array.shape), "dtype": "float32"}
        array = np.asarray(array, np.float32)
        if quantize == "float16":
            one["quantization"] = {"dtype": "float16", "original_dtype": "float32"}
            content += array.astype("<f2").tobytes()
        elif quantize == "uint8":
            least, scale = float(array.min()), float(array.max() - array.min()) / 255 or 1.0
            one["quantization"] = {"dtype": "uint8", "min": least, "scale": scale, "original_dtype": "float32"}
            content += np.round((array - least) / scale).astype(np.uint8).tobytes()
        else:
            content += array.tobytes()
        weights.append(one)
    half = len(content) // 2
    (folder / "group1-shard1of2.bin").write_bytes(content[:half])
    (folder / "group1-shard2of2.bin").write_bytes(content[half:])
    root = {"format": "layers-model", "generatedBy": "keras v2.4.0", "convertedBy": "TensorFlow.js Converter v3.0.0",
            "modelTopology": {"keras_version": "2.4.0", "backend": "tensorflow", "model_config": serialized(model, 2)},
            "weightsManifest": [{"paths": ["group1-shard1of2.bin", "group1-shard2of2.bin"], "weights": weights}]}
    (folder / "model.json").write_text(json.dumps(root))


def node(name, op, inputs=(), **attributes):
    """A node of a GraphDef: texts become base64, lists lists."""
    def content(value):
        if isinstance(value, bool):
            return {"b": value}
        if isinstance(value, int):
            return {"i": str(value)}
        if isinstance(value, float):
            return {"f": value}
        if isinstance(value, str):
            return {"type": value} if value.startswith("DT_") else {"s": base64.b64encode(value.encode()).decode()}
        if value and isinstance(value[0], str):
            return {"list": {"s": [base64.b64encode(one.encode()).decode() for one in value]}}
        return {"list": {"i": [str(one) for one in value]}}
    return {"name": name, "op": op, "input": list(inputs), "attr": {key: content(value) for key, value in attributes.items()}}


def write_tfjs_graph(folder, shape, nodes, constants, outputs):
    """A graph model of one input "x": constants are arrays by name, float32 or int32."""
    manifest, content, all_nodes = [], bytearray(), [node("x", "Placeholder", dtype="DT_FLOAT")]
    all_nodes[0]["attr"]["shape"] = {"shape": {"dim": [{"size": str(one)} for one in shape]}}
    for name, array in constants.items():
        array = np.asarray(array)
        kind = "int32" if array.dtype.kind == "i" else "float32"
        all_nodes.append(node(name, "Const", dtype="DT_INT32" if kind == "int32" else "DT_FLOAT"))
        manifest.append({"name": name, "shape": list(array.shape), "dtype": kind})
        content += array.astype(kind).tobytes()
    (folder / "group1-shard1of1.bin").write_bytes(content)
    root = {"format": "graph-model", "generatedBy": "2.4.1", "signature": {"outputs": {one: {"name": one + ":0"} for one in outputs}},
            "modelTopology": {"node": [*all_nodes, *nodes][::-1], "library": {}, "versions": {"producer": 561}},  # in any order
            "weightsManifest": [{"paths": ["group1-shard1of1.bin"], "weights": manifest}]}
    (folder / "model.json").write_text(json.dumps(root))
