// SPDX-License-Identifier: BSL-1.0
/// @file version.hpp
/// Which archetype this is, as a text and as a number that the preprocessor can compare.
#pragma once

/// 10,000 times the major version, 100 times the minor one and the patch: 0.1.0 is 100.
#define ARCHETYPE_VERSION 100

namespace archetype {

/// "major.minor.patch". What a version promises: docs/promises.md.
inline constexpr const char version[] = "0.1.0";

}  // namespace archetype
