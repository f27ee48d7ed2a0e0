# SPDX-License-Identifier: BSL-1.0
"""Writes docs/reference/forms.md: in which forms each layer runs, as its types say (tools/forms/forms.hpp asks them).

    forms_page.py            writes it
    forms_page.py --check    says whether it is what would be written
    forms_page.py --check --turns    the same of a part of the rows, another one for each commit, with one compiler

A layer of architecture/layers, or a part of architecture/parts, without a row is an error; so is one that the compiler cannot evaluate, or
whose facts say that it streams while no form says how.
"""
import pathlib
import re
import sys
import tempfile

import harness
import layer_pages
import page_lines
import rules_page

PAGE = harness.ROOT / "docs" / "reference" / "forms.md"
PARTS = harness.INCLUDE / "archetype" / "architecture" / "parts"
# Options and values that stand in the headers of layers, and parts that change nothing or the body they are given.
NO_LAYERS = {"key_value_heads", "window", "rotary", "softcap", "head_size", "attention_dropout", "masked", "padding_mask", "connection_table",
             "volume_window", "padding_index", "per_step", "bicubic", "beyond_edge", "final_states", "initial_states", "frozen",
             "frozen_but_last", "trained_only", "recompute", "with_recompute", "with_winograd", "changed_body", "mask_and_layer",
             "masked_recurrence"}
ROWS_AT_ONCE = 24

IMAGE, FRAMES, STEPS, VECTOR, VOLUME = "8, 8, 4", "8, 6, 4", "8, 4", "8", "4, 4, 4, 2"
# (title, [(shape of the input, layers of it)]). Names in layers are those of namespace archetype.
ROWS = [
    ("Convolutions", [
        (FRAMES, ["conv2d<4, 3, padding<2, 0, 1, 1>>", "conv2d<4, 3, same>", "depthwise_conv2d<3, padding<2, 0, 1, 1>>",
                  "separable_conv2d<4, 3, padding<2, 0, 1, 1>>", "spatially_separable_conv2d<4, 3, no_bias>",
                  "conv2d_transpose<4, 3, stride<2>>", "conv2d_table<3, connection_table<4, 2>{{{1, 0}, {0, 1}, {1, 1}, {1, 0}}}>",
                  "subsampling2d<2>"]),
        (STEPS, ["conv1d<4, 3, causal>", "conv1d<4, 3, same, look_ahead>", "depthwise_conv1d<3, causal>",
                 "conv1d_transpose<4, 3, stride<2>>"]),
        (VOLUME, ["conv3d<4, 3, same>"])]),
    ("Pooling", [
        (FRAMES, ["max_pool2d<2>", "avg_pool2d<2>", "l2_pool2d<2>", "global_avg_pool2d", "global_max_pool2d", "adaptive_avg_pool2d<3>",
                  "adaptive_max_pool2d<3>", "reduce_mean<1>", "reduce_mean<2>", "reduce_max<-1>"]),
        (STEPS, ["max_pool1d<2>", "avg_pool1d<2>", "global_avg_pool1d", "global_max_pool1d", "adaptive_avg_pool1d<3>",
                 "adaptive_max_pool1d<3>"]),
        (VOLUME, ["max_pool3d<2>", "avg_pool3d<2>", "global_avg_pool3d", "global_max_pool3d"])]),
    ("Dense layers and tables", [
        (VECTOR, ["dense<4>", "maxout<4, 2>", "embedding<10, 4>", "tied_output<10>"]),
        (STEPS, ["dense<4, last_axis>", "piece_max<2>"]),
        ("8, 1", ["embedding<10, 4, per_step>"])]),
    ("Recurrent layers", [
        (STEPS, ["simple_rnn<4, return_sequences>", "lstm<4>", "lstm<4, return_sequences>", "lstm<4, return_sequences, int8_states>",
                 "lstm<4, return_sequences, peepholes>", "lstm<4, return_sequences, proj_size<2>>",
                 "lstm<4, return_sequences, layer_norm_inside>", "lstm<4, return_sequences, trainable_initial_state>",
                 "gru<4, return_sequences>", "gru<4, return_sequences, reset_after>", "gru<4, return_sequences, reversed>",
                 "gru<4, return_sequences, reversed, in_blocks<4, 2>>", "recurrent<4, gru_cell<>, return_sequences>",
                 "bidirectional<lstm<4, return_sequences>>", "bidirectional<lstm<4, return_sequences>, add>",
                 "bidirectional<lstm<4, return_sequences>, concatenate, in_blocks<4, 2>>", "grouped<2, gru<4, return_sequences>>",
                 "sequence<with_states<gru<4>, final_states<\"h\">>, merge<add, \"h\">>", "time_distributed<dense<4>>"]),
        (FRAMES, ["gru<4, return_sequences, time_axis<1>>", "gru<4, return_sequences, time_axis<2>>"])]),
    ("Attention", [
        ("8, 12", ["scaled_dot_product_attention<2>", "scaled_dot_product_attention<2, causal>"]),
        (STEPS, ["self_attention<4, 2>", "self_attention<4, 2, causal>", "self_attention<4, 2, causal, rotary<>>", "self_attention<4, 2, causal, softcap<50.0>>",
                 "sequence<point<\"steps\">, conv1d<4, 3>, cross_attention<4, 2, \"steps\">>", "class_token<>", "position_embedding<8>",
                 "sinusoidal_positions<>", "step_mask<>"]),
        ("1", ["sequence_mask<4>"]),
        ("8", ["sequence<point<\"types\">, embedding<10, 4>, token_type_embedding<2, 4, \"types\">>"])]),
    ("Normalization", [
        (FRAMES, ["batch_norm<>", "layer_norm<>", "layer_norm<axes<2, 3>>", "layer_norm<axes<1, 2, 3>>", "rms_norm<>", "rms_norm<axes<2, 3>>",
                  "group_norm<2>",
                  "instance_norm<>", "local_response_norm<3>"])]),
    ("Activations", [
        (STEPS, ["sigmoid", "tanh", "relu", "leaky_relu<>", "elu<>", "activation<[](auto x) { return x * sigmoid(x); }>", "softmax",
                 "relu6", "hard_sigmoid<>", "hard_swish", "silu", "swish", "gelu", "gelu_tanh", "softplus", "softsign", "mish", "selu",
                 "celu<>", "exponential", "log_sigmoid", "hard_tanh<>", "hard_shrink<>", "soft_shrink<>", "tanh_shrink",
                 "threshold<0.1, -1.0>", "thresholded_relu<>", "sin", "snake<>", "prelu<>", "prelu<slope_per_element>", "log_softmax", "glu",
                 "swiglu", "geglu"])]),
    ("Regularization", [
        (STEPS, ["dropout<0.5>", "original_dropout<0.5>", "spatial_dropout<0.5>", "alpha_dropout<0.5>", "gaussian_dropout<0.5>",
                 "gaussian_noise<0.5>", "stochastic_depth<0.5>"])]),
    ("Joins", [
        (STEPS, ["branches<add, identity, tanh>", "branches<add, identity, tanh, sigmoid>", "branches<subtract, identity, tanh>",
                 "branches<multiply, identity, tanh>", "branches<divide, identity, exponential>", "branches<average, identity, tanh>",
                 "branches<maximum, identity, tanh>", "branches<minimum, identity, tanh>", "branches<concatenate, identity, tanh>",
                 "branches<concatenate_along<1>, identity, tanh>", "join_weights<add, shape{4}>", "join_weights<add, shape{8, 4}>",
                 "join_weights<divide, shape{4}>", "join_constants<multiply, shape{4}>"])]),
    ("Shapes and places", [
        (FRAMES, ["reflection_pad2d<0, 1>", "reflection_pad2d<1>", "replication_pad2d<0, 1>", "circular_pad2d<0, 1>",
                  "constant_pad2d<1.0, 0, 1>", "zero_padding2d<0, 1>", "cropping2d<0, 1>", "channel_padding<1, 1>",
                  "channel_padding<1, 1, 2.0>", "upsampling2d<2>", "upsampling2d<2, bilinear>", "resize2d<extent{8, 9}>",
                  "resize2d<9, bilinear>", "resize2d<9, bicubic<>>", "rescale2d<1.5, 2.0>", "pixel_shuffle<2>", "pixel_unshuffle<2>", "depth_to_space<2>",
                  "space_to_depth<2>", "flatten", "reshape<8, 24>", "permute<1, 3, 2>", "permute<3, 1, 2>", "channels_first",
                  "flatten_channels_first", "channel_shuffle<2>", "slice<-1, 0, 2>", "slice<1, 0, 2>", "chunk<-1, 0, 2>", "reverse<-1>"]),
        (STEPS, ["reflection_pad1d<1>", "replication_pad1d<1>", "circular_pad1d<1>", "constant_pad1d<0.0, 1>", "zero_padding1d<1>",
                 "cropping1d<1>", "upsampling1d<2>", "resize1d<12>"])]),
]
HEAD = """# Layers and forms
<!-- Made by tools/forms_page.py from the layers' types. -->
In which forms each layer runs, each asked of a network that has it alone: a concept or a constant says it of a network of yours, too.
A name in place of "yes" is the rule that refuses it, and what the compiler's report says.

| column | asked |
| --- | --- |
| run, train, constant | [inference](inference.md) and [training](training.md) in real numbers; the compiler evaluates it in a constant expression |
| 8 bits, 16 bits | `integer_fault_of<net, std::int8_t>`, `<net, std::int16_t>`: [activations of integers](quantization.md) |
| 8-bit weights | `int8_weight_count<net>`: [weights alone in 8 bits](quantization.md#weights-only); "as they are": its parameters stay floats |
| stream | `streamable<net>`: [sample by sample](streaming.md) |
| stream in 8, 16 bits | `quantized_streamable<net, std::int8_t>`, `<net, std::int16_t>`; of layers that have both forms |
| ONNX | [`write_onnx`](interchange.md) has a form for it |
"""


def rows():
    """[(title, shape, layer)] in the order of the page."""
    return [(title, shape, layer) for title, groups in ROWS for shape, layers in groups for layer in layers]


def names():
    """Names of all layers, and of parts that are made of layers."""
    found = [name for of_title in layer_pages.layers().values() for name, *_ in of_title]
    for path in sorted(PARTS.glob("*.hpp")):
        found += [name for _, _, name in layer_pages.DECLARED.findall(layer_pages.without_details(path.read_text()))]
    return set(found) - NO_LAYERS


def missing():
    """Names of layers that no row has."""
    return sorted(names() - set(re.findall(r"\w+", " ".join(layer for _, _, layer in rows()))))


def in_namespace(layer):
    """The layer as C++ says it outside of the library's namespace; a lambda as it is."""
    if layer.startswith("activation<["):
        return f"at::{layer}"
    return re.sub(r'"[^"]*"|\b(?:at::)?[a-z_]\w*', lambda name: name[0] if name[0].startswith('"') else f"at::{name[0]}", layer)


def asked(folder, compiler, number, part):
    """What the types say of some rows: ({(shape, layer): cells}, {rule: sentence}), or what the compiler says."""
    lines = []
    for place, (_, shape, layer) in enumerate(part):
        lines.append(f'    forms::print<at::network<at::input<{shape}>, {in_namespace(layer)}>>("{place}");')
    source, program = folder / f"forms{number}.cpp", folder / f"forms{number}"
    source.write_text('#include "forms.hpp"\nnamespace at = archetype;\nint main() {\n' + "\n".join(lines) +
                      f"\n    forms::print_rules(std::make_index_sequence<{len(integer_rules())}>{{}});\n}}\n")
    # Plans depend on vectors: those of x86 since 2013.
    code, said = harness.run([compiler, "-std=c++20", "-O0", "-march=x86-64-v3", f"-I{harness.INCLUDE}",
                              f"-I{harness.ROOT / 'tools' / 'forms'}", str(source), "-o", str(program)])
    if code == 0:
        code, said = harness.run([str(program)])
    if code != 0:
        return None, said[-3000:]
    found, sentences = {}, {}
    for line in said.splitlines():
        first, *cells = line.split("\t")
        if first.isdigit():
            found[part[int(first)][1:]] = cells
        else:
            sentences[first] = cells[0]
    return (found, sentences), ""


def integer_rules():
    text = (harness.INCLUDE / "archetype" / "execution" / "lowering" / "integer_rule.hpp").read_text()
    return re.findall(r"^    (\w+),$", text, re.MULTILINE)


def ask_all(compiler, part):
    """What `asked` says of all of `part`, some rows at a time."""
    cuts = [part[first:first + ROWS_AT_ONCE] for first in range(0, len(part), ROWS_AT_ONCE)]
    found, sentences = {}, {}
    with tempfile.TemporaryDirectory() as place:
        tasks = [(pathlib.Path(place), compiler, number, cut) for number, cut in enumerate(cuts)]
        for _, (said, fault) in harness.run_all(asked, tasks, 2):
            if said is None:
                sys.exit(fault)
            found.update(said[0])
            sentences.update(said[1])
    for what, place, refused in (("no constant expression", 2, "no"), ("streamable, but without a form", 6, "has_no_stream_form")):
        if (wrong := [layer for (_, layer), cells in found.items() if cells[place] == refused]):
            sys.exit(f"{what}: {', '.join(wrong)}")
    return found, sentences


def cell(text):
    if text in ("yes", "no", ""):
        return text
    if text == "as_they_are":
        return "as they are"
    link = f"(rules.md#{text})" if text in {name for _, name in rules_page.rules()} else f"(#{text})"
    return f"[`{text}`]{link}"


def table_row(shape, layer, cells):
    return f"| `{layer}` | `{{{shape}}}` | " + " | ".join(map(cell, cells)) + " |"


NO_FORMS = {
    "has_no_integer_stream_form": "the layer has a form with integers and a stream, but none of both"}


def page(found, sentences):
    text, before = HEAD, ""
    used = {word for cells in found.values() for word in cells}
    for title, shape, layer in rows():
        if title != before:
            text += (f"\n## {title}\n| layer | of | run | train | constant | 8 bits | 16 bits | 8-bit weights | stream | stream in 8 bits | "
                     "in 16 bits | ONNX |\n" + "| --- " * 12 + "|\n")
            before = title
        text += table_row(shape, layer, found[shape, layer]) + "\n"
    text += "\n## Rules of integers\nWhat `integer_fault_of<net>` says, and what has no form in streams.\n"
    for name, said in [*sentences.items(), *NO_FORMS.items()]:
        if name != "ok" and name in used:
            text += f"\n### {name}\n{said[0].upper() + said[1:]}.\n"
    return page_lines.wrapped(text)


def stored():
    """Cells of the page as it is."""
    text = PAGE.read_text() if PAGE.exists() else ""
    found = {}
    for line in text.splitlines():
        if (row := re.match(r"\| `(.*?)` \| `\{(.*?)\}` \| (.*) \|$", line)):
            cells = [re.sub(r"\[`(\w+)`\].*", r"\1", one).strip() for one in re.split(r" \| ", row[3])]
            found[row[2], row[1]] = ["as_they_are" if one == "as they are" else one for one in cells]
    return found


def main():
    options = harness.parser(__doc__)
    options.add_argument("--check", action="store_true")
    arguments = harness.parsed_in_turn(options)
    if (absent := missing()):
        sys.exit(f"no row of tools/forms_page.py has {', '.join(absent)}")
    some = harness.in_parts(rows(), arguments.turns)
    known = stored() if arguments.turns else {}
    if len(some) != len(rows()) and any(row[1:] not in known for row in rows()):
        sys.exit(f"{PAGE.relative_to(harness.ROOT)} lacks rows; tools/forms_page.py writes them")
    faults = []
    for compiler in arguments.compilers if arguments.check else arguments.compilers[:1]:
        found, sentences = ask_all(compiler, some)
        made = page({**known, **found}, sentences)
        if not arguments.check:
            PAGE.write_text(made)
        elif not PAGE.exists() or PAGE.read_text() != made:
            faults.append(f"{PAGE.relative_to(harness.ROOT)} is not what tools/forms_page.py writes with {compiler}")
    print(f"{len(some)} of {len(rows())} rows")
    sys.exit("\n".join(faults) or 0)


if __name__ == "__main__":
    main()
