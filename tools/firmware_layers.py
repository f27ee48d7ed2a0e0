# SPDX-License-Identifier: BSL-1.0
"""What a network takes of a device, layer by layer: flash, RAM, stack and executed instructions, as a table and a picture.

    python3 tools/firmware.py --network examples/firmware/digits/network.hpp --type digits
    python3 tools/firmware.py --network my_net.hpp --type my_net --numbers int8 --targets cortex-m4 --picture costs.svg

Weights are made up: instructions do not depend on them (on processors with floating point), nor do sizes.
"""
import dataclasses
import html
import pathlib
import tempfile

import firmware
import harness

# On the host: the plan of memory, and (int8) weights in the orders of devices.
DESCRIBE = """#include "HEADER"
#if IN_8_BITS
#include <archetype/training.hpp>
#else
#include <archetype/execution/constant_weights.hpp>
#include <archetype/inference.hpp>
#include <archetype/execution/host/tensors.hpp>
#endif
#include <cstdio>
namespace at = archetype;
using net = NETWORK;

template <class Step>
std::uint64_t weight_bytes() {
#if IN_8_BITS
    if constexpr (Step::now.copies) return 0;
    using number = std::int8_t;
    const auto sizes = at::detail::integer_form_of<Step>::template sizes<Step, number>(at::weight_order::plain);
    return 4 * sizes.numbers + 8 * sizes.channels + sizes.weights;
#else
    constexpr at::detail::step_weights own = at::detail::inference_weights_of<net>.steps[Step::index];
    return 4 * (own.weights_count + own.bias_count);
#endif
}

int main() {
    constexpr const auto& plan = at::detail::inference_plan<net>;
    at::detail::for_each_step<net, at::detail::purpose::inference>([]<class Step>(Step) {
        const std::uint64_t products = Step::now.copies ? 0 : Step::at.multiply_accumulates;
        std::printf("%s\\t%llu\\t%llu\\t%llu\\n", Step::now.copies ? "copy" : at::detail::layer_label<net>(Step::now.anchor).c_str(),
                    static_cast<unsigned long long>(products), static_cast<unsigned long long>(weight_bytes<Step>()),
                    static_cast<unsigned long long>(plan.live_at[Step::index] * (IN_8_BITS ? 1 : 4)));
    });
#if IN_8_BITS
    at::model<net> model{at::seed{1}};
    std::vector<std::size_t> extents{4};
    for (std::size_t axis = 0; axis < at::input_shape<net>.rank; ++axis) extents.push_back(at::input_shape<net>[axis]);
    xt::xarray<float> samples = xt::sin(0.37f * xt::arange<float>(0, 4 * at::input_shape<net>.size()));
    samples.reshape(extents);
    const at::quantized_model<net> small = at::quantize(model, samples);
    at::write_constant_weights(small, "plain.hpp", "plain_weights");
    at::write_constant_weights(small, "paired.hpp", "paired_weights", at::weight_order::paired);
#endif
}
"""
NETWORK = {"float": """#include "HEADER"
#include "formula_weights.hpp"
namespace at = archetype;
using net = NETWORK;
static at::embedded<net, board::formula_weights<net>> network;
const void* run_network(const void* sample) {
    return network(std::span<const float, network.input_size>(static_cast<const float*>(sample), network.input_size)).data();
}
""", "int8": """#include "HEADER"
#include "weights.hpp"
namespace at = archetype;
using net = NETWORK;
static at::quantized_inference<net, chosen_weights> network;
const void* run_network(const void* sample) {
    return network(std::span<const std::int8_t, network.input_size>(static_cast<const std::int8_t*>(sample), network.input_size)).data();
}
"""}
CHOSEN = """#pragma once
#include <archetype/inference.hpp>
#include "paired.hpp"
#include "plain.hpp"
template <bool Paired>
constexpr const auto& choose_weights() {
    if constexpr (Paired) return paired_weights; else return plain_weights;
}
static constexpr auto& chosen_weights = choose_weights<archetype::native_weight_order == archetype::weight_order::paired>();
"""
MAIN = """#include "HEADER"
#include "layer_costs.hpp"
#if IN_8_BITS
#include "weights.hpp"
using number = std::int8_t;
#else
#include "formula_weights.hpp"
using number = float;
#endif
using net = NETWORK;
const void* run_network(const void* sample);
static constexpr std::size_t size = archetype::input_shape<net>.size();
static number sample[size + 64];
static number arena[archetype::detail::inference_plan<net>.arena_elements + 128], room[archetype::detail::input_room<net> + 128];

int main() {
    for (std::size_t i = 0; i < size; ++i) sample[i] = static_cast<number>(IN_8_BITS ? static_cast<int>(i * 37 % 256) - 128 : 0) + static_cast<number>(IN_8_BITS ? 0 : static_cast<float>(i * 37 % 256) / 256);
    board::report("network", [] { run_network(sample); });
#if IN_8_BITS
    board::report_steps<net, chosen_weights.order>(chosen_weights.data, sample, arena, room);
#else
    board::report_steps<net>(board::formula_storage<net>.values, sample, arena, room);
#endif
    return 0;
}
"""


@dataclasses.dataclass
class Row:
    """A step: its layer, multiply-accumulates, bytes of weights, of values alive while it runs, of stack; instructions."""
    layer: str
    products: int
    weights: int
    alive: int
    instructions: int = 0
    stack: int = 0


def filled(text, header, network):
    return text.replace("HEADER", str(header)).replace("NETWORK", network)


def describe(header, network, in_8_bits, folder):
    """The rows without what is measured, by a program of the host; in 8 bits it writes weights, too."""
    source, program = folder / "describe.cpp", folder / "describe"
    source.write_text(filled(DESCRIBE, header, network))
    firmware.check(["g++", "-std=c++20", "-O1", f"-DIN_8_BITS={int(in_8_bits)}", f"-I{harness.INCLUDE}", source, "-o", program])
    code, output = harness.run([str(program)], cwd=folder)
    if code != 0:
        raise RuntimeError(output)
    lines = [line.split("\t") for line in output.splitlines()]
    return [Row(name, *map(int, numbers)) for name, *numbers in lines]


def measure(header, network, numbers, target, level, flags=()):
    """The rows, and the Result of the whole."""
    in_8_bits = numbers == "int8"
    with tempfile.TemporaryDirectory() as place:
        folder = pathlib.Path(place)
        rows = describe(header, network, in_8_bits, folder)
        sources = {"network.cpp": NETWORK[numbers], "main.cpp": MAIN, "weights.hpp": CHOSEN}
        for name, text in sources.items():
            (folder / name).write_text(filled(text, header, network))
        result = firmware.measure(target, [folder / "network.cpp", folder / "main.cpp"], level,
                                  (*flags, f"-I{folder}", f"-DIN_8_BITS={int(in_8_bits)}"))
    if result.status != 0:
        raise RuntimeError(f"the firmware ended with {result.status}\n{result.output}")
    for step, instructions, stack in zip(*(result.values.get(name, []) for name in ("step", "step.instructions", "step.stack"))):
        rows[step].instructions, rows[step].stack = instructions, stack
    return rows, result


def totals(rows, result):
    """Lines of the whole network."""
    own = result.objects["network.cpp"]
    whole = result.values["network.instructions"][0]
    most = max(rows, key=lambda row: row.instructions)
    return [f"instructions {whole:,} (in the steps {sum(row.instructions for row in rows):,}); most in {most.layer}",
            f"flash {own['text'] + own['rodata']:,} bytes, of them {own['text']:,} of code; largest weights in {max(rows, key=lambda row: row.weights).layer}",
            f"RAM {own['data'] + own['bss']:,} bytes; most is alive at {max(rows, key=lambda row: row.alive).layer}",
            f"stack {result.values['network.stack'][0]:,} bytes"]


def table(rows):
    width = max(len(row.layer) for row in rows)
    lines = [f"{'layer':{width}} {'products':>12} {'instructions':>13} {'of all':>7} {'a product':>10} {'weights':>10} {'alive':>9} {'stack':>6}"]
    everything = max(1, sum(row.instructions for row in rows))
    for row in rows:
        each = f"{row.instructions / row.products:.2f}" if row.products and row.instructions else ""
        lines.append(f"{row.layer:{width}} {row.products:12,} {row.instructions:13,} {row.instructions / everything:7.1%} {each:>10} "
                     f"{row.weights:10,} {row.alive:9,} {row.stack:6,}")
    return lines


def picture(rows, title):
    """Bars of each step's instructions, weights and living values, as SVG."""
    columns = [("instructions", "instructions", "#4477aa"), ("weights", "weights, bytes", "#ccbb44"), ("alive", "alive, bytes", "#228833")]
    left, wide, high, gap = 190, 190, 18, 24
    body = [f'<text x="8" y="18" font-weight="bold">{html.escape(title)}</text>']
    for c, (what, name, color) in enumerate(columns):
        x, most = left + c * (wide + gap), max(1, *(getattr(row, what) for row in rows))
        body.append(f'<text x="{x}" y="40">{name}</text>')
        for r, row in enumerate(rows):
            value, y = getattr(row, what), 48 + r * high
            body.append(f'<rect x="{x}" y="{y}" width="{wide * 0.66 * value / most:.1f}" height="{high - 4}" fill="{color}"/>')
            body.append(f'<text x="{x + wide * 0.66 * value / most + 4:.1f}" y="{y + high - 6}">{value:,}</text>')
    for r, row in enumerate(rows):
        body.append(f'<text x="8" y="{48 + r * high + high - 6}">{html.escape(row.layer)}</text>')
    width, height = left + len(columns) * (wide + gap), 56 + len(rows) * high
    return (f'<!-- SPDX-License-Identifier: BSL-1.0 -->\n<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
            f'font-family="sans-serif" font-size="11">\n<rect width="100%" height="100%" fill="white"/>\n' + "\n".join(body) + "\n</svg>\n")


def report(arguments):
    """For the options of firmware.py: prints, draws; whether all targets were there."""
    complete = True
    for target in arguments.targets:
        if lacking := firmware.missing(firmware.TARGETS[target]):
            print(f"{target}: skipped, {', '.join(lacking)} not found")
            complete = False
            continue
        for level in arguments.levels.split(","):
            title = f"{arguments.type}, {arguments.numbers}, {target} {level}"
            rows, result = measure(arguments.network.resolve(), arguments.type, arguments.numbers, target, level, arguments.flags.split())
            print("\n".join([f"== {title}", *table(rows), *totals(rows, result)]))
            if arguments.picture:
                arguments.picture.write_text(picture(rows, title))
                print(f"wrote {arguments.picture}")
    return complete
