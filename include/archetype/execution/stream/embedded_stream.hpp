// SPDX-License-Identifier: BSL-1.0
/// @file embedded_stream.hpp
/// A stream whose weights are known where the program is linked.
#pragma once
#include <archetype/execution/stream/stream.hpp>

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

/// Runs `Net` with the weights `Weights`, a `constant_weights` at namespace scope, `Block` time steps a call. As `stream`,
/// but the object is only what layers remember and working memory: made static it is zeros (.bss) that no code prepares,
/// `stream_ram_bytes<Net, Block>` of them. Where weights are copied into the order of vectors (x86, AArch64) the first
/// call after the start or a reset does that. Objects without static storage need `reset()` before the first call.
template <class Net, const auto& Weights, std::size_t Block = 1>
class embedded_stream {
    using report_type = typename detail::stream_report<Net, Block>::type::shown;
    using other_report_type =
        typename detail::embedded_stream_report<Net, std::remove_cvref_t<decltype(Weights)>,
                                                streamable<Net, Block>>::shown;
    using reported =
        detail::reported_steps<detail::number_of_weights<std::remove_cvref_t<decltype(Weights)>>>;

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
    constexpr embedded_stream(Arguments&&...) {}
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

template <class Net, const auto& Weights, std::size_t Block>
requires(Block != 0 && streamable<Net, Block> &&
         requires {
             typename std::remove_cvref_t<decltype(Weights)>::value_type;
         }) class embedded_stream<Net, Weights, Block>
    : public detail::stream_object<Net, typename std::remove_cvref_t<decltype(Weights)>::value_type, Block,
                                   detail::linked_weights<Weights>> {
    using weights_type = std::remove_cvref_t<decltype(Weights)>;
    static_assert(detail::same_architecture<Net, weights_type::architecture>,
                  "archetype: these constant weights were written for another architecture");
    static_assert(detail::same_count<Net, weights_type::architecture, weights_type::size()>,
                  "archetype: the number of constant weights does not fit the architecture");
};

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET
