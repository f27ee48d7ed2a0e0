// SPDX-License-Identifier: BSL-1.0
/// @file position_angles.hpp
/// How fast the waves of positions turn, those that are added and those of rotary heads.
#pragma once
#include <archetype/expression/whole_numbers.hpp>
#include <archetype/instruction_set.hpp>

#include <array>

namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET {

/// Base^(-2 i / Channels): the angle of pair i between neighbouring steps.
template <std::size_t Channels, double Base, class T>
inline constexpr auto position_angles = [] {
    std::array<T, (Channels + 1) / 2> made{};
    for (std::size_t i = 0; i < made.size(); ++i)
        made[i] = T(
            expression::elementary::pow(Base, -2.0 * static_cast<double>(i) / static_cast<double>(Channels)));
    return made;
}();

}  // namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET
