# SPDX-License-Identifier: BSL-1.0
"""Rows of what goes through time: recurrent layers alone, with masks, with states that come and go."""
from layers import filters_of, listed, maybe, padding_mask, penalties, row, shuffled


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
    penalties(r, options)
    maybe(r, 0.05, options, "at::recurrent_initializer<at::orthogonal<>>")
    return (shape[0], units) if sequence else (units,)


@row("recurrent", "simple_rnn", "lstm", "gru", "scaled", ranks=(2,), steps=True, common=True)
def recurrent(r, shape, steps):
    units, options = r.choice([1, 2, 3, 4, 5, 9, 17]), []
    result = recurrent_options(r, shape, options, units, steps)
    kind = r.choice(["simple_rnn", "lstm", "lstm", "gru", "gru", "recurrent"])
    zeros = "at::thresholded_relu<0.3>, " if maybe(r, 0.08, options, "at::masking<>") else ""
    if kind == "recurrent":
        text = listed("recurrent", [units, r.choice(CELLS)], shuffled(r, options))
        return f"at::sequence<{zeros}{text}>" if zeros else text, result
    maybe(r, 0.15, options, f"at::cell_activation<{r.choice(FUNCTIONS)}>")
    if kind != "simple_rnn":
        maybe(r, 0.15, options, f"at::recurrent_activation<{r.choice(FUNCTIONS)}>")
    if kind == "lstm" and r.random() < 0.4:
        options.append(r.choice(["at::peepholes", "at::diagonal_peepholes"]))
    if kind == "gru":
        maybe(r, 0.5, options, "at::reset_after")
    plain = not any("peepholes" in option for option in options)
    if plain and (kind != "gru" or "at::reset_after" in options) and r.random() < 0.2:
        options.append("at::layer_norm_inside")
        maybe(r, 0.5, options, "at::epsilon<1e-5>")
    if kind == "lstm" and r.random() < 0.25:
        options.append("at::int8_states")
    elif kind == "lstm" and r.random() < 0.25:
        size = r.choice([1, 2, 5, 18])
        options.append(f"at::proj_size<{size}>")
        result = (*result[:-1], size)
    if {"at::reversed", "at::return_sequences"} <= set(options) and "at::stateful" not in options and r.random() < 0.5:
        options.append(f"at::in_blocks<{r.choice([1, 2, 3])}, {r.choice([0, 1, 4])}>")
    text = listed(kind, [units], shuffled(r, options))
    return f"at::sequence<{zeros}{text}>" if zeros else text, result


@row("recurrent", ranks=(3, 4), steps=True)
def lines(r, shape, steps):
    """Sequences along an axis."""
    units, options = r.choice([1, 2, 5, 9]), []
    axis = r.randrange(len(shape) - 1)
    sequence = r.random() < 0.6 or (steps and axis == 0)
    if sequence:
        options.append("at::return_sequences")
    if not steps or axis != 0:
        maybe(r, 0.3, options, "at::reversed")
    kind = r.choice(["simple_rnn", "lstm", "gru"])
    options.append(f"at::time_axis<{axis + 1 if r.random() < 0.5 else axis - len(shape)}>")
    rest = shape[:-1] if sequence else shape[:axis] + shape[axis + 1:-1]
    return listed(kind, [units], shuffled(r, options)), (*rest, units)


@row("recurrent", ranks=(2,), steps=True, common=True)
def grouped(r, shape, steps):
    groups = [n for n in (2, 3, 4) if shape[-1] % n == 0]
    if not groups:
        return None
    units, options, count = r.choice([1, 2, 5]), [], r.choice(groups)
    result = recurrent_options(r, shape, options, units, steps)
    return f"at::grouped<{count}, {listed(r.choice(['simple_rnn', 'gru']), [units], options)}>", (*result[:-1], units * count)


@row("recurrent", ranks=(2,), common=True)
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


def plain_layer(r, units, options, kinds=("simple_rnn", "lstm", "gru", "recurrent")):
    """A recurrent layer and how many states it has."""
    kind = r.choice(kinds)
    if kind == "recurrent":
        cell = r.choice(CELLS)
        return listed("recurrent", [units, cell], shuffled(r, options)), 2 if cell == "two_state_cell" else 1
    options = list(options)
    if kind == "lstm":
        maybe(r, 0.2, options, r.choice(["at::peepholes", "at::diagonal_peepholes", "at::layer_norm_inside", "at::int8_states"]))
    if kind == "gru":
        maybe(r, 0.5, options, "at::reset_after")
    maybe(r, 0.2, options, f"at::cell_activation<{r.choice(FUNCTIONS)}>")
    return listed(kind, [units], shuffled(r, options)), 2 if kind == "lstm" else 1


@row("recurrent", ranks=(2,), steps=True)
def masked_layer(r, shape, steps):
    """The last channel, made of what comes in, says which steps are padding."""
    units, options = r.choice([1, 2, 5, 9]), ["at::masked"]
    sequence = steps or r.random() < 0.6
    maybe(r, 1 if sequence else 0, options, "at::return_sequences")
    if not steps:
        maybe(r, 0.3, options, "at::reversed")
    mask = "at::sequence<at::slice<-1, 0, 1>, at::thresholded_relu<0.13>, at::step_mask<>>"
    layer, _ = plain_layer(r, units, options)
    parts = f"at::branches<at::concatenate, at::dense<{filters_of(r)}, at::last_axis>, {mask}>"
    return f"at::sequence<{parts}, {layer}>", (shape[0], units) if sequence else (units,)


