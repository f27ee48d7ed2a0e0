#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Replays ONNX's own operator tests (Debian: libonnx-testdata, read with python3-onnx) against the layers: every case becomes
a network of one layer, a C++ type with the case's attributes. The list of cases that apply, and of those that do not and
why, is docs/reference/onnx_node_tests.md.

    replay.py                  runs all cases, prints the list, compares it with the page
    replay.py --write          writes the page
    replay.py --only Conv      the cases of one operator
"""
import collections
import pathlib
import re
import struct
import sys
import tarfile
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tools"))
import page_lines
import parts
from cases import (DATA, DoesNotApply, Case, X, activation, decimal, extent, harness, in_a_row, last, layer, listed, literal, np, numbers,
                   one_sample, onnx, pointwise, sizes)

NEWER = pathlib.Path(__file__).parent / "cases_1_22" / "cases.tar.xz"  # its README says where they are from
PAGE = harness.ROOT / "docs" / "reference" / "onnx_node_tests.md"
SUITES = ("node", "pytorch-converted", "pytorch-operator", "simple")
TOLERANCE = 1e-5
CASES_PER_SOURCE = 8


def images(case, axes=(1, 2)):
    """The shape of one sample, channels last; refuses what has another number of spatial axes."""
    count = case.inputs[0].ndim - 2
    if count not in axes:
        raise DoesNotApply(f"{count} spatial axes")
    case.inputs[0], case.expected = last(case.inputs[0]), last(case.expected)
    return case.inputs[0].shape[1:], count


def window(case, kernel, image, pooling=False):
    """Options for strides, pads, dilations and auto_pad."""
    count = len(kernel)
    strides, dilations = case.get("strides", [1] * count), case.get("dilations", [1] * count)
    pads, auto = case.get("pads", [0] * 2 * count), case.get("auto_pad", "NOTSET")
    options = []
    if pooling or any(s != 1 for s in strides):
        options.append(f"at::stride<{sizes(strides)}>")
    if any(d != 1 for d in dilations):
        options.append(f"at::dilation<{sizes(dilations)}>")
    if auto == "SAME_UPPER":
        options.append("at::same")
    elif auto == "SAME_LOWER" and not case.get("count_include_pad", 0):
        options.append("at::same_lower")
    elif auto == "SAME_LOWER":  # an explicit padding counts
        pads = [0] * 2 * count
        for axis, (size, k, s, d) in enumerate(zip(image, kernel, strides, dilations)):
            total = max((-(-size // s) - 1) * s + d * (k - 1) + 1 - size, 0)
            pads[axis], pads[count + axis] = total - total // 2, total // 2
    if any(pads) and (auto == "NOTSET" or (auto == "SAME_LOWER" and "at::same_lower" not in options)):
        options.append(f"at::padding<{sizes([pads[axis + end] for axis in range(count) for end in (0, count)])}>")
    return options


def convolution(case):
    shape, count = images(case, (1, 2, 3))
    weights, bias = case.inputs[1], case.input(2)
    kernel, groups, channels = weights.shape[2:], case.get("group", 1), shape[-1]
    options = window(case, kernel, shape[:-1])
    if bias is None:
        options.append("at::no_bias")
    # [filter][channel][row][column] to [row][column][channel][filter]
    case.parameters = [np.moveaxis(weights, (1, 0), (-2, -1))] + ([] if bias is None else [bias])
    size = extent(kernel)
    if groups == channels and groups > 1 and count < 3:
        multiplier = weights.shape[0] // channels
        if multiplier > 1:
            options.append(f"at::depth_multiplier<{multiplier}>")
        return shape, layer(f"depthwise_conv{count}d", [size], options)
    if groups > 1:
        options.append(f"at::groups<{groups}>")
    return shape, layer(f"conv{count}d", [str(weights.shape[0]), size], options)


def transposed_convolution(case):
    shape, count = images(case)
    weights, bias = case.inputs[1], case.input(2)
    groups = case.get("group", 1)
    kernel = list(weights.shape[2:])
    strides, dilations = list(case.get("strides", [1] * count)), list(case.get("dilations", [1] * count))
    pads, more = list(case.get("pads", [0] * 2 * count)), list(case.get("output_padding", [0] * count))
    auto = case.get("auto_pad", "NOTSET")
    same = {"SAME_UPPER": "at::same", "SAME_LOWER": "at::same_lower"}.get(auto)
    if case.get("output_shape") is not None:
        for axis, wanted in enumerate(list(case.get("output_shape"))[-count:]):
            total = strides[axis] * (shape[axis] - 1) + more[axis] + dilations[axis] * (kernel[axis] - 1) + 1 - wanted
            if total < 0:
                more[axis], total = more[axis] - total, 0
            pads[axis], pads[count + axis] = (total // 2, total - total // 2) if same == "at::same" else (total - total // 2, total // 2)
        same = None
    options = []
    for name, values in (("stride", strides), ("dilation", dilations)):
        if any(v != 1 for v in values):
            options.append(f"at::{name}<{sizes(values)}>")
    if same:
        options.append(same)
    elif any(pads):
        ordered = pads if count == 1 else [pads[0], pads[2], pads[1], pads[3]]
        options.append(f"at::padding<{sizes(ordered)}>")
    if any(more):
        options.append(f"at::output_padding<{sizes(more)}>")
    if groups != 1:
        options.append(f"at::groups<{groups}>")
    if bias is None:
        options.append("at::no_bias")
    # [channel][filter][row][column] to [row][column][filter][channel]
    case.parameters = [np.moveaxis(weights, (1, 0), (-2, -1))] + ([] if bias is None else [bias])
    filters = str(weights.shape[1] * groups)
    return shape, layer(f"conv{count}d_transpose", [filters, extent(kernel) if count == 2 else str(kernel[0])], options)


def pooling(kind):
    def make(case):
        shape, count = images(case, (1, 2, 3))
        kernel = case.get("kernel_shape")
        options = window(case, kernel, shape[:-1], pooling=True)
        if case.get("ceil_mode", 0):
            options.append("at::ceil_mode")
        if kind == "avg" and any("padding" in option for option in options) and not case.get("count_include_pad", 0):
            options.append("at::exclude_padding")
        return shape, layer(f"{kind}_pool{count}d", [extent(kernel)], options)
    return make


def global_pooling(kind):
    def make(case):
        shape, count = images(case, (1, 2, 3))
        return shape, f"at::global_{kind}_pool{count}d"
    return make


def batch_normalization(case):
    if case.get("training_mode", 0):
        raise DoesNotApply("training mode: its result and moving statistics are tested with PyTorch")
    case.inputs[0], case.expected = last(case.inputs[0]), last(case.expected)
    shape = case.inputs[0].shape[1:]
    case.parameters = case.inputs[1:5]
    epsilon = f"at::epsilon<{decimal(case.get('epsilon', 1e-5))}>"
    return (int(np.prod(shape[:-1])), shape[-1]) if len(shape) > 1 else shape, f"at::batch_norm<{epsilon}>"


def layer_normalization(case):
    axis, shape = case.get("axis", -1), case.inputs[0].shape
    features = int(np.prod(shape[axis % len(shape):]))
    bias = case.input(2)
    case.parameters = [case.inputs[1], np.zeros(features, np.float32) if bias is None else bias]
    return (features,), f"at::layer_norm<at::epsilon<{decimal(case.get('epsilon', 1e-5))}>>"


def response_normalization(case):
    shape, _ = images(case)
    size = case.get("size")
    if size % 2 == 0:
        raise DoesNotApply("an even size leans to the other side than PyTorch's")
    k = [case.get("alpha", 1e-4), case.get("beta", 0.75), case.get("bias", 1.0)]
    return shape, f"at::local_response_norm<{size}, {', '.join(f'{decimal(v)}' for v in k)}>"


def instance_normalization(case):
    shape, _ = images(case)
    case.parameters = case.inputs[1:3]
    return shape, f"at::instance_norm<at::epsilon<{decimal(case.get('epsilon', 1e-5))}>>"


def slopes(case):
    x, slope = case.inputs[0], case.inputs[1]
    case.parameters = [slope.reshape(-1)]
    if slope.size == 1:
        return x.shape[1:], "at::prelu<at::one_slope>"
    if slope.shape == x.shape:  # of the batch, too: one sample
        case.inputs[0], case.expected = x[None], case.expected[None]
        return x.shape, "at::prelu<at::slope_per_element>"
    if slope.shape == x.shape[-1:] and case.opset >= 7:
        return x.shape[1:], "at::prelu<>"
    if slope.size != x.shape[1] or slope.shape[0] not in (1, x.shape[1]):
        raise DoesNotApply("slopes of some axes")
    return images(case, (1, 2, 3))[0], "at::prelu<>"


def shuffle(case):
    shape, _ = images(case, axes=(2,))
    if case.node.op_type == "SpaceToDepth":
        return shape, f"at::space_to_depth<{case.get('blocksize')}>"
    kind = "depth_to_space" if case.get("mode", "DCR") == "DCR" else "pixel_shuffle"
    return shape, f"at::{kind}<{case.get('blocksize')}>"


def softmax(case):
    name = "at::softmax" if case.node.op_type == "Softmax" else "at::log_softmax"
    shape = case.inputs[0].shape
    axis = case.get("axis", -1 if case.opset >= 13 else 1) % len(shape)
    if case.opset >= 13:
        case.inputs[0], case.expected = (np.moveaxis(a, axis, -1) for a in (case.inputs[0], case.expected))
        return (shape[axis],), name
    return (int(np.prod(shape[axis:])),), name


def flatten(case):
    shape = case.inputs[0].shape
    if case.get("axis", 1) % len(shape) != 1:
        return parts.reshaping(case)
    return shape[1:], "at::flatten"


def dense(case):
    a, b, c = case.inputs[0], case.inputs[1], case.input(2)
    if case.node.op_type == "MatMul" and (a.ndim != 2 or b.ndim != 2):
        raise DoesNotApply("a stack of matrices")
    units = case.expected.shape[-1]
    if case.get("transA", 0):
        case.inputs[0] = a = a.T
    if case.get("transB", 0):
        b = b.T
    case.parameters = [b * case.get("alpha", 1.0)]
    if c is None:
        return a.shape[1:], layer("dense", [str(units)], ["at::no_bias"])
    case.parameters.append(c * case.get("beta", 1.0))
    if c.ndim == 2 and c.shape[0] != 1:  # for each row: all rows are one sample
        return a.shape, in_a_row([layer("dense", [str(units)], ["at::last_axis", "at::no_bias"]), parts.constants("add", c.shape)])
    case.parameters[1] = np.broadcast_to(case.parameters[1].reshape(-1), (units,))
    return a.shape[1:], layer("dense", [str(units)], [])


def padding(case):
    pads = case.get("pads")
    pads = [int(p) for p in (case.input(1) if pads is None else pads)]
    value = case.input(2) if case.input(2) is not None else case.get("value", 0.0)
    mode, value = case.get("mode", "constant"), float(np.asarray(value).reshape(-1)[0])
    rank = case.inputs[0].ndim
    if rank != 4 or pads[0] or pads[1] or pads[rank] or pads[rank + 1]:
        raise DoesNotApply("pads samples or channels")
    shape, _ = images(case)
    sides = [pads[2], pads[6], pads[3], pads[7]]
    if mode != "constant" or value != 0:
        if min(sides) < 0:
            raise DoesNotApply("pads and crops")
        name = {"reflect": "reflection", "edge": "replication", "wrap": "circular", "constant": "constant"}[mode]
        return shape, f"at::{name}_pad2d<{decimal(value) + ', ' if mode == 'constant' else ''}{sizes(sides)}>"
    if min(sides) >= 0:
        return shape, f"at::zero_padding2d<{sizes(sides)}>"
    if max(sides) <= 0:
        return shape, f"at::cropping2d<{sizes([-s for s in sides])}>"
    raise DoesNotApply("pads and crops")


def resizing(case):
    shape, _ = images(case, axes=(2,))
    try:
        return enlarging(case, shape)
    except DoesNotApply:
        if case.node.op_type != "Resize" or case.opset < 11:
            raise
    mode, how = case.get("mode", "nearest"), case.get("coordinate_transformation_mode", "half_pixel")
    nearest = case.get("nearest_mode", "round_prefer_floor")
    if how == "tf_half_pixel_for_nn" and mode == "nearest" and nearest == "round_prefer_floor":
        how, nearest = "half_pixel", "ceil"  # half a cell on, rounded down: the cell behind
    if how not in ("half_pixel", "pytorch_half_pixel", "align_corners", "asymmetric"):
        raise DoesNotApply(f"coordinates are {how}")
    options = [f"at::coordinates<at::coordinate_rule::{how}>",
               f"at::nearest<at::nearest_rule::{nearest}>" if mode == "nearest" else cubic(case) if mode == "cubic" else "at::bilinear"]
    size, given = case.expected.shape[1:3], case.input(2)
    if given is None or given.size == 0 or all(s == o / i for s, o, i in zip(given[2:], size, shape)):
        return shape, layer("resize2d", [extent(size)], options)
    if how == "align_corners":
        raise DoesNotApply("its last corner lies between two results")
    return shape, layer("rescale2d", [decimal(s) for s in given[2:]], options)


def cubic(case):
    edge = ", at::beyond_edge::left_out" if case.get("exclude_outside", 0) else ""
    return f"at::bicubic<{decimal(case.get('cubic_coeff_a', -0.75))}{edge}>"


def enlarging(case, shape):
    scales = [case.expected.shape[1 + axis] / shape[axis] for axis in (0, 1)]
    mode, how = case.get("mode", "nearest"), case.get("coordinate_transformation_mode", "half_pixel")
    given = case.input(2) if case.node.op_type == "Resize" else None
    exact = given is None or given.size == 0 or list(given[2:]) == scales
    if any(scale != int(scale) for scale in scales) or not exact:
        raise DoesNotApply("the factor is not a whole number")
    if mode == "cubic":
        raise DoesNotApply("more cells than repeating and bilinear interpolation read")
    if how not in (["half_pixel", "asymmetric"] if mode == "nearest" else ["half_pixel"]):
        raise DoesNotApply(f"coordinates are {how}")
    if mode == "nearest" and (how, case.get("nearest_mode", "round_prefer_floor")) not in (
            ("half_pixel", "round_prefer_floor"), ("half_pixel", "round_prefer_ceil"), ("asymmetric", "floor")):
        if case.node.op_type == "Resize":
            raise DoesNotApply(f"nearest is {case.get('nearest_mode')} of {how} coordinates")
    return shape, layer("upsampling2d", [extent([int(s) for s in scales])], [] if mode == "nearest" else ["at::bilinear"])


def dropout(case):
    rate = 0.5 if case.input(1) is None else float(case.input(1))
    if case.input(2) is not None and bool(case.input(2)) and rate != 0:
        raise DoesNotApply("training mode: random")
    return pointwise(lambda c: f"at::dropout<{decimal(rate)}>")(case)


def transposition(case):
    shape = one_sample(case)
    order = case.get("perm", list(range(len(shape)))[::-1])
    return shape, f"at::permute<{numbers(a + 1 for a in order)}>"


def slices(case):
    shape = one_sample(case)
    given = [listed(case.get(name) if case.get(name) is not None else case.input(i + 1))
             for i, name in enumerate(("starts", "ends", "axes", "steps"))]
    starts, ends, axes, steps = given
    axes = list(range(len(starts))) if axes is None else axes
    parts = []
    for start, end, axis, step in zip(starts, ends, axes, steps or [1] * len(starts)):
        axis %= len(shape)
        cells = range(shape[axis])[slice(start, end, step)]
        if not cells:
            raise DoesNotApply("nothing is left")
        by = f", {abs(step)}" if abs(step) != 1 else ""
        parts.append(f"at::slice<{axis + 1}, {min(cells)}, {max(cells) + 1}{by}>")
        if step < 0:
            parts.append(f"at::reverse<{axis + 1}>")
    return shape, in_a_row(parts)


def splitting(case):
    """Its first result."""
    shape = one_sample(case)
    axis = case.get("axis", 0) % len(shape)
    sizes_of = listed(case.get("split") if case.get("split") is not None else case.input(1))
    if case.expected.size == 0:
        raise DoesNotApply("nothing is left")
    if sizes_of is None or len(set(sizes_of)) == 1:
        return shape, f"at::chunk<{axis + 1}, 0, {shape[axis] // case.expected.shape[axis]}>"
    return shape, f"at::slice<{axis + 1}, 0, {sizes_of[0]}>"


def joined(name):
    """The other inputs are constants."""
    def make(case):
        shape = one_sample(case)
        case.parameters = case.inputs[1:]
        if any(p.ndim > 3 or p.ndim == 0 for p in case.parameters):
            raise DoesNotApply("more than 3 axes")
        if any(np.abs(a).max() > np.finfo(np.float32).max for a in [case.expected, *case.inputs]):
            raise DoesNotApply("numbers beyond single precision")
        parts = ["at::join_constants<at::" + name + ", at::shape{" + numbers(p.shape) + "}>" for p in case.parameters]
        return shape, in_a_row(parts)
    return make


def clip(case):
    bounds = [case.input(1), case.input(2)] if len(case.inputs) > 1 else [case.get("min"), case.get("max")]
    text = X
    if bounds[0] is not None:
        text = f"e::max({text}, {literal(bounds[0])})"
    if bounds[1] is not None:
        text = f"e::min({text}, {literal(bounds[1])})"
    return activation(text)


def shrinking(case):
    bias, bound = case.get("bias", 0.0), literal(case.get("lambd", 0.5))
    if bias == 0:
        return f"at::hard_shrink<{decimal(case.get('lambd', 0.5))}>"
    if bias == case.get("lambd", 0.5):
        return f"at::soft_shrink<{decimal(bias)}>"
    return activation(f"e::where({X} > {bound}, {X} - {literal(bias)}, e::where({X} < -{bound}, {X} + {literal(bias)}, {literal(0)}))")


def power(case):
    exponents = np.unique(case.inputs[1])
    if exponents.size != 1:
        raise DoesNotApply("an exponent for each element")
    one = float(exponents[0])
    return activation(f"e::pow<{int(one)}>({X})" if one == int(one) else f"e::pow({X}, {literal(one)})")


OPERATORS = {
    "Conv": convolution, "ConvTranspose": transposed_convolution,
    "MaxPool": pooling("max"), "AveragePool": pooling("avg"),
    "GlobalMaxPool": global_pooling("max"), "GlobalAveragePool": global_pooling("avg"),
    "BatchNormalization": batch_normalization, "LayerNormalization": layer_normalization, "LRN": response_normalization,
    "Softmax": softmax, "LogSoftmax": softmax, "InstanceNormalization": instance_normalization, "PRelu": slopes,
    "DepthToSpace": shuffle, "SpaceToDepth": shuffle, "Flatten": flatten, "Gemm": dense, "MatMul": dense, "Pad": padding,
    "Upsample": resizing, "Resize": resizing, "Dropout": dropout,
    "Transpose": transposition, "Slice": slices, "Split": splitting,
    "Add": joined("add"), "Sub": joined("subtract"), "Mul": joined("multiply"), "Div": joined("divide"),
    "Min": joined("minimum"), "Max": joined("maximum"),
    "Relu": pointwise(lambda c: "at::relu"),
    "Sigmoid": pointwise(lambda c: "at::sigmoid"),
    "Tanh": pointwise(lambda c: "at::tanh"),
    "LeakyRelu": pointwise(lambda c: f"at::leaky_relu<{decimal(c.get('alpha', 0.01))}>"),
    "Elu": pointwise(lambda c: f"at::elu<{decimal(c.get('alpha', 1.0))}>"),
    "Selu": pointwise(lambda c: activation(
        f"{literal(c.get('gamma', 1.05070098))} * e::elu({X}, {literal(c.get('alpha', 1.67326324))})")),
    "Celu": pointwise(lambda c: activation(
        f"e::max({X}, {literal(0)}) + e::min({literal(c.get('alpha', 1.0))} * e::expm1({X} / {literal(c.get('alpha', 1.0))}), {literal(0)})")),
    "HardSigmoid": pointwise(lambda c: activation(
        f"e::hard_sigmoid({X}, {literal(c.get('alpha', 0.2))}, {literal(c.get('beta', 0.5))})")),
    "HardSwish": pointwise(lambda c: activation(f"{X} * e::activations::hard_sigmoid")),
    "Softplus": pointwise(lambda c: activation("e::activations::softplus")),
    "Softsign": pointwise(lambda c: activation(f"{X} / ({literal(1)} + e::abs({X}))")),
    "ThresholdedRelu": pointwise(lambda c: activation(f"e::where({X} > {literal(c.get('alpha', 1.0))}, {X}, {literal(0)})")),
    "Clip": pointwise(clip),
    "Abs": pointwise(lambda c: activation(f"e::abs({X})")),
    "Exp": pointwise(lambda c: activation(f"e::exp({X})")),
    "Log": pointwise(lambda c: activation(f"e::log({X})")),
    "Sqrt": pointwise(lambda c: activation(f"e::sqrt({X})")),
    "Neg": pointwise(lambda c: activation(f"-{X}")),
    "Reciprocal": pointwise(lambda c: activation(f"{literal(1)} / {X}")),
    "Shrink": pointwise(shrinking), "Pow": pointwise(power),
    "Gelu": pointwise(lambda c: "at::gelu_tanh" if c.get("approximate", "none") == "tanh" else "at::gelu"),
    "Swish": pointwise(lambda c: "at::silu" if c.get("alpha", 1.0) == 1 else activation(f"{X} * e::sigmoid({literal(c.get('alpha'))} * {X})")),
    "Identity": parts.reshaping, "Reshape": parts.reshaping, "Squeeze": parts.reshaping, "Unsqueeze": parts.reshaping,
    "Concat": parts.concatenation, "Sum": parts.merge("add"), "Mean": parts.merge("average"), "Where": parts.choice, "Trilu": parts.triangle,
    "Expand": parts.expansion, "Tile": parts.repetition, "Gather": parts.gathering,
    **{f"Reduce{kind}": parts.reduction for kind in ("Mean", "Max", "Min", "Sum", "L1", "L2", "SumSquare", "LogSum", "LogSumExp")},
    "MeanVarianceNormalization": parts.whole_normalization, "GroupNormalization": parts.group_normalization,
    "RMSNormalization": parts.rms_normalization, "RNN": parts.recurrence, "GRU": parts.recurrence, "LSTM": parts.recurrence,
    "Attention": parts.attention,
    **{kind: pointwise(lambda c, text=text: activation(text)) for kind, text in {
        "Sin": f"e::sin({X})", "Cos": f"e::cos({X})", "Tan": f"e::sin({X}) / e::cos({X})", "Atan": f"e::atan({X})", "Erf": f"e::erf({X})",
        "Asin": f"e::atan({X} / e::sqrt({literal(1)} - {X} * {X}))",
        "Acos": f"{literal(np.pi / 2)} - e::atan({X} / e::sqrt({literal(1)} - {X} * {X}))",
        "Sinh": f"(e::exp({X}) - e::exp(-{X})) / {literal(2)}", "Cosh": f"(e::exp({X}) + e::exp(-{X})) / {literal(2)}",
        "Asinh": f"e::log({X} + e::sqrt({X} * {X} + {literal(1)}))", "Acosh": f"e::log({X} + e::sqrt({X} * {X} - {literal(1)}))",
        "Atanh": f"(e::log1p({X}) - e::log1p(-{X})) / {literal(2)}", "Floor": f"e::floor({X})", "Ceil": f"-e::floor(-{X})",
        "Round": f"e::round({X})",
        "Sign": f"e::where({X} > {literal(0)}, {literal(1)}, e::where({X} < {literal(0)}, {literal(-1)}, {literal(0)}))",
    }.items()},
}
# Why the cases of an operator are no networks of layers. `archetype replay` computes them all by definition.
REASONS = {
    "integers: the program imports them into the 8-bit form": "ConvInteger QLinearConv QLinearMatMul MatMulInteger QuantizeLinear DequantizeLinear "
                                                              "DynamicQuantizeLinear",
    "no layer": "Hardmax MaxUnpool RoiAlign GridSample CumSum Det Einsum ReduceProd Mod TensorScatter ReverseSequence",
    "positions turn queries and keys inside attention only": "RotaryEmbedding",
    "truth values and bits": "And Or Xor Not Equal Greater GreaterOrEqual Less LessOrEqual IsInf IsNaN BitShift",
    "positions of elements, or elements at computed ones": "ArgMax ArgMin TopK Compress GatherElements GatherND NonZero NonMaxSuppression OneHot Scatter "
                                                           "ScatterElements ScatterND Unique",
    "shapes and constants, which an import evaluates": "Shape Size Range Constant ConstantOfShape EyeLike BlackmanWindow HammingWindow HannWindow "
                                                       "MelWeightMatrix",
    "types of numbers": "Cast CastLike",
    "the transform of a signal": "DFT STFT",
    "chance": "Bernoulli",
    "losses and updates, which are in archetype/training": "Adagrad Adam Momentum NegativeLogLikelihoodLoss SoftmaxCrossEntropyLoss",
    "control flow, sequences, values that may be missing": "If Loop Scan SequenceInsert SequenceMap OptionalGetElement OptionalHasElement",
    "texts": "StringNormalizer TfIdfVectorizer",
}
WITHOUT_A_LAYER = {kind: reason for reason, kinds in REASONS.items() for kind in kinds.split()}
# Integers are moved and compared as real numbers are.
TAKES_INTEGERS = {"Pad", "Transpose", "Slice", "Split", "Concat", "Max", "Min", "Add", "Sub", "Mul", "Clip", "MaxPool", "Trilu", "Where", "Reshape",
                  "Squeeze", "Unsqueeze", "Gather", "Identity", "Pow"}


def suites(newer):
    yield from ((f"{suite}/" if suite != "node" else "", DATA / suite) for suite in SUITES)
    yield "1.22/", newer


def with_real_numbers(case, kind):
    """The case in single precision, where that holds all of its numbers."""
    def real(array):
        if array is None or array.dtype in (np.float32, np.float64):
            return array
        if array.dtype == np.float16 or kind in TAKES_INTEGERS and array.dtype.kind in "iu" and np.abs(array.astype(np.float64)).max(initial=0) < 2 ** 24:
            return array.astype(np.float32)
        if array.dtype == bool and (kind, len(case.inputs)) == ("Where", 3):
            return array
        raise DoesNotApply("integers" if array.dtype.kind in "iu" else "not numbers")
    given = case.inputs[0]
    if kind in ("Where", "Gather", "Pow", "Max", "Min", "Add", "Sub", "Mul", "Concat"):
        case.inputs = [real(array) for array in case.inputs]
    else:
        case.inputs[0] = real(given)
    case.tolerance = 1e-3 if case.expected.dtype == np.float16 else TOLERANCE
    case.expected = real(case.expected)
    if given is not None and given.dtype.kind in "iu" and kind in ("Add", "Sub", "Mul"):
        exact = {"Add": np.add, "Sub": np.subtract, "Mul": np.multiply}[kind](*case.inputs)
        if (exact != case.expected).any():
            raise DoesNotApply("integers that begin again at their ends")


def gather(only, newer):
    """name: (shape, layer, case, operator), name: (operator, reason), and how many cases others have."""
    applying, refused, others = {}, {}, collections.Counter()
    for prefix, place in suites(newer):
        for folder in sorted(place.iterdir()):
            if not (folder / "model.onnx").exists():
                continue
            model = onnx.load(str(folder / "model.onnx"))
            kinds = [n.op_type for n in model.graph.node]
            kind = kinds[0] if len(kinds) == 1 else "several operators"
            if only and kind not in only:
                continue
            if kind not in OPERATORS:
                others[kind] += 1
                continue
            name = prefix + folder.name[len("test_"):]
            try:
                case = Case(model, folder)
                with_real_numbers(case, kind)
                shape, text = OPERATORS[kind](case)
                applying[name] = (shape, text, case, kind)
            except DoesNotApply as why:
                refused[name] = (kind, str(why))
    return applying, refused, others


def file_name(case):
    return case.replace("/", ".") + ".numbers"


def write_numbers(path, case):
    with open(path, "wb") as file:
        for array in [case.inputs[0], *(array for _, array, _ in case.further), *case.parameters, case.expected]:
            values = np.ascontiguousarray(array, dtype=np.float32).reshape(-1)
            file.write(struct.pack("<Q", values.size) + values.tobytes())


def network_of(shape, text, case):
    if not case.further:
        return f"at::network<at::input<{numbers(shape)}>, {text}>"
    inputs = [("x", None, shape), *case.further]
    named = ", ".join(f'at::named<"{name}", at::input<{numbers(extents)}>>' for name, _, extents in inputs)
    return f'at::network<{named}, at::from<"x">, {text}>'


def compile_and_run(compiler, folder, names, applying):
    """One program of some cases: its lines, or what went wrong."""
    source = folder / f"{file_name(names[0])}.cpp"
    calls = "\n".join(f'    replay::run<{network_of(*applying[n][:3])}>("{file_name(n)}", folder[1]);' for n in names)
    source.write_text("#include <archetype/architecture.hpp>\n#include \"replay.hpp\"\n"
                      "namespace at = archetype;\nnamespace e = archetype::expression;\n"
                      f"int main(int, char** folder) {{\n{calls}\n}}\n")
    program = source.with_suffix(".program")
    code, output = harness.run([compiler, "-std=c++20", "-O1", *harness.native(compiler), *harness.WARNINGS, f"-I{harness.INCLUDE}",
                                f"-I{pathlib.Path(__file__).parent}", str(source), "-o", str(program)])
    return output if code != 0 else harness.run([str(program), str(folder)])[1]


def short(text):
    text = re.sub(r"\be::", "", text.replace("at::", "").replace(X, "x"))
    return re.sub(r"literal<([^>]*)>\{\}", lambda m: f"{float(m[1]):.6g}", text)


def page(applying, refused, others):
    counts = f"{len(applying)} cases apply and pass, {len(refused)} of operators that are layers do not apply, {sum(others.values())} are of other operators."
    lines = ["# ONNX's own operator tests",
             f"Written by `tests/onnx/replay.py --write`, which replays the operator tests of ONNX {onnx.__version__} (Debian: `libonnx-testdata`, read with",
             "`python3-onnx`) and newer ones of ONNX 1.22 (`tests/onnx/cases_1_22`) against the layers: each case is a network of one layer or few, a type",
             "with the case's attributes. The reader moves channels last and transposes weights; what the batch is part of is one sample. Results agree",
             f"within {TOLERANCE:g}, relative where they are above 1 (half precision: 1e-3). `ctest -R ONNX` runs all and compares this page. The program",
             "`archetype replay` computes the cases by definition ([import](import.md)).", "", counts, "",
             "## Cases that apply", "| case | input | layer |", "| --- | --- | --- |"]
    lines += [f"| `{name}` | {numbers(shape)} | `{short(text)}` |" for name, (shape, text, *_) in applying.items()]
    lines += ["", "Where an operator has more than one result, the first is compared.", "",
              "## Cases of layers that do not apply", "| case | operator | why |", "| --- | --- | --- |"]
    lines += [f"| `{name}` | {kind} | {why} |" for name, (kind, why) in refused.items()]
    lines += ["", "## Other operators", "| why | operators, and how many cases |", "| --- | --- |"]
    for reason in REASONS:
        kinds = ", ".join(f"{kind} {others[kind]}" for kind in sorted(others) if WITHOUT_A_LAYER.get(kind) == reason)
        if kinds:
            lines.append(f"| {reason} | {kinds} |")
    lines.append(f"| functions of ONNX written as the operators they consist of, and exported networks | {others['several operators']} cases of several operators |")
    return page_lines.wrapped("\n".join(lines) + "\n")


def main():
    options = harness.parser(__doc__)
    options.add_argument("--write", action="store_true", help="write the page")
    options.add_argument("--only", nargs="+", help="operators")
    harness.add_turns(options)
    arguments = options.parse_args()
    if not DATA.is_dir():
        print("skipped: libonnx-testdata is not installed")
        sys.exit(harness.SKIPPED)
    failures, total = 0, 0
    with tempfile.TemporaryDirectory() as place:
        folder = pathlib.Path(place)
        with tarfile.open(NEWER) as archive:
            archive.extractall(folder / "newer")
        applying, refused, others = gather(arguments.only, folder / "newer")
        unknown = set(others) - set(WITHOUT_A_LAYER) - {"several operators"}
        if unknown:
            print("FAILED no reason is given for " + ", ".join(sorted(unknown)))
            failures, total = failures + 1, total + 1
        for name, (_, _, case, _) in applying.items():
            write_numbers(folder / file_name(name), case)
        names = sorted(applying, key=lambda name: applying[name][3])  # alike cases share kernels
        groups = [names[i:i + CASES_PER_SOURCE] for i in range(0, len(names), CASES_PER_SOURCE)]
        groups = harness.in_parts(groups, arguments.turns, 3)
        compiler = arguments.compilers[0]
        for (group,), output in harness.run_all(lambda g: compile_and_run(compiler, folder, g, applying), [(g,) for g in groups],
                                                arguments.jobs):
            found = {line.split()[0]: line.split() for line in output.splitlines() if line.split()}
            for name in group:
                total += 1
                line = found.get(file_name(name), [])
                passed = len(line) == 2 and float(line[1]) <= applying[name][2].tolerance
                failures += not passed
                print(f"{'passed' if passed else 'FAILED'} {name}: {short(applying[name][1])}, off by {' '.join(line[1:]) or '?'}")
            if any(file_name(name) not in found for name in group):
                print("       | " + "\n       | ".join(output.splitlines()[:12]))
    for name, (kind, why) in refused.items():
        print(f"does not apply {name} ({kind}): {why}")
    if not arguments.only:
        text = page(applying, refused, others)
        if arguments.write:
            PAGE.write_text(text)
        elif not PAGE.exists() or PAGE.read_text() != text:
            print(f"FAILED {PAGE.relative_to(harness.ROOT)} is not what this command writes: run it with --write")
            failures, total = failures + 1, total + 1
    harness.finish(failures, total, "cases")


if __name__ == "__main__":
    main()
