// SPDX-License-Identifier: BSL-1.0
/// @file exponential.hpp
/// exp and log on `lanes<T>`: the one place where kernels say whose they use.
#pragma once
#include <archetype/kernels/lanes.hpp>
#if __has_include(<archetype/expression/elementary.hpp>)
#include <archetype/expression/elementary.hpp>
#define ARCHETYPE_HAS_ELEMENTARY 1
#else
#define ARCHETYPE_HAS_ELEMENTARY 0
#endif

namespace archetype::kernels {

/// e to the power of each element; 0 for minus infinity, NaN for NaN.
template <class T>
ARCHETYPE_INLINE lanes<T> exponential(const lanes<T>& value) {
#if ARCHETYPE_HAS_ELEMENTARY
    return expression::elementary::exp(value);
#elif ARCHETYPE_HAS_XSIMD
    return xsimd::exp(value);
#else
    return static_cast<T>(sizeof(T) == 4 ? __builtin_expf(static_cast<float>(value)) : __builtin_exp(value));
#endif
}

/// Natural logarithm of each element.
template <class T>
ARCHETYPE_INLINE lanes<T> logarithm(const lanes<T>& value) {
#if ARCHETYPE_HAS_ELEMENTARY
    return expression::elementary::log(value);
#elif ARCHETYPE_HAS_XSIMD
    return xsimd::log(value);
#else
    return static_cast<T>(sizeof(T) == 4 ? __builtin_logf(static_cast<float>(value)) : __builtin_log(value));
#endif
}

}  // namespace archetype::kernels
