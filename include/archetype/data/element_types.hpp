// SPDX-License-Identifier: BSL-1.0
/// @file element_types.hpp
/// Elements of files: their byte order, and which types hold them.
#pragma once
#include <algorithm>
#include <array>
#include <bit>
#include <concepts>
#include <cstddef>
#include <limits>
#include <type_traits>

namespace archetype::detail {

/// Every value of `From` is a value of `To`.
template <class From, class To>
inline constexpr bool keeps_every_value =
    std::same_as<From, To> ||
    (std::numeric_limits<To>::digits >= std::numeric_limits<From>::digits &&
     (std::floating_point<To> || (std::integral<From> && (std::is_signed_v<To> || !std::is_signed_v<From>))));

/// The element whose bytes stand at `from` in this order.
template <class T>
T element_at(const std::byte* from, std::endian order) {
    std::array<std::byte, sizeof(T)> bytes;
    std::copy_n(from, sizeof(T), bytes.begin());
    if (order != std::endian::native) std::reverse(bytes.begin(), bytes.end());
    return std::bit_cast<T>(bytes);
}

}  // namespace archetype::detail
