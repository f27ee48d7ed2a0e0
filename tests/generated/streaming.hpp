// SPDX-License-Identifier: BSL-1.0
// Streams in blocks against the whole sequence, bit for bit.
#pragma once
#include <archetype/execution/stream/stream.hpp>

#include "checks.hpp"

namespace generated {

template <class Net, std::size_t Block, class T>
void check_stream(report& to, const drawn<Net, T>& net, const inputs_of<Net, T>& inputs,
                  const results<T>& whole) {
    if constexpr (streamable<Net, Block>) {
        constexpr shape in = input_shape_of<Net>(0);
        constexpr std::size_t steps = in.rank == 1 ? 1 : in.width(), width = in.channels() * Block;
        stream<Net, T, Block> object{net.weights()};
        results<T> found(output_count<Net>), wanted(output_count<Net>);
        for (std::size_t t = 0; t + Block <= steps; t += Block) {
            object(std::span<const T, width>(inputs.samples[0].data() + t * in.channels(), width));
            [&]<std::size_t... K>(std::index_sequence<K...>) {
                (found[K].insert(found[K].end(), object.template output<K>().begin(),
                                 object.template output<K>().end()),
                 ...);
            }
            (std::make_index_sequence<output_count<Net>>{});
        }
        for (std::size_t k = 0; k < found.size(); ++k) {
            const std::size_t rows = output_shape_of<Net>(k).size();
            if (steps % Block == 0 && found[k].size() != rows)
                to.fail("stream, number of results", "block " + std::to_string(Block),
                        static_cast<double>(found[k].size()), static_cast<double>(rows));
            wanted[k].assign(whole[k].begin(),
                             whole[k].begin() + static_cast<std::ptrdiff_t>(std::min(rows, found[k].size())));
            found[k].resize(wanted[k].size());
        }
        to.compare(Block == 1 ? "stream, step by step" : "stream, in blocks", found, wanted, 0);
    }
}

}  // namespace generated
