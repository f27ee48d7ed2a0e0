// SPDX-License-Identifier: BSL-1.0
/// @file pattern.hpp
/// Rewritings as data: a term that is looked for and a term that takes its place.
///
///     Div(Mul(x, Clip(Add(x, 3), 0, 6)), 6)  becomes  HardSwish(x)
///
/// `x` is any value, the same wherever it stands; `d:Sub(...)` names what a term gives; a number is a constant of one element
/// within 2e-5 of it, `@e` any such constant, `$g` any constant. `Op[name=value](...)` asks for attributes, `[last]` for a reduction of the
/// last axis alone that keeps it. Terms of Add, Mul, Max and Min match in either order. What is inside a match is read by
/// nobody else.
#pragma once
#include "network.hpp"

#include <span>
#include <string_view>

namespace archetype::rewrite {

struct pattern {
    std::string_view name;  ///< "GELU"
    std::string_view from, to;
};

/// The patterns that are known.
std::span<const pattern> known_patterns();

/// Replaces all matches of all patterns until there is none. @throws std::invalid_argument if a pattern is no term
void apply_patterns(network& to, std::span<const pattern> patterns);

}  // namespace archetype::rewrite
