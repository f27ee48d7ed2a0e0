// SPDX-License-Identifier: BSL-1.0
// An array that has fewer words than the 8-bit network.
// expect: the array of these weights is too short
#include <archetype/inference.hpp>

namespace at = archetype;

using net = at::network<at::input<28, 28, 1>, at::conv2d<6, 5, at::same>, at::flatten, at::dense<10>>;
constexpr std::size_t count = at::quantized_weight_count<net>;

#ifdef CONTROL
extern const std::int32_t words[count];
#else
extern const std::int32_t words[count - 1];
#endif
constexpr at::quantized_weights<at::architecture_hash<net>, count> weights{words};
static_assert(sizeof(at::quantized_inference<net, weights>) <= 64 * 1024);
