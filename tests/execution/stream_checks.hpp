// SPDX-License-Identifier: BSL-1.0
// Streams in blocks of every size against the whole sequence, bit for bit.
#pragma once
#include <archetype/execution/host/folded_weights.hpp>
#include <archetype/execution/stream/stream.hpp>

#include "checks.hpp"

#include <algorithm>
#include <numeric>
#include <random>

namespace stream_checks {

namespace at = archetype;

template <class Net, class T = float>
std::vector<T> input_of() {
    std::vector<T> made(at::model<Net>::input_shape.size() + 64);
    for (std::size_t i = 0; i < made.size(); ++i) made[i] = std::sin(0.37f * static_cast<float>(i * i % 101));
    return made;
}

template <std::size_t Block, class Stream, class T>
std::vector<T> run(Stream& stream, const std::vector<T>& input, std::size_t length) {
    constexpr std::size_t width = Stream::input_size;
    std::vector<T> found;
    for (std::size_t t = 0; t + Block <= length; t += Block) {
        const auto rows = stream(std::span<const T, width>(input.data() + t / Block * width, width));
        found.insert(found.end(), rows.begin(), rows.end());
    }
    return found;
}

/// Numbers of the whole sequence's results that need what comes behind its end: streams do not have them.
template <class Net>
inline constexpr std::size_t waiting_numbers = [] {
    constexpr at::shape in = at::input_shape<Net>, out = at::output_shape<Net>;
    std::size_t rows = 0;
    for (std::size_t n = 0; in.rank != 1 && n < out[0]; ++n)
        rows += at::stream_timing_of<Net>.time_of(n) >= in[0];
    return rows * (out.size() / out[0]);
}();

/// The whole sequence in calls of every number of steps from 1 to `Block`, in an order that changes with each round; among
/// them calls of a whole block, and a state that moves to a stream of single steps and back.
template <class Net, std::size_t Block, class T>
void check_any_count(at::stream<Net, T, Block>& stream, const at::folded_weights<Net, T>& weights,
                     const std::vector<T>& input, const std::vector<T>& wanted) {
    using stream_type = at::stream<Net, T, Block>;
    static_assert(std::is_same_v<typename stream_type::state_type, typename at::stream<Net, T>::state_type>);
    constexpr std::size_t features = stream_type::input_channels;
    constexpr std::size_t steps = at::model<Net>::input_shape[0];
    at::stream<Net, T> single{weights.weights()};
    std::mt19937 random(Block);
    std::vector<std::size_t> counts(Block);
    std::iota(counts.begin(), counts.end(), std::size_t{1});
    std::size_t next = 0, used = 0;
    for (int round = 0; used < Block || round < 4; ++round) {
        stream.reset();
        std::vector<T> found;
        std::size_t time = 0;
        const auto keep = [&](std::span<const T> rows) {
            REQUIRE(rows.data() != nullptr);
            const std::span<const T> first = stream.template output<0>();
            CHECK(first.data() == rows.data());
            CHECK(first.size() == rows.size());
            found.insert(found.end(), rows.begin(), rows.end());
        };
        while (time < steps) {
            if (next == 0) std::shuffle(counts.begin(), counts.end(), random);
            const std::size_t count = std::min(counts[next], steps - time);
            const T* const from = input.data() + time * features;
            if (count == Block && random() % 2 == 0)
                keep(stream(std::span<const T, Block * features>(from, Block * features)));
            else
                keep(stream.run(std::span<const T>(from, count * features)));
            used += counts[next] == count;
            next = (next + 1) % Block;
            time += count;
            if (random() % 4 == 0 && time < steps) {
                single.reset(stream.state());
                const auto rows = single.run(std::span<const T>(input.data() + time * features, features));
                found.insert(found.end(), rows.begin(), rows.end());
                ++time;
                stream.reset(single.state());
            }
        }
        REQUIRE(found.size() + waiting_numbers<Net> == wanted.size());
        CHECK(checks::same_bits(found, wanted, found.size()));
    }
    // What is no number of steps changes nothing.
    const auto before = stream.state();
    for (const std::size_t numbers : {std::size_t{0}, Block * features + 1, (Block + 1) * features}) {
        CHECK(stream.run(std::span<const T>(input.data(), numbers)).data() == nullptr);
        CHECK(!stream_type::accepts(numbers));
    }
    if (features > 1) CHECK(stream.run(std::span<const T>(input.data(), features - 1)).data() == nullptr);
    const auto after = stream.state();
    CHECK(std::equal(std::begin(before.elements), std::end(before.elements), after.elements));
    CHECK(before.time == after.time);
}

/// Blocks of `Block` steps give what a model gives for the whole, twice, the second length after a reset.
template <class Net, std::size_t Block = 1, class T = float>
void check() {
    at::model<Net, T> whole{at::seed{3}};
    numbers::set_parameters(whole);
    const std::vector<T> input = input_of<Net, T>();
    constexpr std::size_t wanted_size = at::model<Net>::output_shape.size();
    std::vector<T> wanted(wanted_size);
    whole.run(input.data(), 1, wanted.data());
    const at::folded_weights weights(whole);
    at::stream<Net, T, Block> stream{weights.weights()};
    constexpr at::shape in = at::model<Net>::input_shape;
    for (int again = 0; again < 2; ++again) {
        const std::vector<T> found = run<Block>(stream, input, in.rank == 1 ? 1 : in[0]);
        REQUIRE(found.size() + waiting_numbers<Net> == wanted_size);
        CHECK(checks::same_bits(found, wanted, found.size()));
        stream.reset();
    }
    if constexpr (Block > 1 && in.rank != 1) check_any_count(stream, weights, input, wanted);
}

}  // namespace stream_checks
