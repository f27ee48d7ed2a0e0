// SPDX-License-Identifier: BSL-1.0
/// @file stream_parts.hpp
/// What a stream has: where its prepared weights lie, its state as a plain type, how its weights are given.
#pragma once
#include <archetype/execution/stream/stream_layout.hpp>
#include <archetype/execution/stream/stream_report.hpp>

#include <array>
#include <boost/mp11/list.hpp>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// `type::shown` makes the compiler report the first layer without a form. Of integers quantized_stream.hpp does.
template <class Net, class Number>
struct stream_form_report {
    using type = no_fault;
};
template <class Net>
struct stream_form_report<Net, void> {
    static constexpr std::size_t found = layer_without_stream_form<Net>,
                                 layer = found == none ? 0 : found + 1,
                                 scope = layer == 0 ? 0 : unchecked_facts<Net>.nodes[found].scope;
    using type = boost::mp11::mp_if_c<layer == 0, no_fault,
                                      has_no_stream_form<layer == 0, at_layer<layer, path_name<Net, scope>()>,
                                                         typename layer_at<Net, layer>::type>>;
};

/// Which forms a stream has: that of its numbers, or of its weights where they are of another type.
template <class T, class Weights>
struct stream_kind {
    using type = stream_number<T>;
};
template <class T, class Weights>
requires requires { typename Weights::kind; }
struct stream_kind<T, Weights> {
    using type = typename Weights::kind;
};

/// Where each step's weights lie among those that a stream has prepared.
template <class Net, class T, std::size_t Block, class Kind = stream_number<T>>
inline constexpr auto stream_weights_of = [] {
    std::array<std::size_t, stream_plan<Net>.step_count + 1> offsets{};
    for_each_step<Net, stream_goal<Net>>([&]<class Step>(Step) {
        constexpr std::size_t size =
            stream_form_in<Step, Kind>::template prepared_size<stream_step<Step, Block, Kind>, T>;
        offsets[Step::index + 1] = offsets[Step::index] + round_up(size, arena_alignment);
    });
    return offsets;
}();

/// What the layers of a stream remember: past rows, the oldest first, and the states of recurrent layers. One type for
/// blocks of any size and for all machines.
template <class T, std::size_t Elements>
struct stream_state {
    T elements[Elements == 0 ? 1 : Elements];
    std::uint64_t time;  ///< steps done
};

/// Steps of the last call, where each call brings one.
struct one_step {
    constexpr one_step& operator=(std::size_t) { return *this; }
    constexpr operator std::size_t() const { return 1; }
};

/// `When.rows_before(time)` at run time: members of classes of the architecture room are for the compiler alone, as objects for
/// several processors would share them.
template <stream_timing When>
ARCHETYPE_INLINE std::uint64_t rows_before(std::uint64_t time) {
    constexpr std::uint64_t to_next = When.period - 1 - When.phase();
    return When.period == 1 ? time * When.rows : (time + to_next) / When.period * When.rows;
}

/// What the call of a form has of real numbers alone; those of integers know where they lie.
template <class T>
struct stream_call_bias {
    const T* bias;  ///< none: null
};
template <class T>
requires std::is_integral_v<T>
struct stream_call_bias<T> {
};

/// Of a stream that is none, though its network can be streamed: that of integers, without its header.
template <class Net, class T, bool Streamable>
struct stream_numbers_report {
    static_assert(!Streamable || !std::is_integral_v<T>,
                  "archetype: streams in 8 and 16 bits are in "
                  "archetype/execution/stream/integers/quantized_stream.hpp, "
                  "which archetype/inference.hpp includes");
    using shown = void;
};

/// The same of an `embedded_stream`.
template <class Net, class Weights, bool Streamable>
struct embedded_stream_report {
    static_assert(!Streamable,
                  "archetype: embedded_stream takes what write_constant_weights wrote of a model, a "
                  "quantized_model or a weight_quantized_model; streams of the last two are in "
                  "archetype/execution/stream/integers/, which archetype/inference.hpp includes");
    using shown = void;
};

/// Where a step finds its weights: of integers all words, as forms know where their own lie.
template <class Step, class T, class Weights>
ARCHETYPE_INLINE auto stream_weights_in(const Weights& weights) {
    if constexpr (std::is_integral_v<T>)
        return static_cast<const std::int32_t*>(weights.data);
    else if constexpr (requires { typename Weights::kind; })
        return weights.template weights_of<Step>();
    else
        return static_cast<const T*>(weights.data + stream_weights<Step>.weights);
}
template <class Step, class T, class Weights>
ARCHETYPE_INLINE const T* stream_bias_in(const Weights& weights) {
    if constexpr (requires { typename Weights::kind; })
        return weights.template bias_of<Step>();
    else
        return stream_weights<Step>.has_bias() ? weights.data + stream_weights<Step>.bias : nullptr;
}

/// Weights that an object refers to.
template <class T>
struct referred_weights {
    const T* data;
};
/// Weights that its type names: nothing of them is in the object.
template <const auto& Weights>
struct linked_weights {
    static constexpr const auto* data = Weights.data;
};

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
