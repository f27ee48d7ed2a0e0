# SPDX-License-Identifier: BSL-1.0
"""How much memory an import takes, in terms of the tensors of the file: at most 2.2 times, whatever the format.

The files have 100 MB. With --figures also times, and that of onnx.load on the same file, in the same run."""
import argparse
import concurrent.futures
import multiprocessing
import os
import pathlib
import subprocess
import tempfile
import time

from onnx_files import Checks, TensorProto, harness, helper, network, np, onnx
import tflite_files
from tflite_files import operator, tensor

try:
    import keras_files
except ImportError:
    keras_files = None

MOST = 2.2  # times the tensors of the file


def numbers(*shape, seed=0):
    fan = shape[0] if len(shape) == 2 else int(np.prod(shape[1:]))
    return np.random.default_rng(seed).standard_normal(shape, np.float32) / np.float32(fan ** 0.5)


def dense_onnx(path, layers, width):
    """As PyTorch exports linear layers."""
    nodes, constants, x = [], {}, "x"
    for k in range(layers):
        constants[f"fc{k}.weight"], constants[f"fc{k}.bias"] = numbers(width, width, seed=k), numbers(width, seed=k)
        nodes.append(helper.make_node("Gemm", [x, f"fc{k}.weight", f"fc{k}.bias"], [f"s{k}"], transB=1))
        nodes.append(helper.make_node("Relu", [f"s{k}"], [f"y{k}"]))
        x = f"y{k}"
    onnx.save(network(nodes, [("x", TensorProto.FLOAT, [1, width])], [(x, TensorProto.FLOAT, [1, width])], constants), str(path))
    return sum(one.nbytes for one in constants.values())


def convolutions_onnx(path, layers, width):
    """An image, channels first."""
    nodes, constants, x, channels = [], {}, "x", 3
    for k in range(layers):
        constants[f"conv{k}.weight"], constants[f"conv{k}.bias"] = numbers(width, channels, 3, 3, seed=k), numbers(width, seed=k)
        nodes.append(helper.make_node("Conv", [x, f"conv{k}.weight", f"conv{k}.bias"], [f"s{k}"], pads=[1] * 4, strides=[2 if k < 3 else 1] * 2))
        nodes.append(helper.make_node("Relu", [f"s{k}"], [f"y{k}"]))
        x, channels = f"y{k}", width
    onnx.save(network(nodes, [("x", TensorProto.FLOAT, [1, 3, 16, 16])], [(x, TensorProto.FLOAT, [1, width, 2, 2])], constants), str(path))
    return sum(one.nbytes for one in constants.values())


def dense_tflite(path, layers, width):
    tensors, buffers, operators = [tensor("x", "float32", [1, width])], [], []
    for k in range(layers):
        first = len(tensors)
        buffers += [numbers(width, width, seed=k).tobytes(), numbers(width, seed=k).tobytes()]
        tensors += [tensor(f"w{k}", "float32", [width, width], len(buffers) - 1), tensor(f"b{k}", "float32", [width], len(buffers)),
                    tensor(f"y{k}", "float32", [1, width])]
        operators.append(operator(0, [first - 1, first, first + 1], [first + 2], 8, {0: ("b", 1)}))
    path.write_bytes(tflite_files.model(["FULLY_CONNECTED"], [(tensors, [0], [len(tensors) - 1], operators)], buffers))
    return sum(map(len, buffers))


def dense_keras(path, layers, width):
    made, size = [], 0
    for k in range(layers):
        weights = [("", "kernel", numbers(width, width, seed=k)), ("", "bias", numbers(width, seed=k))]
        size += sum(one[2].nbytes for one in weights)
        config = {"units": width, "activation": "relu", "use_bias": True, "dtype": "float32", "batch_input_shape": [None, width]}
        made.append(keras_files.entry("Dense", config, weights, name=f"dense_{k}"))
    if path.suffix == ".keras":
        for one in made:
            one["config"].pop("batch_input_shape")
        made.insert(0, keras_files.entry("InputLayer", {"batch_shape": [None, width], "dtype": "float32", "sparse": False}, name="x"))
        keras_files.write_archive(path, keras_files.sequential(made))
    else:
        keras_files.write_h5(path, keras_files.sequential(made), 2)
    return size


FILES = {"dense.onnx": dense_onnx, "convolutions.onnx": convolutions_onnx, "dense.tflite": dense_tflite}
if keras_files:
    FILES.update({"dense.h5": dense_keras, "dense.keras": dense_keras})


def apart(work, *given):
    """The result of a call in a process of its own: what a process had at its largest counts for the programs that it starts, too."""
    with concurrent.futures.ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        return pool.submit(work, *given).result()


def measured(*command):
    """Exit code, errors, largest resident set in bytes, seconds, and seconds of processor time."""
    began = time.monotonic()
    with tempfile.TemporaryFile() as errors:
        started = subprocess.Popen(list(map(str, command)), stdout=subprocess.DEVNULL, stderr=errors)
        _, status, used = os.wait4(started.pid, 0)
        started.returncode = os.waitstatus_to_exitcode(status)
        errors.seek(0)
        return started.returncode, errors.read().decode(), used.ru_maxrss * 1024, time.monotonic() - began, used.ru_utime + used.ru_stime


def loaded(path):
    """Seconds of onnx.load, and seconds of processor time."""
    began, used = time.monotonic(), time.process_time()
    onnx.load(path)
    return time.monotonic() - began, time.process_time() - used


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--program", required=True, type=pathlib.Path, help="the program `archetype`")
    options.add_argument("--figures", action="store_true", help="print memory and times")
    given = options.parse_args()
    checks = Checks()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for file, write in FILES.items():
            path = folder / file
            layers, width = 25, 1024
            if file == "convolutions.onnx":
                layers, width = 12, 512
            size = apart(write, path, layers, width)
            code, errors, memory, seconds, processor = measured(given.program, "import", path, "-o", folder / "out", "--name", "net", "--brief")
            checks.holds(code == 0, f"{file}: {errors[:2000]}")
            checks.holds(memory <= MOST * size, f"{file}: at most {MOST} times its tensors of {size / 1e6:.0f} MB, found {memory / 1e6:.0f} MB")
            if given.figures:
                text = f"{file}: {size / 1e6:.0f} MB of tensors, memory {memory / size:.2f} times, {seconds:.2f} s, {processor:.2f} s of processor time"
                if path.suffix == ".onnx":
                    text += "; onnx.load {:.2f} s, {:.2f} s".format(*apart(loaded, str(path)))
                print(text, flush=True)
            path.unlink()
    checks.finish("imports within their memory")


if __name__ == "__main__":
    main()
