# SPDX-License-Identifier: BSL-1.0
"""Draws well-formed networks: layers from the table, put together in every way that the library has."""
import random

import layers
import through_time  # its rows
from layers import size_of

JOINS = ["add", "multiply", "average", "maximum", "minimum"]
JOINS_OF_TWO = ["subtract", "divide"]
MOST_ELEMENTS = 400

# A part is a list: its kind, then texts, numbers and parts.


def render(part):
    kind, *rest = part
    inside = [render(p) for p in rest if isinstance(p, list)]
    if kind == "layer":
        return rest[0]
    if kind == "sequence":
        return f"at::sequence<{', '.join(inside)}>"
    if kind == "side_output":
        return f"at::side_output<{', '.join([rest[0], *inside])}>"
    if kind == "residual":
        return f"at::residual<{', '.join(inside)}>"
    if kind in ("recompute", "numbered"):  # a number behind the block
        *before, last = [str(p) for p in rest if not isinstance(p, list)]
        return f"at::{kind}<{', '.join([*before, *inside, last])}>"
    before = [str(p) for p in rest if not isinstance(p, list)]
    return f"at::{kind}<{', '.join(before + inside)}>"


class Network:
    """The input, the parts after it, and what is said of it."""

    def __init__(self, number, first, parts, output, mode, masks, around="{}", feedback=()):
        """@param around    what the whole is put into
        @param feedback  (input, output): what comes out and goes in again"""
        self.number, self.first, self.parts, self.output = number, first, parts, output
        self.mode, self.masks, self.around, self.feedback = mode, masks, around, feedback

    def type(self):
        return self.around.format(f"at::network<{', '.join([self.first] + [render(p) for p in self.parts])}>")

    def layer_count(self):
        def count(part):
            return 1 if part[0] == "layer" else sum(count(p) for p in part if isinstance(p, list))
        return sum(count(p) for p in self.parts)


class GaveUp(Exception):
    pass


def shape_text(shape):
    return "at::shape{" + ", ".join(map(str, shape)) + "}"


def one_text(name, *sizes):
    return f"at::{name}<{', '.join(map(str, sizes))}>"


def stretched(shapes):
    rank = max(map(len, shapes))
    return tuple(max(extents) for extents in zip(*[(1,) * (rank - len(s)) + s for s in shapes]))


