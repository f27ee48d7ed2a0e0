// SPDX-License-Identifier: BSL-1.0
/// @file plan.hpp
/// The plan of a network at inference, and the memory it takes, as constants.
#pragma once
#include <archetype/architecture/planner.hpp>

namespace archetype {

namespace detail {

template <class Net>
inline constexpr auto inference_plan = make_plan<Net, purpose::inference>();

inline constexpr network_plan<plan_room{}> unknown_plan{};

template <class Net, class Shown>
consteval const auto& checked_plan() {
    if constexpr (std::is_same_v<typename report<Net>::type, no_fault>)
        return inference_plan<Net>;
    else
        return unknown_plan;
}

}  // namespace detail

/// How `Net` is run at inference: the steps, the values between them, and where these lie in one block of memory. A
/// `network_plan`; a compile-time report if the network has a fault.
template <class Net>
inline constexpr const auto& inference_plan_of =
    detail::checked_plan<Net, typename detail::report<Net>::type::shown>();

/// Peak memory of activations at inference, for one sample in single precision: what `inference<Net>` holds
/// besides its weights. Of a named part: what is alive at once while its steps run (0 if it has none of its own, such as
/// an activation that is fused into the layer before it).
template <class Net, name Part = "">
inline constexpr auto arena_bytes =
    detail::constant<Net, Part, typename detail::report<Net, Part>::type::shown>([](const auto& facts,
                                                                                    const scope& part) {
        constexpr const auto& plan = detail::inference_plan<Net>;
        std::uint64_t most = 0;
        for (std::size_t s = 0; s < plan.step_count; ++s)
            if (plan.steps[s].anchor >= part.first && plan.steps[s].anchor < part.last &&
                plan.live_at[s] > most)
                most = plan.live_at[s];
        return 4 * (part.last - part.first == facts.size() ? plan.arena_elements : most);
    });

/// The largest set of values that is alive at once, in bytes: no arena can be smaller.
template <class Net>
inline constexpr auto arena_lower_bound_bytes =
    detail::constant<Net, "", typename detail::report<Net>::type::shown>([](const auto&, const scope&) {
        return 4 * detail::inference_plan<Net>.live_elements;
    });

}  // namespace archetype
