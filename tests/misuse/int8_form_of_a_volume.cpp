// SPDX-License-Identifier: BSL-1.0
// Layers of volumes have no 8-bit form.
// expect: has_no_integer_form<archetype::integer_rule::volumes_have_no_integer_form, archetype::at_layer<2,
// expect: conv3d
// lines: 22
#include <archetype/inference.hpp>

namespace at = archetype;

#ifdef CONTROL
using layer = at::conv2d<4, 3>;
using net = at::network<at::input<12, 6, 2>, at::reshape<12, 6, 2>, layer>;
// As a value: layers that treat places alike, and poolings, whichever comes first.
template <class... Layers>
constexpr at::integer_fault fault = at::integer_fault_of<at::network<Layers..., at::flatten, at::dense<2>>>;
constexpr auto rule = at::integer_rule::volumes_have_no_integer_form;
static_assert(fault<at::input<3, 3, 3, 2>, at::dense<3, at::last_axis>, at::relu> ==
              at::integer_fault{rule, 1});
static_assert(fault<at::input<9, 3, 2>, at::reshape<3, 3, 3, 2>, at::max_pool3d<2>> ==
              at::integer_fault{rule, 2});
static_assert(!at::quantizable<at::network<at::input<3, 3, 3, 2>, at::flatten, at::dense<2>>, std::int16_t>);
#else
using layer = at::conv3d<4, 3>;
using net = at::network<at::input<12, 6, 2>, at::reshape<3, 4, 6, 2>, layer>;
#endif
static_assert(at::quantized_arena_bytes<net> <= 1024);