class Drawer:
    def __init__(self, seed, number, small=False):
        self.r = random.Random(seed * 1_000_003 + number)
        self.small = small
        self.number = number
        self.points = []
        self.further_inputs = []
        self.feedback = []
        self.names = 0
        drawn = [w for w in layers.ROWS if w.draw is not None]
        self.theme = drawn[number % len(drawn)]  # every row has its turn
        self.theme_is_drawn = False
        self.mode = self.r.choice(["any"] * 5 + ["steps"] * (4 if self.theme.steps else 0) + ["common"] * (4 if self.theme.common else 0))

    def fresh(self, text):
        self.names += 1
        return f'"{text}{self.names}"'

    # One layer

    def layer(self, shape):
        r = self.r
        rows = [w for w in layers.ROWS if w.draw is not None and len(shape) in w.ranks
                and (self.mode != "steps" or w.steps) and (self.mode != "common" or w.common)]
        themes = self.theme in rows and r.random() < (0.25 if self.theme_is_drawn else 0.7)
        for attempt in range(40):
            by_theme = themes and attempt < 6
            made = (self.theme if by_theme else r.choice(rows)).draw(r, shape, self.mode == "steps")
            if not made:
                continue
            text, result = made
            if size_of(result) <= max(MOST_ELEMENTS, size_of(shape)) and min(result) > 0:
                self.theme_is_drawn = self.theme_is_drawn or by_theme
                return ["layer", text], tuple(result)
        raise GaveUp

    # Parts that end in a given shape

    def to_shape(self, shape, target):
        r, steps = self.r, self.mode == "steps"
        channels = target[-1]
        if shape == target and r.random() < 0.5:
            choice = r.randint(0, 4)
            if choice == 0 or steps and choice > 2:
                return []
            if choice == 1:
                return [["layer", layers.activation(r, shape, steps)[0]]]
            if choice == 2:
                return [["layer", "at::batch_norm<>"]]
            if choice == 3 and not steps:
                return [["layer", "at::flatten"], ["layer", one_text("reshape", *target)]]
            return [["layer", "at::dropout<0.25>"]]
        if len(shape) == len(target) and shape[:-1] == target[:-1]:
            if len(shape) == 1:
                return [["layer", one_text("dense", channels)]]
            if len(shape) == 2:
                return [["layer", r.choice([
                    f"at::conv1d<{channels}, 3, at::causal>", f"at::dense<{channels}, at::last_axis>",
                    f"at::conv1d<{channels}, 2, at::{'causal, at::dilation<2>' if steps else 'same'}>",
                    f"at::gru<{channels}, at::return_sequences>"])]]
            if steps:
                return [["layer", r.choice([
                    f"at::conv2d<{channels}, 3, at::padding<2, 0, 1, 1>>", f"at::conv2d<{channels}, 1>",
                    f"at::conv2d<{channels}, at::extent{{1, 3}}, at::same, at::no_bias>",
                    f"at::conv2d_transpose<{channels}, 3, at::padding<0, 2, 1, 1>>",
                    f"at::conv2d_transpose<{channels}, 3, at::same>",
                    f"at::dense<{channels}, at::last_axis>"])]]
            return [["layer", r.choice([
                f"at::conv2d<{channels}, 3, at::same>", f"at::conv2d<{channels}, 1>",
                f"at::conv2d<{channels}, at::extent{{1, 3}}, at::same, at::no_bias>",
                f"at::conv2d_transpose<{channels}, 3, at::same>",
                f"at::dense<{channels}, at::last_axis>"])]]
        for _ in range(15):
            part, result = self.layer(shape)
            if result == target:
                return [part]
        if steps:
            raise GaveUp
        if size_of(shape) == size_of(target):
            return [["layer", one_text("reshape", *target)]]
        if size_of(target) > 64:
            raise GaveUp
        made = [["layer", "at::flatten"]] if len(shape) > 1 else []
        made.append(["layer", one_text("dense", size_of(target))])
        if len(target) > 1:
            made.append(["layer", one_text("reshape", *target)])
        return made

    # Ways to put parts together

    def joined(self, shape):
        """A join and the shape that its parts have; None: other channels each."""
        return "concatenate" if self.r.random() < 0.45 else self.r.choice(JOINS)

    def repeated(self, shape):
        """Parts whose result repeats along some axes of a shape, and what it then is: gates, biases, masks."""
        r = self.r
        if len(shape) == 3 and self.mode == "steps":
            return r.choice([([["layer", "at::conv2d<1, 1>"]], (*shape[:-1], 1)),
                             ([["layer", f"at::max_pool2d<at::extent{{1, {shape[1]}}}>"]], (shape[0], 1, shape[2]))])
        if len(shape) == 1 or self.mode == "steps":
            return [["layer", "at::dense<1>" if len(shape) == 1 else "at::conv1d<1, 1>"]], (*shape[:-1], 1)
        if len(shape) == 2:
            return r.choice([([["layer", "at::global_avg_pool1d"]], (shape[1],)),
                             ([["layer", f"at::avg_pool1d<{shape[0]}>"]], (1, shape[1])),
                             ([["layer", "at::conv1d<1, 1>"]], (shape[0], 1)),
                             ([["layer", "at::flatten"], ["layer", "at::dense<1>"]], (1,))])
        rows, columns, channels = shape
        return r.choice([([["layer", "at::global_avg_pool2d"], ["layer", f"at::dense<{channels}>"]], (channels,)),
                         ([["layer", f"at::avg_pool2d<at::extent{{{rows}, {columns}}}>"]], (1, 1, channels)),
                         ([["layer", f"at::max_pool2d<at::extent{{1, {columns}}}>"]], (rows, 1, channels)),
                         ([["layer", f"at::avg_pool2d<at::extent{{{rows}, 1}}>"]], (1, columns, channels)),
                         ([["layer", "at::conv2d<1, 1>"]], (rows, columns, 1)),
                         ([["layer", "at::global_max_pool2d"], ["layer", "at::dense<1>"]], (1,))])

    def broadcast(self, shape):
        """Joins of branches that repeat."""
        r = self.r
        join = r.choice(JOINS + (JOINS_OF_TWO if self.mode != "common" else ["subtract"]))
        ends = [self.repeated(shape), (self.to_shape(shape, shape), shape) if r.random() < 0.7 else self.repeated(shape)]
        if join == "divide":  # by what is near one
            ends[1] = ([*ends[1][0], ["layer", "at::tanh"], ["layer", "at::exponential"]], ends[1][1])
        elif join == "subtract":
            r.shuffle(ends)
        else:
            if r.random() < 0.3:
                ends.append(self.repeated(shape))
            r.shuffle(ends)
        return ["branches", f"at::{join}", *[["sequence", *parts] for parts, _ in ends]], stretched([e for _, e in ends])

    def split(self, shape, depth):
        """Equal parts of an axis, each through its own."""
        r, steps = self.r, self.mode == "steps"
        axis = len(shape) - 1 if steps or r.random() < 0.6 else r.randrange(len(shape))
        counts = [n for n in (2, 3, 4) if shape[axis] % n == 0]
        if not counts:
            raise GaveUp
        count = r.choice(counts)
        own = (*shape[:axis], shape[axis] // count, *shape[axis + 1:])
        first, target = self.parts(own, 1, depth - 1) if r.random() < 0.5 else ([], own)
        ends = [first] + [self.to_shape(own, target) for _ in range(count - 1)]
        r.shuffle(ends)
        if not steps and r.random() < 0.3 or len(target) == len(shape) and r.random() < 0.3 and not steps:
            along = r.randrange(len(target))
            join, result = f"concatenate_along<{layers.axis_text(r, len(target), along)}>", \
                (*target[:along], count * target[along], *target[along + 1:])
        elif r.random() < 0.7 or self.mode == "common":
            join, result = "concatenate", (*target[:-1], count * target[-1])
        else:
            join, result = r.choice(JOINS), target
        if size_of(result) > 2 * MOST_ELEMENTS:
            raise GaveUp
        number = layers.axis_text(r, len(shape), axis)
        return ["split", str(number), f"at::{join}", *[["sequence", *parts] for parts in ends]], result

    def along(self, shape, depth):
        """Rows or steps one after the other."""
        r = self.r
        first, target = self.parts(shape, 1, depth - 1)
        ends, sizes = [first], [target]
        for _ in range(r.randint(1, 2)):
            ends.append(self.to_shape(shape, target))
            sizes.append(target)
        axis = r.randrange(len(target))
        for i, end in enumerate(ends):
            if target[axis] > 1 and r.random() < 0.4:
                left = r.randrange(1, target[axis])
                ends[i] = [*end, ["layer", f"at::slice<{layers.axis_text(r, len(target), axis)}, {target[axis] - left}>"]]
                sizes[i] = (*target[:axis], left, *target[axis + 1:])
        order = list(range(len(ends)))
        r.shuffle(order)
        result = (*target[:axis], sum(s[axis] for s in sizes), *target[axis + 1:])
        if size_of(result) > 2 * MOST_ELEMENTS:
            raise GaveUp
        return ["branches", f"at::concatenate_along<{layers.axis_text(r, len(target), axis)}>",
                *[["sequence", *ends[i]] for i in order]], result

    def branches(self, shape, depth):
        r, join = self.r, self.joined(shape)
        parts, target = self.parts(shape, r.randint(1, 2), depth - 1)
        ends = [parts]
        results = [target]
        for _ in range(r.randint(1, 2)):
            to = (*target[:-1], layers.filters_of(r)) if join == "concatenate" else target
            if join == "concatenate" and shape[:-1] == target[:-1] and r.random() < 0.3:
                to = shape
            ends.append(self.to_shape(shape, to))
            results.append(to)
        order = list(range(len(ends)))
        r.shuffle(order)
        result = target if join != "concatenate" else (*target[:-1], sum(e[-1] for e in results))
        if size_of(result) > 2 * MOST_ELEMENTS:
            raise GaveUp
        return ["branches", f"at::{join}", *[["sequence", *ends[i]] for i in order]], result

    def residual(self, shape, depth):
        r = self.r
        body, target = self.parts(shape, r.randint(1, 2), depth - 1)
        if target == shape and r.random() < 0.6:
            return ["residual", ["sequence", *body]], target
        if r.random() < 0.5:
            body, target = body + self.to_shape(target, shape), shape
            return ["residual", ["sequence", *body]], shape
        return ["residual", ["sequence", *body], ["sequence", *self.to_shape(shape, target)]], target

    def merged(self, shape):
        r = self.r
        fitting = [p for p in self.points if p[1] == shape]
        wide = [p for p in self.points if p[1][:-1] == shape[:-1] and len(p[1]) == len(shape)]
        if fitting and r.random() < 0.6:
            chosen = r.sample(fitting, min(len(fitting), r.randint(1, 2)))
            return ["merge", f"at::{r.choice(JOINS)}", *[p[0] for p in chosen]], shape
        if wide:
            chosen = r.sample(wide, min(len(wide), r.randint(1, 2)))
            result = (*shape[:-1], shape[-1] + sum(p[1][-1] for p in chosen))
            if size_of(result) <= 2 * MOST_ELEMENTS:
                return ["merge", "at::concatenate", *[p[0] for p in chosen]], result
        return None

    def shared(self, shape):
        """The same parameters twice: one after the other, or side by side."""
        r = self.r
        for _ in range(30):
            part, result = self.layer(shape)
            if not any(word in part[1] for word in ("conv", "dense", "gru", "lstm", "rnn", "norm", "recurrent")):
                continue
            if "separable" in part[1] or "bidirectional" in part[1]:
                continue
            name = self.fresh("s")
            again = ["shared", name, part]
            if result == shape and r.random() < 0.5:
                return [again, ["layer", layers.activation(r, shape, False)[0]], again], shape
            first = [["layer", layers.activation(r, shape, False)[0]]] if r.random() < 0.7 else []
            join = r.choice(JOINS)
            return [["branches", f"at::{join}", ["sequence", *first, again], ["sequence", again]]], result
        raise GaveUp

    def second_input(self, shape):
        r = self.r
        name, own = self.fresh("p"), self.fresh("in")
        other = r.choice([shape, (r.randint(2, 7),), (4, r.randint(1, 4)), (3, 4, r.randint(1, 3))])
        made = [["point", name], ["layer", f"at::named<{own}, {one_text('input', *other)}>"]]
        self.further_inputs.append((own, other))
        if r.random() < 0.5:
            parts, other = self.parts(other, 1, 0)
            made += parts
        join = self.joined(shape)
        target = (*shape[:-1], layers.filters_of(r)) if join == "concatenate" else shape
        made += self.to_shape(other, target)
        result = (*shape[:-1], shape[-1] + target[-1]) if join == "concatenate" else shape
        return made + [["merge", f"at::{join}", name]], result

    def states(self, shape):
        """States that the caller keeps: inputs of a recurrent layer, and outputs."""
        r, own = self.r, self.fresh("p")
        units, options = r.choice([1, 2, 5]), []
        sequence = layers.maybe(r, 0.5, options, "at::return_sequences")
        layer, count = through_time.plain_layer(r, units, options)
        ins, outs = [self.fresh("in") for _ in range(count)], [self.fresh("last") for _ in range(count)]
        made = [["point", own]] + [["layer", f"at::named<{name}, {one_text('input', units)}>"] for name in ins]
        made += [["from", own], ["layer", f"at::with_states<{layer}, at::initial_states<{', '.join(ins)}>, "
                                          f"at::final_states<{', '.join(outs)}>>"]]
        here = self.fresh("p")
        made.append(["point", here])
        for name, last in zip(ins, outs):
            out = self.fresh("out")
            made += [["from", last], ["side_output", out]]
            self.feedback.append((name, out))
        return made + [["from", here]], (shape[0], units) if sequence else (units,)

    def types(self, shape):
        """The type of each step, as an input of its own."""
        r, own, name = self.r, self.fresh("p"), self.fresh("in")
        options = ["at::padding_index<0>"] if r.random() < 0.3 else []
        return [["point", own], ["layer", f"at::named<{name}, {one_text('input', shape[0])}>"], ["from", own],
                ["layer", layers.listed("token_type_embedding", [r.randint(1, 3), shape[1], name], options)]], shape

    def fed_back(self, shape):
        """Side outputs that are further inputs of the next call."""
        made = []
        for name, extents in self.further_inputs:
            if self.r.random() < 0.6:
                out = self.fresh("out")
                try:
                    made.append(["side_output", out, *self.to_shape(shape, extents)])
                except GaveUp:
                    continue
                self.feedback.append((name, out))
        return made

    def detour(self, shape, depth):
        """Goes back to a point and returns."""
        r, one, other = self.r, self.fresh("p"), self.fresh("p")
        there, target = self.parts(shape, r.randint(1, 2), depth - 1)
        join = self.joined(shape)
        back = self.to_shape(shape, target)
        result = (*target[:-1], 2 * target[-1]) if join == "concatenate" else target
        if size_of(result) > 2 * MOST_ELEMENTS:
            raise GaveUp
        return [["point", one], *there, ["point", other], ["from", one], *back, ["merge", f"at::{join}", other]], result

    def shuffle(self, shape):
        """Reshapes what several read."""
        r = self.r
        other = layers.factors(r, size_of(shape))
        parts = [["layer", one_text("reshape", *other)]]
        made, result = self.parts(other, 1, 1)
        if result == other or r.random() < 0.5:
            back = self.to_shape(other, result)
            parts += [["branches", f"at::{r.choice(JOINS)}", ["sequence", *made], ["sequence", *back]]]
        else:
            parts += made
        return parts, result

    def one(self, shape, depth, top):
        """Parts in a row, and the shape after them."""
        r = self.r
        choice = r.random()
        if depth > 0:
            if choice < 0.10:
                part, result = self.branches(shape, depth)
                return [part], result
            if choice < 0.17:
                part, result = self.residual(shape, depth)
                return [part], result
            if choice < 0.20 and self.mode != "common":
                return self.shared(shape)
            if choice < 0.23:
                body, result = self.parts(shape, 1, depth - 1)
                body += self.to_shape(result, shape)
                form = r.randint(0, 4)
                block = ["sequence", *body]
                if form == 0:
                    return [["repeat", r.choice([1, 2, 2, 3]), block]], shape
                if form == 1:
                    return [["numbered", self.fresh("block"), r.choice([1, 2, 2, 3]), block, r.choice([0, 1, 5])]], shape
                if form == 3:
                    return [["frozen", block]], shape
                if form == 4:
                    return [["recompute", block, r.choice([0, 50, 100])]], shape
                return [["named", self.fresh("block"), block]], shape
            if choice < 0.27:
                return self.detour(shape, depth)
            if choice > 0.97:
                part, result = self.split(shape, depth)
                return [part], result
            if choice > 0.95 and self.mode != "steps":
                part, result = self.along(shape, depth)
                return [part], result
            if choice > 0.92:
                part, result = self.broadcast(shape)
                return [part], result
            if choice < 0.34 and self.mode != "steps":
                return self.shuffle(shape)
        if choice < 0.40:
            name = self.fresh("p")
            self.points.append((name, shape))
            return [["point", name]], shape
        if choice < 0.52 and self.points:
            found = self.merged(shape)
            if found:
                return [found[0]], found[1]
        if top and choice < 0.56 and self.mode != "common":
            parts, _ = self.parts(shape, r.randint(0, 2), 0)
            return [["side_output", self.fresh("out"), *parts]], shape
        if top and choice < 0.60 and self.mode == "any":
            if len(shape) == 2 and r.random() < 0.5:
                return self.states(shape)
            return self.second_input(shape)
        if choice < 0.66:
            return [["layer", layers.activation(r, shape, False)[0]]], shape
        part, result = self.layer(shape)
        return [part], result

    def parts(self, shape, count, depth, top=False):
        made = []
        for _ in range(count):
            some, shape = self.one(shape, depth, top)
            made += some
        return made, shape

    def first_shape(self, rank):
        r = self.r
        if rank == 1:
            return (r.randint(1, 20),)
        if rank == 2:
            return (r.choice([8, 12, 16]) if self.mode == "steps" else r.randint(1, 9), r.choice([1, 2, 3, 4, 6, 7]))
        if self.mode == "steps":  # frames
            return (r.choice([8, 12]), r.randint(1, 8), r.choice([1, 1, 2, 3, 4]))
        shape = (r.randint(1, 8), r.randint(1, 8), r.choice([1, 1, 2, 3, 4, 6, 17]))
        return shape if size_of(shape) <= MOST_ELEMENTS else (*shape[:2], 4)

    def rank(self):
        r = self.r
        if r.random() < 0.7:
            fitting = [rank for rank in self.theme.ranks if rank <= 3]
            if fitting:
                return r.choice(fitting)
        if self.mode == "steps":
            choice = r.random()
            return 1 if choice < 0.1 else 3 if choice > 0.6 else 2
        return r.choice([1, 2, 3, 3, 3] if self.mode == "common" else [1, 1, 2, 2, 3, 3, 3, 3])

    def class_numbers(self, shape):
        """Looked up in a table: the input, the layer, the shape after it."""
        r = self.r
        options = ["at::padding_index<0>"] if r.random() < 0.3 else []
        layers.maybe(r, 0.2, options, "at::kernel_initializer<at::he_normal>")
        width = r.choice([1, 2, 5])
        if self.mode == "steps":
            shape = (shape[0], 1)
            options.append("at::per_step")
        elif size_of(shape) > 40 or shape[-1] == 1:
            shape = (4, 3)
        text = layers.listed("embedding", [7, width], layers.shuffled(r, options))
        return one_text("input", *shape), ["layer", text], (*shape[:2], width) if self.mode != "steps" else (shape[0], width)

    def whole(self, parts):
        """What a network may be put into."""
        r = self.r
        blocks = [p[1] for p in parts if p[0] == "named"]
        choices = ["at::with_winograd<{}>", "at::with_winograd<{}, 2>", f"at::frozen_but_last<{{}}, {r.randint(0, len(parts))}>",
                   "at::with_recompute<{}, 50>"]
        if blocks:
            choices += [f"at::trained_only<{{}}, {r.choice(blocks)}>"] * 8
        return r.choice(choices) if r.random() < (0.3 if blocks else 0.08) else "{}"

    def network(self):
        r = self.r
        tokens = masks = False
        parts = []
        shape = self.first_shape(self.rank())
        first = one_text("input", *shape)
        if r.random() < 0.1 and len(shape) < 3 and not (self.mode == "steps" and len(shape) == 1):
            tokens = True
            first, table, shape = self.class_numbers(shape)
            parts.append(table)
            if self.mode == "any" and len(shape) == 2 and r.random() < 0.4:
                made, shape = self.types(shape)
                parts += made
        elif r.random() < 0.15:
            name = self.fresh("in")
            first = f"at::named<{name}, {first}>"
            self.points.append((name, shape))
        if self.mode == "any" and len(shape) == 3 and not parts and not self.points and r.random() < 0.1:
            depth = r.choice([1, 2, 3])  # a volume
            first = one_text("input", depth, *shape)
            made = layers.volume_layer(r, (depth, *shape))
            if made:
                (depth, *shape), text = made[1], made[0]
                parts.append(["layer", text])
            shape = (depth * shape[0], *shape[1:])
            parts.append(["layer", one_text("reshape", *shape)])
        if not tokens and len(shape) == 2 and shape[0] >= 3 and r.random() < 0.1:
            masks = True
            units = r.choice([2, 5])
            parts.append(["layer", f"at::{r.choice(['gru', 'lstm', 'simple_rnn'])}<{units}, at::masking<>, at::return_sequences>"])
            shape = (shape[0], units)
        more, shape = self.parts(shape, r.randint(1, 2), 1, top=True) if self.small else self.parts(shape, r.randint(2, 7), 2, top=True)
        parts += more + self.fed_back(shape)
        return Network(self.number, first, parts, shape, self.mode, masks, self.whole(parts), self.feedback)


def draw(seed, number, small=False):
    """Network `number` of a seed: the same whatever else is drawn. A small one has one or two parts."""
    for attempt in range(200):
        drawer = Drawer(seed + 7919 * attempt, number, small)
        try:
            made = drawer.network()
        except GaveUp:
            continue
        if 1 <= made.layer_count() <= 14 and (drawer.theme_is_drawn or attempt > 60):
            return made
    raise GaveUp


# What was found once and has no test of its own: the input, the parts, the shape at the end, the mode.
FOUND = [
    # g++ 12 saw the ring of one value of a stream in others.
    ("at::input<8, 2>",
     ['at::branches<at::add, at::sequence<at::leaky_relu<>, at::shared<"s1", at::batch_norm<>>>, '
      'at::sequence<at::shared<"s1", at::batch_norm<>>>>', 'at::side_output<"out2">', 'at::point<"p3">',
      "at::conv1d<1, 2, at::causal, at::no_bias>", "at::softmax", 'at::merge<at::concatenate, "p3">'], (8, 3), "steps"),
    # The gradient of one's own function was taken for several pixels at once beside a concatenation.
    ("at::input<7, 6, 1>",
     ["at::branches<at::concatenate, at::sequence<>, at::branches<at::maximum, at::conv2d<1, 3, at::same>, "
      "at::batch_norm<>, swish>>"], (7, 6, 2), "any"),
    # 8-bit copies into a concatenation ran over its other channels.
    ('at::named<"in1", at::input<7, 6, 4>>',
     ["at::dense<6, at::last_axis>", 'at::merge<at::concatenate, "in1">', "at::reshape<42, 1, 10>"], (42, 1, 10),
     "common"),
]


def found():
    return [Network(1_000_000 + i, first, [["layer", part] for part in parts], output, mode, False)
            for i, (first, parts, output, mode) in enumerate(FOUND)]
