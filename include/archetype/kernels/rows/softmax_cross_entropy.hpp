// SPDX-License-Identifier: BSL-1.0
/// @file softmax_cross_entropy.hpp
/// Cross-entropy of a softmax from its inputs (logits), with the gradient in the same pass. Taking both
/// together avoids log(0) and the division by vanishing probabilities: loss = log(sum exp(z - m)) -
/// (z[target] - m), m the maximum.
#pragma once
#include <archetype/expression/ieee.hpp>
#include <archetype/kernels/rows/softmax.hpp>

namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET {

/// For each pixel p (`n * height * width + y * width + x`; one per sample for a classifier) with class
/// `classes[p]`: loss[p] = -log(softmax(logits)[class]), and grad = (softmax(logits) - one_hot(class)) *
/// scale unless `grad` is null. A class that is not below the number of channels makes loss and gradient of
/// its pixel NaN. `grad` may be `logits` if the images are equal.
template <image Logits, image Grad, class T, class Class>
void softmax_cross_entropy(const T* logits, const Class* classes, T* loss, T* grad, T scale, range samples) {
    constexpr std::size_t channels = Logits.channels;
    for_pixels<Logits>(samples, [&](std::size_t n, std::size_t y, std::size_t x) ARCHETYPE_INLINE_LAMBDA {
        const T* const from = logits + pixel_offset<Logits>(n, y, x);
        T* const to = grad == nullptr ? nullptr : grad + pixel_offset<Grad>(n, y, x);
        const std::size_t pixel = (n * Logits.height + y) * Logits.width + x;
        const std::size_t target = static_cast<std::size_t>(classes[pixel]);
        const bool known = target < channels;
        const T most = channel_maximum<channels>(from);
        const T score = known ? from[target] - most : expression::not_a_number<T>;
        const T total = exponentials<channels>(from, to, most);
        T logarithms[lane_count<T>];
        store<T>(logarithms, expression::elementary::log(broadcast(total)));
        loss[pixel] = logarithms[0] - score;
        if (to == nullptr) return;
        const lanes<T> factor = broadcast(known ? scale / total : score);
        for_channel_parts<T, channels>([&](std::size_t c, std::size_t count) ARCHETYPE_INLINE_LAMBDA {
            store_partial<T>(to + c, load(to + c) * factor, count);
        });
        if (known) to[target] -= scale;
    });
}

/// The same with a probability of each class, laid out as `Targets`: loss = -sum of target *
/// log(softmax(logits)), grad = (softmax(logits) * sum of target - target) * scale. Classes of target 0 add
/// nothing, whatever their logit. `grad` must not be `targets`.
template <image Logits, image Targets, image Grad, class T>
void softmax_cross_entropy_rows(const T* logits, const T* targets, T* loss, T* grad, T scale, range samples) {
    constexpr std::size_t channels = Logits.channels;
    for_pixels<Logits>(samples, [&](std::size_t n, std::size_t y, std::size_t x) ARCHETYPE_INLINE_LAMBDA {
        const T* const from = logits + pixel_offset<Logits>(n, y, x);
        const T* const target = targets + pixel_offset<Targets>(n, y, x);
        T* const to = grad == nullptr ? nullptr : grad + pixel_offset<Grad>(n, y, x);
        const T most = channel_maximum<channels>(from);
        const lanes<T> zero = broadcast(T(0));
        lanes<T> mass = zero, scores = zero;
        for_channel_parts<T, channels>([&](std::size_t c, std::size_t count) ARCHETYPE_INLINE_LAMBDA {
            const lanes<T> part = load_partial(target + c, count);
            mass = mass + part;
            scores = scores + select<T>(part == zero, zero, part * (load(from + c) - broadcast(most)));
        });
        const T total = exponentials<channels>(from, to, most), whole = sum<T>(mass);
        T logarithms[lane_count<T>];
        store<T>(logarithms, expression::elementary::log(broadcast(total)));
        loss[(n * Logits.height + y) * Logits.width + x] = whole * logarithms[0] - sum<T>(scores);
        if (to == nullptr) return;
        const lanes<T> factor = broadcast(whole / total);
        for_channel_parts<T, channels>([&](std::size_t c, std::size_t count) ARCHETYPE_INLINE_LAMBDA {
            const lanes<T> difference = load(to + c) * factor - load(target + c);
            store_partial<T>(to + c, difference * broadcast(scale), count);
        });
    });
}

}  // namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET
