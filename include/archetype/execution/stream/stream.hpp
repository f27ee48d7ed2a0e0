// SPDX-License-Identifier: BSL-1.0
/// @file stream.hpp
/// A network that runs through time sample by sample: no heap, no locks, no exceptions.
#pragma once
#include <archetype/execution/stream/stream_object.hpp>
#include <archetype/kernels/vectors/flush_denormals.hpp>

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

/// Runs `Net`, whose input is a sequence {time, features}, one block of `Block` time steps at a time; how long the
/// network's own sequence is does not matter. `run` takes any number of steps up to `Block`. Results are those of a whole
/// sequence bit for bit. Networks of single vectors {features} run too: their time steps do not know of each other.
/// Everything is in the object: weights in the order of the machine's vectors (without vectors they are read where they
/// are), what layers remember, working memory. Make it static where the stack is small.
template <class Net, class T = float, std::size_t Block = 1>
class stream {
    using report_type = typename detail::stream_report<Net, Block>::type::shown;
    using other_report_type = typename detail::stream_numbers_report<Net, T, streamable<Net, Block>>::shown;
    using reported = detail::reported_steps<T>;

public:
    // Nothing that is done with it is a second error. Its own members, as clang++ forgets the bases of a class with an error.
    using result = reported;
    using state_type = reported;
    static constexpr std::size_t block = Block, input_channels = 1, output_channels = 1, input_size = Block;
    static constexpr stream_timing timing{};
    static constexpr bool is_steady = true;
    static constexpr std::uint64_t most_steps = no_last_step;
    static constexpr std::uint64_t steps_left() { return most_steps; }
    static constexpr bool accepts(std::size_t) { return true; }
    template <class... Arguments>
    constexpr explicit stream(Arguments&&...) {}
    constexpr reported operator()(const auto&) { return {}; }
    constexpr reported run(const auto&) { return {}; }
    template <std::size_t K>
    constexpr reported output() const {
        return {};
    }
    constexpr reported state() const { return {}; }
    constexpr bool is_finite() const { return true; }
    constexpr void reset() {}
    constexpr void reset(const reported&) {}
};

template <class Net, class T, std::size_t Block>
requires(Block != 0 && streamable<Net, Block> && !std::is_integral_v<T>) class stream<Net, T, Block>
    : public detail::stream_object<Net, T, Block, detail::referred_weights<T>> {
public:
    /// Refers to `weights`, which must stay. Weights made for another architecture do not compile.
    template <std::uint64_t Architecture, std::size_t Count, unsigned Format>
    explicit stream(const constant_weights<Architecture, Count, T, Format>& weights)
        : detail::stream_object<Net, T, Block, detail::referred_weights<T>>({weights.data}) {
        static_assert(detail::same_architecture<Net, Architecture>,
                      "archetype: these constant weights were written for another architecture");
        static_assert(detail::same_count<Net, Architecture, Count>,
                      "archetype: the number of constant weights does not fit the architecture");
    }
};

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET
