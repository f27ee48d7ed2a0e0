// SPDX-License-Identifier: BSL-1.0
// Catch2 2.13 and 3 by the names of the older one.
#pragma once
#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>

using Catch::Approx;

namespace Catch {

using Matchers::EndsWith;
using Matchers::Equals;
using Matchers::StartsWith;

inline auto Contains(const std::string& text) { return Matchers::ContainsSubstring(text); }

}  // namespace Catch
#else
#include <catch2/catch.hpp>
#endif
