// SPDX-License-Identifier: BSL-1.0
/// @file budget.hpp
/// What a network takes of a device's memories, and a check of that against what it may take.
#pragma once
#include <archetype/execution/inference/embedded.hpp>
#include <archetype/execution/integers/quantized_inference.hpp>
#include <archetype/execution/integers/weight_quantized_inference.hpp>
#include <archetype/execution/stream/embedded_stream.hpp>
#include <archetype/execution/stream/integers/quantized_stream.hpp>
#include <archetype/execution/stream/integers/weight_quantized_stream.hpp>

namespace archetype {

/// How weights and activations are kept: real numbers, 8 bits, 16 bits for activations beside weights of 8, or weights of 8 bits
/// beside real activations.
enum class form : unsigned char { float32, int8, int16_activations, int8_weights };

namespace detail {

template <class Net, form>
struct form_sizes {
    using shown = typename report<Net>::type::shown;
    static consteval auto flash() {
        return constant<Net, "", shown>([](const auto&, const scope&) {
            return std::uint64_t{sizeof(float)} * (inference_weight_count<Net> + constant_weights_slack);
        });
    }
    static consteval auto ram() {
        return constant<Net, "", shown>(
            [](const auto&, const scope&) { return std::uint64_t{sizeof(inference_arena<Net, float>)}; });
    }
};
template <class Net>
struct form_sizes<Net, form::int8_weights> : form_sizes<Net, form::float32> {
    using shown = typename report<Net>::type::shown;
    static consteval auto flash() {
        return constant<Net, "", shown>([](const auto&, const scope&) {
            return int8_weight_bytes<Net> + std::uint64_t{1 + sizeof(float)} * constant_weights_slack;
        });
    }
};
template <class Net, class Activation>
struct integer_form_sizes {
    using shown = typename integer_report<Net, Activation>::type::shown;
    static consteval auto flash() { return quantized_weight_bytes<Net, Activation, order_for<Activation>>; }
    static consteval auto ram() {
        return integer_constant<Net, Activation, shown>(
            [] { return sizeof(quantized_arena<Net, Activation, order_for<Activation>>); });
    }
};
template <class Net>
struct form_sizes<Net, form::int8> : integer_form_sizes<Net, std::int8_t> {};
template <class Net>
struct form_sizes<Net, form::int16_activations> : integer_form_sizes<Net, std::int16_t> {};

}  // namespace detail

/// Read-only bytes of weights in a form, with what vectors may read past them; integers as this target packs them. Code is not
/// among them.
template <class Net, form Form = form::float32>
inline constexpr auto flash_bytes = detail::form_sizes<Net, Form>::flash();

/// Bytes of an `embedded<Net, weights>` of a form on this target: all memory that is written, but for the stack.
template <class Net, form Form = form::float32>
inline constexpr auto ram_bytes = detail::form_sizes<Net, Form>::ram();

namespace detail {
struct weights_elsewhere {};
struct narrow_weights_elsewhere {
    using kind = narrow_kind;
};
template <form>
struct stream_parts_of_form {
    using number = float;
    using weights = weights_elsewhere;
    template <class Net, std::size_t Block>
    static constexpr bool runs = streamable<Net, Block>;
};
template <>
struct stream_parts_of_form<form::int8_weights> : stream_parts_of_form<form::float32> {
    using weights = narrow_weights_elsewhere;
};
template <class Activation>
struct integer_stream_parts {
    using number = Activation;
    using weights = words_elsewhere;
    template <class Net, std::size_t Block>
    static constexpr bool runs = quantized_streamable<Net, Activation, Block>;
};
template <>
struct stream_parts_of_form<form::int8> : integer_stream_parts<std::int8_t> {};
template <>
struct stream_parts_of_form<form::int16_activations> : integer_stream_parts<std::int16_t> {};
}  // namespace detail

/// Bytes of an `embedded_stream<Net, weights, Block>` of a form on this target: what layers remember (`state_bytes<Net>`, where
/// each recurrent step has its own), the rows of one block, and the position in time. Needs a network that can be streamed so.
template <class Net, std::size_t Block = 1, form Form = form::float32>
requires(detail::stream_parts_of_form<Form>::template runs<Net, Block>) inline constexpr std::uint64_t
    stream_ram_bytes =
        sizeof(detail::stream_object<Net, typename detail::stream_parts_of_form<Form>::number, Block,
                                     typename detail::stream_parts_of_form<Form>::weights>);

/// A budget for `flash_bytes`.
template <std::uint64_t Bytes>
struct flash {};
/// A budget for `ram_bytes`.
template <std::uint64_t Bytes>
struct ram {};
/// A budget for `stream_ram_bytes<Net, Block>`.
template <std::uint64_t Bytes, std::size_t Block = 1>
struct stream_ram {};

/// A budget for `quantized_weight_bytes<Net, Activation, Order>`: read-only bytes of weights.
template <std::uint64_t Bytes, class Activation = std::int8_t,
          weight_order Order = detail::order_for<Activation>>
struct quantized_flash {};
/// A budget for the `sizeof` of a `quantized_inference<Net, weights>` on this target.
template <std::uint64_t Bytes, class Activation = std::int8_t>
struct quantized_ram {};

/// Bytes in 1024s and 1024 * 1024s: 256_KiB, 1_MiB.
namespace literals {
consteval std::uint64_t operator""_KiB(unsigned long long count) { return count << 10; }
consteval std::uint64_t operator""_MiB(unsigned long long count) { return count << 20; }
}  // namespace literals

/// The network needs `Needed` bytes of a memory (`flash` or `ram`) and may have `Available`: `Missing` too few. `Most`
/// is the layer that takes most of it.
template <template <std::uint64_t> class Memory, std::uint64_t Needed, std::uint64_t Available,
          std::uint64_t Missing, class Most>
struct exceeds_budget {
    static_assert(
        Missing == 0,
        "archetype: the network does not fit; exceeds_budget<...> names the memory, the bytes it needs, may "
        "have and lacks, and the layer that takes most");
    static constexpr bool reported = true;
};

namespace detail {

/// The layer whose weights are largest.
template <class Net>
constexpr std::size_t heaviest_layer() {
    std::size_t most = 0;
    const auto& nodes = unchecked_facts<Net>.nodes;
    const auto count = [&](std::size_t i) { return nodes[i].count(true) + nodes[i].count(false); };
    for (std::size_t i = 1; i < std::size(nodes); ++i)
        if (count(i) > count(most)) most = i;
    return most;
}
/// The layer that made the largest value of those that are alive when most of the arena is in use; the layer that runs then
/// if its scratch memory is larger.
template <class Net>
constexpr std::size_t widest_layer() {
    constexpr const auto& plan = inference_plan<Net>;
    if (plan.step_count == 0) return 0;
    std::size_t peak = 0;
    for (std::size_t s = 1; s < plan.step_count; ++s)
        if (plan.live_at[s] > plan.live_at[peak]) peak = s;
    std::uint64_t most = plan.steps[peak].scratch;
    std::size_t layer = plan.steps[peak].anchor;
    for (std::size_t v = 0; v < plan.value_count; ++v) {
        if (plan.values[v].storage != v || plan.is_input(v) || plan.values[v].size <= most) continue;
        const storage_use use = use_of(plan, v);
        if (use.first > peak || use.last < peak) continue;
        most = plan.values[v].size;
        layer = plan.steps[plan.values[v].written].anchor;
    }
    return layer;
}
/// The layer that remembers most: past rows of its inputs, or states.
template <class Net>
constexpr std::size_t most_remembering_layer() {
    std::size_t most = 0;
    const auto& nodes = unchecked_facts<Net>.nodes;
    const auto remembered = [&](std::size_t i) {
        return nodes[i].state_elements + stream_facts_of<Net, 1>.kept[i];
    };
    for (std::size_t i = 1; i < std::size(nodes); ++i)
        if (remembered(i) > remembered(most)) most = i;
    return most;
}
template <class Net, std::size_t Layer>
using layer_position = at_layer<Layer + 1, path_name<Net, unchecked_facts<Net>.nodes[Layer].scope>()>;

template <template <std::uint64_t> class Memory, std::uint64_t Needed, std::uint64_t Available, class Most>
using memory_report =
    exceeds_budget<Memory, Needed, Available, (Needed > Available ? Needed - Available : 0), Most>;

/// `type::reported` makes the compiler report what does not fit, in the place where it is written. The report of a faulty
/// network is that of its fault.
template <class Net, class Budget, bool Fits = well_formed<Net>>
struct budget_report;
template <class Net, std::uint64_t Bytes>
struct budget_report<Net, flash<Bytes>, true> {
    using type = memory_report<flash, flash_bytes<Net>, Bytes, layer_position<Net, heaviest_layer<Net>()>>;
};
template <class Net, std::uint64_t Bytes>
struct budget_report<Net, ram<Bytes>, true> {
    using type = memory_report<ram, ram_bytes<Net>, Bytes, layer_position<Net, widest_layer<Net>()>>;
};
template <class Net, std::uint64_t Bytes, std::size_t Block>
struct budget_report<Net, stream_ram<Bytes, Block>, true> {
    struct type {
        using fault = typename stream_report<Net, Block>::type::shown;
        static constexpr bool reported = true;
    };
};
template <class Net, std::uint64_t Bytes, std::size_t Block>
requires streamable<Net, Block>
struct budget_report<Net, stream_ram<Bytes, Block>, true> {
    using type = memory_report<ram, stream_ram_bytes<Net, Block>, Bytes,
                               layer_position<Net, most_remembering_layer<Net>()>>;
};
/// Stands where a network has no form with integers.
template <class Net, class Activation>
struct no_form_report {
    using fault = typename integer_report<Net, Activation>::type::shown;
    static constexpr bool reported = true;
};
template <class Net, std::uint64_t Bytes, class Activation, weight_order Order>
struct budget_report<Net, quantized_flash<Bytes, Activation, Order>, true> {
    using type = no_form_report<Net, Activation>;
};
template <class Net, std::uint64_t Bytes, class Activation, weight_order Order>
requires quantizable<Net, Activation>
struct budget_report<Net, quantized_flash<Bytes, Activation, Order>, true> {
    using type = memory_report<flash, 4 * quantized_words<Net, Order, Activation>, Bytes,
                               layer_position<Net, heaviest_layer<Net>()>>;
};
template <class Net, std::uint64_t Bytes, class Activation>
struct budget_report<Net, quantized_ram<Bytes, Activation>, true> {
    using type = no_form_report<Net, Activation>;
};
template <class Net, std::uint64_t Bytes, class Activation>
requires quantizable<Net, Activation>
struct budget_report<Net, quantized_ram<Bytes, Activation>, true> {
    using type = memory_report<ram, sizeof(quantized_arena<Net, Activation, order_for<Activation>>), Bytes,
                               layer_position<Net, widest_layer<Net>()>>;
};
template <class Net, class Budget>
struct budget_report<Net, Budget, false> {
    struct type {
        using fault = typename report<Net>::type::shown;
        static constexpr bool reported = true;
    };
};

}  // namespace detail

/// `static_assert(fits<net, flash<256_KiB>, ram<64_KiB>>)`, with `stream_ram<4_KiB>` for a network that is streamed,
/// `quantized_flash` and `quantized_ram` for its form with integers: the one error is `exceeds_budget`, which says which memory
/// is too small, by how much, and for which layer; it is not false, as that would be a second error. For a choice between
/// networks compare `flash_bytes` and `ram_bytes`.
template <class Net, class... Budgets>
inline constexpr bool fits = (detail::budget_report<Net, Budgets>::type::reported && ...);

}  // namespace archetype
