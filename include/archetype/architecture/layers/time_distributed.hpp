// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <archetype/architecture/layers/dense.hpp>

namespace archetype {

namespace detail {
template <class Layer>
struct time_distributed_of;
template <std::size_t Units, class... Options>
struct time_distributed_of<dense<Units, Options...>> {
    using type = dense<Units, Options..., last_axis>;
};
}  // namespace detail

/// A dense layer on each time step of {time, features} with the same weights, as Keras' TimeDistributed: another name for
/// `dense<Units, last_axis>`.
template <class Layer>
using time_distributed = typename detail::time_distributed_of<Layer>::type;

}  // namespace archetype
