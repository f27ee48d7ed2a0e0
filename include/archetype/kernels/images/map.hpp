// SPDX-License-Identifier: BSL-1.0
/// @file map.hpp
/// A pointwise function applied to every element of an image: an activation that is fused with nothing.
#pragma once
#include <archetype/kernels/images/runs.hpp>

namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET {

/// out = epilogue(in). `in` and `out` may be the same buffer if the images are equal.
template <image In, image Out, class T, class Epilogue>
void map(const T* in, T* out, const Epilogue& epilogue, range samples) {
    transform<In, Out, runs_across_pixels<Epilogue>>(
        in, out, samples,
        [&](const lanes<T>& value, place where) ARCHETYPE_INLINE_LAMBDA { return epilogue(value, where); });
}

}  // namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET
