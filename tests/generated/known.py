# SPDX-License-Identifier: BSL-1.0
"""What the generator must know: every public name of which networks are made, every option with the layers that take it."""
import pathlib
import random
import re

import layers
import network

# Where layers, joins, parts, options and functions are.
PLACES = ["architecture/layers", "architecture/parts", "architecture/combinators.hpp", "architecture/graph.hpp",
          "architecture/options.hpp", "architecture/recurrent_options.hpp", "expression/activations.hpp"]
FUNCTIONS = "archetype::expression::activations::inline"
# Public names that networks do not name.
NOT_DRAWN = {
    "what layers are made of": ["basic_conv1d", "basic_conv_transpose", "volume_window", "basic_group_norm", "basic_adaptive_pool",
                                "basic_axis_pool", "basic_global_pool2d", "basic_pool1d", "basic_global_pool1d", "pool_result",
                                "basic_pool2d", "basic_pool3d", "basic_global_pool3d", "shuffle_order", "pointwise_layer", "gate_layer",
                                "join_layer"],
    "whose derivatives are those of what they are near to": ["fast_tanh", "fast_sigmoid"],
    "numbers that options become": ["option", "option_values", "kernel_options"],
}
# Options that headers ask for without a layer that takes them.
NOT_TAKEN = {"resize2d.hpp": {"padding"}}  # reads numbers of edges as those of a padding
SPELLED = {"initial_state": ["trainable_initial_state", "given_initial_state"], "same": ["same", "same_lower"],
           "kernel_options": ["l1", "l2", "kernel_initializer"], "of_volumes": []}


def headers(include):
    root = pathlib.Path(include) / "archetype"
    for place in PLACES:
        path = root / place
        yield from [path] if path.is_file() else sorted(path.rglob("*.hpp"))


def plain(path):
    """A header's text without comments, texts and what namespaces other than archetype's own hold."""
    text = re.sub(r'"[^"]*"', '""', re.sub(r"//.*", "", path.read_text()))
    return re.sub(r"^\s*#.*$", "", text, flags=re.M)


def public_names(path):
    """Types, aliases, variables and concepts that a header defines where users look for them."""
    names, around, head = [], [], ""
    for character in plain(path):
        if character not in "{};":
            head += character
            continue
        space = re.search(r"namespace\s+([\w:]+)(?:\s+\w+)?\s*$", head)
        if not space and "::".join(around) in ("archetype", FUNCTIONS):
            names += re.findall(r"\b(?:struct|class)\s+(\w+)\s*(?:final\s*)?(?::[^:].*)?$", head, re.S)
            names += re.findall(r"\b(?:using|concept)\s+(\w+)\s*=", head)
            names += re.findall(r"\binline constexpr \w+ (\w+)(?:\s*=|\s*$)", head)
        if character == "{":
            around.append(space[1] if space else "-")
        elif character == "}":
            around.pop()
        head = ""
    return names


def drawn_texts(networks=3000, each=150):
    """Texts of networks and, by header, of what its rows draw."""
    texts = [network.draw(1, number).type() for number in range(networks)]
    by_header = {}
    r = random.Random(1)
    for row in layers.ROWS:
        if row.draw is None:  # network.py draws it
            by_header.setdefault(row.header, []).extend(texts)
            continue
        own = by_header.setdefault(row.header, [])
        for _ in range(each):
            rank = r.choice([rank for rank in row.ranks if rank <= 3])
            steps = row.steps and r.random() < 0.4
            shape = tuple(r.choice([6, 8, 12] if axis == 0 and steps else [1, 2, 3, 4, 6, 8]) for axis in range(rank))
            made = row.draw(r, shape, steps)
            if made:
                own.append(made[0])
    return texts, by_header


def words(texts):
    return {word for text in texts for name in re.findall(r"at::([\w:]+)", text) for word in name.split("::")}


def options_of(path):
    """Options that a header's layers take."""
    found = set()
    for option in re.findall(r"\boption::(\w+)|\b(kernel_options)\b", plain(path)):
        one = option[0] or option[1]
        found.update(SPELLED.get(one, [one]))
    return found - NOT_TAKEN.get(path.name, set())


def missing(include):
    """Sentences about what is never drawn."""
    told = []
    headers_with_rows, kinds = {row.header for row in layers.ROWS}, {kind for row in layers.ROWS for kind in row.kinds}
    texts, by_header = drawn_texts()
    known, reasons = words(texts), {name for names in NOT_DRAWN.values() for name in names}
    functions = set(re.findall(r"activations::(\w+)", " ".join(texts)))
    exist = set()
    for path in headers(include):
        text, names = plain(path), public_names(path)
        exist.update(names)
        among = known if path.name != "activations.hpp" else functions
        told += [f"{name} of {path.name} is in no network" for name in names if name not in among | reasons]
        if "layers" not in path.parts:
            continue
        if path.stem not in headers_with_rows:
            told.append(f"{path.name} has no row")
        told += [f'"{kind}" of {path.name} is in no row' for kind in re.findall(r'kind = "(\w+)"', path.read_text()) if kind not in kinds]
        drawn = words(by_header.get(path.stem, []))
        told += [f"no layer of {path.name} is drawn with {option}" for option in sorted(options_of(path) - drawn)]
    told += [f"{name} is said not to be drawn, and does not exist" for name in sorted(reasons - exist)]
    return told
