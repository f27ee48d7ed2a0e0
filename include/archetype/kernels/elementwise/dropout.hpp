// SPDX-License-Identifier: BSL-1.0
/// @file dropout.hpp
/// Dropout (Srivastava et al., "Dropout: A Simple Way to Prevent Neural Networks from Overfitting",
/// 2014) whose mask is a function of seed, step and position: forward and backward make it anew, nothing is
/// stored, and vector width, layout, ranges and threads do not change it.
#pragma once
#include <archetype/kernels/images/dropout_mask.hpp>
#include <archetype/kernels/images/runs.hpp>

namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET {

/// out = epilogue(in * (0 or scale)). Forward with activations, backward with gradients and the same
/// mask. In place if the images are equal.
template <image In, image Out, class T, class Epilogue>
void dropout(const T* in, T* out, const dropout_mask& mask, const Epilogue& epilogue, range samples) {
    const std::uint32_t threshold = mask.threshold();
    const T scale = static_cast<T>(mask.scale());
    for (std::size_t n = samples.first; n < samples.last; ++n) {
        const std::uint64_t key = mask.key(n);
        transform<In, Out, runs_across_pixels<Epilogue>>(
            in, out, {n, n + 1}, [&](const lanes<T>& value, place where) ARCHETYPE_INLINE_LAMBDA {
                const auto first =
                    static_cast<std::uint32_t>((where.y * In.width + where.x) * In.channels + where.channel);
                T factors[lane_count<T>];
                for (std::uint32_t i = 0; i < lane_count<T>; ++i)
                    factors[i] = dropout_mask::bits(key, first + i) < threshold ? T(0) : scale;
                return epilogue(lanes<T>(value * load(factors)), where);
            });
    }
}

}  // namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET
