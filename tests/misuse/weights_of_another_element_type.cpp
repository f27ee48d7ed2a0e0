// SPDX-License-Identifier: BSL-1.0
// Weights of double precision for a network that runs in single precision.
// expect: weights are given as an array of their type whose length is known (a pointer by from_pointer)
#include <archetype/inference.hpp>

namespace at = archetype;

using net = at::network<at::input<4>, at::dense<10>>;
constexpr std::size_t count = at::inference_weight_count<net>;

#ifdef CONTROL
extern const float numbers[count + at::constant_weights_slack];
#else
extern const double numbers[count + at::constant_weights_slack];
#endif
constexpr at::constant_weights<at::architecture_hash<net>, count> weights{numbers};
static_assert(sizeof(at::embedded<net, weights>) <= 16 * 1024);
