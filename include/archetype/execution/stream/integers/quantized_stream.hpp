// SPDX-License-Identifier: BSL-1.0
/// @file quantized_stream.hpp
/// Streams in 8 and 16 bits.
#pragma once
#include <archetype/execution/integers/quantized_inference.hpp>
#include <archetype/execution/stream/embedded_stream.hpp>
#include <archetype/execution/stream/integers/integer_stream_rules.hpp>

#include <boost/mp11/list.hpp>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// Words that an object refers to, or that its type names.
template <weight_order Order>
struct referred_words {
    static constexpr weight_order order = Order;
    const std::int32_t* data;
};
template <const auto& Weights>
struct linked_words {
    static constexpr weight_order order = std::remove_cvref_t<decltype(Weights)>::order;
    static constexpr const std::int32_t* data = Weights.data;
};

struct words_elsewhere {
    static constexpr weight_order order = weight_order::plain;
};

/// The report of a network that can be streamed, but not in integers.
template <class Net, class Number, bool Streamable>
requires std::is_integral_v<Number>
struct stream_numbers_report<Net, Number, Streamable> {
    using shown = void;
};
template <class Net, class Number>
requires std::is_integral_v<Number>
struct stream_numbers_report<Net, Number, true> {
    using shown = typename integer_stream_report<Net, Number>::type::shown;
};
template <class Net, class Weights>
requires(kind_of_weights<Weights> ==
         weights_kind::integers) struct embedded_stream_report<Net, Weights, true> {
    static constexpr weights_fault fault = integer_weights_fault<Net, Weights>();
    using shown =
        typename boost::mp11::mp_if_c<fault == weights_fault::ok,
                                      typename integer_stream_report<Net, typename Weights::activation>::type,
                                      reported_integers<Net, Weights, fault>>::shown;
};

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

/// `Net` can be streamed with activations of type `Activation` (std::int8_t or std::int16_t) in blocks of `Block` time steps.
template <class Net, class Activation = std::int8_t, std::size_t Block = 1>
concept quantized_streamable = streamable<Net, Block> && quantizable<Net, Activation> &&
    (detail::layer_without_integer_stream<Net, Activation> == none);

/// Bytes that layers of a stream in 8 or 16 bits remember (`state_bytes` in these numbers): past rows, states of recurrent
/// layers as they are computed with, rows that wait where branches join.
template <class Net, class Activation = std::int8_t>
requires quantized_streamable<Net, Activation>
inline constexpr std::uint64_t quantized_state_bytes = detail::integer_state_bytes<Net, Activation>;

/// Bytes of an `embedded_stream<Net, weights, Block>` with such weights on this target: what layers remember, the rows of one
/// block, and the position in time.
template <class Net, class Activation = std::int8_t, std::size_t Block = 1>
requires quantized_streamable<Net, Activation, Block>
inline constexpr std::uint64_t quantized_stream_ram_bytes =
    sizeof(detail::stream_object<Net, Activation, Block, detail::words_elsewhere>);

/// A stream with 8-bit weights and activations of type `Number`, std::int8_t or std::int16_t: results are those of the
/// quantized network for the whole sequence, bit for bit.
template <class Net, class Number, std::size_t Block>
requires(Block != 0 && std::is_integral_v<Number> &&
         quantized_streamable<Net, Number, Block>) class stream<Net, Number, Block>
    : public detail::stream_object<Net, Number, Block, detail::referred_words<detail::order_for<Number>>> {
    using object =
        detail::stream_object<Net, Number, Block, detail::referred_words<detail::order_for<Number>>>;

public:
    using activation = Number;
    /// 32-bit words that it reads.
    static constexpr std::size_t word_count = detail::quantized_words<Net, detail::order_for<Number>, Number>;

    /// Refers to `weights`, which must stay (`quantized_model::weights`). Weights of another architecture, count or order do
    /// not compile.
    template <std::uint64_t Architecture, std::size_t Words, weight_order Order, class Activation,
              unsigned Format>
    explicit stream(const quantized_weights<Architecture, Words, Order, Activation, Format>& weights)
        : object({words_of(weights)}), words_(weights.data) {}

    /// What the numbers of a time step, and of a result, stand for.
    quantization_to<Number> input_quantization() const { return detail::block_of<Number>(words_).input(); }
    quantization_to<Number> output_quantization() const { return detail::block_of<Number>(words_).output(); }

private:
    template <class Weights>
    static const std::int32_t* words_of(const Weights& weights) {
        constexpr detail::weights_fault fault =
            detail::run_time_weights_fault<Net, Weights, Number, detail::order_for<Number>>();
        using shown [[maybe_unused]] =
            typename boost::mp11::mp_if_c<fault == detail::weights_fault::ok, detail::no_fault,
                                          detail::reported_integers<Net, Weights, fault>>::shown;
        return weights.data;
    }
    const std::int32_t* words_;
};

/// The same with the weights of a quantized network as a template argument: nothing of them is in the object.
template <class Net, const auto& Weights, std::size_t Block>
requires(Block != 0 &&
         detail::kind_of_weights<std::remove_cvref_t<decltype(Weights)>> == detail::weights_kind::integers &&
         detail::integer_weights_fault<Net, std::remove_cvref_t<decltype(Weights)>>() ==
             detail::weights_fault::ok &&
         quantized_streamable<Net, typename std::remove_cvref_t<decltype(Weights)>::activation,
                              Block>) class embedded_stream<Net, Weights, Block>
    : public detail::stream_object<Net, typename std::remove_cvref_t<decltype(Weights)>::activation, Block,
                                   detail::linked_words<Weights>> {
public:
    using activation = typename std::remove_cvref_t<decltype(Weights)>::activation;
    static constexpr quantization_to<activation> input_quantization() {
        return detail::block_of<activation>(Weights.data).input();
    }
    static constexpr quantization_to<activation> output_quantization() {
        return detail::block_of<activation>(Weights.data).output();
    }
};

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET
