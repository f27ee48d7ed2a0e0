# SPDX-License-Identifier: BSL-1.0
"""What the tests of the program `archetype` share: Debian's python3-onnx, the program, and running it."""
import argparse
import json
import os
import pathlib
import shutil
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tools"))
import harness

SYSTEM_PYTHON = "/usr/bin/python3"  # the one that Debian's packages are for
CASES = pathlib.Path("/usr/share/libonnx-testdata/data")
NEWER_CASES = pathlib.Path(__file__).resolve().parents[1] / "onnx" / "cases_1_22" / "cases.tar.xz"
try:
    import numpy as np
    import onnx
    from onnx import TensorProto, helper, numpy_helper
except ImportError:
    if os.path.exists(SYSTEM_PYTHON) and os.environ.get("ARCHETYPE_PROGRAM") is None:
        os.execve(SYSTEM_PYTHON, [SYSTEM_PYTHON, *sys.argv], {**os.environ, "ARCHETYPE_PROGRAM": "1"})
    print("skipped: python3-onnx is not installed")
    sys.exit(harness.SKIPPED)


def program():
    """The program given on the command line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", required=True, type=pathlib.Path, help="the program `archetype`")
    return parser.parse_args().program


def run(*command, memory=None):
    """Exit code, output, errors."""
    limit = [] if memory is None else ["prlimit", f"--as={memory}"]
    done = subprocess.run([*limit, *map(str, command)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=60)
    return done.returncode, done.stdout, done.stderr


def network(nodes, inputs, outputs, constants=(), opset=17, functions=(), other=()):
    """A model; inputs and outputs are (name, type, shape), constants name: array."""
    info = [[helper.make_tensor_value_info(*one) for one in list_] for list_ in (inputs, outputs)]
    graph = helper.make_graph(list(nodes), "network", *info, [numpy_helper.from_array(np.asarray(a), n) for n, a in dict(constants).items()])
    sets = [helper.make_opsetid("", opset), *(helper.make_opsetid(*one) for one in other)]
    return helper.make_model(graph, opset_imports=sets, functions=list(functions), ir_version=8)


def channels_first(array):
    return np.ascontiguousarray(np.moveaxis(array, -1, 1)) if array.ndim > 2 else array


def by_onnx_runtime(script, asked):
    """Answers of ONNX Runtime, a JSON line each, to what `script` is asked; None where it is not at hand (npm's onnxruntime-node, in
    the folder that NODE_PATH names)."""
    if not shutil.which("node"):
        return None
    if subprocess.run(["node", "-e", "require('onnxruntime-node')"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode != 0:
        print("without ONNX Runtime: npm's onnxruntime-node is not in NODE_PATH")
        return None
    done = subprocess.run(["node", "-e", script], input=json.dumps(asked), stdout=subprocess.PIPE, text=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


class Checks:
    """Counts what holds."""

    def __init__(self):
        self.failures, self.total = 0, 0

    def holds(self, good, what):
        self.total += 1
        if not good:
            self.failures += 1
            print(f"FAILED {what}", flush=True)

    def finish(self, what):
        harness.finish(self.failures, self.total, what)
