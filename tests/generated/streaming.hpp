// SPDX-License-Identifier: BSL-1.0
// Streams in blocks against the whole sequence, bit for bit.
#pragma once
#include <archetype/execution/stream/integers/quantized_stream.hpp>
#include <archetype/execution/stream/stream.hpp>

#include "checks.hpp"
#include "quantized.hpp"

namespace generated {

/// Rows of output `k` that are complete with `steps` steps: those that need what comes behind the end never are.
template <class Net>
std::size_t complete_rows(std::size_t k, std::size_t steps) {
    const std::size_t node = detail::unchecked_facts<Net>.outputs[k].node;
    const stream_timing when =
        node == archetype::none ? stream_timing{} : detail::stream_facts_of<Net, 1>.timing[node];
    std::size_t rows = 0;
    while (when.time_of(rows) < steps) ++rows;
    return rows;
}

/// Only where whole sequences go through kernels of their own are results not the same bits.
template <class Net>
constexpr double tolerance_of_streams() {
    for (const node& at : detail::unchecked_facts<Net>.nodes)
        if (at.winograd != 0) return 1e-4;
    return 0;
}

template <class Net, std::size_t Block, class T>
void check_stream(report& to, const drawn<Net, T>& net, const inputs_of<Net, T>& inputs,
                  const results<T>& whole) {
    if constexpr (streamable<Net, Block>) {
        constexpr shape in = input_shape_of<Net>(0);
        constexpr std::size_t steps = in.rank == 1 ? 1 : in[0], step = in.size() / steps,
                              width = step * Block;
        stream<Net, T, Block> object{net.weights()};
        results<T> found(output_count<Net>), wanted(output_count<Net>);
        for (std::size_t t = 0; t + Block <= steps; t += Block) {
            object(std::span<const T, width>(inputs.samples[0].data() + t * step, width));
            [&]<std::size_t... K>(std::index_sequence<K...>) {
                (found[K].insert(found[K].end(), object.template output<K>().begin(),
                                 object.template output<K>().end()),
                 ...);
            }
            (std::make_index_sequence<output_count<Net>>{});
        }
        for (std::size_t k = 0; k < found.size(); ++k) {
            const shape out = output_shape_of<Net>(k);
            const std::size_t rows = out.size(), wanted_rows = rows / (out.rank == 1 ? 1 : out[0]) *
                                                               complete_rows<Net>(k, steps);
            if (steps % Block == 0 && found[k].size() != wanted_rows)
                to.fail("stream, number of results", "block " + std::to_string(Block),
                        static_cast<double>(found[k].size()), static_cast<double>(wanted_rows));
            wanted[k].assign(whole[k].begin(),
                             whole[k].begin() + static_cast<std::ptrdiff_t>(std::min(rows, found[k].size())));
            found[k].resize(wanted[k].size());
        }
        to.compare(Block == 1 ? "stream, step by step" : "stream, in blocks", found, wanted,
                   tolerance_of_streams<Net>());
    }
}

/// A stream in integers against the quantized network, bit for bit.
template <class Net, std::size_t Block, class Number>
void check_integer_stream(report& to, const double* folded, const inputs_of<Net, double>& inputs) {
    if constexpr (quantized_streamable<Net, Number, Block>) {
        constexpr shape in = input_shape_of<Net>(0);
        constexpr std::size_t steps = in.rank == 1 ? 1 : in[0], step = in.size() / steps,
                              width = step * Block;
        constexpr weight_order order = detail::order_for<Number>;
        detail::calibration<Net> seen;
        for (std::size_t n = 0; n < inputs.count; ++n) seen.take(folded, inputs.sample(0, n));
        const auto numbers = detail::quantize_network<Number>(seen, folded);
        std::vector<Number> sample;
        for (std::size_t i = 0; i < in.size(); ++i)
            sample.push_back(numbers.values.front().quantize(static_cast<float>(inputs.sample(0, 0)[i])));
        sample.resize(sample.size() + detail::read_slack);
        results<Number> wanted{run_in_order<Net, order>(numbers, sample)}, found(1);
        const std::vector<std::int32_t> words = detail::pack_network<Net, order>(numbers);
        detail::stream_object<Net, Number, Block, detail::referred_words<order>> object({words.data()});
        for (std::size_t t = 0; t + Block <= steps; t += Block) {
            object(std::span<const Number, width>(sample.data() + t * step, width));
            found[0].insert(found[0].end(), object.template output<0>().begin(),
                            object.template output<0>().end());
        }
        found[0].resize(std::min(found[0].size(), wanted[0].size()));
        wanted[0].resize(found[0].size());
        to.compare("stream of integers", found, wanted, 0);
    }
}

}  // namespace generated
