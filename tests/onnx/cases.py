# SPDX-License-Identifier: BSL-1.0
"""One of ONNX's operator tests: its node, attributes and tensors, and how layers are written."""
import os
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tools"))
import harness

DATA = pathlib.Path("/usr/share/libonnx-testdata/data")
SYSTEM_PYTHON = "/usr/bin/python3"  # the one that Debian's packages are for
try:
    import numpy as np
    import onnx
    from onnx import numpy_helper
except ImportError:
    if os.path.exists(SYSTEM_PYTHON) and os.environ.get("ARCHETYPE_REPLAY") is None:
        os.execve(SYSTEM_PYTHON, [SYSTEM_PYTHON, *sys.argv], {**os.environ, "ARCHETYPE_REPLAY": "1"})
    print("skipped: python3-onnx is not installed")
    sys.exit(harness.SKIPPED)

X = "e::activations::input"


class DoesNotApply(Exception):
    pass


class Case:
    """The node, its attributes and its tensors; `parameters` and `further` are filled in by the operator."""

    def __init__(self, model, folder):
        graph = model.graph
        self.node = graph.node[0]
        self.opset = next((s.version for s in model.opset_import if s.domain in ("", "ai.onnx")), 1)
        self.attributes = {a.name: onnx.helper.get_attribute_value(a) for a in self.node.attribute}
        known = {t.name: numpy_helper.to_array(t) for t in graph.initializer}
        data = folder / "test_data_set_0"
        given = [i.name for i in graph.input]
        files = len(list(data.glob("input_*.pb")))
        fed = given if files == len(given) else [name for name in given if name not in known]
        for index, name in enumerate(fed):
            known[name] = self.read(data / f"input_{index}.pb")
        self.inputs = [known.get(name) if name else None for name in self.node.input]
        self.expected = self.read(data / "output_0.pb")
        self.result = next(i for i, name in enumerate(self.node.output) if name)  # what `expected` is
        self.parameters = []
        self.further = []  # (name, array, shape of a sample): inputs besides the first, which is then named "x"

    @staticmethod
    def read(path):
        tensor = onnx.TensorProto()
        tensor.ParseFromString(path.read_bytes())
        try:
            return numpy_helper.to_array(tensor)
        except ValueError as error:
            raise DoesNotApply("a value that is no tensor") from error

    def get(self, name, default=None):
        value = self.attributes.get(name, default)
        return value.decode() if isinstance(value, bytes) else value

    def input(self, index):
        return self.inputs[index] if index < len(self.inputs) else None


def numbers(values):
    return ", ".join(str(int(v)) for v in values)


def decimal(value):
    """A literal of type double; attributes are stored in single precision, so six or seven digits say all."""
    text = f"{float(value):.7g}"
    return text if "." in text or "e" in text else text + ".0"


def sizes(values):
    """Arguments of an option: one number if all are the same."""
    return numbers(values if len(set(values)) > 1 else values[:1])


def last(array):
    """Channels last: [N, C, ...] to [N, ..., C]."""
    return np.moveaxis(array, 1, -1) if array.ndim > 2 else array


def layer(name, arguments, options):
    return f"at::{name}<{', '.join([*arguments, *options])}>"


def extent(kernel):
    kind = "volume" if len(kernel) == 3 else "extent"
    return str(kernel[0]) if len(set(kernel)) == 1 else f"at::{kind}{{{numbers(kernel)}}}"


def one_sample(case):
    """The whole tensor as one sample: the tests of these operators have no batch."""
    shape = case.inputs[0].shape
    if not 1 <= len(shape) <= 3:
        raise DoesNotApply(f"{len(shape)} axes")
    return shape


def in_a_row(parts):
    return parts[0] if len(parts) == 1 else f"at::sequence<{', '.join(parts)}>"


def listed(values):
    return None if values is None else [int(v) for v in np.asarray(values).reshape(-1)]


def pointwise(formula):
    def make(case):
        size = case.inputs[0].size
        return (size,), formula(case)
    return make


def literal(value):
    return f"e::literal<{decimal(value)}>{{}}"


def activation(expression):
    return f"at::activation<({expression})>"
