# SPDX-License-Identifier: BSL-1.0
"""Draws docs/pictures/way_of_*.svg: through which rooms a sample, a gradient and an 8-bit number go.

    ways.py            draws them (Graphviz)
    ways.py --check    says whether the pictures still tell the truth: every name stands in its header, every arrow is an
                       include (of the one by the other, over any number of headers), every picture is drawn from this file

An arrow from A to B says: A calls B, or asks it. Its text is what is handed over.
"""
import functools
import re

import diagrams

INCLUDE = diagrams.ROOT / "include" / "archetype"
COLOURS = {"architecture": "#fde9c8", "expression": "#f6d6d6", "kernels": "#d5e8d4", "execution": "#dae8fc",
           "training": "#e7dcf1"}

# key: (header, name in it, what it does); arrows: (from, to, what is handed over).
WAYS = {
    "way_of_a_sample": ({
        "model": ("execution/host/model.hpp", "model", "parameters, scratch memory, threads"),
        "pass": ("execution/inference/inference_pass.hpp", "inference_pass", "places of the arena"),
        "run": ("execution/steps/steps.hpp", "run_plan", "each step in its order"),
        "facts": ("architecture/facts.hpp", "unchecked_facts", "shapes and counts, as constants"),
        "plan": ("architecture/planner.hpp", "planner", "steps: what is fused with what"),
        "memory": ("architecture/memory_planner.hpp", "memory_planner", "who lies where in the arena"),
        "lowering": ("execution/lowering/contraction.hpp", "contraction_lowering", "which kernel a step becomes"),
        "epilogue": ("execution/steps/pointwise.hpp", "joined_epilogue", "activations and joins of the step"),
        "kernel": ("kernels/convolution/conv2d_forward.hpp", "conv2d_forward", "loops over the image"),
        "tile": ("kernels/products/tile_product.hpp", "tile_product", "sums held in registers"),
        "formula": ("expression/activations.hpp", "relu", "the formula, for numbers and vectors"),
    }, [("model", "pass", "the sample"), ("pass", "run", "a step"), ("plan", "facts", ""), ("plan", "memory", ""),
        ("run", "plan", "asks once, while compiling"), ("pass", "lowering", "in, weights, out"),
        ("lowering", "kernel", "layouts as template arguments"), ("kernel", "tile", "rows of the image"),
        ("pass", "epilogue", ""), ("epilogue", "formula", "")]),
    "way_of_a_gradient": ({
        "trainer": ("training/trainer.hpp", "trainer", "batches, epochs, schedules"),
        "loss": ("training/anywhere/loss_functions.hpp", "cross_entropy", "its value and the first gradient"),
        "pass": ("execution/training/training_steps.hpp", "training_steps", "steps backwards"),
        "plan": ("execution/steps/gradient_plan.hpp", "gradient_planner", "which slot each gradient has, who adds"),
        "epilogue": ("execution/steps/gradient_epilogue.hpp", "gradient_epilogue", "times the derivative, plus other readers'"),
        "derivative": ("expression/differentiate.hpp", "derivative", "of the activation, as an expression"),
        "lowering": ("execution/lowering/contraction.hpp", "contraction_lowering", "two kernels: weights, input"),
        "weights": ("kernels/convolution/conv2d_backward_weights.hpp", "conv2d_backward_weights", "summed in one fixed order"),
        "input": ("kernels/convolution/conv2d_backward_input.hpp", "conv2d_backward_input", "for the step before"),
        "update": ("training/apply_update.hpp", "apply_update", "all parameters in one sweep"),
        "formula": ("training/optimizers.hpp", "adam", "the update, as an expression"),
    }, [("trainer", "pass", "a batch"), ("trainer", "loss", "scores, targets"), ("pass", "plan", "asks once, while compiling"),
        ("pass", "epilogue", ""), ("epilogue", "derivative", ""), ("pass", "lowering", "gradient of the result"),
        ("lowering", "weights", ""), ("lowering", "input", ""), ("trainer", "update", "gradients, state"),
        ("trainer", "formula", "")]),
    "way_of_an_8_bit_number": ({
        "quantize": ("execution/quantize/quantized_model.hpp", "quantize", "from a trained model, on a host"),
        "calibration": ("execution/quantize/calibration.hpp", "calibration", "ranges of what samples make"),
        "numbers": ("execution/quantize/quantized_numbers.hpp", "quantized_network_of", "scales, zero points, packed weights"),
        "object": ("execution/integers/quantized_inference.hpp", "quantized_inference", "on a device: an arena, no heap"),
        "pass": ("execution/integers/quantized_pass.hpp", "integer_pass", "the same plan, in integers"),
        "layout": ("execution/integers/quantized_layout.hpp", "integer_layout", "where each step's block lies"),
        "form": ("execution/integers/forms/contraction.hpp", "integer_form", "what the layer is in 8 bits"),
        "kernel": ("kernels/integers/int8_conv2d.hpp", "int8_conv2d", "patches of the image"),
        "products": ("kernels/integers/int8_products.hpp", "", "sums of products: DSP, MVE, NEON, x86"),
        "requantize": ("kernels/integers/int8_requantize.hpp", "int8_channel", "32 bits to 8, rounded as TensorFlow Lite"),
        "table": ("execution/integers/forms/pointwise.hpp", "integer_form", "an activation as a table of 256"),
    }, [("quantize", "calibration", "samples"), ("quantize", "numbers", "ranges"), ("quantize", "pass", ""), ("object", "pass", "bytes"),
        ("numbers", "layout", ""), ("pass", "layout", ""), ("layout", "form", "a step"), ("layout", "table", ""), ("form", "kernel", "bytes in, bytes out"),
        ("kernel", "products", ""), ("kernel", "requantize", "")]),
}


@functools.cache
def reached(header):
    """The headers that `header` includes, over any number of headers."""
    seen, left = set(), [header]
    while left:
        for found in re.findall(r"#include <archetype/([^>]+)>", (INCLUDE / left.pop()).read_text()):
            if found not in seen:
                seen.add(found)
                left.append(found)
    return seen


def faults_of(nodes, arrows):
    for header, name, _ in nodes.values():
        if name and not re.search(rf"\b{name}\b", (INCLUDE / header).read_text()):
            yield f"{header} has no {name}"
    for start, end, _ in arrows:
        if nodes[end][0] not in reached(nodes[start][0]):
            yield f"{nodes[start][0]} does not include {nodes[end][0]}"


def source_of(nodes, arrows):
    lines = ['digraph { graph [rankdir=TB, bgcolor=white, nodesep=0.2, ranksep=0.4, fontname="Helvetica"]',
             'node [shape=box, style="filled,rounded", fontname="Helvetica", fontsize=11]',
             'edge [fontname="Helvetica", fontsize=9, color="#666666"]']
    for key, (header, name, words) in nodes.items():
        room, folder = header.split("/")[0], header.rpartition("/")[0]
        label = f"<<b>{name or header.rpartition('/')[2]}</b><br/>{words}<br/><font point-size=\"9\" color=\"#555555\">{folder}</font>>"
        lines.append(f'{key} [fillcolor="{COLOURS[room]}", label={label}]')
    lines += [f'{start} -> {end} [label="{words}"]' for start, end, words in arrows]
    return "\n".join(lines) + "\n}\n"


if __name__ == "__main__":
    diagrams.main(__doc__, "ways.py", {name: source_of(*way) for name, way in WAYS.items()},
                  [fault for way in WAYS.values() for fault in faults_of(*way)])
