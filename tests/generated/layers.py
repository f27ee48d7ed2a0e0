# SPDX-License-Identifier: BSL-1.0
"""Every layer as one row: for which shapes it is drawn, with which sizes and options, and what shape comes out. A new layer
is one row here; `missing_rows` says which headers of architecture/layers have none."""
import pathlib
import re

ROWS = []


class Row:
    def __init__(self, header, kinds, ranks, draw, steps, common=False):
        self.header, self.kinds, self.ranks, self.draw, self.steps = header, kinds, ranks, draw, steps
        self.common = common


def row(header, *kinds, ranks=(1, 2, 3), steps=False, common=False):
    """@param kinds  what its layers call themselves
    @param steps   it may be drawn for networks that run step by step
    @param common  it may be drawn for networks that should have an 8-bit form"""
    def add(draw):
        ROWS.append(Row(header, kinds, ranks, draw, steps, common))
        return draw
    return add


def listed(name, sizes=(), options=()):
    arguments = [str(s) for s in sizes] + [str(o) for o in options]
    return f"at::{name}<{', '.join(arguments)}>" if arguments else f"at::{name}<>"


def pair(rows, columns):
    return str(rows) if rows == columns else f"at::extent{{{rows}, {columns}}}"


def two(name, rows, columns):
    return f"at::{name}<{rows}>" if rows == columns else f"at::{name}<{rows}, {columns}>"


