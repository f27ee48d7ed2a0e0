// SPDX-License-Identifier: BSL-1.0
// Parameters and samples that make_references.py computes too: multiples of 1/4096, exact in every type.
#pragma once
#include <archetype/execution/host/model.hpp>

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
    constexpr const auto& layout = at::detail::parameters_of<Net>;
    for (std::size_t i = 0; i < layout.size(); ++i) {
        const at::detail::parameter_slot& slot = layout.slots[i];
        const at::parameter& tensor =
            at::detail::unchecked_facts<Net>.nodes[slot.node].parameters[slot.index];
        const std::string_view name = tensor.name;
        source& from = name.starts_with("moving_") ? moving : trainable;
        const double shift = name == "gamma" || name == "moving_variance" ? 1 : 0;
        for (std::size_t k = 0; k < tensor.extents.size(); ++k)
            net.data()[slot.offset + k] = static_cast<T>(shift + from.next() / 2);
    }
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
