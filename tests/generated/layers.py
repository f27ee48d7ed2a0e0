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
             default_stride=None, steps=False):
    """Draws options of a window over an image; the extents that come out, or None. In streams no row is read before it
    comes: padding stands before the first alone."""
    stride, dilation, pad = default_stride or (1, 1), (1, 1), (0, 0, 0, 0)
    if strides and r.random() < 0.35:
        stride = (r.randint(1, 3), r.randint(1, 2)) if r.random() < 0.4 else (2, 2)
        options.append(two("stride", *stride))
    if dilations and r.random() < 0.2:
        dilation = (r.randint(1, 2), r.randint(1, 2)) if r.random() < 0.5 else (2, 2)
        options.append(two("dilation", *dilation))
    is_same = is_ceil = False
    choice = r.random()
    if steps and paddings != "none":
        reach = [d * (k - 1) for d, k in zip(dilation, kernel)]
        pad = (r.choice([0, reach[0], reach[0]]), 0, r.randint(0, min(reach[1], 2)), r.randint(0, min(reach[1], 2)))
        options.append(f"at::padding<{', '.join(map(str, pad))}>")
    elif same and choice < 0.35 and not steps:
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
    if ceil and not is_same and not steps:
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
        if few_paddings and choice < 0.6:  # a pooling: no window holds padding alone
            before = r.randint(0, min(dilation * (kernel - 1), 2))
            options.append(f"at::padding<{before}, 0>")
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
    if axis.output and not is_same and not is_ceil and axis.remainder == 0:
        maybe(r, 0.1, options, "at::exact")
    return axis.output if not ceil or axis.output is None or axis.touches() else None  # poolings alone have ceil_mode


def looking_ahead(r, shape, kernel, options, extents):
    """In streams: sometimes a window over frames that waits for later ones; the extents that come out."""
    if extents is None or r.random() > 0.2 or any("stride" in o or "dilation" in o for o in options):
        return extents
    options[:] = [o for o in options if "padding" not in o and o != "at::exact"] + ["at::same", "at::look_ahead"]
    return shape[:2]


def kernel_of(r, shape, most=3):
    wide = 0.3 if most == 3 and min(shape[:2]) >= 2 else 0
    if r.random() < wide:
        return 3, 3
    return r.randint(1, min(most, shape[0] + 1)), r.randint(1, min(most, shape[1] + 1))


def filters_of(r):
    return r.choice([1, 2, 3, 4, 4, 5, 6, 8, 9, 17])


def shuffled(r, options):
    r.shuffle(options)
    return options


def penalties(r, options):
    """What training alone sees."""
    maybe(r, 0.05, options, "at::l1<0.01>")
    maybe(r, 0.05, options, "at::l2<0.01>")
    maybe(r, 0.05, options, "at::kernel_initializer<at::he_normal>")


def kernel_options(r, options):
    maybe(r, 0.25, options, "at::no_bias")
    penalties(r, options)


# Contractions

@row("conv2d", "conv2d", ranks=(3,), steps=True, common=True)
def conv2d(r, shape, steps):
    kernel, options = kernel_of(r, shape), []
    extents = window2d(r, shape, kernel, options, steps=steps)
    if steps:
        extents = looking_ahead(r, shape, kernel, options, extents)
    filters = filters_of(r)
    divisors = [g for g in range(2, shape[2] + 1) if shape[2] % g == 0]
    if divisors and r.random() < 0.25:
        groups = r.choice(divisors)
        filters = groups * r.randint(1, 3)
        options.append(f"at::groups<{groups}>")
    kernel_options(r, options)
    if tuple(kernel) == (3, 3) and not any(o.startswith(("at::stride", "at::dilation", "at::groups")) for o in options):
        maybe(r, 0.6, options, f"at::winograd<{r.choice((2, 4))}>")
    return extents and (listed("conv2d", [filters, pair(*kernel)], shuffled(r, options)), (*extents, filters))


def window3d(r, extents, kernel, options, default_stride=None, ceil=False, dilations=True, exclude=False):
    """Draws options of a window over a volume; the extents that come out, or None."""
    three = lambda name, sizes: f"at::{name}<{', '.join(map(str, sizes if len(set(sizes)) > 1 else sizes[:1]))}>"
    stride, dilation, pad = default_stride or (1, 1, 1), (1, 1, 1), (0,) * 6
    if r.random() < 0.4:
        stride = tuple(r.randint(1, 2) for _ in extents)
        options.append(three("stride", stride))
    if dilations and r.random() < 0.2:
        dilation = tuple(r.randint(1, 2) for _ in extents)
        options.append(three("dilation", dilation))
    is_same, is_ceil = r.choice(["at::same", "at::same_lower"]) if r.random() < 0.35 else False, False
    if is_same:
        options.append(is_same)
    else:
        if r.random() < 0.6:
            most = [d * (k - 1) if default_stride else 2 for d, k in zip(dilation, kernel)]
            pad = tuple(r.randint(0, min(2, most[i // 2])) for i in range(6))
            if r.random() < 0.5:
                pad = tuple(pad[i // 2 * 2] for i in range(6))
            options.append(f"at::padding<{', '.join(map(str, pad if pad[::2] != pad[1::2] else pad[::2]))}>")
        is_ceil = ceil and maybe(r, 0.3, options, "at::ceil_mode")
    if exclude:
        maybe(r, 0.3, options, "at::exclude_padding")
    axes = [Axis(n, k, s, d, pad[2 * i], pad[2 * i + 1], is_same, is_ceil)
            for i, (n, k, s, d) in enumerate(zip(extents, kernel, stride, dilation))]
    if any(axis.output is None or default_stride and not axis.touches() for axis in axes):
        return None
    if not is_same and not is_ceil and not any(axis.remainder for axis in axes):
        maybe(r, 0.1, options, "at::exact")
    return tuple(axis.output for axis in axes)


def cube(sizes):
    return str(sizes[0]) if len(set(sizes)) == 1 else f"at::volume{{{', '.join(map(str, sizes))}}}"


def volume_layer(r, shape):
    """A layer of volumes and what comes out."""
    *extents, channels = shape
    kernel, options = [r.randint(1, min(3, n + 1)) for n in extents], []
    if r.random() < 0.55:
        made = window3d(r, extents, kernel, options)
        filters = filters_of(r)
        divisors = [g for g in range(2, channels + 1) if channels % g == 0]
        if divisors and r.random() < 0.4:
            groups = r.choice(divisors)
            filters = groups * r.randint(1, 3)
            options.append(f"at::groups<{groups}>")
        kernel_options(r, options)
        return made and (listed("conv3d", [filters, cube(kernel)], shuffled(r, options)), (*made, filters))
    name = r.choice(["max", "avg"])
    made = window3d(r, extents, kernel, options, tuple(kernel), True, name == "max", name == "avg")
    return made and (listed(f"{name}_pool3d", [cube(kernel)], shuffled(r, options)), (*made, channels))


@row("conv3d", "conv3d", ranks=(3,))
@row("pool3d", "max_pool3d", "avg_pool3d", "global_avg_pool3d", "global_max_pool3d", ranks=(3,))
def volumes(r, shape, steps):
    """An image seen as a volume and back, as its slices lie one below the other."""
    depth = r.choice([d for d in range(1, shape[0] + 1) if shape[0] % d == 0])
    now = (depth, shape[0] // depth, *shape[1:])
    parts = [f"at::reshape<{', '.join(map(str, now))}>"]
    for _ in range(r.randint(1, 3)):
        made = volume_layer(r, now)
        if not made or size_of(made[1]) > 400:
            return None
        text, result = made
        if result == now and r.random() < 0.5:
            text = f"at::residual<{text}>"
        elif result[:3] == now[:3] and r.random() < 0.4:
            text, result = f"at::branches<at::concatenate, {text}, at::identity>", (*now[:3], result[3] + now[3])
        parts.append(text)
        now = result
        if r.random() < 0.4:
            parts.append(r.choice(["at::relu", "at::tanh", "at::batch_norm<>", "at::layer_norm<>" if now[3] > 1 else "at::tanh",
                                   "at::dense<3, at::last_axis>"]))
            if parts[-1].startswith("at::dense"):
                now = (*now[:3], 3)
    if r.random() < 0.3:
        return f"at::sequence<{', '.join(parts)}, at::global_{r.choice(['avg', 'max'])}_pool3d>", now[3:]
    now = (now[0] * now[1], *now[2:])
    return f"at::sequence<{', '.join(parts)}, at::reshape<{', '.join(map(str, now))}>>", now


@row("conv2d_table", "conv2d_table", ranks=(3,), steps=True, common=True)
def conv2d_table(r, shape, steps):
    kernel, options = kernel_of(r, shape), []
    filters = r.randint(1, 4)
    table = [[r.randint(0, 1) for _ in range(filters)] for _ in range(shape[2])]
    table[0][0] = 1
    text = ", ".join("{" + ", ".join(map(str, line)) + "}" for line in table)
    extents = window2d(r, shape, kernel, options, steps=steps)
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


@row("conv2d_transpose", "conv2d_transpose", ranks=(3,), steps=True, common=True)
def conv2d_transpose(r, shape, steps):
    return transposed(r, "conv2d_transpose", shape[:2], shape[2])


@row("conv2d_transpose", "conv1d_transpose", ranks=(2,), steps=True, common=True)
def conv1d_transpose(r, shape, steps):
    return transposed(r, "conv1d_transpose", shape[:1], shape[1])


@row("depthwise_conv2d", "depthwise_conv2d", ranks=(3,), steps=True, common=True)
def depthwise_conv2d(r, shape, steps):
    kernel, options, multiplier = kernel_of(r, shape), [], 1
    extents = window2d(r, shape, kernel, options, steps=steps)
    if steps:
        extents = looking_ahead(r, shape, kernel, options, extents)
    if r.random() < 0.3:
        multiplier = r.randint(2, 3)
        options.append(f"at::depth_multiplier<{multiplier}>")
    kernel_options(r, options)
    return extents and (listed("depthwise_conv2d", [pair(*kernel)], shuffled(r, options)),
                        (*extents, shape[2] * multiplier))


@row("separable_conv2d", ranks=(3,), steps=True, common=True)
def separable_conv2d(r, shape, steps):
    kernel, options, filters = kernel_of(r, shape), [], filters_of(r)
    extents = window2d(r, shape, kernel, options, steps=steps)
    options = [o for o in options if o != "at::exact"]
    maybe(r, 0.3, options, f"at::depth_multiplier<2>")
    maybe(r, 0.25, options, "at::no_bias")
    return extents and (listed("separable_conv2d", [filters, pair(*kernel)], options), (*extents, filters))


@row("separable_conv2d", ranks=(3,), common=True)
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


@row("time_distributed", ranks=(2,), steps=True, common=True)
def time_distributed(r, shape, steps):
    units = filters_of(r)
    return f"at::time_distributed<at::dense<{units}>>", (shape[0], units)


@row("maxout", "piece_max", ranks=(1,), common=True)
def maxout(r, shape, steps):
    units, pieces = r.choice([1, 3, 5, 8, 16]), r.randint(2, 3)
    options = []
    kernel_options(r, options)
    return listed("maxout", [units, pieces], options), (units,)


@row("maxout", "piece_max", steps=True, common=True)
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
    if steps and "at::causal" not in options and "at::stride<2>" not in options and r.random() < 0.3:
        options += ["at::same", "at::look_ahead"]
        length = shape[0]
    return length and (listed("conv1d", [filters, kernel], shuffled(r, options)), (length, filters))


@row("conv1d", "depthwise_conv1d", ranks=(2,), steps=True, common=True)
def depthwise_conv1d(r, shape, steps):
    kernel, options, multiplier = r.randint(1, 4), [], 1
    length = window1d(r, shape[0], kernel, options, causal=True, steps=steps)
    if r.random() < 0.3:
        multiplier = 2
        options.append("at::depth_multiplier<2>")
    kernel_options(r, options)
    if steps and "at::causal" not in options and "at::stride<2>" not in options and r.random() < 0.3:
        options += ["at::same", "at::look_ahead"]
        length = shape[0]
    return length and (listed("depthwise_conv1d", [kernel], shuffled(r, options)), (length, shape[1] * multiplier))


# Poolings

def drawn_pool2d(name, dilations, exclude, paddings=True, same=True):
    def draw(r, shape, steps):
        size, options = kernel_of(r, shape), []
        extents = window2d(r, shape, size, options, dilations=dilations, paddings="few" if paddings else "none",
                           ceil=True, same=same, default_stride=size, steps=steps)
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
        if steps and same and extents and r.random() < 0.15:
            options, extents = ["at::same", "at::stride<1>", "at::look_ahead"], shape[:2]
        if exclude:
            maybe(r, 0.3, options, "at::exclude_padding")
        return extents and (listed(name, [pair(*size)], shuffled(r, options)), (*extents, shape[2]))
    return draw


row("pool2d", "max_pool2d", ranks=(3,), steps=True, common=True)(drawn_pool2d("max_pool2d", True, False))
row("pool2d", "avg_pool2d", ranks=(3,), steps=True, common=True)(drawn_pool2d("avg_pool2d", False, True))
row("pool2d", "l2_pool2d", ranks=(3,), steps=True)(drawn_pool2d("l2_pool2d", False, False, paddings=False, same=False))
row("subsampling2d", ranks=(3,))(drawn_pool2d("subsampling2d", False, True))


def drawn_pool1d(name, dilations, exclude):
    def draw(r, shape, steps):
        size, options = r.randint(1, 3), []
        length = window1d(r, shape[0], size, options, dilations=dilations, few_paddings=True, ceil=not steps,
                          default_stride=size, steps=steps)
        if steps and r.random() < 0.2:
            options, length = ["at::same", "at::stride<1>", "at::look_ahead"], shape[0]
        if exclude:
            maybe(r, 0.3, options, "at::exclude_padding")
        return length and (listed(name, [size], shuffled(r, options)), (length, shape[1]))
    return draw


row("pool1d", "max_pool1d", ranks=(2,), steps=True, common=True)(drawn_pool1d("max_pool1d", True, False))
row("pool1d", "avg_pool1d", ranks=(2,), steps=True, common=True)(drawn_pool1d("avg_pool1d", False, True))
for which in ("max", "avg"):
    row("pool1d", f"global_{which}_pool1d", ranks=(2,), common=True)(
        lambda r, shape, steps, which=which: (f"at::global_{which}_pool1d", shape[-1:]))
    row("global_pool2d", f"global_{which}_pool2d", ranks=(3,), common=True)(
        lambda r, shape, steps, which=which: (f"at::global_{which}_pool2d", shape[-1:]))


# What moves or enlarges

@row("resize2d", "upsampling2d", ranks=(3,), steps=True, common=True)
def upsampling2d(r, shape, steps):
    factor = (r.randint(1, 3), r.randint(1, 2))
    return (listed("upsampling2d", [pair(*factor)], ["at::bilinear"] if r.random() < 0.5 and not steps else []),
            (shape[0] * factor[0], shape[1] * factor[1], shape[2]))


@row("resize2d", "upsampling1d", ranks=(2,), steps=True, common=True)
def upsampling1d(r, shape, steps):
    return "at::upsampling1d<2>", (2 * shape[0], shape[1])


def pad_sizes(r, extents, most):
    """Edges of an image or a sequence, each at most `most(extent)`, and the extents with them."""
    edges = [(r.randint(0, min(2, most(e))), r.randint(0, min(2, most(e)))) for e in extents]
    return [e for pair in edges for e in pair], [e + a + b for e, (a, b) in zip(extents, edges)]


PADS = {"reflection": lambda e: e - 1, "replication": lambda e: 3, "circular": lambda e: e, "constant": lambda e: 3}


@row("padding2d", *(f"{name}_pad{d}d" for name in PADS for d in (1, 2)), ranks=(2, 3), steps=True, common=True)
def pads(r, shape, steps):
    name = r.choice(list(PADS))
    edges, extents = pad_sizes(r, shape[:-1], PADS[name])
    if steps:  # features alone
        if len(shape) == 2:
            return None
        edges[:2], extents[0] = [0, 0], shape[0]
    value = [r.choice(["0.0", "-0.75"])] if name == "constant" else []
    return listed(f"{name}_pad{len(shape) - 1}d", value + edges), (*extents, shape[-1])


@row("padding2d", "channel_padding", steps=True, common=True)
def channel_padding(r, shape, steps):
    before, after = r.randint(0, 2), r.randint(0, 2)
    return (f"at::channel_padding<{before}, {after}{r.choice(['', ', 0.5'])}>", (*shape[:-1], shape[-1] + before + after))


def resizing_options(r):
    rules = ["", *(f"at::coordinates<at::coordinate_rule::{c}>" for c in ("pytorch_half_pixel", "align_corners", "asymmetric"))]
    kinds = ["at::bilinear"] * 4 + ["at::bicubic<>", "at::bicubic<-0.5, at::beyond_edge::left_out>"] + ["", *(f"at::nearest<at::nearest_rule::{c}>" for c in ("floor", "ceil", "round_prefer_floor"))]
    return shuffled(r, [o for o in (r.choice(rules), r.choice(kinds)) if o])


@row("resize2d", "resize2d", ranks=(3,), steps=True, common=True)
def resize2d(r, shape, steps):
    rows, columns = shape[0] if steps else r.randint(1, 7), r.randint(1, 7)
    return listed("resize2d", [pair(rows, columns)], resizing_options(r)), (rows, columns, shape[2])


@row("resize2d", "resize1d", ranks=(2,), common=True)
def resize1d(r, shape, steps):
    length = r.randint(1, 9)
    return listed("resize1d", [length], resizing_options(r)), (length, shape[1])


@row("resize2d", "rescale2d", ranks=(3,), steps=True, common=True)
def rescale2d(r, shape, steps):
    factors = [r.choice([0.5, 0.7, 1.5, 2.3]) for _ in range(2)]
    if steps:
        factors[0] = 1.0
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


@row("adaptive_pool2d", "adaptive_avg_pool2d", "adaptive_max_pool2d", ranks=(3,), steps=True, common=True)
def adaptive_pool2d(r, shape, steps):
    rows, columns = shape[0] if steps else r.randint(1, 5), r.randint(1, 5)
    return listed(f"adaptive_{r.choice(['avg', 'max'])}_pool2d", [pair(rows, columns)]), (rows, columns, shape[2])


@row("adaptive_pool2d", "adaptive_avg_pool1d", "adaptive_max_pool1d", ranks=(2,), common=True)
def adaptive_pool1d(r, shape, steps):
    length = r.randint(1, 5)
    return listed(f"adaptive_{r.choice(['avg', 'max'])}_pool1d", [length]), (length, shape[1])


@row("adaptive_pool2d", "reduce_mean", "reduce_max", steps=True, common=True)
def reduce_axis(r, shape, steps):
    axis = r.randrange(len(shape))
    if steps and (len(shape) != 3 or axis == 0):  # frames keep their time
        return None
    given = axis + 1 if r.random() < 0.5 else axis - len(shape)
    return f"at::reduce_{r.choice(['mean', 'max'])}<{given}>", (*shape[:axis], *shape[axis + 1:]) or (1,)


@row("resize2d", "zero_padding2d", "cropping2d", ranks=(3,), steps=True, common=True)
def edges2d(r, shape, steps):
    edges = [0 if steps and i < 2 else r.randint(0, 2) for i in range(4)]
    if r.random() < 0.5:
        return (f"at::zero_padding2d<{', '.join(map(str, edges))}>",
                (shape[0] + sum(edges[:2]), shape[1] + sum(edges[2:]), shape[2]))
    if shape[0] <= sum(edges[:2]) or shape[1] <= sum(edges[2:]):
        return None
    return (f"at::cropping2d<{', '.join(map(str, edges))}>",
            (shape[0] - sum(edges[:2]), shape[1] - sum(edges[2:]), shape[2]))


@row("resize2d", "zero_padding1d", "cropping1d", ranks=(2,), common=True)
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


@row("reshape", "reshape", "flatten", steps=True, common=True)
def reshape(r, shape, steps):
    if steps:  # features and channels of a frame become one axis, or two
        if len(shape) == 1:
            return None
        time, *rest = shape
        extents = (time, size_of(rest)) if len(rest) == 2 else (time, *r.choice(
            [(f, rest[0] // f) for f in range(1, rest[0] + 1) if rest[0] % f == 0]))
        return f"at::reshape<{', '.join(map(str, extents))}>", extents
    if r.random() < 0.4:
        return "at::flatten", (size_of(shape),)
    extents = factors(r, size_of(shape))
    return f"at::reshape<{', '.join(map(str, extents))}>", extents


# Pointwise and normalizations

ACTIVATIONS = ["at::relu", "at::tanh", "at::sigmoid", "at::leaky_relu<0.2>", "at::leaky_relu<>", "at::elu<0.7>",
               "swish", "at::activation<at::expression::activations::gelu>"]
# Of expression/activations.hpp.
EXPRESSIONS = ["input", "identity", "sigmoid", "tanh", "rational_tanh", "rational_sigmoid", "relu",
               "exponential", "softplus", "swish", "silu", "gelu", "gelu_tanh", "relu6", "hard_swish", "softsign", "mish",
               "log_sigmoid", "tanh_shrink", "sin", "leaky_relu<0.1>", "elu<>", "elu<0.6>", "selu", "celu<0.8>",
               "hard_tanh<-0.7, 0.9>", "hard_shrink<0.3>", "soft_shrink<0.3>", "threshold<0.2, -0.1>", "snake<0.8>",
               "hard_sigmoid_of<0.3, 0.4>", "hard_sigmoid", "hard_sigmoid_onnx"]


@row("activation", "relu", "tanh", "sigmoid", "leaky_relu", "elu", "activation", steps=True, common=True)
def activation(r, shape, steps):
    return r.choice(ACTIVATIONS), shape


@row("activation", steps=True, common=True)
def expression(r, shape, steps):
    return f"at::activation<at::expression::activations::{r.choice(EXPRESSIONS)}>", shape


FUNCTIONS = ["abs", "square", "tanh", "sigmoid", "rational_tanh", "rational_sigmoid", "relu", "sin", "cos",
             "atan", "erf", "normal_cdf", "softplus", "floor", "round"]
BOUNDED = ["exp(e::tanh({}))", "expm1(e::sin({}))", "log1p(e::square({}))", "log(e::literal<1.5>{{}} + e::cos({}))",
           "sqrt(e::literal<0.5>{{}} + e::square({}))", "pow<3>(e::tanh({}))", "pow(e::sigmoid({}), e::literal<1.7>{{}})",
           "leaky_relu({}, e::literal<0.2>{{}})", "elu({}, e::literal<0.9>{{}})", "clamp({}, e::literal<-0.6>{{}}, e::literal<0.4>{{}})"]
OF_TWO = ["({} + {})", "({} - {})", "e::tanh({} * {})", "e::min({}, {})", "e::max({}, {})", "({} / (e::literal<1.0>{{}} + e::abs({})))"]


def formula(r, depth):
    if depth == 0:
        return "e::activations::input"
    inside, choice = formula(r, depth - 1), r.random()
    if choice < 0.4:
        return f"e::{r.choice(FUNCTIONS)}({inside})"
    if choice < 0.7:
        return "e::" + r.choice(BOUNDED).format(inside)
    other = formula(r, r.randrange(depth))
    if choice < 0.95:
        return r.choice(OF_TWO).format(inside, other)
    return f"e::where({inside} > e::literal<0.1>{{}}, {other}, {inside})"


@row("activation", steps=True, common=True)
def own_function(r, shape, steps):
    return f"at::activation<({formula(r, r.randint(1, 3))})>", shape


NAMED = ["relu6", "hard_sigmoid<>", "hard_swish", "silu", "gelu", "gelu_tanh", "softplus", "softsign", "mish", "selu", "celu<0.7>", "swish",
         "exponential", "log_sigmoid", "hard_tanh<-0.8, 1.2>", "hard_shrink<0.2>", "soft_shrink<0.2>", "tanh_shrink",
         "threshold<0.1, -0.3>", "thresholded_relu<0.13>", "sin", "snake<0.9>"]


@row("named_activations", *(name.split("<")[0] for name in NAMED), steps=True, common=True)
def named_activation(r, shape, steps):
    return f"at::{r.choice(NAMED)}", shape


@row("row_activations", "prelu", steps=True, common=True)
def prelu(r, shape, steps):
    some = ["", "at::one_slope", "at::initial_slope<0.25>"]
    return f"at::prelu<{r.choice(some if steps else some + ['at::slope_per_element'])}>", shape


@row("row_activations", "glu", "swiglu", "geglu", steps=True, common=True)
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


@row("attention", "attention", ranks=(2,), steps=True, common=True)
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
    maybe(r, 0.2, options, "at::attention_dropout<0.25>")
    maybe(r, 0.3, options, "at::softcap<0.4>")
    if size % 2 == 0:
        maybe(r, 0.4, options, r.choice(["at::rotary<>", "at::rotary<100.0>"]))
    return listed("scaled_dot_product_attention", [heads], shuffled(r, options)), (shape[0], heads * size)


@row("attention", "self_attention", ranks=(2,), steps=True, common=True)
def self_attention(r, shape, steps):
    heads, size = r.choice([1, 2, 3]), r.choice([1, 2, 4, 5])
    options = ["at::causal"] if steps or r.random() < 0.5 else []
    maybe(r, 0.3, options, "at::no_bias")
    maybe(r, 0.2, options, "at::attention_dropout<0.25>")
    maybe(r, 0.2, options, "at::window<3>")
    maybe(r, 0.2, options, "at::key_value_heads<1>")
    maybe(r, 0.2, options, "at::softcap<0.4>")
    if size % 2 == 0:
        maybe(r, 0.3, options, "at::rotary<>")
    width = heads * size
    if r.random() < 0.3:
        options.append(f"at::head_size<{size}>")
        width = shape[1]
    before = ""
    if r.random() < 0.25:
        before, mask = padding_mask(r)
        options.append(mask)
    text = listed("self_attention", [width, heads], shuffled(r, options))
    return f"at::sequence<{before}{text}>" if before else text, (shape[0], width)


def padding_mask(r):
    """A mask made of the last channel of what comes in: what stands before a layer, and its option."""
    own = r.randint(0, 10**6)
    here, mask = f'"whole{own}"', f'"mask{own}"'
    before = (f"at::point<{here}>, at::slice<-1, 0, 1>, at::thresholded_relu<0.13>, at::step_mask<>, at::point<{mask}>, "
              f"at::from<{here}>, ")
    return before, f"at::padding_mask<{mask}>"


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
    maybe(r, 0.3, options, "at::softcap<0.4>")
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


@row("positions", "position_embedding", ranks=(2,), steps=True, common=True)
def position_embedding(r, shape, steps):
    options = []
    maybe(r, 0.2, options, "at::kernel_initializer<at::he_normal>")
    return listed("position_embedding", [shape[0] + r.choice([0, 0, 3])], options), shape


@row("positions", "sinusoidal_positions", ranks=(2,), steps=True, common=True)
def sinusoidal_positions(r, shape, steps):
    return r.choice(["at::sinusoidal_positions<>", "at::sinusoidal_positions<100.0>"]), shape


@row("class_token", "class_token", ranks=(2,), common=True)
def class_token(r, shape, steps):
    options = []
    maybe(r, 0.2, options, "at::kernel_initializer<at::he_normal>")
    return listed("class_token", (), options), (shape[0] + 1, shape[1])


def axes_of_norm(r, shape, steps):
    """Axes that a normalization takes together, as an option, and the number of elements along them."""
    axes = [-1] if steps else r.choice([[-1], [a for a in range(len(shape)) if r.random() < 0.6] or [0]])
    count = 1
    for axis in axes:
        count *= shape[axis]
    return "" if axes == [-1] else f"at::axes<{', '.join(str(a + 1) for a in axes)}>", count


@row("layer_norm", "layer_norm", steps=True, common=True)
def layer_norm(r, shape, steps):
    given, count = axes_of_norm(r, shape, steps)
    if count == 1:  # one value has no variance at all
        return None
    return normalization(r, "layer_norm", (), [given, r.choice(["", "at::epsilon<1e-2>"])]), shape


@row("layer_norm", "rms_norm", steps=True, common=True)
def rms_norm(r, shape, steps):
    given, count = axes_of_norm(r, shape, steps)
    if count == 1:
        return None
    return listed("rms_norm", [], [o for o in (given, r.choice(["", "at::epsilon<1e-2>", "at::no_scale"])) if o]), shape


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


@row("local_response_norm", "local_response_norm", steps=True)
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


@row("join_weights", "join_weights", "join_constants", steps=True, common=True)
def join_weights(r, shape, steps):
    own = [1 if r.random() < 0.4 or (steps and len(shape) > 1 and i == 0) else extent for i, extent in enumerate(shape)]
    while len(own) > 1 and own[0] == 1 and r.random() < 0.6:
        own.pop(0)
    join = r.choice(["add", "subtract", "multiply", "average", "maximum", "minimum"])  # divisors may be near zero
    options = []
    kind = r.choice(["join_weights", "join_weights", "join_constants"])
    if kind == "join_weights":
        penalties(r, options)
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
    if not steps and r.random() < 0.1:
        return "at::flatten_channels_first", (size_of(shape),)
    if steps or r.random() < 0.5:
        groups = r.choice([n for n in range(1, shape[-1] + 1) if shape[-1] % n == 0])
        return f"at::channel_shuffle<{groups}>", shape
    if r.random() < 0.3:
        return "at::channels_first", (shape[-1], *shape[:-1])
    axes = list(range(len(shape)))
    r.shuffle(axes)
    return f"at::permute<{', '.join(str(a + 1) for a in axes)}>", tuple(shape[a] for a in axes)


# Only at the beginning, or part of something else: network.py draws them.
@row("embedding", "tied_output", steps=True, common=True)
def tied_output(r, shape, steps):
    rows = r.choice([2, 5, 17])
    return f"at::tied_output<{rows}>", (*shape[:-1], rows)


ROWS.append(Row("embedding", ("embedding",), (), None, False))
ROWS.append(Row("token_types", (), (), None, False))
ROWS.append(Row("joins", ("add", "subtract", "multiply", "divide", "average", "maximum", "minimum", "concatenate"), (), None, False))