class Axis:
    """A window along one axis; `output` is None where it does not fit."""

    def __init__(self, size, kernel, stride=1, dilation=1, before=0, after=0, same=False, ceil=False):
        """`same`: "at::same" or "at::same_lower"."""
        self.reach = dilation * (kernel - 1) + 1
        self.remainder = 0
        self.size, self.kernel, self.stride, self.dilation, self.before = size, kernel, stride, dilation, before
        if same:
            self.output = -(-size // stride)
            total = max(0, (self.output - 1) * stride + self.reach - size)
            self.before = total - total // 2 if same == "at::same_lower" else total // 2
            return
        span = size + before + after - self.reach
        self.output = None
        if span < 0:
            return
        self.output, self.remainder = span // stride + 1, span % stride
        if ceil and self.remainder and self.output * stride < size + before:
            self.output, self.remainder = self.output + 1, 0

    def touches(self):
        """Whether each window of a pooling holds a cell of the input."""
        cells = [[o * self.stride - self.before + k * self.dilation for k in range(self.kernel)] for o in range(self.output)]
        return all(any(0 <= c < self.size for c in window) for window in cells)


def maybe(r, share, options, text):
    if r.random() < share:
        options.append(text)
        return True
    return False


def window2d(r, shape, kernel, options, strides=True, dilations=True, paddings="any", same=True, ceil=False,
             default_stride=None):
    """Draws options of a window over an image; the extents that come out, or None."""
    stride, dilation, pad = default_stride or (1, 1), (1, 1), (0, 0, 0, 0)
    if strides and r.random() < 0.35:
        stride = (r.randint(1, 3), r.randint(1, 2)) if r.random() < 0.4 else (2, 2)
        options.append(two("stride", *stride))
    if dilations and r.random() < 0.2:
        dilation = (r.randint(1, 2), r.randint(1, 2)) if r.random() < 0.5 else (2, 2)
        options.append(two("dilation", *dilation))
    is_same = is_ceil = False
    choice = r.random()
    if same and choice < 0.35:
        is_same = r.choice(["at::same", "at::same", "at::same_lower"])
        options.append(is_same)
    elif choice < 0.65:
        most = [2, 2] if paddings == "any" else [d * (k - 1) for d, k in zip(dilation, kernel)]
        if min(most) > 0 or paddings == "any":
            form = r.randint(1, 3)
            if form == 1:
                one = r.randint(0, min(most + [2]))
                pad, text = (one,) * 4, f"{one}"
            elif form == 2:
                a, b = r.randint(0, min(most[0], 2)), r.randint(0, min(most[1], 2))
                pad, text = (a, a, b, b), f"{a}, {b}"
            else:
                pad = tuple(r.randint(0, min(most[i // 2], 2)) for i in range(4))
                text = ", ".join(map(str, pad))
            options.append(f"at::padding<{text}>")
    if ceil and not is_same:
        is_ceil = maybe(r, 0.3, options, "at::ceil_mode")
    rows = Axis(shape[0], kernel[0], stride[0], dilation[0], pad[0], pad[1], is_same, is_ceil)
    columns = Axis(shape[1], kernel[1], stride[1], dilation[1], pad[2], pad[3], is_same, is_ceil)
    if rows.output is None or columns.output is None:
        return None
    if default_stride and not (rows.touches() and columns.touches()):  # a pooling
        return None
    if not is_same and not is_ceil and rows.remainder == columns.remainder == 0:
        maybe(r, 0.1, options, "at::exact")
    return rows.output, columns.output


def window1d(r, length, kernel, options, causal=False, same=True, dilations=True, few_paddings=False, ceil=False,
             default_stride=1, steps=False):
    stride, dilation, before, after = default_stride, 1, 0, 0
    if r.random() < 0.3:
        stride = 2
        options.append("at::stride<2>")
    if dilations and r.random() < 0.3:
        dilation = r.randint(2, 3)
        options.append(f"at::dilation<{dilation}>")
    is_same = is_ceil = False
    choice = r.random()
    if causal and (choice < 0.35 or (steps and choice < 0.8)):
        options.append("at::causal")
        before = dilation * (kernel - 1)
    elif steps:
        pass
    elif same and choice < 0.6:
        is_same = r.choice(["at::same", "at::same", "at::same_lower"])
        options.append(is_same)
    elif choice < 0.8:
        most = dilation * (kernel - 1) if few_paddings else 2
        before, after = r.randint(0, min(most, 2)), r.randint(0, min(most, 2))
        options.append(f"at::padding<{before}>" if before == after else f"at::padding<{before}, {after}>")
    if ceil and not is_same:
        is_ceil = maybe(r, 0.3, options, "at::ceil_mode")
    axis = Axis(length, kernel, stride, dilation, before, after, is_same, is_ceil)
    return axis.output if not ceil or axis.output is None or axis.touches() else None  # poolings alone have ceil_mode


def kernel_of(r, shape, most=3):
    return r.randint(1, min(most, shape[0] + 1)), r.randint(1, min(most, shape[1] + 1))


def filters_of(r):
    return r.choice([1, 2, 3, 4, 4, 5, 6, 8, 9, 17])


def shuffled(r, options):
    r.shuffle(options)
    return options


def kernel_options(r, options):
    maybe(r, 0.25, options, "at::no_bias")
    maybe(r, 0.05, options, "at::l2<0.01>")


# Contractions

@row("conv2d", "conv2d", ranks=(3,), common=True)
def conv2d(r, shape, steps):
    kernel, options = kernel_of(r, shape), []
    extents = window2d(r, shape, kernel, options)
    filters = filters_of(r)
    divisors = [g for g in range(2, shape[2] + 1) if shape[2] % g == 0]
    if divisors and r.random() < 0.25:
        groups = r.choice(divisors)
        filters = groups * r.randint(1, 3)
        options.append(f"at::groups<{groups}>")
    kernel_options(r, options)
    return extents and (listed("conv2d", [filters, pair(*kernel)], shuffled(r, options)), (*extents, filters))


@row("conv2d_table", "conv2d_table", ranks=(3,))
def conv2d_table(r, shape, steps):
    kernel, options = kernel_of(r, shape), []
    filters = r.randint(1, 4)
    table = [[r.randint(0, 1) for _ in range(filters)] for _ in range(shape[2])]
    table[0][0] = 1
    text = ", ".join("{" + ", ".join(map(str, line)) + "}" for line in table)
    extents = window2d(r, shape, kernel, options)
    maybe(r, 0.25, options, "at::no_bias")
    table = f"at::connection_table<{shape[2]}, {filters}>{{{{{text}}}}}"
    return extents and (listed("conv2d_table", [pair(*kernel), table], shuffled(r, options)), (*extents, filters))


def transposed(r, name, extents, channels):
    """A transposed convolution over the extents of an image or a sequence."""
    axes, options = range(len(extents)), []
    kernel = [r.randint(1, 3) for _ in axes]
    stride, dilation = [1 for _ in axes], [1 for _ in axes]
    if r.random() < 0.6:
        stride = [r.randint(1, 3) for _ in axes]
        options.append(two("stride", stride[0], stride[-1]))
    if r.random() < 0.2:
        dilation = [r.randint(1, 2) for _ in axes]
        options.append(two("dilation", dilation[0], dilation[-1]))
    filters, choice = filters_of(r), r.random()
    divisors = [g for g in range(2, channels + 1) if channels % g == 0]
    if divisors and r.random() < 0.3:
        groups = r.choice(divisors)
        filters = groups * r.randint(1, 3)
        options.append(f"at::groups<{groups}>")
    reach = [d * (k - 1) + 1 for d, k in zip(dilation, kernel)]
    if choice < 0.2:
        options.append(r.choice(["at::same", "at::same_lower"]))
        made = [n * s for n, s in zip(extents, stride)]
    elif choice < 0.3:  # as Keras has it
        more = [r.randint(0, s) for s in stride]
        made = [(n - 1) * s + e - 2 * (e // 2) + m for n, s, e, m in zip(extents, stride, reach, more)]
        options += ["at::same", two("output_padding", more[0], more[-1])]
        if any(-(-o // s) != n for o, s, n in zip(made, stride, extents)):
            return None
    else:
        pad, more = [0 for _ in axes], [0 for _ in axes]
        if choice < 0.6:
            pad = [r.randint(0, 1) for _ in axes]
            options.append(f"at::padding<{', '.join(map(str, pad))}>")
        if r.random() < 0.3:
            more = [r.randint(0, max(s, d) - 1) for s, d in zip(stride, dilation)]
            options.append(two("output_padding", more[0], more[-1]))
        made = [(n - 1) * s + e + m - 2 * p for n, s, e, m, p in zip(extents, stride, reach, more, pad)]
    if min(made) < 1:
        return None
    kernel_options(r, options)
    size = pair(*kernel) if len(kernel) == 2 else str(kernel[0])
    return listed(name, [filters, size], shuffled(r, options)), (*made, filters)


@row("conv2d_transpose", "conv2d_transpose", ranks=(3,))
def conv2d_transpose(r, shape, steps):
    return transposed(r, "conv2d_transpose", shape[:2], shape[2])


@row("conv2d_transpose", "conv1d_transpose", ranks=(2,))
def conv1d_transpose(r, shape, steps):
    return transposed(r, "conv1d_transpose", shape[:1], shape[1])


@row("depthwise_conv2d", "depthwise_conv2d", ranks=(3,), common=True)
def depthwise_conv2d(r, shape, steps):
    kernel, options, multiplier = kernel_of(r, shape), [], 1
    extents = window2d(r, shape, kernel, options)
    if r.random() < 0.3:
        multiplier = r.randint(2, 3)
        options.append(f"at::depth_multiplier<{multiplier}>")
    kernel_options(r, options)
    return extents and (listed("depthwise_conv2d", [pair(*kernel)], shuffled(r, options)),
                        (*extents, shape[2] * multiplier))


@row("separable_conv2d", ranks=(3,))
def separable_conv2d(r, shape, steps):
    kernel, options, filters = kernel_of(r, shape), [], filters_of(r)
    extents = window2d(r, shape, kernel, options)
    options = [o for o in options if o != "at::exact"]
    maybe(r, 0.3, options, f"at::depth_multiplier<2>")
    maybe(r, 0.25, options, "at::no_bias")
    return extents and (listed("separable_conv2d", [filters, pair(*kernel)], options), (*extents, filters))


@row("separable_conv2d", ranks=(3,))
def spatially_separable_conv2d(r, shape, steps):
    kernel, options, filters = kernel_of(r, shape), [], filters_of(r)
    extents = window2d(r, shape, kernel, options)
    options = [o for o in options if o != "at::exact"]
    maybe(r, 0.25, options, "at::no_bias")
    return extents and (listed("spatially_separable_conv2d", [filters, pair(*kernel)], options), (*extents, filters))


@row("dense", "dense", steps=True, common=True)
def dense(r, shape, steps):
    units, options = filters_of(r), []
    kernel_options(r, options)
    if len(shape) > 1:
        options.append("at::last_axis")
    return listed("dense", [units], shuffled(r, options)), (*shape[:-1], units)


@row("time_distributed", ranks=(2,), steps=True)
def time_distributed(r, shape, steps):
    units = filters_of(r)
    return f"at::time_distributed<at::dense<{units}>>", (shape[0], units)


@row("maxout", "piece_max", ranks=(1,))
def maxout(r, shape, steps):
    units, pieces = r.choice([1, 3, 5, 8, 16]), r.randint(2, 3)
    return listed("maxout", [units, pieces], ["at::no_bias"] if r.random() < 0.3 else []), (units,)


@row("maxout", "piece_max", steps=True)
def piece_max(r, shape, steps):
    pieces = [p for p in range(2, shape[-1] + 1) if shape[-1] % p == 0]
    if not pieces:
        return None
    count = r.choice(pieces)
    return f"at::piece_max<{count}>", (*shape[:-1], shape[-1] // count)


@row("conv1d", "conv1d", ranks=(2,), steps=True, common=True)
def conv1d(r, shape, steps):
    kernel, options, filters = r.randint(1, 4), [], filters_of(r)
    length = window1d(r, shape[0], kernel, options, causal=True, steps=steps)
    divisors = [g for g in range(2, shape[1] + 1) if shape[1] % g == 0]
    if divisors and r.random() < 0.25:
        groups = r.choice(divisors)
        filters = groups * r.randint(1, 3)
        options.append(f"at::groups<{groups}>")
    kernel_options(r, options)
    return length and (listed("conv1d", [filters, kernel], shuffled(r, options)), (length, filters))


@row("conv1d", "depthwise_conv1d", ranks=(2,), steps=True)
def depthwise_conv1d(r, shape, steps):
    kernel, options, multiplier = r.randint(1, 4), [], 1
    length = window1d(r, shape[0], kernel, options, causal=True, steps=steps)
    if r.random() < 0.3:
        multiplier = 2
        options.append("at::depth_multiplier<2>")
    kernel_options(r, options)
    return length and (listed("depthwise_conv1d", [kernel], shuffled(r, options)), (length, shape[1] * multiplier))


# Poolings

def drawn_pool2d(name, dilations, exclude, paddings=True, same=True):
    def draw(r, shape, steps):
        size, options = kernel_of(r, shape), []
        extents = window2d(r, shape, size, options, dilations=dilations, paddings="few" if paddings else "none",
                           ceil=True, same=same, default_stride=size)
        if not paddings:
            options = [o for o in options if "padding" not in o]
            given = next((o for o in options if "stride" in o), None)
            stride = size if given is None else tuple(map(int, re.findall(r"\d+", given)))
            stride = stride * 2 if len(stride) == 1 else stride
            axes = [Axis(n, k, s, ceil="at::ceil_mode" in options) for n, k, s in zip(shape, size, stride)]
            if None in (a.output for a in axes):
                return None
            options = [o for o in options if o != "at::exact"]
            extents = tuple(a.output for a in axes)
        if exclude:
            maybe(r, 0.3, options, "at::exclude_padding")
        return extents and (listed(name, [pair(*size)], shuffled(r, options)), (*extents, shape[2]))
    return draw


row("pool2d", "max_pool2d", ranks=(3,), common=True)(drawn_pool2d("max_pool2d", True, False))
row("pool2d", "avg_pool2d", ranks=(3,), common=True)(drawn_pool2d("avg_pool2d", False, True))
row("pool2d", "l2_pool2d", ranks=(3,))(drawn_pool2d("l2_pool2d", False, False, paddings=False, same=False))
row("subsampling2d", ranks=(3,))(drawn_pool2d("subsampling2d", False, True))


def drawn_pool1d(name, dilations, exclude):
    def draw(r, shape, steps):
        size, options = r.randint(1, 3), []
        length = window1d(r, shape[0], size, options, dilations=dilations, few_paddings=True, ceil=True,
                          default_stride=size)
        if exclude:
            maybe(r, 0.3, options, "at::exclude_padding")
        return length and (listed(name, [size], shuffled(r, options)), (length, shape[1]))
    return draw


row("pool1d", "max_pool1d", ranks=(2,), common=True)(drawn_pool1d("max_pool1d", True, False))
row("pool1d", "avg_pool1d", ranks=(2,), common=True)(drawn_pool1d("avg_pool1d", False, True))
for which in ("max", "avg"):
    row("pool1d", f"global_{which}_pool1d", ranks=(2,), common=True)(
        lambda r, shape, steps, which=which: (f"at::global_{which}_pool1d", shape[-1:]))
    row("global_pool2d", f"global_{which}_pool2d", ranks=(3,), common=True)(
        lambda r, shape, steps, which=which: (f"at::global_{which}_pool2d", shape[-1:]))


# What moves or enlarges

@row("resize2d", "upsampling2d", ranks=(3,))
def upsampling2d(r, shape, steps):
    factor = (r.randint(1, 3), r.randint(1, 2))
    return (listed("upsampling2d", [pair(*factor)], ["at::bilinear"] if r.random() < 0.5 else []),
            (shape[0] * factor[0], shape[1] * factor[1], shape[2]))


@row("resize2d", "upsampling1d", ranks=(2,))
def upsampling1d(r, shape, steps):
    return "at::upsampling1d<2>", (2 * shape[0], shape[1])


def pad_sizes(r, extents, most):
    """Edges of an image or a sequence, each at most `most(extent)`, and the extents with them."""
    edges = [(r.randint(0, min(2, most(e))), r.randint(0, min(2, most(e)))) for e in extents]
    return [e for pair in edges for e in pair], [e + a + b for e, (a, b) in zip(extents, edges)]


PADS = {"reflection": lambda e: e - 1, "replication": lambda e: 3, "circular": lambda e: e, "constant": lambda e: 3}


@row("padding2d", *(f"{name}_pad{d}d" for name in PADS for d in (1, 2)), ranks=(2, 3), common=True)
def pads(r, shape, steps):
    name = r.choice(list(PADS))
    edges, extents = pad_sizes(r, shape[:-1], PADS[name])
    value = [r.choice(["0.0", "-0.75"])] if name == "constant" else []
    return listed(f"{name}_pad{len(shape) - 1}d", value + edges), (*extents, shape[-1])


@row("padding2d", "channel_padding", steps=True, common=True)
def channel_padding(r, shape, steps):
    before, after = r.randint(0, 2), r.randint(0, 2)
    return (f"at::channel_padding<{before}, {after}{r.choice(['', ', 0.5'])}>", (*shape[:-1], shape[-1] + before + after))


def resizing_options(r):
    rules = ["", *(f"at::coordinates<at::coordinate_rule::{c}>" for c in ("pytorch_half_pixel", "align_corners", "asymmetric"))]
    kinds = ["at::bilinear"] * 4 + ["", *(f"at::nearest<at::nearest_rule::{c}>" for c in ("floor", "ceil", "round_prefer_floor"))]
    return shuffled(r, [o for o in (r.choice(rules), r.choice(kinds)) if o])


@row("resize2d", "resize2d", ranks=(3,), common=True)
def resize2d(r, shape, steps):
    rows, columns = r.randint(1, 7), r.randint(1, 7)
    return listed("resize2d", [pair(rows, columns)], resizing_options(r)), (rows, columns, shape[2])


@row("resize2d", "resize1d", ranks=(2,), common=True)
def resize1d(r, shape, steps):
    length = r.randint(1, 9)
    return listed("resize1d", [length], resizing_options(r)), (length, shape[1])


@row("resize2d", "rescale2d", ranks=(3,), common=True)
def rescale2d(r, shape, steps):
    factors = [r.choice([0.5, 0.7, 1.5, 2.3]) for _ in range(2)]
    extents = [int(f * e) for f, e in zip(factors, shape)]
    return 0 not in extents and (listed("rescale2d", factors, resizing_options(r)), (*extents, shape[2]))


@row("resize2d", "pixel_shuffle", "depth_to_space", "pixel_unshuffle", "space_to_depth", ranks=(3,), common=True)
def shuffle(r, shape, steps):
    down = [f for f in (1, 2, 3) if shape[0] % f == 0 and shape[1] % f == 0]
    up = [f for f in (1, 2, 3) if shape[2] % (f * f) == 0]
    if r.random() < 0.5:
        f = r.choice(up)
        return f"at::{r.choice(['pixel_shuffle', 'depth_to_space'])}<{f}>", (shape[0] * f, shape[1] * f, shape[2] // f // f)
    f = r.choice(down)
    return f"at::{r.choice(['pixel_unshuffle', 'space_to_depth'])}<{f}>", (shape[0] // f, shape[1] // f, shape[2] * f * f)


@row("adaptive_pool2d", "adaptive_avg_pool2d", "adaptive_max_pool2d", ranks=(3,), common=True)
def adaptive_pool2d(r, shape, steps):
    rows, columns = r.randint(1, 5), r.randint(1, 5)
    return listed(f"adaptive_{r.choice(['avg', 'max'])}_pool2d", [pair(rows, columns)]), (rows, columns, shape[2])


@row("adaptive_pool2d", "adaptive_avg_pool1d", "adaptive_max_pool1d", ranks=(2,), common=True)
def adaptive_pool1d(r, shape, steps):
    length = r.randint(1, 5)
    return listed(f"adaptive_{r.choice(['avg', 'max'])}_pool1d", [length]), (length, shape[1])


@row("adaptive_pool2d", "reduce_mean", "reduce_max", common=True)
def reduce_axis(r, shape, steps):
    axis = r.randrange(len(shape))
    given = axis + 1 if r.random() < 0.5 else axis - len(shape)
    return f"at::reduce_{r.choice(['mean', 'max'])}<{given}>", (*shape[:axis], *shape[axis + 1:]) or (1,)


@row("resize2d", "zero_padding2d", "cropping2d", ranks=(3,))
def edges2d(r, shape, steps):
    edges = [r.randint(0, 2) for _ in range(4)]
    if r.random() < 0.5:
        return (f"at::zero_padding2d<{', '.join(map(str, edges))}>",
                (shape[0] + sum(edges[:2]), shape[1] + sum(edges[2:]), shape[2]))
    if shape[0] <= sum(edges[:2]) or shape[1] <= sum(edges[2:]):
        return None
    return (f"at::cropping2d<{', '.join(map(str, edges))}>",
            (shape[0] - sum(edges[:2]), shape[1] - sum(edges[2:]), shape[2]))


@row("resize2d", "zero_padding1d", "cropping1d", ranks=(2,))
def edges1d(r, shape, steps):
    edges = [r.randint(0, 2) for _ in range(2)]
    if r.random() < 0.5:
        return f"at::zero_padding1d<{edges[0]}, {edges[1]}>", (shape[0] + sum(edges), shape[1])
    if shape[0] <= sum(edges):
        return None
    return f"at::cropping1d<{edges[0]}, {edges[1]}>", (shape[0] - sum(edges), shape[1])


def factors(r, size):
    """A random shape of that many elements."""
    extents, rest = [], size
    for _ in range(r.randint(0, 2)):
        divisor = r.choice([d for d in range(1, rest + 1) if rest % d == 0])
        extents.append(divisor)
        rest //= divisor
    extents.append(rest)
    r.shuffle(extents)
    return tuple(extents)


def size_of(shape):
    result = 1
    for extent in shape:
        result *= extent
    return result


@row("reshape", "reshape", "flatten", common=True)
def reshape(r, shape, steps):
    if r.random() < 0.4:
        return "at::flatten", (size_of(shape),)
    extents = factors(r, size_of(shape))
    return f"at::reshape<{', '.join(map(str, extents))}>", extents


# Pointwise and normalizations

ACTIVATIONS = ["at::relu", "at::tanh", "at::sigmoid", "at::leaky_relu<0.2>", "at::leaky_relu<>", "at::elu<0.7>",
               "swish", "at::activation<at::expression::activations::gelu>"]


@row("activation", "relu", "tanh", "sigmoid", "leaky_relu", "elu", "activation", steps=True, common=True)
def activation(r, shape, steps):
    return r.choice(ACTIVATIONS), shape


NAMED = ["relu6", "hard_sigmoid<>", "hard_swish", "silu", "gelu", "gelu_tanh", "softplus", "softsign", "mish", "selu", "celu<0.7>",
         "exponential", "log_sigmoid", "hard_tanh<-0.8, 1.2>", "hard_shrink<0.2>", "soft_shrink<0.2>", "tanh_shrink",
         "threshold<0.1, -0.3>", "sin", "snake<0.9>"]


@row("named_activations", *(name.split("<")[0] for name in NAMED), steps=True, common=True)
def named_activation(r, shape, steps):
    return f"at::{r.choice(NAMED)}", shape


@row("row_activations", "prelu", steps=True, common=True)
def prelu(r, shape, steps):
    some = ["", "at::one_slope", "at::initial_slope<0.25>"]
    return f"at::prelu<{r.choice(some if steps else some + ['at::slope_per_element'])}>", shape


@row("row_activations", "glu", "swiglu", "geglu", steps=True)
def gate(r, shape, steps):
    if shape[-1] % 2 != 0:
        return None
    return f"at::{r.choice(['glu', 'swiglu', 'geglu'])}", (*shape[:-1], shape[-1] // 2)


@row("row_activations", "log_softmax", steps=True)
def log_softmax(r, shape, steps):
    return "at::log_softmax", shape


@row("activation", "softmax", steps=True, common=True)
def softmax(r, shape, steps):
    return "at::softmax", shape


AFFINE = ["", "", "", "at::no_center", "at::no_scale", "at::no_center, at::no_scale"]


def normalization(r, name, sizes=(), options=()):
    own = [r.choice(AFFINE), *options]
    return listed(name, sizes, shuffled(r, [o for o in own if o]))


@row("batch_norm", "batch_norm", steps=True, common=True)
def batch_norm(r, shape, steps):
    return normalization(r, "batch_norm", (), [r.choice(["", "at::epsilon<1e-2>", "at::momentum<0.9>, at::unbiased_variance"])]), shape


@row("attention", "attention", ranks=(2,), steps=True)
def attention(r, shape, steps):
    """The layer alone, where the channels are heads of queries, keys and values; causal in streams."""
    forms = [(h, k) for h in (1, 2, 3, 4, 6) for k in (1, 2, 3) if h % k == 0 and shape[1] % (h + 2 * k) == 0]
    if not forms:
        return None
    heads, shared = r.choice(forms)
    size = shape[1] // (heads + 2 * shared)
    options = [f"at::key_value_heads<{shared}>"] if shared != heads or r.random() < 0.3 else []
    maybe(r, 1 if steps else 0.5, options, "at::causal")
    maybe(r, 0.4, options, f"at::window<{r.randint(1, shape[0] + 1)}>")
    if size % 2 == 0:
        maybe(r, 0.4, options, r.choice(["at::rotary<>", "at::rotary<100.0>"]))
    return listed("scaled_dot_product_attention", [heads], shuffled(r, options)), (shape[0], heads * size)


@row("attention", "self_attention", ranks=(2,), steps=True)
def self_attention(r, shape, steps):
    heads, size = r.choice([1, 2, 3]), r.choice([1, 2, 4, 5])
    options = ["at::causal"] if steps or r.random() < 0.5 else []
    maybe(r, 0.3, options, "at::no_bias")
    if size % 2 == 0:
        maybe(r, 0.3, options, "at::rotary<>")
    if r.random() < 0.3:
        options.append(f"at::head_size<{size}>")
        return listed("self_attention", [shape[1], heads], shuffled(r, options)), shape
    width = heads * size
    return listed("self_attention", [width, heads], shuffled(r, options)), (shape[0], width)


@row("attention", "mask", "masked", ranks=(2,), steps=True)
def masked_attention(r, shape, steps):
    """Attention whose last channel, made of what comes in, says which steps are padding."""
    heads, shared, size = r.choice([(1, 1), (2, 2), (4, 2), (3, 1)]) + (r.choice([1, 2, 5]),)
    options = ["at::masked"] + (["at::causal"] if steps or r.random() < 0.4 else [])
    if shared != heads:
        options.append(f"at::key_value_heads<{shared}>")
    maybe(r, 0.3, options, "at::window<3>")
    if r.random() < 0.3 and size % 2 == 0:
        options.append("at::rotary<>")
    maybe(r, 0.3, options, "at::attention_dropout<0.25>")
    mask = "at::sequence<at::slice<-1, 0, 1>, at::thresholded_relu<0.13>, at::step_mask<>>"
    parts = f"at::branches<at::concatenate, at::dense<{(heads + 2 * shared) * size}, at::last_axis>, {mask}>"
    return (f"at::sequence<{parts}, {listed('scaled_dot_product_attention', [heads], shuffled(r, options))}>",
            (shape[0], heads * size))


@row("cross_attention", "steps", "queries_and_keys", "attention", ranks=(2,))
def cross_attention(r, shape, steps):
    heads, size, units = r.choice([1, 2, 4]), r.choice([1, 2, 5]), r.choice([1, 3, 8])
    asking, memory = f'"asking{r.randint(0, 10**6)}"', f'"memory{r.randint(0, 10**6)}"'
    options = [memory]
    if heads == 4 and r.random() < 0.5:
        options.append("at::key_value_heads<2>")
    maybe(r, 0.3, options, "at::no_bias")
    maybe(r, 0.3, options, "at::attention_dropout<0.25>")
    width = heads * size
    if r.random() < 0.3:
        options.append(f"at::head_size<{size}>")
        width = r.choice([1, 4])
    other = f"at::conv1d<{units}, {r.randint(1, shape[0])}>, at::tanh, at::point<{memory}>"
    if r.random() < 0.4:
        mask = f'"mask{r.randint(0, 10**6)}"'
        options.append(f"at::padding_mask<{mask}>")
        other += f", at::slice<-1, 0, 1>, at::thresholded_relu<0.13>, at::step_mask<>, at::point<{mask}>"
    options = options[:1] + shuffled(r, options[1:])
    return (f"at::sequence<at::point<{asking}>, {other}, at::from<{asking}>, "
            f"{listed('cross_attention', [width, heads], options)}>", (shape[0], width))


@row("masks", "step_mask", ranks=(1, 2), steps=True)
def step_mask(r, shape, steps):
    return f"at::branches<at::multiply, at::identity, at::sequence<at::thresholded_relu<0.13>, at::step_mask<>>>", shape


@row("masks", "sequence_mask", ranks=(1,))
def sequence_mask(r, shape, steps):
    """A length as what comes in makes it: 0 or 1."""
    count = r.choice([1, 3, 8])
    length = "at::dense<1>, at::sigmoid"
    return (f"at::branches<at::multiply, at::dense<{count}>, at::sequence<{length}, at::sequence_mask<{count}>>>", (count,))


@row("positions", "position_embedding", ranks=(2,), steps=True)
def position_embedding(r, shape, steps):
    return f"at::position_embedding<{shape[0] + r.choice([0, 0, 3])}>", shape


@row("positions", "sinusoidal_positions", ranks=(2,), steps=True)
def sinusoidal_positions(r, shape, steps):
    return r.choice(["at::sinusoidal_positions<>", "at::sinusoidal_positions<100.0>"]), shape


@row("class_token", "class_token", ranks=(2,))
def class_token(r, shape, steps):
    return "at::class_token<>", (shape[0] + 1, shape[1])


@row("layer_norm", "layer_norm", steps=True)
def layer_norm(r, shape, steps):
    axes = [-1] if steps else r.choice([[-1], [a for a in range(len(shape)) if r.random() < 0.6] or [0]])
    count = 1
    for axis in axes:
        count *= shape[axis]
    if count == 1:  # one value has no variance at all
        return None
    given = "" if axes == [-1] else f"at::axes<{', '.join(str(a + 1) for a in axes)}>"
    return normalization(r, "layer_norm", (), [given, r.choice(["", "at::epsilon<1e-2>"])]), shape


@row("layer_norm", "rms_norm", steps=True)
def rms_norm(r, shape, steps):
    if shape[-1] == 1:
        return None
    return f"at::rms_norm<{r.choice(['', 'at::epsilon<1e-2>', 'at::no_scale'])}>", shape


@row("group_norm", "group_norm")
def group_norm(r, shape, steps):
    groups = r.choice([g for g in range(1, shape[-1] + 1) if shape[-1] % g == 0])
    if size_of(shape) == groups:
        return None
    return normalization(r, "group_norm", [groups], [r.choice(["", "at::epsilon<1e-2>"])]), shape


@row("group_norm", "instance_norm")
def instance_norm(r, shape, steps):
    if size_of(shape) == shape[-1]:
        return None
    return normalization(r, "instance_norm", (), ["at::epsilon<1e-2>"]), shape


@row("local_response_norm", "local_response_norm")
def local_response_norm(r, shape, steps):
    return r.choice(["at::local_response_norm<5>", "at::local_response_norm<4, 0.5, 0.75, 2.0>",
                     "at::local_response_norm<3, 1.0, 0.5>"]), shape


@row("dropout", "dropout", "original_dropout", steps=True, common=True)
def dropout(r, shape, steps):
    some = ["at::dropout<0.25>", "at::dropout<0>", "at::original_dropout<0.5>"]
    return some[0] if steps else r.choice(some), shape


@row("noise", "spatial_dropout", "alpha_dropout", "gaussian_dropout", "gaussian_noise", "stochastic_depth", steps=True,
     common=True)
def noise(r, shape, steps):
    return r.choice(["at::spatial_dropout<0.25>", "at::alpha_dropout<0.3>", "at::gaussian_dropout<0.2>", "at::gaussian_noise<0.3>",
                     "at::stochastic_depth<0.3>", "at::stochastic_depth<0.5, at::depth_mode::batch>"]), shape


@row("join_weights", "join_weights", "join_constants", steps=True)
def join_weights(r, shape, steps):
    own = [1 if r.random() < 0.4 or (steps and len(shape) == 2 and i == 0) else extent for i, extent in enumerate(shape)]
    while len(own) > 1 and own[0] == 1 and r.random() < 0.6:
        own.pop(0)
    join = r.choice(["add", "subtract", "multiply", "average", "maximum", "minimum"])  # divisors may be near zero
    options = ["at::l2<0.1>"] if r.random() < 0.2 else []
    kind = r.choice(["join_weights", "join_weights", "join_constants"])
    text = ", ".join([f"at::{join}", "at::shape{" + ", ".join(map(str, own)) + "}", *options])
    return f"at::{kind}<{text}>", shape


# What moves elements

def axis_text(r, rank, axis):
    """Number of an axis (from 0) as layers write it, one of two ways."""
    return r.choice([axis + 1, axis - rank])


@row("slice", "slice", "chunk", "reverse", steps=True, common=True)
def sliced(r, shape, steps):
    axis = len(shape) - 1 if steps or r.random() < 0.5 else r.randrange(len(shape))
    size, number = shape[axis], axis_text(r, len(shape), axis)
    kind = r.choice(["slice", "slice", "chunk", "reverse"])
    if kind == "reverse":
        return f"at::reverse<{number}>", shape
    if kind == "chunk":
        count = r.choice([n for n in range(1, size + 1) if size % n == 0][:3])
        text, left = f"at::chunk<{number}, {r.randrange(count)}, {count}>", size // count
    else:
        begin = r.randrange(size)
        end = r.randint(begin + 1, size)
        step = r.choice([1, 1, 1, 2, 3])
        left = -(-(end - begin) // step)
        if end == size and r.random() < 0.5:
            last = "" if step == 1 else ", at::to_the_end"
        else:
            last = f", {end - size if end < size and r.random() < 0.3 else end}"
        text = f"at::slice<{number}, {begin - size if r.random() < 0.3 else begin}{last}{f', {step}' if step > 1 else ''}>"
    return text, (*shape[:axis], left, *shape[axis + 1:])


@row("permute", "permute", "channels_first", "channel_shuffle", steps=True, common=True)
def permuted(r, shape, steps):
    if steps or r.random() < 0.5:
        groups = r.choice([n for n in range(1, shape[-1] + 1) if shape[-1] % n == 0])
        return f"at::channel_shuffle<{groups}>", shape
    if r.random() < 0.3:
        return "at::channels_first", (shape[-1], *shape[:-1])
    axes = list(range(len(shape)))
    r.shuffle(axes)
    return f"at::permute<{', '.join(str(a + 1) for a in axes)}>", tuple(shape[a] for a in axes)


# Through time

def recurrent_options(r, shape, options, units, steps):
    sequence = steps or r.random() < 0.6
    if sequence:
        options.append("at::return_sequences")
    choice = r.random()
    if choice < 0.2:
        options.append("at::no_bias")
    elif choice < 0.4:
        options.append("at::two_biases")
    if not steps:
        maybe(r, 0.2, options, "at::reversed")
    if r.random() < 0.2:
        options.append(r.choice(["at::trainable_initial_state", "at::given_initial_state"]))
    maybe(r, 0.05, options, "at::stateful")
    return (shape[0], units) if sequence else (units,)


@row("recurrent", "simple_rnn", "lstm", "gru", "scaled", ranks=(2,), steps=True, common=True)
def recurrent(r, shape, steps):
    units, options = r.choice([1, 2, 3, 4, 5, 9, 17]), []
    result = recurrent_options(r, shape, options, units, steps)
    kind = r.choice(["simple_rnn", "lstm", "gru", "recurrent"])
    if kind == "recurrent":
        return listed("recurrent", [units, "scaled_cell"], shuffled(r, options)), result
    maybe(r, 0.15, options, "at::cell_activation<at::relu>")
    if kind != "simple_rnn":
        maybe(r, 0.15, options, "at::recurrent_activation<at::tanh>")
    if kind == "lstm" and r.random() < 0.4:
        options.append(r.choice(["at::peepholes", "at::diagonal_peepholes"]))
    if kind == "gru":
        maybe(r, 0.5, options, "at::reset_after")
    return listed(kind, [units], shuffled(r, options)), result


@row("recurrent", ranks=(2,))
def bidirectional(r, shape, steps):
    units, options = r.choice([1, 2, 4, 9]), []
    result = recurrent_options(r, shape, options, units, steps)
    if "at::reversed" in options:
        return None
    join = r.choice(["concatenate", "add", "average", "multiply"])
    kind = r.choice(["simple_rnn", "lstm", "gru"])
    layer = listed(kind, [units], options)
    return (f"at::bidirectional<{layer}, at::{join}>",
            (*result[:-1], units * (2 if join == "concatenate" else 1)))


# Only at the beginning, or part of something else: network.py draws them.
@row("embedding", "tied_output", steps=True)
def tied_output(r, shape, steps):
    rows = r.choice([2, 5, 17])
    return f"at::tied_output<{rows}>", (*shape[:-1], rows)


ROWS.append(Row("embedding", ("embedding",), (), None, False))
ROWS.append(Row("token_types", (), (), None, False))
ROWS.append(Row("joins", ("add", "subtract", "multiply", "divide", "average", "maximum", "minimum", "concatenate"), (), None, False))

CELL_KINDS = {"simple_rnn", "lstm", "gru"}


def missing_rows(include):
    """Headers of layers, and layers in them, that no row draws."""
    folder = pathlib.Path(include) / "archetype" / "architecture" / "layers"
    headers, kinds = {r.header for r in ROWS}, {kind for r in ROWS for kind in r.kinds}
    missing = []
    for header in sorted(folder.rglob("*.hpp")):
        if header.stem not in headers:
            missing.append(f"{header.name} has no row")
        for kind in re.findall(r'kind = "(\w+)"', header.read_text()):
            if kind not in kinds:
                missing.append(f'"{kind}" of {header.name} is in no row')
    return missing