@row("recurrent", "steps", ranks=(2,), steps=True)
def padded_stack(r, shape, steps):
    """A mask that goes through a stack of layers."""
    before, mask = padding_mask(r)
    layers = []
    for _ in range(r.randint(1, 2)):
        units = r.choice([1, 2, 5])
        layer, _ = plain_layer(r, units, ["at::return_sequences", mask])
        if not steps and r.random() < 0.3:
            join = r.choice(["concatenate", "add"])
            layer, units = f"at::bidirectional<{layer}, at::{join}>", units * (2 if join == "concatenate" else 1)
        layers.append(layer)
    if not steps and r.random() < 0.3:
        units = r.choice([2, 4])
        layers.append(plain_layer(r, units, [mask])[0])
        return f"at::sequence<{before}{', '.join(layers)}>", (units,)
    return f"at::sequence<{before}{', '.join(layers)}>", (shape[0], units)


@row("with_states", "first_states", "last_states", "steps", ranks=(2,))
def with_states(r, shape, steps):
    """States that layers compute, states that go on, or both: one layer's last ones are the next one's first."""
    own, units = r.randint(0, 10**6), r.choice([1, 2, 5, 9])
    here, end = f'"x{own}"', f'"end{own}"'
    options = []
    sequence = maybe(r, 0.5, options, "at::return_sequences")
    maybe(r, 0.3, options, "at::reversed")
    layer, states = plain_layer(r, units, options)
    sizes = [units] * states
    if layer.startswith("at::lstm") and r.random() < 0.25:
        sizes[0] = r.choice([1, 3])
        layer = layer[:-1] + f", at::proj_size<{sizes[0]}>>"
    parts, names = [f"at::point<{here}>"], [f'"state{own} {i}"' for i in range(states)]
    form = r.choice(["first", "last", "both", "chain"])
    if form == "chain" and sizes[0] == units:  # an encoder before
        other = layer.replace("at::return_sequences, ", "").replace(", at::return_sequences", "").replace("at::return_sequences", "")
        parts += [f"at::conv1d<{filters_of(r)}, {r.randint(1, shape[0])}>", f"at::with_states<{other}, at::final_states<{', '.join(names)}>>"]
    elif form != "last":
        for name, size in zip(names, sizes):
            parts += [f"at::from<{here}>", f"at::conv1d<{r.choice([1, 2])}, {r.randint(1, shape[0])}>", "at::flatten", f"at::dense<{size}>",
                      "at::tanh", f"at::point<{name}>"]
    given = [] if form == "last" else [f"at::initial_states<{', '.join(names)}>"]
    last = [f'"last{own} {i}"' for i in range(states)]
    if form in ("last", "both") or r.random() < 0.3:
        # A state that has a name is read: behind a sequence one of its size is, behind a last step all are.
        fitting = [i for i in range(states) if not sequence or sizes[i] == sizes[0]]
        kept = {r.choice(fitting)} if sequence or r.random() < 0.2 else set(fitting)
        last = [name if i in kept else '""' for i, name in enumerate(last)]
        given.append(f"at::final_states<{', '.join(last)}>")
    else:
        last = []
    parts += [f"at::from<{here}>", f"at::with_states<{layer}, {', '.join(shuffled(r, given))}>"]
    read = [(name, size) for name, size in zip(last, sizes) if name != '""']
    if not read:
        return f"at::sequence<{', '.join(parts)}>", (shape[0], sizes[0]) if sequence else (sizes[0],)
    if sequence:
        parts.append(f"at::merge<at::{r.choice(['add', 'multiply', 'maximum'])}, {read[0][0]}>")
        return f"at::sequence<{', '.join(parts)}>", (shape[0], sizes[0])
    name, size = read[-1]
    parts.append(f"at::merge<at::concatenate, {name}>")
    return f"at::sequence<{', '.join(parts)}>", (read[0][1] + size,)


@row("recurrent", ranks=(2,), steps=True)
def in_two_directions(r, shape, steps):
    """The backward layer begins anew for each block."""
    units, join = r.choice([1, 2, 5]), r.choice(["concatenate", "add", "average", "multiply"])
    layer, _ = plain_layer(r, units, ["at::return_sequences"])
    return (f"at::bidirectional<{layer}, at::{join}, at::in_blocks<{r.choice([1, 2, 3])}, {r.choice([0, 1, 4])}>>",
            (shape[0], units * (2 if join == "concatenate" else 1)))


CELLS = ["scaled_cell", "two_state_cell"]
FUNCTIONS = ["at::relu", "at::tanh", "at::sigmoid", "at::elu<0.8>", "at::softsign", "at::hard_tanh<>", "at::hard_sigmoid<0.2>",
             "at::activation<at::expression::activations::hard_sigmoid_onnx>"]
