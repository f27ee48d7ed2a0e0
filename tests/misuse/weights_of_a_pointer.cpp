// SPDX-License-Identifier: BSL-1.0
// A pointer says nothing of how many elements may be read.
// expect: weights are given as an array of their type whose length is known (a pointer by from_pointer)
#include <archetype/inference.hpp>

namespace at = archetype;

using net = at::network<at::input<4>, at::dense<10>>;
using weights = at::constant_weights<at::architecture_hash<net>, at::inference_weight_count<net>>;

#ifdef CONTROL
auto make(const float* numbers) { return at::inference<net>{weights::from_pointer(numbers)}; }
#else
auto make(const float* numbers) { return at::inference<net>{weights{numbers}}; }
#endif
