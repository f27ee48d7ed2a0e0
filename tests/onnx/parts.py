# SPDX-License-Identifier: BSL-1.0
"""Operators that become several layers, or layers with several inputs: joins, reductions, recurrent layers, attention."""
from cases import DoesNotApply, X, activation, decimal, in_a_row, layer, listed, literal, np, numbers, one_sample


def shape_of(array):
    """An array as one sample."""
    if array.ndim > 4:
        raise DoesNotApply(f"{array.ndim} axes")
    if array.size == 0:
        raise DoesNotApply("nothing is in it")
    return array.shape or (1,)


# Joins of what comes in at several inputs

def names_of_others(case):
    case.further = [(f"x{i}", array, shape_of(array)) for i, array in enumerate(case.inputs[1:], 2)]
    return ", ".join(f'"{name}"' for name, _, _ in case.further)


def concatenation(case):
    shape, others = shape_of(case.inputs[0]), names_of_others(case)
    axis = case.get("axis", 1) % len(shape) + 1
    if not others:
        return shape, "at::sequence<>"
    return shape, f"at::merge<at::concatenate_along<{axis}>, {others}>"


def merge(name):
    def make(case):
        shape, others = shape_of(case.inputs[0]), names_of_others(case)
        return shape, f"at::merge<at::{name}, {others}>" if others else "at::sequence<>"
    return make


def choice(case):
    """With a constant condition c: c x + (1 - c) y."""
    condition, x, y = case.inputs
    shape = shape_of(case.expected)
    chosen = np.broadcast_to(condition, shape)
    case.inputs[0] = np.broadcast_to(x, shape)
    case.parameters = [chosen.astype(np.float32), np.where(chosen, 0, np.broadcast_to(y, shape))]
    return shape, in_a_row([constants("multiply", shape), constants("add", shape)])


def constants(join, shape):
    return f"at::join_constants<at::{join}, at::shape{{{numbers(shape)}}}>"


def triangle(case):
    x, k = case.inputs[0], 0 if case.input(1) is None else int(case.input(1))
    case.parameters = [(np.triu if case.get("upper", 1) else np.tril)(np.ones(x.shape[-2:]), k)]
    return shape_of(x), constants("multiply", x.shape[-2:])


def expansion(case):
    case.parameters = [np.ones(case.expected.shape)]
    return shape_of(case.inputs[0]), constants("multiply", shape_of(case.expected))


def repetition(case):
    parts, shape = [], shape_of(case.inputs[0])
    for axis, times in enumerate(listed(case.input(1))):
        if times > 1:
            parts.append(f"at::branches<at::concatenate_along<{axis + 1}>, {', '.join(['at::identity'] * times)}>")
    if len(shape) == 4:
        raise DoesNotApply("tiles of an array of four axes")
    return shape, in_a_row(parts)


def reshaping(case):
    return shape_of(case.inputs[0]), f"at::reshape<{numbers(shape_of(case.expected))}>"


def gathering(case):
    """Rows of a table by their numbers, or slices one after the other."""
    data, indices = case.inputs[0], case.inputs[1]
    axis = case.get("axis", 0) % data.ndim
    indices = indices % data.shape[axis]
    if axis == 0 and indices.ndim <= 2:
        case.inputs[0], case.parameters = indices.reshape(1, -1), [data.reshape(data.shape[0], -1)]
        return (indices.size,), f"at::embedding<{data.shape[0]}, {data[0].size}>"
    shape = shape_of(data)
    if len(shape) == 4:
        raise DoesNotApply("slices of an array of four axes")
    parts = [f"at::slice<{axis + 1}, {int(i)}, {int(i) + 1}>" for i in indices.reshape(-1)]
    return shape, f"at::branches<at::concatenate_along<{axis + 1}>, {', '.join(parts)}>"


# Reductions

def times(n):
    return f"{literal(n)} * {X}"


