// SPDX-License-Identifier: BSL-1.0
// The sum of a softmax has 65,536 terms at most.
// expect: has_no_integer_form<archetype::integer_rule::classes_fit_the_sum, archetype::at_layer<1
// lines: 22
#include <archetype/inference.hpp>

namespace at = archetype;

#ifdef CONTROL
constexpr std::size_t layer = 65536;
#else
constexpr std::size_t layer = 65537;
#endif
using net = at::network<at::input<layer>, at::softmax>;
static_assert(at::quantized_arena_bytes<net> <= std::size_t{1} << 26);
