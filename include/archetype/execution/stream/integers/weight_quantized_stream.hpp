// SPDX-License-Identifier: BSL-1.0
/// @file weight_quantized_stream.hpp
/// Streams of real numbers with weights of 8 bits.
#pragma once
#include <archetype/execution/stream/embedded_stream.hpp>
#include <archetype/execution/stream/integers/narrow_rows.hpp>

#include <boost/mp11/list.hpp>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

template <class Net, class Weights>
requires(kind_of_weights<Weights> == weights_kind::narrow) struct embedded_stream_report<Net, Weights, true> {
    static constexpr weights_fault fault = narrow_weights_fault<Net, Weights>();
    using shown = typename boost::mp11::mp_if_c<fault == weights_fault::ok, no_fault,
                                                reported_weights<Net, fault>>::shown;
};

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

/// As `stream`, with weights of convolutions, dense and recurrent layers and tables of tokens in 8 bits: activations and sums
/// are float, results those of `weight_quantized_inference` for the whole sequence, bit for bit.
template <class Net, std::size_t Block = 1>
class weight_quantized_stream {
    using report_type = typename detail::stream_report<Net, Block>::type::shown;
    using reported = detail::reported_steps<float>;

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
    constexpr explicit weight_quantized_stream(Arguments&&...) {}
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

template <class Net, std::size_t Block>
requires(Block != 0 && streamable<Net, Block>) class weight_quantized_stream<Net, Block>
    : public detail::stream_object<Net, float, Block, detail::referred_narrow_weights> {
public:
    /// Refers to `weights`, which must stay (`weight_quantized_model::constant_weights`, or `int8_weights` of a generated
    /// header). Weights of another architecture do not compile.
    template <std::uint64_t Architecture, std::size_t Count, std::size_t Numbers, unsigned Format>
    explicit weight_quantized_stream(const int8_weights<Architecture, Count, Numbers, Format>& weights)
        : detail::stream_object<Net, float, Block, detail::referred_narrow_weights>(
              detail::referred_narrow_weights{{weights.weights, weights.numbers}}) {
        report<int8_weights<Architecture, Count, Numbers, Format>>();
    }
    /// What is no such weights is one error.
    template <class Given>
    requires(detail::kind_of_weights<Given> !=
             detail::weights_kind::narrow) explicit weight_quantized_stream(const Given&)
        : detail::stream_object<Net, float, Block, detail::referred_narrow_weights>(
              detail::referred_narrow_weights{{nullptr, nullptr}}) {
        report<Given>();
    }
    weight_quantized_stream(const weight_quantized_stream&) = default;
    weight_quantized_stream& operator=(const weight_quantized_stream&) = default;

private:
    template <class Weights>
    static constexpr void report() {
        constexpr detail::weights_fault fault = detail::narrow_weights_fault<Net, Weights>();
        using shown [[maybe_unused]] =
            typename boost::mp11::mp_if_c<fault == detail::weights_fault::ok, detail::no_fault,
                                          detail::reported_weights<Net, fault>>::shown;
    }
};

/// The same with weights that the type names: nothing of them is in the object, which is zeros where weights are read where
/// they are.
template <class Net, const auto& Weights, std::size_t Block>
requires(Block != 0 && streamable<Net, Block> &&
         detail::kind_of_weights<std::remove_cvref_t<decltype(Weights)>> == detail::weights_kind::narrow &&
         detail::narrow_weights_fault<Net, std::remove_cvref_t<decltype(Weights)>>() ==
             detail::weights_fault::ok) class embedded_stream<Net, Weights, Block>
    : public detail::stream_object<Net, float, Block, detail::linked_narrow_weights<Weights>> {
};

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET
