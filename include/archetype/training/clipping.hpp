// SPDX-License-Identifier: BSL-1.0
/// @file clipping.hpp
/// Limits of gradients, applied before the optimizer sees them (Pascanu et al. 2013).
#pragma once
#include <archetype/execution/steps/parameters.hpp>
#include <archetype/training/apply_update.hpp>
#include <archetype/training/arguments.hpp>

#include <cmath>
#include <variant>

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

/// Each element of the gradient is brought into [-limit, limit].
struct clip_by_value {
    double limit = 1;
};
/// The gradient of each parameter tensor is scaled down to the L2 norm `limit` where it is larger.
struct clip_by_norm {
    double limit = 1;
};
/// The gradient of all parameters is scaled down to the L2 norm `limit` if it is larger: its direction stays.
struct clip_by_global_norm {
    double limit = 1;
};

/// One of them, or none.
using gradient_clip = std::variant<std::monostate, clip_by_value, clip_by_norm, clip_by_global_norm>;

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// Calls `use(name, limit)` if there is one.
template <class Use>
void with_clip(const gradient_clip& clip, const Use& use) {
    if (const auto* by_value = std::get_if<clip_by_value>(&clip)) use("clip_by_value", by_value->limit);
    if (const auto* by_norm = std::get_if<clip_by_norm>(&clip)) use("clip_by_norm", by_norm->limit);
    if (const auto* global = std::get_if<clip_by_global_norm>(&clip))
        use("clip_by_global_norm", global->limit);
}

inline void check_clip(const gradient_clip& clip) {
    with_clip(clip, [](const char* name, double limit) { check_positive(name, "limit", limit); });
}

/// Calls `visit(tensor, first, last)` for each trainable parameter tensor of `Net`.
template <class Net, class Visit>
void for_each_trainable(const Visit& visit) {
    constexpr const auto& layout = parameters_of<Net>;
    for (std::size_t i = 0; i < layout.size(); ++i) {
        const parameter_slot& slot = layout.slots[i];
        const parameter& tensor = unchecked_facts<Net>.nodes[slot.node].parameters[slot.index];
        if (tensor.trainable) visit(tensor, slot.offset, slot.offset + tensor.extents.size());
    }
}

template <class T>
void scale_to_norm(T* gradients, std::size_t first, std::size_t last, double limit) {
    constexpr std::size_t block = 4096;  // summed in T, blocks in double
    double squares = 0;
    for (std::size_t begin = first; begin < last; begin += block) {
        auto sum = kernels::broadcast(T(0));
        for_vectors<T>(begin, std::min(begin + block, last), [&](std::size_t i, std::size_t some) {
            const auto value = kernels::load_partial(gradients + i, some);
            sum = kernels::multiply_add<T>(value, value, sum);
        });
        squares += static_cast<double>(kernels::sum<T>(sum));
    }
    const double norm = std::sqrt(squares);
    if (!(norm > limit)) return;
    const auto factor = kernels::broadcast(static_cast<T>(limit / norm));
    for_vectors<T>(first, last, [&](std::size_t i, std::size_t some) {
        kernels::store_partial<T>(gradients + i, kernels::load(gradients + i) * factor, some);
    });
}

/// Whether all gradients of a tensor say how each is clipped.
inline bool takes_norms(const gradient_clip& clip) {
    return std::holds_alternative<clip_by_norm>(clip) || std::holds_alternative<clip_by_global_norm>(clip);
}

/// Clips the gradients of the trainable parameters of `Net`, as they lie in memory.
template <class Net, class T>
void clip_gradients(const gradient_clip& clip, T* gradients) {
    constexpr std::size_t count = parameters_of<Net>.trainable_elements;
    if (const auto* by_value = std::get_if<clip_by_value>(&clip)) {
        const T limit = static_cast<T>(by_value->limit);
        for (std::size_t i = 0; i < count; ++i)  // a NaN stays
            gradients[i] = gradients[i] > limit ? limit : gradients[i] < -limit ? -limit : gradients[i];
    } else if (const auto* by_norm = std::get_if<clip_by_norm>(&clip)) {
        for_each_trainable<Net>([&](const parameter&, std::size_t first, std::size_t last) {
            scale_to_norm(gradients, first, last, by_norm->limit);
        });
    } else if (const auto* global = std::get_if<clip_by_global_norm>(&clip)) {
        scale_to_norm(gradients, 0, count, global->limit);  // gaps between tensors hold zeros
    }
}

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
