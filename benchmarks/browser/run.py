# SPDX-License-Identifier: BSL-1.0
"""LeNet-5 and noise suppression in Chromium: the WebAssembly of the playground and ONNX Runtime Web, one thread each, take turns in one page.

    python3 benchmarks/browser/run.py --program build/default/tools/archetype/archetype --models FOLDER

FOLDER has gtcrn/gtcrn_simple.onnx; without --program and --models LeNet-5 alone. Needs what site/playground/build.py needs, chromium, node,
npm (playwright-core and onnxruntime-web 1.30 are installed into a folder) and python3-onnx of Debian. Prints a table for docs/benchmarks.md.
"""
import argparse
import gzip
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile

import numpy
import onnx
from onnx import helper, numpy_helper

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent / "tools"))
sys.path.insert(0, str(HERE.parent.parent / "site" / "playground"))
import build
import harness

TOOLS = ("playwright-core", "onnxruntime-web@1.30")
KIB = 1024


def tensors_of(path):
    """A safetensors file as arrays of float32."""
    data = path.read_bytes()
    size = int.from_bytes(data[:8], "little")
    header = json.loads(data[8:8 + size])
    return {name: numpy.frombuffer(data[8 + size:][slice(*one["data_offsets"])], "<f4").reshape(one["shape"])
            for name, one in header.items() if name != "__metadata__" and one["dtype"] == "F32"}


def write_lenet5(weights, path):
    """examples/mnist/lenet5.hpp as ONNX has it: channels first, the rows of the first dense layer in that order."""
    kernels = sorted((one for one in weights.values() if one.ndim == 4), key=lambda one: one.shape[2])
    matrices = sorted((one for one in weights.values() if one.ndim == 2), key=lambda one: -one.shape[0])
    biases = {one.shape[0]: one for one in weights.values() if one.ndim == 1}
    first = matrices[0].reshape(5, 5, 16, -1).transpose(2, 0, 1, 3).reshape(400, -1)
    constants, nodes, last = [], [], "image"

    def constant(name, array):
        constants.append(numpy_helper.from_array(numpy.ascontiguousarray(array, dtype=numpy.float32), name))
        return name

    def node(kind, inputs, **attributes):
        nonlocal last
        last = f"v{len(nodes)}"
        nodes.append(helper.make_node(kind, inputs, [last], **attributes))

    for k, kernel in enumerate(kernels):
        node("Conv", [last, constant(f"k{k}", kernel.transpose(3, 2, 0, 1)), constant(f"kb{k}", biases[kernel.shape[3]])], pads=[2, 2, 2, 2] if k == 0 else [0, 0, 0, 0])
        node("Tanh", [last])
        node("AveragePool", [last], kernel_shape=[2, 2], strides=[2, 2])
    node("Flatten", [last])
    for k, matrix in enumerate([first, *matrices[1:]]):
        node("Gemm", [last, constant(f"m{k}", matrix), constant(f"mb{k}", biases[matrix.shape[1]])])
        if k + 1 != len(matrices):
            node("Tanh", [last])
    node("Softmax", [last], axis=1)
    nodes[-1].output[0] = "scores"
    value = helper.make_tensor_value_info
    graph = helper.make_graph(nodes, "lenet5", [value("image", onnx.TensorProto.FLOAT, [1, 1, 28, 28])], [value("scores", onnx.TensorProto.FLOAT, [1, 10])], constants)
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)])
    made.ir_version = 8
    onnx.checker.check_model(made)
    onnx.save(made, path)


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--rounds", type=int, default=200)
    options.add_argument("--tools", type=pathlib.Path, help="a folder with node_modules, made if it does not exist")
    options.add_argument("--work", type=pathlib.Path, help="keep compiled files and trained weights here")
    options.add_argument("--models", type=pathlib.Path)
    options.add_argument("--program", type=pathlib.Path)
    arguments = options.parse_args()
    with tempfile.TemporaryDirectory() as place:
        work, folder = arguments.work or pathlib.Path(place) / "work", pathlib.Path(place) / "served"
        work.mkdir(parents=True, exist_ok=True)
        folder.mkdir()
        tools = arguments.tools or pathlib.Path(place) / "tools"
        tools.mkdir(parents=True, exist_ok=True)
        if not all((tools / "node_modules" / name.split("@")[0]).is_dir() for name in TOOLS):
            build.check(["npm", "install", "--ignore-scripts", "--silent", "--prefix", tools, *TOOLS])
        binaries, _ = build.digits(work, arguments)
        (folder / "digits.wasm").write_bytes(binaries["digits"])
        (folder / "shown.weights").write_bytes(binaries["digits-weights"])
        write_lenet5(tensors_of(work / "digits" / "lenet5.safetensors"), folder / "lenet5.onnx")
        names = ["lenet5"]
        made, why = build.voice(work, arguments)
        if made is None:
            print(f"without the stream, {why}")
        else:
            names.append("stream")
            (folder / "voice.wasm").write_bytes(made)
            shutil.copy(arguments.models / "gtcrn" / "gtcrn_simple.onnx", folder / "gtcrn.onnx")
        shutil.copy(HERE / "page.mjs", folder)
        runtime = tools / "node_modules" / "onnxruntime-web" / "dist"
        given = {"tools": str(tools.resolve()), "runtime": str(runtime.resolve()), "folder": str(folder), "chromium": shutil.which("chromium"), "rounds": arguments.rounds, "names": names}
        done = subprocess.run(["node", str(HERE / "drive.mjs"), json.dumps(given)], stdout=subprocess.PIPE, text=True, check=False)
        if done.returncode:
            sys.exit(done.returncode)
        found = json.loads(done.stdout)

        def text(time):
            return f"{time['median']:.1f} ({time['least']:.1f})"

        print(f"Chromium {found['browser']}, ONNX Runtime Web {found['runtime']}, one thread, {arguments.rounds} rounds in one page: medians, in brackets the least\n")
        print("| | archetype, µs | ONNX Runtime Web, µs | times | results differ by |\n| --- | ---: | ---: | ---: | ---: |")
        for name, title in (("lenet5", "LeNet-5, one digit"), ("stream", "GTCRN, one step of 16 ms")):
            if name in found:
                one = found[name]
                print(f"| {title} | {text(one['ours'])} | {text(one['theirs'])} | {one['theirs']['median'] / one['ours']['median']:.1f} ({one['theirs']['least'] / one['ours']['least']:.1f}) | {one['difference']:.1e} |")
        ours = [folder / f"{name}.wasm" for name in ("digits", "voice") if (folder / f"{name}.wasm").exists()]
        print("\ncompressed: " + ", ".join(f"{path.name} {len(gzip.compress(path.read_bytes())) / KIB:.0f} KiB" for path in [*ours, runtime / "ort-wasm-simd-threaded.wasm"]))


if __name__ == "__main__":
    main()
