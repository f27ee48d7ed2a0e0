// SPDX-License-Identifier: BSL-1.0
/// @file losses.hpp
/// Losses of one element as expressions of (prediction, target); the mean over elements and samples is the
/// caller's.
#pragma once
#include <archetype/expression/composed.hpp>

namespace archetype::expression::losses::inline ARCHETYPE_INSTRUCTION_SET {

inline constexpr variable<0> prediction{};
inline constexpr variable<1> target{};

/// (p - t)^2.
inline constexpr auto mean_squared_error = square(prediction - target);
/// |p - t|; derivative 0 where they are equal.
inline constexpr auto mean_absolute_error = abs(prediction - target);
/// d^2 / 2 for |d| <= Delta, Delta (|d| - Delta / 2) beyond. Huber 1964.
template <auto Delta = 1.0>
inline constexpr auto huber = where(abs(prediction - target) <= literal<Delta>{},
                                    literal<0.5>{} * square(prediction - target),
                                    literal<Delta>{} * (abs(prediction - target) - literal<0.5 * Delta>{}));
/// -t log s(x) - (1 - t) log(1 - s(x)) of the logit x, target in [0, 1]; neither overflows nor cancels.
inline constexpr auto binary_cross_entropy =
    (max(prediction, literal<0.0>{}) - prediction * target) + softplus(-abs(prediction));

}  // namespace archetype::expression::losses::inline ARCHETYPE_INSTRUCTION_SET
