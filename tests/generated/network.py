# SPDX-License-Identifier: BSL-1.0
"""Draws well-formed networks: layers from the table, put together in every way that the library has."""
import random

import layers
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
    before = [str(p) for p in rest if not isinstance(p, list)]
    return f"at::{kind}<{', '.join(before + inside)}>"


class Network:
    """The input, the parts after it, and what is said of it."""

    def __init__(self, number, first, parts, output, mode, tokens, masks):
        self.number, self.first, self.parts, self.output = number, first, parts, output
        self.mode, self.tokens, self.masks = mode, tokens, masks

    def type(self):
        return f"at::network<{', '.join([self.first] + [render(p) for p in self.parts])}>"

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
    def __init__(self, seed, number):
        self.r = random.Random(seed * 1_000_003 + number)
        self.number = number
        self.points = []
        self.names = 0
        self.mode = self.r.choice(["any"] * 5 + ["steps"] * 2 + ["common"] * 3)

    def fresh(self, text):
        self.names += 1
        return f'"{text}{self.names}"'

    # One layer

    def layer(self, shape):
        r = self.r
        rows = [w for w in layers.ROWS if w.draw is not None and len(shape) in w.ranks
                and (self.mode != "steps" or w.steps) and (self.mode != "common" or w.common)]
        for _ in range(40):
            made = r.choice(rows).draw(r, shape, self.mode == "steps")
            if not made:
                continue
            text, result = made
            if size_of(result) <= max(MOST_ELEMENTS, size_of(shape)) and min(result) > 0:
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
            if choice == 3:
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
        name = self.fresh("p")
        other = r.choice([shape, (r.randint(2, 7),), (4, r.randint(1, 4)), (3, 4, r.randint(1, 3))])
        made = [["point", name], ["layer", f"at::named<{self.fresh('in')}, {one_text('input', *other)}>"]]
        if r.random() < 0.5:
            parts, other = self.parts(other, 1, 0)
            made += parts
        join = self.joined(shape)
        target = (*shape[:-1], layers.filters_of(r)) if join == "concatenate" else shape
        made += self.to_shape(other, target)
        result = (*shape[:-1], shape[-1] + target[-1]) if join == "concatenate" else shape
        return made + [["merge", f"at::{join}", name]], result

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
                form = r.randint(0, 3)
                block = ["sequence", *body]
                if form == 0:
                    return [["repeat", 2, block]], shape
                if form == 1:
                    return [["numbered", self.fresh("block"), 2, block]], shape
                if form == 3:
                    return [["frozen", block]], shape
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

    def network(self):
        r = self.r
        tokens = masks = False
        parts = []
        rank = {"steps": 2, "common": r.choice([1, 2, 3, 3, 3])}.get(self.mode, r.choice([1, 1, 2, 2, 3, 3, 3, 3]))
        if self.mode == "steps" and r.random() < 0.1:
            rank = 1
        if rank == 1:
            shape = (r.randint(1, 20),)
        elif rank == 2:
            shape = (r.choice([8, 12, 16]) if self.mode == "steps" else r.randint(1, 9), r.choice([1, 2, 3, 4, 7]))
        else:
            shape = (r.randint(1, 8), r.randint(1, 8), r.choice([1, 1, 2, 3, 4, 6, 17]))
            if size_of(shape) > MOST_ELEMENTS:
                shape = (*shape[:2], 4)
        first = one_text("input", *shape)
        if self.mode == "any" and r.random() < 0.1 and len(shape) < 3:
            tokens = True
            if size_of(shape) > 40 or shape[-1] == 1:
                shape = (4, 3)
            first = one_text("input", *shape)
            width = r.choice([1, 2, 5])
            padded = ", at::padding_index<0>" if r.random() < 0.3 else ""
            parts.append(["layer", f"at::embedding<7, {width}{padded}>"])
            shape = (*shape, width)
        elif r.random() < 0.15:
            name = self.fresh("in")
            first = f"at::named<{name}, {first}>"
            self.points.append((name, shape))
        if not tokens and len(shape) == 2 and shape[0] >= 3 and r.random() < 0.1:
            masks = True
            units = r.choice([2, 5])
            parts.append(["layer", f"at::{r.choice(['gru', 'lstm', 'simple_rnn'])}<{units}, at::masking<>, at::return_sequences>"])
            shape = (shape[0], units)
        more, shape = self.parts(shape, r.randint(2, 7), 2, top=True)
        return Network(self.number, first, parts + more, shape, self.mode, tokens, masks)


def draw(seed, number):
    """Network `number` of a seed: the same whatever else is drawn."""
    for attempt in range(200):
        drawer = Drawer(seed + 7919 * attempt, number)
        try:
            made = drawer.network()
        except GaveUp:
            continue
        if 1 <= made.layer_count() <= 14:
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
    return [Network(1_000_000 + i, first, [["layer", part] for part in parts], output, mode, False, False)
            for i, (first, parts, output, mode) in enumerate(FOUND)]
