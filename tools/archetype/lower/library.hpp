// SPDX-License-Identifier: BSL-1.0
/// @file library.hpp
/// What the library has that not every version of it had.
#pragma once

namespace archetype::lower {

/// Joins whose branches repeat as NumPy's arrays do; subtract, divide, minimum.
#if __has_include(<archetype/kernels/images/stretched.hpp>)
inline constexpr bool has_repeating_joins = true;
#else
inline constexpr bool has_repeating_joins = false;
#endif

/// `prelu`.
#if __has_include(<archetype/architecture/layers/prelu.hpp>)
inline constexpr bool has_prelu = true;
#else
inline constexpr bool has_prelu = false;
#endif

}  // namespace archetype::lower
