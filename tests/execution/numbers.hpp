// SPDX-License-Identifier: BSL-1.0
// Parameters and samples that make_references.py computes too: multiples of 1/4096, exact in every type.
#pragma once
#include <archetype/execution/host/named_parameters.hpp>

#include <cstdint>
#include <string_view>

namespace numbers {
namespace at = archetype;

class source {
public:
    constexpr explicit source(std::uint32_t start) : state_(start) {}
    /// In [-1, 1).
    constexpr double next() {
        state_ = state_ * 1664525u + 1013904223u;
        return (static_cast<double>(state_ >> 19) - 4096) / 4096;
    }

private:
    std::uint32_t state_;
};

/// Weights and biases in [-0.5, 0.5), scales and variances in [0.5, 1.5), in the order of the layers; moving statistics
/// from a source of their own.
template <class Net, class T>
void set_parameters(at::model<Net, T>& net) {
    source trainable(1), moving(2);
    boost::hana::for_each(at::parameters(net), [&](auto pair) {
        const std::string_view name = boost::hana::first(pair).c_str();
        source& from = name.find("moving_") == std::string_view::npos ? trainable : moving;
        const double shift = name.ends_with("/gamma") || name.ends_with("/moving_variance") ? 1 : 0;
        for (auto& value : boost::hana::second(pair)) value = static_cast<T>(shift + from.next() / 2);
    });
}

/// `count` samples for `Net`, in [-1, 1).
template <class Net, class T>
auto samples(std::size_t count, std::uint32_t start = 3) {
    constexpr at::shape extents = at::model<Net, T>::input_shape;
    auto made = xt::xtensor<T, extents.rank + 1>::from_shape(at::detail::batch_extents<extents>(count));
    source from(start);
    for (T& value : made) value = static_cast<T>(from.next());
    return made;
}

}  // namespace numbers