# What stands before the mean of n numbers, and behind it.
OF_MEANS = {
    "ReduceMean": ("", lambda n: ""), "ReduceSum": ("", times), "ReduceL1": (f"e::abs({X})", times),
    "ReduceL2": (f"e::square({X})", lambda n: f"e::sqrt({times(n)})"), "ReduceSumSquare": (f"e::square({X})", times),
    "ReduceLogSum": ("", lambda n: f"e::log({times(n)})"),
    "ReduceLogSumExp": (f"e::exp({X})", lambda n: f"e::log({times(n)})"),
}


def reduction(case):
    x, kind = case.inputs[0], case.node.op_type
    axes = listed(case.get("axes") if case.get("axes") is not None else case.input(1))
    if not axes and case.get("noop_with_empty_axes", 0):
        return shape_of(x), "at::sequence<>"
    axes = sorted({axis % x.ndim for axis in axes or range(x.ndim)}, reverse=True)
    count = int(np.prod([x.shape[axis] for axis in axes]))
    if axes[-1] > 0:  # the batch stays
        return x.shape[1:], reduced(kind, [axis - 1 for axis in axes], count)
    if x.ndim > 3:
        raise DoesNotApply("the batch is reduced, of four axes")
    return shape_of(x), reduced(kind, axes, count)


def reduced(kind, axes, count):
    """Reductions of the axes of a sample, the last one first."""
    if kind in OF_MEANS:
        before, behind = OF_MEANS[kind][0], OF_MEANS[kind][1](count)
        steps = [f"at::reduce_mean<{axis + 1}>" for axis in axes]
    else:
        before = behind = f"-{X}" if kind == "ReduceMin" else ""
        steps = [f"at::reduce_max<{axis + 1}>" for axis in axes]
    return in_a_row([*([activation(before)] if before else []), *steps, *([activation(behind)] if behind else [])])


def whole_normalization(case):
    """Over all but the channels, which are axis 1: one image of all samples below one another."""
    if case.get("axes", [0, 2, 3]) != [0, 2, 3] or case.inputs[0].ndim != 4:
        raise DoesNotApply("other axes")
    case.inputs[0], case.expected = (np.moveaxis(a, 1, -1) for a in (case.inputs[0], case.expected))
    n, rows, columns, channels = case.inputs[0].shape
    return (n * rows, columns, channels), "at::instance_norm<at::epsilon<1e-9>, at::no_center, at::no_scale>"


def group_normalization(case):
    scale, x = case.inputs[1], case.inputs[0]
    if case.opset < 21:
        scale, bias = (np.repeat(p, x.shape[1] // p.size) for p in case.inputs[1:3])
    else:
        bias = case.inputs[2]
    case.parameters = [scale, bias]
    case.inputs[0], case.expected = (np.moveaxis(a, 1, -1) for a in (x, case.expected))
    return case.inputs[0].shape[1:], f"at::group_norm<{case.get('num_groups')}, at::epsilon<{decimal(case.get('epsilon', 1e-5))}>>"


def rms_normalization(case):
    axis, shape = case.get("axis", -1), case.inputs[0].shape
    features = int(np.prod(shape[axis % len(shape):]))
    case.parameters = [case.inputs[1]]
    return (features,), f"at::rms_norm<at::epsilon<{decimal(case.get('epsilon', 1e-5))}>>"


# Recurrent layers: gates of ONNX in the library's order

GATES = {"RNN": [0], "GRU": [0, 1, 2], "LSTM": [0, 2, 3, 1]}
LAYERS = {"RNN": "simple_rnn", "GRU": "gru", "LSTM": "lstm"}
NEVER_GIVEN = ("activation_alpha", "activation_beta", "activations", "clip", "input_forget")


def in_order(weights, kind, units):
    """[gates * units][...] with the library's order of gates."""
    blocks = weights.reshape(len(GATES[kind]), units, *weights.shape[1:])[GATES[kind]]
    return blocks.reshape(weights.shape)


def initial_states(case, states):
    """States before the first step are inputs of the network."""
    names = [("h", case.input(5)), ("c", case.input(6))][:states]
    if all(array is None for _, array in names):
        return []
    samples = case.inputs[0].shape[0]
    for name, array in names:
        by_sample = np.zeros((samples, case.get("hidden_size"))) if array is None else array.reshape(samples, -1)
        case.further.append((name, by_sample, by_sample.shape[1:]))
    return [name for name, _ in names]


def recurrence(case):
    kind, units = case.node.op_type, case.get("hidden_size")
    if case.get("direction", "forward") != "forward" or any(case.get(name) is not None for name in NEVER_GIVEN):
        raise DoesNotApply("another direction, other functions or a clip")
    if case.get("layout", 0) == 0:
        case.inputs[0] = np.swapaxes(case.inputs[0], 0, 1)
    lengths = case.input(4)
    if lengths is not None and (lengths != case.inputs[0].shape[1]).any():
        raise DoesNotApply("sequences of different lengths")
    w, recurrent, bias, peepholes = (None if a is None else a[0] for a in (*case.inputs[1:3], case.input(3), case.input(7)))
    options = ["at::no_bias"] if bias is None else ["at::two_biases"]
    case.parameters = [in_order(w, kind, units).T, in_order(recurrent, kind, units).T]
    if case.get("linear_before_reset", 0):
        options.append("at::reset_after")
    if bias is not None:
        case.parameters.append(np.stack([in_order(half, kind, units) for half in np.split(bias, 2)]))
    if peepholes is not None:  # i, o, f
        options.append("at::diagonal_peepholes")
        case.parameters.append(peepholes.reshape(3, units)[[0, 2, 1]])
    if case.result == 0:
        options.append("at::return_sequences")
    text = layer(LAYERS[kind], [str(units)], options)
    states = initial_states(case, 2 if kind == "LSTM" else 1)
    if states:
        given = ", ".join(f'"{name}"' for name in states)
        text = f"at::with_states<{text}, at::initial_states<{given}>>"
    return case.inputs[0].shape[1:], text


# Attention

def heads_last(array, heads):
    """{batch, steps, heads * channels} of either layout, and how many heads there are."""
    if array.ndim == 4:
        return np.moveaxis(array, 1, 2).reshape(array.shape[0], array.shape[2], -1), array.shape[1]
    return array, heads


def widened(array, heads, size):
    """Zeros behind the channels of each head."""
    parts = array.reshape(*array.shape[:2], heads, -1)
    return np.pad(parts, ((0, 0), (0, 0), (0, 0), (0, size - parts.shape[-1]))).reshape(*array.shape[:2], -1)


def attention(case):
    """Causal attention is that of a sequence with itself; all other is between two, with projections that change nothing but the scale."""
    if case.input(3) is not None:
        raise DoesNotApply("what is added to the scores")
    q, heads = heads_last(case.inputs[0], case.get("q_num_heads"))
    k, shared = heads_last(case.inputs[1], case.get("kv_num_heads"))
    v, _ = heads_last(case.inputs[2], shared)
    expected, _ = heads_last(case.expected, heads)
    key_size, size = k.shape[-1] // shared, v.shape[-1] // shared
    scale = case.get("scale", key_size ** -0.5)
    options = [f"at::key_value_heads<{shared}>"] if shared != heads else []
    if case.get("softcap", 0.0) != 0:
        options.append(f"at::softcap<{decimal(case.get('softcap'))}>")
    case.expected = expected
    if case.get("is_causal", 0):
        if key_size != size or abs(scale - size ** -0.5) > 1e-7 or k.shape[1] < q.shape[1]:
            raise DoesNotApply("heads of two sizes, another scale, or fewer keys than queries")
        steps = q.shape[1]  # no query sees the keys behind
        case.inputs[0] = np.concatenate([q, k[:, :steps], v[:, :steps]], -1)
        return case.inputs[0].shape[1:], layer("scaled_dot_product_attention", [str(heads)], [*options, "at::causal"])
    size = max(size, key_size)
    q, k, v = widened(q, heads, size), widened(k, shared, size), widened(v, shared, size)
    case.expected = widened(expected, heads, size)
    memory = np.concatenate([k, v], -1)
    case.inputs[0], case.further = q, [("memory", memory, memory.shape[1:])]
    case.parameters = [np.eye(heads * size) * scale * size ** 0.5, np.eye(2 * shared * size), np.eye(heads * size)]
    return q.shape[1:], layer("cross_attention", [str(heads * size), str(heads), '"memory"'], [*options, "at::no_bias"])
